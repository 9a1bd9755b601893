"""Pages that compare systems: whole with made-up rows, plain without, and honest about gaps."""

from dataclasses import replace
from types import SimpleNamespace

import made_up
import numpy as np
import pytest
import torch
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure
from pages import outputs, told

from oneshot import tables
from oneshot.comparison import looking, rows, statements
from oneshot.comparison.rows import Comparison
from oneshot.comparison.strengths import Strengths
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.results import HUMAN
from oneshot.widgets import baselines, framework, generalization, speed
from oneshot.widgets.sprite_slider import SpriteSlider

PAGES = ("framework", "pixel_diffusion", "baselines", "sampling_speed")


@pytest.fixture(autouse=True)
def no_drawings_at_hand(monkeypatch):
    monkeypatch.setattr(looking.sweep, "concepts", lambda *_: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def found(folder):
    return made_up.comparison(folder)


@pytest.fixture(scope="module")
def quick(folder):
    return made_up.comparison(folder, "speed")


@pytest.fixture
def empty(tmp_path):
    return Comparison(tmp_path / "framework.json", "omniglot", "laptop")


@pytest.fixture(scope="module")
def written(folder, found, quick):
    """The folder with the tables that pages read, besides their drawings."""
    for made in (found, quick):
        rows.add(made.file, made.rows)
    rows.add(found.file, [replace(row, critics="released") for row in found.rows])
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_without_results_a_page_runs_to_its_end_and_says_so(name, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "place", lambda name, *_: tmp_path / f"{name}.json")
    shown = outputs(name)
    assert "No system on `omniglot` at size laptop yet. Left out, because not trained yet" in told(
        shown
    )
    assert not any(isinstance(value, Figure | HTML) for value in shown)


@pytest.mark.parametrize("name", PAGES)
def test_with_results_a_page_shows_them(name, written, monkeypatch, capsys):
    monkeypatch.setattr(tables, "place", lambda name, *_: written / f"{name}.json")
    given = {
        "baselines": {"settings": "laptop"},
        "framework": {"second": "omniglot"},
        "sampling_speed": {"second": "omniglot"},
    }
    shown = outputs(name, **given.get(name, {}))
    words = told(shown) + capsys.readouterr().out
    assert "to show yet" not in words and "have been kept yet" not in words
    assert "SpriteSlider" in words
    assert sum(isinstance(value, Figure) for value in shown) >= 2 - (name == "baselines")
    if name == "framework":
        assert (
            "Of 10 statements none comes out differently under the critics of the paper." in words
        )
        assert "by these: human 97.6 and 97.6, LDM" in words
    if name in ("framework", "pixel_diffusion"):
        assert "Nearest to the human drawings is **CFGDM**" in words


# what there is, and what there is not


def test_what_is_missing_is_named_in_one_line_with_the_commands(found):
    few = replace(found, rows=tuple(r for r in found.rows if r.system in (HUMAN, "cfgdm", "ldm")))
    words = framework.there(few).data
    assert "Systems on `omniglot` at size laptop: **CFGDM, LDM**." in words
    assert "not scored: DDPM, FSDM, VAE-STN, VAE-NS, DA-GAN-UN, DA-GAN-RN." in words
    assert "`oneshot results framework --dataset omniglot` scores" in words and "\n" not in words
    assert "Left out" not in framework.there(few, ["cfgdm"]).data
    assert (
        "Left out, because not trained yet or not scored: FSDM."
        in framework.there(few, ["fsdm", "cfgdm"]).data
    )
    without = replace(few, rows=few.rows[1:])
    assert framework.there(without).data.endswith("The human drawings have not been scored yet.")


@pytest.mark.parametrize(
    "show",
    [
        framework.plane,
        framework.table,
        framework.distances,
        framework.slider,
        lambda found: framework.summary(found, []),
        generalization.densities,
        generalization.curves,
        generalization.apart,
        generalization.examples,
        generalization.slider,
        baselines.failures,
        baselines.summary,
        baselines.tradeoffs,
        lambda found: baselines.sheet(found, "cfgdm"),
        lambda found: baselines.slider(found, "vae-stn", "beta"),
        lambda found: speed.against_steps(found, "cfgdm"),
        lambda found: speed.against_time(found, "cfgdm"),
        lambda found: speed.table(found, "cfgdm"),
        lambda found: speed.verdict(found, "cfgdm"),
        lambda found: speed.slider(found, "cfgdm"),
    ],
)
def test_without_rows_a_sentence_says_so(empty, show):
    made = show(empty)
    assert isinstance(made, Markdown)
    assert made.data == "*No system on omniglot at size laptop to show yet.*"


# the plane


def test_the_plane_has_ellipses_variants_and_hollow_published_points(found):
    figure = framework.plane(found)
    (axes,) = figure.axes
    assert len(axes.patches) == 9  # an ellipse for people and each system
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert len(hollow) == 8  # there is no published point of the LDM
    small = [line.get_xydata()[0] for line in axes.lines if line.get_markersize() == 3]
    np.testing.assert_allclose(small, [row.point for row in found.rows if row.variant])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[:2] == ["human", "CFGDM"] and names[-2:] == ["published", "other settings"]
    alone = replace(found, rows=tuple(row for row in found.rows if not row.variant))
    names = [text.get_text() for text in framework.plane(alone).legends[0].get_texts()]
    assert names[-1] == "published"
    (bare,) = framework.plane(found, with_published=False).axes
    assert not [line for line in bare.lines if line.get_markerfacecolor() == "none"]


def test_an_ellipse_holds_its_share_of_a_normal_cloud():
    dice = np.random.default_rng(0)
    x = 1 + 0.2 * dice.normal(size=20_001)
    y = 50 + 8 * (x - 1) + 3 * dice.normal(size=20_001)
    x[0], y[0] = 1, 50
    around = framework.ellipse(x, y, level=0.8, points=400)
    np.testing.assert_allclose(around.mean(0), (1, 50), atol=0.05)
    centred = np.stack([x[1:] - 1, y[1:] - 50])
    inverse = np.linalg.inv(np.cov(x[1:], y[1:]))
    far = np.einsum("in,ij,jn->n", centred, inverse, centred)
    edge = np.einsum("ni,ij,nj->n", around - (1, 50), inverse, around - (1, 50))
    assert (far < edge.mean()).mean() == pytest.approx(0.8, abs=0.01)
    assert edge.std() < 1e-6


def test_the_table_has_people_first_and_what_was_published(found):
    text = framework.table(found).data
    rows = text.split("<tr>")[2:]
    assert len(rows) == 9 and rows[0].startswith("<th>human</th><td>0.390 <small>")
    assert "<td>4.20\u00a0M <small>0.97 h</small></td>" in rows[1]
    assert rows[1].endswith("<td>0.364 <small>96.7 %</small></td></tr>")
    assert "<th>LDM</th>" in rows[-1] and "<td></td></tr>" in rows[-1]


def test_what_falls_far_short_is_called_not_reproduced(found):
    weak = made_up.row("fsdm", (0.8, 24.0))
    rows = tuple(row for row in found.rows if row.system != "fsdm")
    changed = replace(found, rows=(*rows, weak))
    assert framework.table(changed).data.count("not reproduced") == 1
    words = framework.summary(changed, []).data
    assert "- FSDM is not reproduced: 24.0 % recognizable where 94.8 % was published." in words
    assert "not reproduced" not in framework.table(found).data


def test_what_comes_out_differently_under_other_critics_is_named(found):
    weak = made_up.row("ddpm", (0.3, 89.8))
    rows = tuple(row for row in found.rows if row.system != "ddpm")
    changed = replace(found, rows=(*rows, weak))
    told = [statements.orderings(one) for one in (found, changed)]
    words = framework.changes(*told, "other critics").data
    assert words == (
        "Of 10 statements 1 comes out differently under other critics: \u201cDDPM is more varied "
        "than the human drawings\u201d (holds becomes does not hold)."
    )
    assert "no statements to compare under" in framework.changes(told[0], [], "other critics").data
    few = replace(found, rows=found.rows[:2])
    assert framework.rejudged(few, changed).data == (
        "Recognizability (%) by the critics above and by these: human 97.6 and 97.6, CFGDM 96.7 "
        "and 96.7."
    )


def test_distances_are_nearest_first(found):
    (axes,) = framework.distances(found).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    far = statements.distances(found)
    assert names[0] == "CFGDM" and names[-1] == "VAE-STN"
    assert sorted(far[n].value for n in far) == [
        container.lines[0].get_xdata()[0] for container in axes.containers
    ]


def test_the_summary_counts_and_names_what_does_not_hold(found):
    weak = made_up.row("ddpm", (0.3, 84.9))
    others = tuple(row for row in found.rows if row.system != "ddpm")
    changed = replace(found, rows=(*others, weak))
    words = framework.summary(changed, statements.orderings(changed)).data
    assert "- Of 10 statements 8 hold." in words
    assert "- Not so: DDPM is more varied than the human drawings." in words
    assert "- Undecided: DDPM is more recognizable than VAE-NS." in words
    table = framework.verdicts(statements.orderings(changed)).data.splitlines()
    assert table[0].endswith("| note |") and len(table) == 12
    assert all(line.count("|") == 5 for line in table)


def test_statements_that_cannot_be_tested_are_named_below_the_table(found):
    few = tuple(row for row in found.rows if row.system in (HUMAN, "cfgdm", "ddpm"))
    told = statements.orderings(replace(found, rows=few))
    lines = framework.verdicts(told).data.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:6]] == [
        "The human drawings are more varied than CFGDM.",
        "DDPM is more varied than the human drawings.",
        "CFGDM is more recognizable than DDPM.",
        "Of the published systems, CFGDM is nearest to the human drawings.",
    ]
    assert lines[7].startswith("Not tested yet, because scores are missing: CFGDM is more varied")
    nothing = statements.orderings(replace(found, rows=()))
    assert framework.verdicts(nothing).data.count("|") == 0


def test_the_slider_goes_through_systems_and_concepts(found):
    made = framework.slider(found, shown=3)
    assert isinstance(made, SpriteSlider)
    assert made.sliders[0]["values"][0] == "CFGDM" and len(made.sliders[0]["values"]) == 8
    assert made.sliders[1]["values"] == [
        "Alphabet of the Magi 00",
        "Alphabet of the Magi 05",
        "Alphabet of the Magi 11",
    ]
    assert made.plot["dots"] == [[round(v, 4) for v in r.point] for r in found.systems.values()]
    assert [line["label"] for line in made.plot["curves"] if line["reference"]] == ["human"]
    assert made.plot["x"]["label"] == "diversity"


def test_names_stand_where_exemplars_are_not_at_hand(found, monkeypatch):
    shown = found.drawings(found.systems["cfgdm"])
    plates = framework.exemplars(found, shown)
    assert plates.shape == (12, 1, 48, 48) and plates.dtype == np.uint8
    assert len({plate.tobytes() for plate in plates}) == 12 and plates.max() > 100

    images = torch.full((12, 1, 48, 48), 0.2)
    at_hand = SimpleNamespace(exemplar_images=lambda ids: images[: len(ids)])
    monkeypatch.setattr(looking.sweep, "concepts", lambda *_: at_hand)
    assert (framework.exemplars(found, shown) == 51).all()


# curves


def test_densities_and_curves_show_people_dashed_and_published_bins(found):
    rows = [replace(row, dataset="quickdraw") for row in found.rows]
    quickdraw = replace(found, dataset="quickdraw", rows=tuple(rows))
    (axes,) = generalization.densities(quickdraw).axes
    lines = [line for line in axes.lines if len(line.get_xdata()) > 1]
    assert [line.get_linestyle() for line in lines] == ["--"] + ["-"] * 8
    assert sum(line.get_markerfacecolor() == "none" for line in axes.lines) == 4 + 1  # the legend's
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names[-1] == "peak of the published density"
    (axes,) = generalization.curves(quickdraw).axes
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert [len(line.get_xdata()) for line in hollow] == [10] * 4
    assert len(axes.collections) == 9  # bands
    (axes,) = generalization.densities(found).axes
    assert axes.get_legend().get_texts()[-1].get_text() == "LDM"
    (axes,) = generalization.curves(found).axes
    assert max(line.get_ydata().max() for line in axes.lines if len(line.get_xdata()) > 10) <= 100
    assert not [line for line in axes.lines if line.get_markerfacecolor() == "none"]


def test_gaps_are_told_over_the_common_range(found):
    words = generalization.apart(found).data.splitlines()
    assert words[2].startswith("| CFGDM | 1.9 | 90% of the human range |")
    assert words[8] == "| DA-GAN-RN | no originality in common |  |"


def test_a_drawing_is_an_example_of_the_nearest_originality_or_of_none(found):
    shown = found.drawings(found.systems["ddpm"])
    level = shown.originality[0, 4]
    np.testing.assert_array_equal(generalization.at(shown, level), shown.drawings[:, 4])
    np.testing.assert_array_equal(generalization.at(shown, level + 0.01), shown.drawings[:, 4])
    assert (generalization.at(shown, 5.0) == 0).all()


def test_the_dot_moves_along_the_curve_of_the_system(found):
    few = replace(found, rows=tuple(r for r in found.rows if r.system in (HUMAN, "ddpm", "cfgdm")))
    made = generalization.slider(few, concepts=4, positions=5)
    assert [len(s["values"]) for s in made.sliders] == [5, 2]
    assert len(made.plot["dots"]) == len(made.captions) == len(made.plot["active"]) == 10
    names = [line["label"] for line in made.plot["curves"]]
    assert names == ["human", "CFGDM", "DDPM"]
    for dot, active in zip(made.plot["dots"], made.plot["active"], strict=True):
        curve = np.array(made.plot["curves"][active]["points"])
        assert np.abs((curve - dot) / np.ptp(curve, axis=0)).max(1).min() < 0.02


def test_the_sheet_of_examples_has_a_row_for_each_system(found):
    height = generalization.examples(found, concepts=4).axes[0].images[0].get_size()[0]
    assert height == 9 * (2 * 48 + 3)  # exemplars, then eight systems


# baselines


def test_differences_from_people_are_told_in_words(found):
    text = baselines.failures(found).data
    assert text.count("<tr>") == 10
    assert (
        "<th>VAE-STN</th><td>+0.254" in text and "strays: varies more than human drawings" in text
    )
    words = baselines.summary(found).data.splitlines()
    assert len(words) == 8 and words[3].startswith("- **VAE-NS** strays")


def test_settings_are_shown_where_there_are_runs(found):
    assert baselines.sweeps(found) == [("vae-stn", "beta")]
    (axes,) = baselines.tradeoffs(found).axes
    path = next(line for line in axes.lines if len(line.get_xdata()) == 3)
    expected = [row.point for row in found.variants("vae-stn", "beta")]
    np.testing.assert_allclose(path.get_xydata(), expected)
    made = baselines.slider(found, "vae-stn", "beta", shown=2)
    assert made.sliders[0] == {"label": "β", "values": ["0.25", "1", "4"]}
    assert made.captions[2].startswith("VAE-STN, β 1: diversity 0.64, recognizability 75.0")
    without = replace(found, rows=tuple(row for row in found.rows if not row.variant))
    assert baselines.sweeps(without) == []
    assert "--variant beta=4" in baselines.tradeoffs(without).data


def test_what_a_setting_changes_is_told_with_intervals(found):
    (line,) = baselines.directions(found).data.splitlines()
    assert line.startswith("- VAE-STN, \u03b2 0.25 to 4: diversity -0.2 [")
    assert "; in diversity as published; recognizability is highest in between, at 1." in line
    turned = {0.25: 4.0, 4.0: 0.25}
    rows = [
        replace(row, settings={"beta": turned[row.variant["beta"]]}) if row.variant else row
        for row in found.rows
    ]
    (line,) = baselines.directions(replace(found, rows=tuple(rows))).data.splitlines()
    assert "against the published direction" in line


def test_settings_of_one_system_have_their_own_colours(found):
    rows = [replace(row, settings={"beta": 1.0, "set_size": 5.0}) for row in found.rows]
    own = next(row for row in rows if row.system == "vae-ns")
    more = [
        made_up.row("vae-ns", (0.5, 70.0), variant={name: v}, settings=own.settings | {name: v})
        for name, v in (("beta", 4.0), ("set_size", 10.0))
    ]
    rows = [row for row in rows if not row.variant]
    (axes,) = baselines.tradeoffs(replace(found, rows=(*rows, *more))).axes
    paths = {line.get_label(): line.get_color() for line in axes.lines if "VAE" in line.get_label()}
    assert len(paths) == len(set(paths.values())) == 2


def test_a_sheet_is_labelled_by_its_plates(found):
    made = baselines.sheet(found, "vae-ns", concepts=3)
    assert made.axes[0].images[0].get_size() == (3 * 99, 12 * 99)
    assert [text.get_text() for text in made.axes[0].texts if text.get_text()] == ["exemplar"]


# speed


def test_speed_is_shown_by_sampler(quick):
    assert [row.steps for row in speed.samplers(quick, "cfgdm")["ddim"]] == [10, 20, 500]
    best = speed.reference(quick, "cfgdm")
    assert (best.sampler, best.steps) == ("ddpm", 500)
    for figure in (speed.against_steps(quick, "cfgdm"), speed.against_time(quick, "cfgdm")):
        names = [text.get_text() for text in figure.legends[0].get_texts()]
        assert names[:3] == ["ancestral", "DDIM", "DPM-Solver++"]
    assert speed.table(quick, "cfgdm").data.count("<tr>") == 11


def test_the_fewest_steps_that_cost_nothing_are_named(quick):
    claims = speed.enough(quick, "cfgdm")
    assert len(claims) == 8
    words = speed.verdict(quick, "cfgdm").data
    assert "**DDIM with 500 steps**" in words and "ancestral with" not in words
    itself = words.split("\n\n")[1]
    assert "DDIM in no fewer than 500; **DPM-Solver++ with 10 steps**, 50 times" in itself
    beside = [claim.statement.split(" scores as ") for claim in speed.steady(quick, "cfgdm")]
    assert len(beside) == 6
    assert all(
        one.split(" in ")[0].lower() == other.split(" in ")[0].lower() for one, other in beside
    )
    assert "**DPM-Solver++ with 10 steps**, 50 times as fast" in words
    ways = {(row.sampler, row.steps): row for row in quick.ways("cfgdm")}
    weak = replace(ways["dpm_solver_pp", 10], per_concept=ways["ddpm", 10].per_concept)
    rows = tuple(weak if row is ways["dpm_solver_pp", 10] else row for row in quick.rows)
    words = speed.verdict(replace(quick, rows=rows), "cfgdm").data
    assert "**DPM-Solver++ with 20 steps**, 25 times as fast" in words


def test_the_slider_of_speed_has_a_dot_for_each_frame(quick):
    made = speed.slider(quick, "cfgdm")
    assert made.sliders[0]["values"] == ["10", "20", "500"]
    assert made.sliders[1]["values"] == ["ancestral", "DDIM", "DPM-Solver++"]
    assert len(made.plot["dots"]) == 9
    assert made.captions[0].startswith("ancestral, 10 steps: originality 0.400")
    assert made.captions[0].endswith("15 ms a drawing")


# strengths of guidance


@pytest.fixture(scope="module")
def strengths():
    rows = [row for row in made_up.guidance() if row.system == "cfgdm"]
    human = made_up.row(HUMAN, made_up.POINTS[HUMAN])
    values = [row.guidance for row in rows]
    return Strengths(values, rows, human, [], None, (), None, "")


def test_the_nearest_strength_is_by_the_mean_drawing_with_its_interval(strengths):
    words = generalization.nearest_strength(strengths).data
    lines = words.splitlines()
    points = [(row.originality.value, row.recognizability.value) for row in strengths.scores]
    people = strengths.human.originality.value, strengths.human.recognizability.value
    far = distance_to_human(points, people, spread_of(points))
    names = list(generalization.by_strength(strengths))
    assert lines[0].startswith(
        f"By its mean drawing, **{names[far.argmin()]}** is nearest to human"
    )
    assert lines[0].endswith("nearer than every other strength here is **undecided**.")
    assert [line.split("|")[1].strip() for line in lines[4:]] == names
    for line, value in zip(lines[4:], far, strict=True):
        assert line.split("|")[2].split()[0] == f"{value:.3g}" and "[" in line
    alone = replace(strengths, guidance=[1.0], scores=strengths.scores[1:2])
    assert "every other" not in generalization.nearest_strength(alone).data


def test_strengths_are_told_apart_by_colour(strengths):
    (axes,) = generalization.strength_curves(strengths).axes
    lines = [line for line in axes.lines if line.get_linestyle() in ("-", "--")]
    assert [line.get_label() for line in lines][-1] == "human"
    assert max(line.get_ydata().max() for line in lines) <= 100
    shades = generalization.STRENGTHS(np.linspace(0, 1, 8))[:, :3]
    assert np.abs(np.diff(shades, axis=0)).sum(1).min() > 0.2


def test_the_ends_of_curves_have_intervals(strengths):
    text = generalization.ends(strengths.guidance, strengths.scores, strengths.human).data
    first = strengths.scores[0].per_concept
    middle = np.mean(first["bin_originality"], axis=0)[0]
    assert f"<th>guidance 0</th><td>{middle:.2f} <small>" in text
    assert text.count("<tr>") == 5
