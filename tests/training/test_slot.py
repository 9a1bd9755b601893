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


class Compiled(Blurry):
    """An objective that has a network to compile."""

    def networks_to_compile(self):
        return [self.net]


@pytest.mark.parametrize("fault", ["", "no compiler"])
def test_a_network_is_compiled_or_goes_on_without(tmp_path, monkeypatch, caplog, fault):
    """The stand-in for a compiler counts its calls, or fails as one does that is not there."""
    monkeypatch.setattr(loop, "probe", lambda *_: Precision())
    calls = []

    def stand_in(module):
        def compiled(*inputs):
            calls.append(len(inputs))
            if fault:
                raise RuntimeError(fault)
            return module._call_impl(*inputs)

        module._compiled_call_impl = compiled

    monkeypatch.setattr(torch.nn.Module, "compile", stand_in)
    plain, quick = Blurry(), Compiled()
    train(plain, batches, Plan(3, lr=0.01), tmp_path / "plain", HERE)
    with slot(60, clock=Clock(), compiled=True):
        train(quick, batches, Plan(3, lr=0.01), tmp_path / "quick", HERE)
    assert len(calls) == (1 if fault else 1 + 3)
    assert ("not compiled: no compiler" in caplog.text) == bool(fault)
    assert (quick.net._compiled_call_impl is None) == bool(fault)
    assert bits(quick) == bits(plain)


def test_without_a_network_to_compile_nothing_is_tried(tmp_path, monkeypatch):
    """A loss may move what is no buffer: a step ahead of time is not the same training."""
    monkeypatch.setattr(loop, "probe", lambda *_: Precision())

    class Counting(Blurry):
        steps = 0

        def losses(self, batch, step):
            self.steps += 1
            return super().losses(batch, step)

    objective = Counting()
    with slot(60, clock=Clock(), compiled=True):
        train(objective, batches, Plan(3, lr=0.01), tmp_path, HERE)
    assert objective.steps == 3


@pytest.mark.soak
def test_a_denoiser_really_compiles(tmp_path):
    from oneshot.models.modulated_unet import PatchUNet
    from oneshot.models.pixel_diffusion import PixelDiffusion
    from oneshot.objectives.diffusion import DiffusionObjective, pixel_pairs

    def objective():
        torch.manual_seed(0)
        unet = PatchUNet(16, 16, 8, widths=(8, 16), patch=2, attention=(1,))
        model = PixelDiffusion(unet, steps=50, velocity=True)
        return DiffusionObjective(model.denoiser, model.schedule, pixel_pairs(), 0.1, True)

    def pairs(step):
        return {name: batches(step)["x"] for name in ("x", "y")}

    first, second = objective(), objective()
    train(first, pairs, Plan(4, lr=0.01), tmp_path / "plain", HERE)
    with slot(10, compiled=True):
        train(second, pairs, Plan(4, lr=0.01), tmp_path / "compiled", HERE)
    assert second.denoiser._compiled_call_impl is not None
    both = zip(first.parameters(), second.parameters(), strict=True)
    apart = torch.cat([(a - b).abs().flatten() for a, b in both])
    # A step of Adam is at most its rate, and either way where a gradient is next to nothing.
    assert apart.max() <= 4 * 2 * 0.01 and apart.mean() < 0.005


def test_slots_end_with_their_block_and_need_time():
    assert current() is None
    with slot(1, clock=Clock()) as mine:
        assert current() is mine
        assert 0 <= mine.left < 60
    assert current() is None
    for minutes in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="minutes is a number above 0"), slot(minutes):
            pass
