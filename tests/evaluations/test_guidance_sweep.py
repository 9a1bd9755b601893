"""Guidance sweeps that are drawn here, and those that are read from the table."""

import made_up

from oneshot.evaluations import guidance_sweep, table
from oneshot.recipes import Samples, presets
from oneshot.systems import recipe


def test_each_strength_is_drawn_and_scored_beside_people(smoke):
    found, drawn = guidance_sweep.draw("ldm", "glyphs", "smoke", [0.0, 2.0], 3, seed=1)
    assert [one.guidance for one in found] == [None, 0.0, 2.0] and found.human is found[0]
    assert list(drawn) == list(found)
    assert len({shown.names for shown in drawn.values()}) == 1
    count, model = presets.variations("glyphs", "smoke"), recipe("ldm", "glyphs", "smoke")
    strong = Samples(model, variations=count, guidance=2.0, seed=1)
    assert found[2].recognizability == smoke.get(presets.scores(strong)).recognizability
    assert (drawn[found[2]].drawings[0] == smoke.get(strong).drawings[0, :11]).all()


def test_a_sweep_is_read_as_far_as_drawings_were_kept(tmp_path, monkeypatch):
    made_up.table(tmp_path, made_up.guidance(), "guidance")
    monkeypatch.setattr(table, "SHIPPED", tmp_path)
    monkeypatch.setattr(table, "cache", lambda *_: tmp_path / "none.jsonl")
    found, drawn = guidance_sweep.read("cfgdm", "omniglot", "laptop", [2.0, 0.0])
    assert [one.guidance for one in found.models] == [0.0, 2.0] and found.human
    assert list(drawn) == list(found.models) and all(drawn.values())
    next((tmp_path / "drawings" / "guidance").glob("*cfgdm*guidance2*")).unlink()
    found, _ = guidance_sweep.read("cfgdm", "omniglot", "laptop", [2.0, 0.0])
    assert [one.guidance for one in found.models] == [0.0]
