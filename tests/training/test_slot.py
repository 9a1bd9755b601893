"""Trainings that are given some minutes: they stop on time, and go on to the same bits."""

import pytest
import torch
from objectives import Blurry, batches

from oneshot.training import loop
from oneshot.training.loop import Plan, train
from oneshot.training.precision import Precision
from oneshot.training.slot import OutOfTime, current, slot

HERE = torch.zeros(()).device


class Clock:
    """A clock that each reading moves on by a minute."""

    def __init__(self):
        self.minutes = -1

    def __call__(self) -> float:
        self.minutes += 1
        return 60.0 * self.minutes


def bits(objective):
    return {name: value.numpy().tobytes() for name, value in objective.state_dict().items()}


def test_a_training_stops_with_its_slot_and_ends_in_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "probe", lambda *_: Precision())
    plan, whole, parts = Plan(20, lr=0.01, ema=0.9), Blurry(), []
    train(whole, batches, plan, tmp_path / "whole", HERE)
    for _ in range(2):
        parts.append(Blurry())
        with slot(8, clock=Clock()), pytest.raises(OutOfTime, match=r"at step \d+ of 20"):
            train(parts[-1], batches, plan, tmp_path / "parts", HERE)
    with slot(8, clock=Clock()):
        trained = train(Blurry(), batches, plan, tmp_path / "parts", HERE)
        assert trained.steps == 20
    end = Blurry()
    train(end, batches, plan, tmp_path / "parts", HERE)
    assert bits(end) == bits(whole) != bits(parts[-1])


def test_each_slot_gets_further_and_a_finished_training_is_not_out_of_time(tmp_path):
    reached = []
    for _ in range(3):
        with slot(3, clock=Clock()), pytest.raises(OutOfTime) as caught:
            train(Blurry(), batches, Plan(20), tmp_path, HERE)
        reached.append(int(str(caught.value).split()[4]))
    assert reached == [3, 6, 9]
    with slot(1, clock=Clock()):
        assert train(Blurry(), batches, Plan(1), tmp_path / "short", HERE).steps == 1


def test_what_was_computed_is_counted_across_slots(tmp_path):
    with slot(10, clock=Clock()), pytest.raises(OutOfTime):
        train(Blurry(), batches, Plan(12), tmp_path, HERE)
    before = loop.read_tensors(tmp_path / "checkpoint.safetensors")[1]["core_seconds"]
    trained = train(Blurry(), batches, Plan(12), tmp_path, HERE)
    assert 0 < before < trained.core_seconds


def test_slots_end_with_their_block_and_need_time():
    assert current() is None
    with slot(1, clock=Clock()) as mine:
        assert current() is mine
        assert 0 <= mine.left < 60
    assert current() is None
    for minutes in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="minutes is a number above 0"), slot(minutes):
            pass
