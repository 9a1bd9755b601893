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
from oneshot.results import HUMAN
from oneshot.widgets import baselines, framework, generalization, speed
from oneshot.widgets.sprite_slider import SpriteSlider

PAGES = ("framework", "pixel_diffusion", "baselines", "sampling_speed")


@pytest.fixture(autouse=True)
def no_drawings_at_hand(monkeypatch):
    monkeypatch.setattr(looking.sweep, "concepts", lambda *_: None)


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
        assert "| recognizability (%) | by the critics above | by these |" in words
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
    lines = framework.rejudged(few, changed).data.splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| human", "| CFGDM"]
    both = [f"{row.recognizability}" for row in (found.systems["cfgdm"],) * 2]
    assert lines[3].endswith(f" {both[0]} | {both[1]} |") and "[" in both[0]


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
