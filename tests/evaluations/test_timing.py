"""All ways of drawing of a figure are timed in one run, and nothing else of them changes."""

from dataclasses import replace

import pytest

from oneshot.evaluations import collect, measure, table, timing
from oneshot.training.precision import Precision

WAYS = {"timed", "milliseconds", "device", "precision"}


def test_all_ways_are_timed_anew_and_alike(home, monkeypatch):
    with pytest.raises(ValueError, match="no drawings of glyphs have been timed yet"):
        timing.again("glyphs", "smoke", home)
    monkeypatch.setattr(collect, "STEPS", (2, 4))
    before = collect.collect("speed", "glyphs", "smoke", ["ldm"], home).records[1:]
    table.add([replace(one, drawing=one.drawing | {"milliseconds": 1e9}) for one in before])
    after = timing.again("glyphs", "smoke", home)
    for old, new in zip(before, after, strict=True):
        assert 0 < new.drawing["milliseconds"] < 1e4
        assert new.drawing["precision"] == old.drawing["precision"] and set(new.drawing) == WAYS
        assert replace(new, drawing=old.drawing).to_json() == old.to_json()
    assert len({one.drawing["timed"] for one in after}) == 1
    kept = table.read().where(dataset="glyphs", size="smoke", system=["ldm"]).models
    assert {one.identity: one.drawing["timed"] for one in after} == {
        one.identity: one.drawing["timed"] for one in kept
    }
    assert max(one["drawing.milliseconds"] for one in kept) < 1e4


def test_more_steps_take_more_time(home):
    known = {
        one.sampler_steps: one for one in collect.plan("speed", "glyphs", "smoke", ["ldm"])[1:]
    }
    few, many = known[min(known)], known[max(known)]
    assert many.sampler_steps >= 10 * few.sampler_steps
    model = home.get(few.model)
    each = [
        measure.time_drawing(model, one.drawn.options, Precision(), home.device)["milliseconds"]
        for one in (few, many)
    ]
    assert each[1] > 3 * each[0]


def test_nothing_is_trained_to_be_timed(home, monkeypatch):
    monkeypatch.setattr(collect, "STEPS", (2,))
    collect.collect("speed", "glyphs", "smoke", ["ldm"], home)
    monkeypatch.setattr(home, "find", lambda _: None)
    with pytest.raises(ValueError, match="train it by `oneshot make ldm --dataset glyphs"):
        timing.again("glyphs", "smoke", home)
