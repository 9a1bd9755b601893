"""What steps cost is told by sampler, beside the most of them."""

from dataclasses import replace

import pytest

from oneshot.comparison import looking
from oneshot.widgets import speed


@pytest.fixture(autouse=True)
def no_drawings_at_hand(monkeypatch):
    monkeypatch.setattr(looking.sweep, "concepts", lambda *_: None)


def test_speed_is_shown_by_sampler(quick):
    assert [row.steps for row in speed.samplers(quick, "cfgdm")["ddim"]] == [10, 20, 500]
    best = speed.reference(quick, "cfgdm")
    assert (best.sampler, best.steps) == ("ddpm", 500)
    for figure in (speed.against_steps(quick, "cfgdm"), speed.against_time(quick, "cfgdm")):
        names = [text.get_text() for text in figure.legends[0].get_texts()]
        assert names[:3] == ["ancestral", "DDIM", "DPM-Solver++"]
    assert speed.table(quick, "cfgdm").data.count("<tr>") == 11


def test_the_fewest_steps_that_cost_nothing_are_named(quick):
    claims = speed.enough(quick, "cfgdm")
    assert len(claims) == 8
    words = speed.verdict(quick, "cfgdm").data
    assert "**DDIM with 500 steps**" in words and "ancestral with" not in words
    itself = words.split("\n\n")[1]
    assert "DDIM in no fewer than 500; **DPM-Solver++ with 10 steps**, 50 times" in itself
    beside = [claim.statement.split(" scores as ") for claim in speed.steady(quick, "cfgdm")]
    assert len(beside) == 6
    assert all(
        one.split(" in ")[0].lower() == other.split(" in ")[0].lower() for one, other in beside
    )
    assert "**DPM-Solver++ with 10 steps**, 50 times as fast" in words
    ways = {(row.sampler, row.steps): row for row in quick.ways("cfgdm")}
    weak = replace(ways["dpm_solver_pp", 10], per_concept=ways["ddpm", 10].per_concept)
    rows = tuple(weak if row is ways["dpm_solver_pp", 10] else row for row in quick.rows)
    words = speed.verdict(replace(quick, rows=rows), "cfgdm").data
    assert "**DPM-Solver++ with 20 steps**, 25 times as fast" in words


def test_the_slider_of_speed_has_a_dot_for_each_frame(quick):
    made = speed.slider(quick, "cfgdm")
    assert made.sliders[0]["values"] == ["10", "20", "500"]
    assert made.sliders[1]["values"] == ["ancestral", "DDIM", "DPM-Solver++"]
    assert len(made.plot["dots"]) == 9
    assert made.captions[0].startswith("ancestral, 10 steps: originality 0.400")
    assert made.captions[0].endswith("15 ms a drawing")
