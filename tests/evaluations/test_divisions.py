"""What is known of concepts without their drawings is what was measured with them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from oneshot.drawings.errors import DataError
from oneshot.drawings.splits import TEST
from oneshot.evaluations import divisions as dividing
from oneshot.evaluations import lines
from oneshot.evaluations.divisions import Division, demand_same, divisions, keep, measure
from oneshot.evaluations.evaluate import Evaluation
from oneshot.evaluations.record import HUMAN
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


def test_concepts_that_are_others_here_are_refused(smoke, file):
    def demand(split="category", size="smoke", **changes):
        one = Evaluation("glyphs", size, HUMAN, split=split)
        group = replace(smoke.get(presets.concepts("glyphs", "smoke")), **changes)
        demand_same(one, SimpleNamespace(get=lambda _: group), file)

    demand()
    demand(size="laptop", names=())  # nothing is kept of these
    names = smoke.get(presets.concepts("glyphs", "smoke")).names
    with pytest.raises(DataError, match=r"concepts of glyphs that this machine made are not the"):
        demand(names=(*names[:-1], "another"))
    with pytest.raises(DataError, match="quickdraw:2, can"):
        demand("published")
