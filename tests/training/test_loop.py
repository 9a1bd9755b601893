import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from objectives import Blurry, Duel, Slope, batches

from oneshot.device import present
from oneshot.training import loop
from oneshot.training.checkpoint import read_metadata, read_tensors
from oneshot.training.loop import Plan, TrainingDiverged, train
from oneshot.training.precision import Precision

HERE = torch.zeros(()).device
SLOW = Precision(bf16=True, channels_last=True)


@pytest.fixture(autouse=True)
def plain_precision(monkeypatch):
    """Which precision is faster differs from moment to moment; tests compare bits."""
    monkeypatch.setattr(loop, "probe", lambda *_: Precision())


class Stop(Exception):
    """What interrupts a training in these tests."""


def until(stop):
    def some(step):
        if step == stop:
            raise Stop
        return batches(step)

    return some


def logged(folder):
    return [json.loads(row) for row in (folder / "log.jsonl").read_text().splitlines()]


def bits(objective):
    return {name: value.numpy().tobytes() for name, value in objective.state_dict().items()}


PLANS = {
    "adam": Plan(20, lr=0.01, seed=1),
    "adam averaged": Plan(20, lr=0.01, seed=1, ema=0.9, schedule="constant"),
    "adamw": Plan(20, optimizer="adamw", lr=0.01, seed=1, weight_decay=0.1, warmup=8),
    "rmsprop": Plan(20, optimizer="rmsprop", lr=0.01, seed=1, schedule="linear", clip=0.1),
}


@pytest.mark.parametrize("kind", [Blurry, Duel])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_an_interrupted_training_ends_in_the_same_bits(tmp_path, kind, plan):
    whole, broken = kind(), kind()
    train(whole, batches, plan, tmp_path / "whole", HERE)
    for stop in (0, 7, 13):
        with pytest.raises(Stop):
            train(kind(), until(stop), plan, tmp_path / "broken", HERE, checkpoint_seconds=0)
    trained = train(broken, batches, plan, tmp_path / "broken", HERE)
    assert bits(whole) == bits(broken)
    assert trained.steps == 20


@pytest.mark.parametrize("device", present(), ids=str)
def test_training_on_every_device_lowers_the_loss(tmp_path, device):
    objective = Blurry()
    train(objective, batches, Plan(150, lr=0.01), tmp_path, device)
    rows = logged(tmp_path)
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert all(p.device.type == device.type for p in objective.parameters())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_random_moments_it_ends_in_the_same_bits(tmp_path):
    script = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    reached = [step for line in done.stdout.splitlines() for step in json.loads(line)["reached"]]
    assert any(0 < step < 40 for step in reached), f"nobody died half-way: {reached}"


def test_the_chosen_precision_survives_a_kill_before_the_first_step(tmp_path, monkeypatch):
    choices = iter([SLOW, Precision()])
    monkeypatch.setattr(loop, "probe", lambda *_: next(choices))
    with pytest.raises(Stop):
        train(Blurry(), lambda step: until(0)(step - 1), Plan(5), tmp_path, HERE)
    with pytest.raises(Stop):
        train(Blurry(), until(1), Plan(5), tmp_path, HERE)
    assert train(Blurry(), batches, Plan(5), tmp_path, HERE).precision == "bf16 channels_last"


def test_the_log_has_each_step_once_and_means_of_all_losses(tmp_path):
    plan = Plan(100, lr=0.01)
    with pytest.raises(Stop):
        train(Blurry(), until(31), plan, tmp_path, HERE)  # nothing saved after step 0
    assert logged(tmp_path)[-1]["step"] == 30
    (tmp_path / "log.jsonl").open("a").write('{"step": 31, "lo')  # killed while it wrote
    trained = train(Blurry(), batches, plan, tmp_path, HERE)
    rows = logged(tmp_path)
    assert [row["step"] for row in rows] == list(range(2, 101, 2))
    assert all(np.isfinite([row["loss"], row["size"]]).all() for row in rows)
    assert trained.losses == {name: rows[-1][name] for name in ("loss", "size")}


def test_a_logged_loss_is_the_mean_of_its_steps(tmp_path):
    plan = Plan(150, lr=0.5, schedule="constant")  # Adam moves by lr against a gradient of 1
    train(Slope(), batches, plan, tmp_path, HERE)
    # before steps 0, 1 and 2 the weight is 0, -0.5 and -1
    assert [row["step"] for row in logged(tmp_path)[:2]] == [3, 6]
    assert logged(tmp_path)[0]["loss"] == pytest.approx(-0.5, abs=1e-4)


def test_the_averaged_weights_are_left_in_the_objective(tmp_path):
    objective = Slope()
    train(objective, batches, Plan(30, lr=1.0, schedule="constant", ema=0.8), tmp_path, HERE)
    average, weight = 0.0, 0.0
    for step in range(1, 31):
        weight -= 1
        decay = min(0.8, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * weight
    assert objective.weight.item() == pytest.approx(average, rel=1e-4)
    assert not objective.training


def test_each_turn_moves_only_its_own_network(tmp_path):
    seen = []

    class Watched(Duel):
        def losses(self, batch, step):
            seen.append((step, self.left.weight.clone(), self.right.weight.clone()))
            return super().losses(batch, step)

    train(Watched(), batches, Plan(9, lr=0.1), tmp_path, HERE)
    for (step, left, right), (_, next_left, next_right) in pairwise(seen):
        moved = (not torch.equal(left, next_left), not torch.equal(right, next_right))
        assert moved == ((False, True) if step % 4 == 3 else (True, False))


class Breaking(Slope):
    """Break at a step: in its loss, or only in the gradient of its loss."""

    def __init__(self, step, loss):
        super().__init__()
        self.step, self.loss = step, loss

    def losses(self, batch, step):
        if step != self.step:
            return super().losses(batch, step)
        if self.loss:
            return {"loss": self.weight * float("nan")}
        return {"loss": (self.weight * 0).sqrt()}  # 0, with gradient 0 * infinity


def test_a_loss_that_is_not_a_number_stops_with_the_step(tmp_path):
    with pytest.raises(TrainingDiverged, match=r"loss is nan at step 7 of 20;.*lower lr") as caught:
        train(Breaking(7, True), batches, Plan(20), tmp_path, HERE, checkpoint_seconds=0)
    assert str(tmp_path) in str(caught.value)
    tensors, note = read_tensors(tmp_path / "checkpoint.safetensors")
    assert note["step"] == 7
    assert all(torch.isfinite(value).all() for value in tensors.values())


@pytest.mark.parametrize(("step", "saved"), [(7, 7), (19, 19)])
def test_a_gradient_that_is_not_a_number_never_gets_into_a_checkpoint(tmp_path, step, saved):
    with pytest.raises(TrainingDiverged, match=rf"weight is not finite after step {step} of 20"):
        train(Breaking(step, False), batches, Plan(20), tmp_path, HERE, checkpoint_seconds=0)
    tensors, note = read_tensors(tmp_path / "checkpoint.safetensors")
    assert note["step"] == saved
    assert all(torch.isfinite(value).all() for value in tensors.values())


def test_a_checkpoint_of_another_plan_is_refused(tmp_path):
    with pytest.raises(Stop):
        train(Blurry(), until(3), Plan(9), tmp_path, HERE)
    with pytest.raises(ValueError, match="belongs to another plan; delete it"):
        train(Blurry(), batches, Plan(9, lr=0.5), tmp_path, HERE)


def test_the_callers_random_numbers_are_not_disturbed(tmp_path):
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    objective = Slope()
    train(objective, batches, Plan(3), tmp_path, HERE)
    assert torch.equal(torch.rand(3), expected)


def test_drawings_become_floats_and_labels_stay(tmp_path):
    class Asserting(Slope):
        def losses(self, batch, step):
            assert batch["x"].dtype == torch.float32 and batch["x"].max() == 1
            assert batch["label"].dtype == torch.int64
            return super().losses(batch, step)

    page = torch.full((2, 1, 4, 4), 255, dtype=torch.uint8)
    train(
        Asserting(),
        lambda step: {"x": page, "label": torch.tensor([300, 2])},
        Plan(2),
        tmp_path,
        HERE,
    )


def test_the_checkpoint_says_what_it_belongs_to(tmp_path):
    with pytest.raises(Stop):
        train(Blurry(), until(4), Plan(9, seed=2), tmp_path, HERE, checkpoint_seconds=0)
    note = read_metadata(tmp_path / "checkpoint.safetensors")
    assert (note["step"], note["plan"]["seed"]) == (4, 2)
    assert note["precision"] == {"bf16": False, "channels_last": False}


def test_rates_by_hand():
    warm = Plan(10, lr=1.0, warmup=2, schedule="linear")
    assert [warm.rate(step) for step in (0, 1, 2, 6, 9)] == [0.5, 1.0, 1.0, 0.5, 0.125]
    cosine = Plan(8, lr=2.0)
    assert [cosine.rate(step) for step in (0, 4)] == pytest.approx([2.0, 1.0])
    assert Plan(8, lr=2.0, schedule="constant").rate(7) == 2.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "sgd"}, "unknown optimizer 'sgd'; known: "),
        ({"schedule": "step"}, "unknown schedule 'step'; known: "),
        ({"lr": 0}, "lr of a plan is a number above 0, not 0"),
        ({"lr": float("nan")}, "lr of a plan is a number above 0, not nan"),
        ({"ema": 1}, r"ema of a plan is in \[0, 1\), not 1"),
        ({"batch": 0}, "batch of a plan is a whole number from 1 up, not 0"),
        ({"steps": 2.5}, "steps of a plan is a whole number from 1 up, not 2.5"),
        ({"seed": -1}, "seed of a plan is a whole number from 0 up, not -1"),
        ({"warmup": -5}, "warmup of a plan is a whole number from 0 up, not -5"),
        ({"clip": -1}, "clip of a plan is 0 or more, not -1"),
        ({"weight_decay": -1}, "weight_decay of a plan is 0 or more, not -1"),
        ({"betas": (2, 3)}, r"betas of a plan are two numbers in \[0, 1\), not \(2, 3\)"),
        ({"betas": (0.9,)}, "betas of a plan are two numbers"),
    ],
)
def test_a_plan_checks_itself(options, message):
    with pytest.raises(ValueError, match=message):
        Plan(**{"steps": 10} | options)
