"""The one training loop: precision, EMA, resume, progress, NaN guard and log."""

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from oneshot.device import on_card, same_randomness_after
from oneshot.progress import tqdm
from oneshot.rng import step_seed
from oneshot.training.checkpoint import (
    load_optimizer,
    optimizer_tensors,
    read_tensors,
    write_atomic,
    write_tensors,
)
from oneshot.training.objective import Objective
from oneshot.training.precision import Precision, probe
from oneshot.training.slot import OutOfTime, current

log = logging.getLogger("oneshot")
OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}
SCHEDULES = ("constant", "linear", "cosine")
WHOLE = {"steps": 1, "batch": 1, "warmup": 0, "seed": 0}
"""Whole numbers of a plan and the least that each may be."""


@dataclass(frozen=True)
class Plan:
    """How to train: everything of the optimisation that is not the model or the data.

    Raises ValueError for a name that is not known and for a number that cannot be.
    """

    steps: int
    batch: int = 128
    optimizer: str = "adam"
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warmup: int = 0
    ema: float = 0.0
    clip: float = 0.0
    seed: int = 0

    def __post_init__(self):
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {self.optimizer!r}; known: {list(OPTIMIZERS)}")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"unknown schedule {self.schedule!r}; known: {list(SCHEDULES)}")
        for name, least in WHOLE.items():
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} of a plan is a whole number from {least} up, not {value}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr of a plan is a number above 0, not {self.lr}")
        for name in ("weight_decay", "clip"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} of a plan is 0 or more, not {getattr(self, name)}")
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema of a plan is in [0, 1), not {self.ema}")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas of a plan are two numbers in [0, 1), not {self.betas}")

    def rate(self, step: int) -> float:
        """Return the learning rate of `step`: linear warm-up, then the schedule down to 0."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        if self.schedule == "linear":
            return self.lr * (1 - done)
        if self.schedule == "cosine":
            return self.lr * 0.5 * (1 + math.cos(math.pi * done))
        return self.lr


class TrainingDiverged(RuntimeError):
    """The loss stopped being a finite number; the last good checkpoint is kept."""


@dataclass(frozen=True)
class Trained:
    """What a finished training says of itself; `core_seconds` is what its process computed."""

    steps: int
    seconds: float
    core_seconds: float
    precision: str
    device: str
    losses: dict[str, float]


def train(
    objective: Objective,
    batches: Callable[[int], dict[str, Tensor]],
    plan: Plan,
    folder: Path,
    device: torch.device,
    *,
    name: str = "training",
    checkpoint_seconds: float = 60.0,
) -> Trained:
    """Train `objective` in place on `device` and return what it took.

    `batches(step)` must be a pure function of the step. With the re-seeding of every step from
    (plan.seed, step) this makes a run that was killed at any moment resume from
    `folder/checkpoint.safetensors` to the same bits. Afterwards the objective holds the exponential
    moving average of its weights when `plan.ema` is set, and is in eval mode.

    In a `slot` the training ends with it, and goes on from its checkpoint in the next.

    Raises TrainingDiverged when a loss or a weight is not finite, and OutOfTime at the end of the
    slot.
    """
    limit = current()
    if on_card(device) and (settle := getattr(batches, "settle", None)):
        settle(device)
    run = _Run(objective.to(device), plan, Path(folder), device)
    with same_randomness_after(device):
        run.begin(batches)
        if limit and limit.compiled:
            run.compile(batches(run.step))
        bar = tqdm(total=plan.steps, initial=run.step, desc=name, unit="step", mininterval=1.0)
        saved = time.monotonic()
        for step in range(run.step, plan.steps):
            run.update(step, run.place(batches(step)))
            bar.update()
            if run.step % run.log_every == 0 or run.step == plan.steps:
                bar.set_postfix_str(f"loss {run.log():.4g}")
            if limit and not limit.left and run.step < plan.steps:
                run.save()
                bar.close()
                raise OutOfTime(f"{name} is at step {run.step} of {plan.steps}")
            if time.monotonic() - saved > checkpoint_seconds and run.step < plan.steps:
                run.save()
                saved = time.monotonic()
        bar.close()
    return run.finish()


class _Run:
    """The state of one training: what a checkpoint holds and what a step changes."""

    def __init__(self, objective: Objective, plan: Plan, folder: Path, device: torch.device):
        self.objective, self.plan, self.folder, self.device = objective, plan, folder, device
        self.step, self.seconds, self.clock = 0, 0.0, time.monotonic()
        self.core_seconds, self.core_clock = 0.0, time.process_time()
        self.log_every = max(1, min(100, plan.steps // 50))
        self.window: dict[str, list[Tensor]] = {}
        self.recent: dict[str, float] = {}

    def begin(self, batches: Callable[[int], dict[str, Tensor]]) -> None:
        """Choose the precision, build optimisers and EMA, and resume when a checkpoint is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "checkpoint.safetensors"
        tensors, note = read_tensors(path) if path.exists() else ({}, {})
        if tensors and note["plan"] != json.loads(json.dumps(asdict(self.plan))):
            raise ValueError(f"{path} belongs to another plan; delete it to start anew")
        self.objective.train()
        if tensors:
            self.precision = Precision(**note["precision"])
        else:
            torch.manual_seed(step_seed(self.plan.seed, 0))
            batch = {k: v.to(self.device) for k, v in batches(0).items()}
            self.precision = probe(self.objective, self._floats(batch))
        self.precision.prepare(self.objective)
        self.optimizers = {k: self._optimizer(v) for k, v in self.objective.groups().items()}
        self.average = (
            {k: v.detach().clone() for k, v in self.objective.named_parameters()}
            if self.plan.ema
            else {}
        )
        if tensors:
            self._restore(tensors, note)
        else:
            # Another run of the probe may choose otherwise: what it chose must survive a kill.
            self.save()
        self._trim_log()

    def compile(self, batch: dict[str, Tensor]) -> None:
        """Compile the networks; where that fails, go on without, for it is only quicker."""
        networks = self.objective.networks_to_compile()
        if not networks:
            return
        buffers = [(buffer, buffer.clone()) for buffer in self.objective.buffers()]
        for network in networks:
            network.compile()
        try:
            with same_randomness_after(self.device), self.precision.autocast(self.device):
                self.objective.losses(self.place(batch), self.step)["loss"].backward()
        except Exception as error:  # a compiler may be missing, or fail, in any way
            log.warning("not compiled: %s", str(error).splitlines()[0] if str(error) else error)
            for network in networks:
                network._compiled_call_impl = None
        self.objective.zero_grad(set_to_none=True)
        for buffer, before in buffers:
            buffer.copy_(before)

    def update(self, step: int, batch: dict[str, Tensor]) -> None:
        """Take one optimisation step."""
        torch.manual_seed(step_seed(self.plan.seed, step))
        turn = self.objective.turn(step)
        optimizer = self.optimizers[turn]
        for group in optimizer.param_groups:
            group["lr"] = self.plan.rate(step)
        with self.precision.autocast(self.device):
            losses = self.objective.losses(batch, step)
        if not torch.isfinite(losses["loss"]):
            raise self._diverged(f"the loss is {losses['loss'].item()} at step {step}")
        optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()
        if self.plan.clip:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, self.plan.clip)
        optimizer.step()
        self.step = step + 1
        if self.average:
            self._blend()
        for name, value in losses.items():
            self.window.setdefault(name, []).append(value.detach())

    def place(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `batch` on the device, uint8 images as floats in [0, 1]."""
        moved = {k: v.to(self.device, non_blocking=True) for k, v in batch.items()}
        return {k: self.precision.place(v) for k, v in self._floats(moved).items()}

    def log(self) -> float:
        """Append the mean losses since the last call to the log and return the loss."""
        self.recent = {k: torch.stack(v).float().mean().item() for k, v in self.window.items()}
        self.window = {}
        self._tick()
        row = {"step": self.step, "seconds": round(self.seconds, 2), **self.recent}
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
        return self.recent["loss"]

    def save(self) -> None:
        """Write the checkpoint, unless a weight is not finite."""
        self._check_weights()
        self._tick()
        tensors = {f"model.{k}": v for k, v in self.objective.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.average.items()}
        for name, optimizer in self.optimizers.items():
            tensors |= optimizer_tensors(optimizer, f"optimizer.{name}")
        note = {
            "step": self.step,
            "seconds": self.seconds,
            "core_seconds": self.core_seconds,
            "plan": asdict(self.plan),
            "precision": asdict(self.precision),
        }
        write_tensors(self.folder / "checkpoint.safetensors", tensors, note)

    def finish(self) -> Trained:
        """Leave the averaged weights in the objective and say what the run took."""
        self._check_weights()
        with torch.no_grad():
            for name, parameter in self.objective.named_parameters():
                if name in self.average:
                    parameter.copy_(self.average[name])
        self.objective.eval()
        self._tick()
        return Trained(
            self.step,
            round(self.seconds, 3),
            round(self.core_seconds, 6),
            str(self.precision),
            self.device.type,
            dict(self.recent),
        )

    def _optimizer(self, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
        plan, kind = self.plan, OPTIMIZERS[self.plan.optimizer]
        options = {"lr": plan.lr, "weight_decay": plan.weight_decay}
        if plan.optimizer != "rmsprop":
            options |= {"betas": plan.betas, "fused": True}
        return kind(parameters, **options)

    def _blend(self) -> None:
        # A young average forgets its random start faster.
        decay = min(self.plan.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            live = dict(self.objective.named_parameters())
            names = list(self.average)
            torch._foreach_lerp_(  # pyright: ignore[reportPrivateImportUsage]
                [self.average[k] for k in names], [live[k] for k in names], 1 - decay
            )

    def _check_weights(self) -> None:
        # A finite loss can have an infinite gradient, which the loss shows only one step later.
        for name, parameter in self.objective.named_parameters():
            if not torch.isfinite(parameter).all():
                raise self._diverged(f"{name} is not finite after step {self.step - 1}")

    def _diverged(self, what: str) -> TrainingDiverged:
        return TrainingDiverged(
            f"{what} of {self.plan.steps}; the last good checkpoint is kept in {self.folder}; "
            f"lower lr ({self.plan.lr})"
        )

    def _restore(self, tensors: dict[str, Tensor], note: dict) -> None:
        weights = {
            k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")
        }
        self.objective.load_state_dict(weights)
        for name in self.average:
            self.average[name].copy_(tensors[f"ema.{name}"])
        for name, optimizer in self.optimizers.items():
            load_optimizer(optimizer, tensors, f"optimizer.{name}")
        self.step, self.seconds = note["step"], note["seconds"]
        # Checkpoints of earlier versions know only the wall clock.
        self.core_seconds = note.get("core_seconds", note["seconds"])

    def _trim_log(self) -> None:
        """Drop the rows that a killed run logged after its last checkpoint."""
        path = self.folder / "log.jsonl"
        if path.exists():
            rows = [row for row in path.read_text().splitlines() if row.endswith("}")]
            kept = [row for row in rows if json.loads(row)["step"] <= self.step]
            write_atomic(path, "".join(row + "\n" for row in kept).encode())

    def _tick(self) -> None:
        now = time.monotonic()
        self.seconds, self.clock = self.seconds + now - self.clock, now
        core = time.process_time()
        self.core_seconds += core - self.core_clock
        self.core_clock = core

    @staticmethod
    def _floats(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return {k: v.float() / 255 if v.dtype == torch.uint8 else v for k, v in batch.items()}
