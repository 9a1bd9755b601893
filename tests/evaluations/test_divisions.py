"""What is known of concepts without their drawings is what was measured with them."""

from dataclasses import replace

import numpy as np
import pytest

from oneshot.drawings.errors import DataError
from oneshot.drawings.splits import TEST
from oneshot.evaluations import divisions as dividing
from oneshot.evaluations import lines
from oneshot.evaluations.divisions import Division, divisions, keep, measure
from oneshot.recipes import presets


@pytest.fixture
def file(smoke, tmp_path):
    smoke.get(presets.concepts("glyphs", "smoke"))
    keep("glyphs", "smoke", tmp_path / "concepts.json")
    return tmp_path / "concepts.json"


def test_what_is_kept_is_what_was_measured(file):
    kept = {row.split: row for row in lines.read(file, Division)}
    assert kept.keys() == {"category", "published"}
    for split, row in kept.items():
        measured = measure("glyphs", "smoke", split)
        assert replace(row, nearest=[]) == replace(measured, nearest=[])
        np.testing.assert_allclose(row.nearest, measured.nearest, rtol=1e-5)
        assert len(row.nearest) == row.splits.count(TEST)
    assert kept["category"].splits != kept["published"].splits


def test_without_drawings_the_kept_ones_are_found(file, monkeypatch):
    measured = divisions("glyphs", "smoke", file.with_name("none.json"))
    monkeypatch.setattr(dividing, "concepts", lambda *_: None)
    kept = divisions("glyphs", "smoke", file)
    assert {split: row.names for split, row in kept.items()} == {
        split: row.names for split, row in measured.items()
    }
    assert divisions("omniglot", "laptop", file) == {}
    before = file.read_bytes()
    with pytest.raises(DataError, match="concepts of glyphs are not on this machine"):
        keep("glyphs", "smoke", file)
    assert file.read_bytes() == before
