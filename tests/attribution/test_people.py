"""Which human maps there are for a data set, and what is said of them."""

import json

import made_up
import numpy as np
import pytest

from oneshot.attribution.people import people
from oneshot.drawings.errors import DataError


@pytest.fixture
def clicks(tmp_path):
    """Three participants who click at the same places of two exemplars, and nearby."""
    for number in range(3):
        games = [
            {"exemplar": "b", "clicks": [[10, 10 + number], [30, 12]]},
            {"exemplar": "a", "clicks": [[20 + number, 40]]},
        ]
        (tmp_path / f"{number}.json").write_text(json.dumps({"side": 48, "games": games}))
    return tmp_path


def test_there_are_none_for_glyphs_and_none_without_the_figure(tmp_path, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    (tmp_path / "clickme").mkdir()
    assert people("glyphs") is None
    assert people("quickdraw") is None


def test_the_figure_is_said_to_be_one(tmp_path, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    pages = made_up.figure(tmp_path, 8)
    found = people("quickdraw")
    assert (found.origin, found.split, found.names) == (
        "read off a figure",
        "figure",
        ("door", "pizza"),
    )
    np.testing.assert_array_equal(found.maps, pages[1])
    np.testing.assert_array_equal(found.published, pages[2])
    assert found.consistency is None


def test_clicks_come_first_and_bring_their_consistency(clicks):
    found = people("glyphs", str(clicks))
    assert found.names == ("a", "b") and found.split == "test"
    assert found.maps.shape == (2, 48, 48)
    np.testing.assert_allclose(found.maps.sum((1, 2)), 1, rtol=1e-5)
    assert 0.2 < found.consistency.halves.value < found.consistency.ceiling.value <= 1
    assert "3 or more participants" in found.origin


def test_one_participant_has_maps_but_no_consistency(clicks):
    found = people("glyphs", str(clicks / "0.json"))
    assert found.consistency is None and found.names == ("a", "b")
    with pytest.raises(DataError, match="no file"):
        people("glyphs", str(clicks / "9.json"))
