"""bf16 or fp32, NCHW or channels-last: whichever trains faster here, found by a quick probe."""

import copy
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from oneshot.training.objective import Objective


@dataclass(frozen=True)
class Precision:
    """How to run a network: autocast to bf16 or not, and the memory format of its images."""

    bf16: bool = False
    channels_last: bool = False

    def autocast(self, device: torch.device) -> AbstractContextManager:
        """Return the autocast context for a forward pass on `device`."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.bf16)

    def place(self, value: Tensor) -> Tensor:
        """Return `value` in the memory format of this precision (only 4-D tensors have one)."""
        if self.channels_last and value.dim() == 4:
            return value.contiguous(memory_format=torch.channels_last)
        return value

    def prepare(self, objective: Objective) -> Objective:
        """Move the 4-D parameters of `objective` to the memory format, in place."""
        if self.channels_last:
            objective.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        return objective

    def __str__(self) -> str:
        return ("bf16" if self.bf16 else "fp32") + (" channels_last" if self.channels_last else "")


CANDIDATES = (Precision(), Precision(bf16=True), Precision(bf16=True, channels_last=True))


def probe(objective: Objective, batch: dict[str, Tensor], tries: int = 2) -> Precision:
    """Return the fastest precision for a forward and backward pass; `objective` is left as it was.

    bf16 is taken only when it wins by a tenth: below that its rounding buys nothing.
    """
    steps = []
    for precision in CANDIDATES:
        twin = precision.prepare(copy.deepcopy(objective))
        placed = {name: precision.place(value) for name, value in batch.items()}
        steps.append(partial(_step, twin, placed, precision))
    return CANDIDATES[_fastest(steps, tries)]


def probe_drawing(draw: Callable[[Precision], object], tries: int = 2) -> Precision:
    """Return bf16 or fp32, whichever `draw(precision)` is faster in; it ends with values at hand.

    As in `probe`, bf16 has to win by a tenth.
    """
    return CANDIDATES[_fastest([partial(draw, precision) for precision in CANDIDATES[:2]], tries)]


def _step(objective: Objective, batch: dict[str, Tensor], precision: Precision) -> None:
    with precision.autocast(next(objective.parameters()).device):
        loss = objective.losses(batch, 0)["loss"]
    loss.backward()
    loss.item()


def _fastest(runs: Sequence[Callable[[], object]], tries: int) -> int:
    """Return the place of the fastest; all but the first are held to be a tenth slower."""
    seconds = []
    for handicap, run in zip([1.0] + [1.1] * (len(runs) - 1), runs, strict=True):
        run()
        clocks = []
        for _ in range(tries):
            start = time.perf_counter()
            run()
            clocks.append(time.perf_counter() - start)
        seconds.append(min(clocks) * handicap)
    return seconds.index(min(seconds))
