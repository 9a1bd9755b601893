"""bf16 or fp32, NCHW or channels-last: whichever trains faster here, found by a quick probe."""

import copy
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

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
        return objective.to(memory_format=torch.channels_last) if self.channels_last else objective

    def __str__(self) -> str:
        return ("bf16" if self.bf16 else "fp32") + (" channels_last" if self.channels_last else "")


CANDIDATES = (Precision(), Precision(bf16=True), Precision(bf16=True, channels_last=True))


def probe(objective: Objective, batch: dict[str, Tensor], tries: int = 2) -> Precision:
    """Return the fastest precision for a forward and backward pass; `objective` is left as it was.

    bf16 is taken only when it wins by a tenth: below that its rounding buys nothing.
    """
    seconds = {}
    for precision in CANDIDATES:
        twin = precision.prepare(copy.deepcopy(objective))
        device = next(twin.parameters()).device
        placed = {name: precision.place(value) for name, value in batch.items()}
        clocks = []
        for _ in range(tries + 1):
            start = time.perf_counter()
            with precision.autocast(device):
                loss = twin.losses(placed, 0)["loss"]
            loss.backward()
            loss.item()
            clocks.append(time.perf_counter() - start)
        seconds[precision] = min(clocks[1:]) * (1.0 if precision == Precision() else 1.1)
    return min(seconds, key=seconds.get)
