"""The page of what it took: whole with results, plain without."""

import numpy as np
import pytest
from IPython.display import Markdown
from pages import outputs, told

from oneshot.evaluations.samples import Shown
from oneshot.metrics.intervals import Interval
from oneshot.sweep import study
from oneshot.sweep.study import Result
from oneshot.widgets import recipe_study
from oneshot.widgets.canvas import Plot
from oneshot.widgets.sheets import Sheet


def result(name, system, right, minutes, guidance=None, seen=""):
    scores = [Interval(right, right - 2, right + 2), Interval(right / 2, right / 2 - 2, right)]
    scores += [Interval(0.5, 0.45, 0.55)] * 2
    data = ("omniglot", "validation", 100)
    cost = (minutes, 1000, 3_600_000, "cpu", "0" * 64, seen)
    return Result(name, system, f"change of {name}", *data, guidance, *scores, *cost)


ROWS = [
    result("people", "human", 97.5, 0.0),
    result("fsdm-1", "fsdm", 18.9, 62.1, 0.0, "nothing of the exemplar"),
    result("fsdm-place", "fsdm", 71.2, 15.5, 0.0, "strokes in their places"),
    result("cfgdm-attention", "cfgdm", 40.0, 2.7, 1.0),
    result("cfgdm-tokens", "cfgdm", 55.0, 4.1, 1.0),
]


@pytest.fixture
def made(monkeypatch):
    drawings = np.zeros((6, 8, 1, 48, 48), np.uint8)
    shown = Shown(drawings, tuple(f"Latin.character0{k}" for k in range(6)), np.arange(6))
    monkeypatch.setattr(study, "rows", lambda: ROWS)
    monkeypatch.setattr(study, "sheet", lambda name: shown if name != "people" else None)


def test_without_results_the_page_says_how_to_make_them(monkeypatch):
    monkeypatch.setattr(study, "rows", list)
    words = told(outputs("what_it_took"))
    assert "There are no results of recipes yet: `oneshot sweep study` makes them" in words
    assert "made yet" not in words, "of steps that are not there nothing is said"


def test_with_results_it_shows_figure_table_and_sheets(made):
    shown = outputs("what_it_took", trials=["fsdm-1", "fsdm-place"])
    assert [type(value) for value in shown].count(Sheet) == 2
    assert any(isinstance(value, Plot) for value in shown)
    words = told(shown)
    assert "**fsdm-1**: change of fsdm-1. nothing of the exemplar" in words
    assert "Change of cfgdm-attention: 40.0 % (38.0–42.0); change of cfgdm-tokens: 55.0 %" in words
    (html,) = [v.data for v in shown if "<table" in getattr(v, "data", "")]
    assert html.count("<tr") == 1 + len(ROWS)
    assert "71.2 <small>69.2–73.2</small>" in html and "strokes in their places" in html


def test_what_is_no_trial_is_named_with_those_there_are(made):
    for wrong in ({"trials": ["fsdm-7"]}, {"systems": ["fsdm-7"]}):
        with pytest.raises(ValueError, match="no trial or system fsdm-7; there are cfgdm, cfgdm-1"):
            outputs("what_it_took", **wrong)


def test_only_some_families_are_shown_beside_people(made):
    shown = outputs("what_it_took", systems=["cfgdm"], trials=["cfgdm-tokens"])
    (html,) = [v.data for v in shown if "<table" in getattr(v, "data", "")]
    assert html.count("<tr") == 4 and "FSDM" not in html


def test_the_figure_has_a_dot_and_an_interval_for_each_recipe():
    figure = recipe_study.against_minutes(ROWS)
    for axes in figure.axes:
        assert len(axes.containers) == 4
    ends = figure.axes[0].containers[0].lines[2][0].get_segments()[0]
    assert ends[:, 1].tolist() == pytest.approx([16.9, 20.9])
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "2", "3", "4"]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(names) == ["CFGDM", "FSDM", "human"]


def test_where_no_drawings_were_kept_the_sheet_says_so():
    assert isinstance(recipe_study.contact_sheet(None), Markdown)
