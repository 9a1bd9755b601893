"""Curves of systems and of strengths of guidance say what is in the rows."""

from dataclasses import replace

import made_up
import numpy as np
import pytest

from oneshot.comparison import looking
from oneshot.comparison.strengths import Strengths
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.results import HUMAN
from oneshot.widgets import generalization


@pytest.fixture(autouse=True)
def no_drawings_at_hand(monkeypatch):
    monkeypatch.setattr(looking.sweep, "concepts", lambda *_: None)


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
