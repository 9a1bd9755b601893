"""Pages that run on a reader's own drawings: quickstart, guidance and importance maps."""

import json
import re

import numpy as np
import pytest
from IPython.display import HTML
from pages import NOTEBOOKS, outputs, told

from oneshot import execute, own
from oneshot.api import NotMade
from oneshot.attribution import human
from oneshot.drawings import sketchbook
from oneshot.drawings.errors import DataError
from oneshot.execute import ParameterError
from oneshot.metrics.intervals import Interval
from oneshot.widgets import click_game
from oneshot.widgets.sheets import Sheet

NAMES = ("anchor", "heart")


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """Two drawings as the pad saves them."""
    folder = tmp_path_factory.mktemp("mine")
    for name in NAMES:
        strokes = [stroke.T.tolist() for stroke in sketchbook.drawings()[name]]
        (folder / f"{name}.json").write_text(json.dumps({"strokes": strokes, "guidance": 1}))
    return folder


def cells(shown: list[object]) -> list[str]:
    """Return the numbers of the tables that a page shows, without their intervals."""
    return [
        number
        for table in shown
        if isinstance(table, HTML)
        for number in re.findall(r"<td>(−?[\d.]+) <small>", table.data)
    ]


def test_quickstart_shows_what_oneshot_draw_draws(smoke, mine):
    shown = outputs("quickstart", exemplars=str(mine), guidance=0.5, seed=3)
    drawn = own.draw(own.exemplars(mine), "ldm", "glyphs", variations=10, guidance=0.5, seed=3)
    people, model = np.array(cells(shown), float).reshape(2, 2)
    assert model[0] == pytest.approx(np.mean([one.mean("originality") for one in drawn]), abs=1e-3)
    assert model[1] == pytest.approx(np.mean([100 * one.mean("known") for one in drawn]), abs=0.06)
    assert people.tolist() == [
        pytest.approx(value, abs=0.05)
        for value in (own.people("glyphs").originality.value,
                      own.people("glyphs").recognizability.value)
    ]  # fmt: skip
    assert sum(isinstance(one, Sheet) for one in shown) == 2


def test_guidance_is_compared_on_one_drawing(smoke, mine):
    strengths = [0.0, 2.0]
    file = mine / "heart.json"
    shown = outputs("guidance", exemplars=str(file), guidance=strengths)
    found = own.guidance_sweep(own.exemplars(file), strengths, "ldm", "glyphs")
    expected = [[m.originality.value, m.recognizability.value] for m in found.models]
    assert found.models[0].originality.value > found.models[1].originality.value + 0.05
    numbers = np.array(cells(shown)[:6], float).reshape(3, 2)
    np.testing.assert_allclose(numbers[1:], expected, atol=0.06)


def test_the_game_is_played_on_drawings_of_ones_own(smoke, mine, monkeypatch):
    played = []
    monkeypatch.setattr(click_game, "display", played.append)
    outputs("game", exemplars=str(mine), variations=2, steps=2)
    assert played[-1].names == list(NAMES)


def test_clicks_on_drawings_of_ones_own_are_compared_with_maps(smoke, mine, tmp_path):
    games = [{"exemplar": name, "clicks": [[10, 12], [30, 30 + n]]} for n, name in enumerate(NAMES)]
    clicks = tmp_path / "clicks"
    clicks.mkdir()
    for player in "ab":
        game = {"participant": player, "side": 48, "games": games}
        (clicks / f"{player}.json").write_text(json.dumps(game))
    settings = {"steps": 2, "variations": 2, "strengths": [1.0], "shown": 2}
    where = {"exemplars": str(mine), "clicks": str(clicks)}
    shown = outputs("importance_maps", **where, **settings)
    assert "clicks of 2 or more participants (clicks); 2 exemplars" in told(shown)
    wrong = json.loads((clicks / "a.json").read_text())
    wrong["games"][0]["exemplar"] = "snail"
    (clicks / "a.json").write_text(json.dumps(wrong))
    with pytest.raises(DataError, match="clicks on 'snail', which is none of these exemplars"):
        outputs("importance_maps", **where, **settings)
    assert set(human.read(clicks)) == {*NAMES, "snail"}


@pytest.mark.parametrize("page", ["draw", "quickstart", "guidance", "importance_maps", "game"])
def test_a_path_where_nothing_is_is_refused_before_anything_runs(page, mine):
    notebook = NOTEBOOKS / f"{page}.ipynb"
    assert execute.check(notebook, {"exemplars": str(mine)}) == {"exemplars": str(mine)}
    assert execute.check(notebook, {"exemplars": ""}) == {"exemplars": ""}
    names = ["exemplars", "clicks"] if page in ("importance_maps", "game") else ["exemplars"]
    for name in names:
        with pytest.raises(ParameterError, match=f"expected {name}: path that exists"):
            execute.check(notebook, {name: str(mine / "none")})


def test_what_cannot_be_shown_is_told(smoke, mine, tmp_path):
    with pytest.raises(ValueError, match=r"heart\.json holds 1 drawing, and this takes 2 or more"):
        outputs("importance_maps", exemplars=str(mine / "heart.json"))
    with pytest.raises(ValueError, match="holds no drawings, and this takes 1 or more"):
        outputs("quickstart", exemplars=str(tmp_path))
    with pytest.raises(NotMade, match="neither shipped nor made here; `oneshot make ldm"):
        outputs("quickstart", exemplars=str(mine), preset="paper")


def test_marks_are_of_exemplars_and_their_groups():
    scores = [{"originality": far, "known": known} for far, known in ((0.3, 1), (0.1, 0.5))]
    two = own.Own("a", None, None, scores), own.Own("b", None, None, scores[::-1])
    marks = own.Marks.of(two, 1.0)
    assert marks.originality.value == pytest.approx(0.2)
    assert marks.recognizability.value == pytest.approx(75)
    assert marks.bins == [pytest.approx([0.1, 50]), pytest.approx([0.3, 100])]
    assert marks.concepts == 2
    alone = own.Marks.of([own.Own("a", None, None, scores[:1])])
    assert alone.originality == Interval(0.3, 0.3, 0.3)
