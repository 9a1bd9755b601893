"""Pages of regularized systems show all that a made-up table holds, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import regularized
from IPython.display import Markdown
from matplotlib.collections import LineCollection, PathCollection

from oneshot.metrics.claims import FAILS, HOLDS, UNDECIDED, UNTESTED
from oneshot.metrics.intervals import Interval
from oneshot.recipes import presets
from oneshot.results import Results
from oneshot.sweep import statements
from oneshot.widgets import framework, tradeoff_plots, tradeoffs
from oneshot.widgets.sprite_slider import SpriteSlider

ALONE = ("kl", "vq", "classification", "prototype", "simclr", "barlow")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return regularized.made_up(tmp_path_factory.mktemp("results"))


@pytest.fixture
def empty(tmp_path):
    return Results(tmp_path / "none.json", "quickdraw", "laptop", ())


@pytest.fixture(autouse=True)
def no_drawings_at_hand(monkeypatch):
    monkeypatch.setattr(tradeoffs.sweep, "concepts", lambda *_: None)


@pytest.mark.parametrize(
    "show",
    [
        lambda found: tradeoff_plots.curves(found, [["kl"]]),
        lambda found: tradeoff_plots.against_beta(found, ["kl"]),
        lambda found: tradeoffs.slider(found, "kl"),
        lambda found: tradeoffs.sheet(found, ["kl"], 0),
        lambda found: tradeoffs.family_sheet(found, "kl"),
        tradeoffs.table,
        tradeoffs.probes,
        tradeoff_plots.why,
    ],
)
def test_without_runs_a_sentence_says_so(empty, show):
    told = show(empty)
    assert isinstance(told, Markdown)
    assert told.data == "*No runs on quickdraw at size laptop to show yet.*"


def test_what_is_missing_is_named_with_the_command_that_makes_it(found, empty):
    told = tradeoffs.there(found, ["none", "kl", "classification+prototype"], "fig4").data
    assert "**none** 1, **kl** 5." in told
    assert "Not there yet: classification+prototype. `oneshot sweep FILE` makes them" in told
    assert "copy of `data/sweeps/fig4-draft.yaml` with `dataset: glyphs` and `preset:" in told
    told = tradeoffs.there(empty, ["kl"], "fig4").data
    assert "Not there yet: kl. `oneshot sweep fig4-laptop` makes them." in told
    told = tradeoffs.there(empty, [], "fig4").data
    assert "There is no run on quickdraw at size laptop yet." in told and "trained" not in told


def test_how_long_runs_were_trained_is_said_beside_the_paper(found):
    row = next(row for row in found.rows if row.steps)
    told = tradeoffs.there(found, ["kl"], "fig4").data
    paper = presets.latent_diffusion("glyphs", "paper").autoencoder.plan.steps
    assert f"for {row.steps['autoencoder']:,} steps (at size paper {paper:,})" in told


def test_a_family_at_one_beta_has_no_slider_and_is_named(found, monkeypatch):
    shown = []
    monkeypatch.setattr(tradeoffs, "display", shown.append)
    monkeypatch.setattr(SpriteSlider, "show", lambda made: shown.append(made))
    others = [row for row in found.rows if row.family == "vq"][1:]
    fewer = replace(found, rows=tuple(row for row in found.rows if row not in others))
    tradeoffs.show_sliders(fewer, ["kl", "vq"])
    heading, slider, still = shown
    assert heading.data == "### kl" and isinstance(slider, SpriteSlider)
    assert still.data.endswith("of **vq**.")


def test_curves_show_every_run_human_and_controls(found):
    figure = tradeoff_plots.curves(found, [["kl", "vq"], ["prototype", "barlow+prototype"]])
    left, right = figure.axes
    assert [text.get_text() for text in right.get_legend().get_texts()] == [
        "prototype",
        "barlow+prototype",
    ]
    dots = [d for d in right.collections if isinstance(d, PathCollection)]
    assert [len(d.get_offsets()) for d in dots] == [5, 3]
    # three betas have crosses instead of a band
    assert sum(isinstance(d, LineCollection) for d in right.collections) == 2 * 3
    assert len(right.patches) == 1
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][:2] == ["human", "no regularizer"]
    marks = {
        line.get_marker(): line.get_xydata()[0] for line in left.lines if len(line.get_xdata()) == 1
    }
    np.testing.assert_allclose(marks["*"], found.human.point)
    np.testing.assert_allclose(marks["h"], found.families["none"][0].point)
    np.testing.assert_allclose(marks["P"], found.families["augmentation"][0].point)
    np.testing.assert_allclose(marks["X"], found.families["pixels"][0].point)
    assert left.get_xlim() == right.get_xlim()
    dashed = [line.get_linestyle() for line in right.lines if len(line.get_xdata()) > 1]
    assert dashed == ["-", "--"]


def test_the_largest_dot_is_the_beta_nearest_to_human(found):
    figure = tradeoff_plots.curves(found, [["prototype"]])
    sizes = figure.axes[0].collections[0].get_sizes()
    betas = [row.varying for row in found.families["prototype"]]
    assert betas[int(np.argmax(sizes))] == found.best("prototype")[0].varying


def test_the_slider_steps_through_betas_and_its_dot_stays_on_the_curve(found):
    made = tradeoffs.slider(found, "barlow+prototype", shown=3)
    assert isinstance(made, SpriteSlider)
    assert [s["label"] for s in made.sliders] == ["\u03b2 of prototype", "exemplar"]
    assert made.sliders[0]["values"] == ["1", "30", "300"]
    assert made.sliders[1]["values"] == ["concept 0", "concept 2", "concept 5"]
    assert len(made.captions) == 9
    assert made.captions[3].startswith("barlow 30 + prototype 30: originality 0.")
    curve = np.array(made.plot["curves"][0]["points"])
    for dot in made.plot["dots"]:
        gaps = np.abs(curve - dot) / np.ptp(curve, axis=0)
        assert gaps.max(1).min() < 0.05
    assert made.plot["curves"][1]["reference"]


def test_a_family_without_kept_drawings_has_no_slider(found):
    without = replace(found, file=found.file.parent / "elsewhere" / "table.json")
    assert "No drawings of kl" in tradeoffs.slider(without, "kl").data


def test_splines_are_drawn_through_five_betas_but_not_three(found):
    figure = tradeoff_plots.against_beta(found, ["prototype", "barlow+prototype"])
    for ax in figure.axes:
        assert sum(len(line.get_xdata()) == 100 for line in ax.lines) == 1
        labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
        assert labels == ["prototype", "barlow+prototype"]


def test_tables_hold_all_runs_and_the_best_of_each_family(found):
    lines = tradeoffs.table(found).data.splitlines()
    assert len(lines) == 2 + len(found.rows)
    assert lines[2].startswith("| **human** |")
    lines = tradeoffs.probes(found).data.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:4]] == ["none", "augmentation"]
    assert len(lines) == 2 + len(found.families) - 1  # pixels have no latents


def test_sheets_have_a_row_for_each_family_and_each_concept(found):
    # 16 px drawn at twice their size, with lines of 3 px
    assert tradeoffs.sheet(found, ["none", "kl", "vq"], 2).axes[0].images[0].get_size()[0] == 3 * 35
    assert tradeoffs.family_sheet(found, "kl").axes[0].images[0].get_size()[0] == 6 * 35


def lengthened(found, by=3.0):
    """Return the controls without regularization and KL anew, more recognizable by some points."""
    rows = [row for row in found.rows if row.family in ("human", "none", "kl")]
    for place, row in enumerate(rows):
        if row.control != "human":
            right = [value + by for value in row.per_concept["recognizability"]]
            score = replace(row.recognizability, value=row.recognizability.value + by)
            scores = row.per_concept | {"recognizability": right}
            rows[place] = replace(row, recognizability=score, per_concept=scores)
    return replace(found, preset="paper", rows=tuple(rows))


def test_arrows_lead_from_a_run_to_the_same_run_trained_longer(found):
    more = lengthened(found)
    (ax,) = tradeoff_plots.longer(found, more).axes
    arrows = [(a.xyann, a.xy) for a in ax.texts if a.arrow_patch]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(arrows) == len(names) - 1 == len(more.rows) - 1 and names.pop() == "human"
    ends = dict(zip(names, arrows, strict=True))
    start, end = ends["none"]
    assert start == found.families["none"][0].point
    np.testing.assert_allclose(np.subtract(end, start), [0, 3.0])


@pytest.mark.parametrize(("by", "verdict"), [(3.0, HOLDS), (-3.0, FAILS)])
def test_longer_training_is_judged_run_by_run(found, by, verdict):
    told = statements.longer(found, lengthened(found, by))
    assert len(told) == 6
    assert {claim.verdict for claim in told} == {verdict}


def test_sizes_judged_by_other_critics_are_not_compared(found):
    other = replace(found.human, per_concept=found.families["none"][0].per_concept)
    more = replace(lengthened(found), rows=(other, *lengthened(found).rows[1:]))
    assert statements.longer(found, more) == statements.longer(found, found) == []
    assert "No run can be compared" in tradeoff_plots.longer(found, more).data


def test_a_probe_is_shown_for_every_run(found):
    (ax,) = tradeoff_plots.why(found).axes
    # human drawings and diffusion on pixels have no latents
    assert sum(len(line.get_xdata()) for line in ax.lines) == len(found.rows) - 2
    assert "pixels" not in [text.get_text() for text in ax.get_legend().get_texts()]


def test_statements_are_tested_where_there_are_runs(found):
    claims = statements.alone(found)
    # the prototype is far above classification
    assert claims[2].verdict == claims[5].verdict == HOLDS
    assert claims[2].evidence.startswith("prototype 10: ")
    assert claims[5].evidence.startswith(
        "prototype 10 against classification 10: recognizability +"
    )
    told = framework.verdicts(claims).data.splitlines()
    assert len(told) == 8
    assert told[7].endswith("| **holds** |")
    combined = statements.combined(found)
    said = ["Nearer to human drawings", "More recognizable"]
    assert [claim.statement.split(" with ")[0] for claim in combined[1:]] == said


def test_without_a_beta_of_comparable_originality_nothing_is_decided(found):
    copies = [regularized.row({"vq": 1.0}, point=(0.1, 99.0))]
    rows = [row for row in found.rows if row.family in ("human", "none")] + copies
    claim = statements.compared(replace(found, rows=tuple(rows)), "vq", "none")
    assert (claim.verdict, claim.evidence) == (UNDECIDED, "no beta of vq is as original as none")


def test_the_direction_of_each_curve_is_told(found):
    claims = statements.directions(found, ["simclr", "absent"])
    assert [claim.verdict for claim in claims] == [FAILS, HOLDS, UNTESTED, UNTESTED]
    assert claims[2].evidence == "runs of absent at 0 betas"


def test_without_runs_statements_are_not_tested(empty):
    assert {claim.verdict for claim in statements.alone(empty)} == {UNTESTED}
    assert statements.alone(empty)[0].evidence == "no runs of prototype and none"
    assert [claim.verdict for claim in statements.combined(empty)] == [UNTESTED]


def test_the_colours_of_combinations_are_those_of_the_partner():
    assert tradeoff_plots._colour("barlow+prototype") == tradeoff_plots.COLOURS["barlow"]
    assert len({tradeoff_plots.COLOURS[name] for name in ALONE}) == 6


def test_the_nearer_of_two_families_is_told_with_its_betas(found):
    claim = statements.nearer(found, "prototype", "classification")
    assert claim.verdict == HOLDS
    assert claim.evidence.startswith("prototype 10: ")
    assert "classification 10 farther by +" in claim.evidence
    assert statements.nearer(found, "classification", "prototype").verdict == FAILS
    assert statements.nearer(found, "prototype", "kl+prototype").verdict == UNTESTED


def probed(row, value):
    return replace(row, probes=row.probes | {"one_shot": Interval(float(value), -9.0, 9.0)})


def test_a_probe_explains_scores_that_go_with_it(found):
    runs = [row for row in found.rows if row.probes]
    ordered = sorted(runs, key=lambda row: row.recognizability.value)
    made = [probed(row, k) for k, row in enumerate(ordered)]
    claim = statements.explained(replace(found, rows=tuple(made)))
    assert claim.verdict == HOLDS and claim.interval.value == pytest.approx(1, abs=0.02)
    turned = [probed(row, -k) for k, row in enumerate(ordered)]
    assert statements.explained(replace(found, rows=tuple(turned))).verdict == FAILS
    few = replace(found, rows=tuple(made[:3]))
    assert statements.explained(few).verdict == UNTESTED


def test_runs_that_pass_people_are_named(found):
    assert "Nearest to human on test concepts is" in tradeoffs.standing(found).data
    passed = [
        replace(r, recognizability=replace(r.recognizability, low=99.5, value=99.7, high=99.9))
        if r.name == "prototype 10"
        else r
        for r in found.rows
    ]
    words = tradeoffs.standing(replace(found, rows=tuple(passed))).data
    assert "runs: **prototype 10**." in words
    assert "people" not in tradeoffs.standing(replace(found, rows=())).data
