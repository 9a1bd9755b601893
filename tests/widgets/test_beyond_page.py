"""The page of the warp: whole with what ships, plain without results."""

import pytest
from IPython.display import HTML
from matplotlib.figure import Figure
from pages import outputs, told

from oneshot.evaluations import table
from oneshot.widgets.explorer import Explorer


def test_with_what_ships_the_warp_is_told_from_people_off_the_plane_alone(smoke):
    shown = outputs("beyond_jitter")
    words = told(shown)
    assert sum(isinstance(value, Figure) for value in shown) >= 6
    assert any(isinstance(value, Explorer) for value in shown)
    assert "- **other people** is told from people on the plane not at all; of the other " in words
    summary = words.splitlines()[-2:]
    assert [line.split(":")[0] for line in summary] == [
        "- Letters by a synthetic hand",
        "- Omniglot",
    ]
    for line in summary:
        assert "**warp** is told from people on the plane not at all; of the other scores" in line
        assert "recall" in line.partition("of the other scores")[2]


@pytest.mark.parametrize("given", [{}, {"dataset": "omniglot", "second": "quickdraw"}])
def test_without_results_it_says_so(given, tmp_path, monkeypatch, smoke):
    monkeypatch.setattr(table, "SHIPPED", tmp_path)
    monkeypatch.setattr(table, "cache", lambda *_: tmp_path / "none.jsonl")
    shown = outputs("beyond_jitter", **given)
    words = told(shown)
    assert "There is nothing to say yet." in words
    assert "*There is nothing to compare yet.*" in words
    assert not any(isinstance(value, Figure | HTML) for value in shown)
