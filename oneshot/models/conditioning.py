"""What denoisers have in common: the time step, shared rows, and what the network predicts."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from oneshot.diffusion.schedules import Schedule


def sinusoid(t: Tensor, size: int) -> Tensor:
    """Return (N, size) sines and cosines of `t` (N,), with periods from 2 pi to 2 pi 10^4 steps.

    Vaswani et al. 2017; made for integer steps: over t/T in (0, 1] it has an effective rank of 2.
    """
    frequencies = torch.exp(
        torch.arange(size // 2, device=t.device) * -(math.log(10_000) / (size // 2 - 1))
    )
    angles = t.float()[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class TimeEmbedding(nn.Module):
    """Time steps (N,) to vectors (N, outputs): a sinusoid and a two-layer perceptron."""

    def __init__(self, size: int, hidden: int, outputs: int):
        super().__init__()
        if size % 2:
            raise ValueError(
                f"a sinusoid pairs sines with cosines: {size} is odd, give it one more"
            )
        self.size = size
        self.perceptron = nn.Sequential(
            nn.Linear(size, hidden), nn.GELU(), nn.Linear(hidden, outputs)
        )

    def forward(self, t: Tensor) -> Tensor:
        return self.perceptron(sinusoid(t, self.size))


class FromVelocity(nn.Module):
    """A denoiser whose network predicts v = sqrt(abar) eps - sqrt(1 - abar) x0 instead of eps.

    Where noise is nearly all there is, v is the drawing itself, so that a network learns what to
    draw as soon as how to draw it (Salimans & Ho 2022, *Progressive Distillation*, appendix D).
    """

    def __init__(self, network: nn.Module, schedule: Schedule):
        super().__init__()
        self.network, self.schedule = network, schedule

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, keep: Tensor) -> Tensor:
        """Return the noise predicted in `x` (N, ...), float32; arguments are the network's."""
        signal, sigma = self.schedule.scales(t, x)
        return signal * self.network(x, t, condition, keep).float() + sigma * x.float()


def start_at_zero(layer: nn.Module) -> None:
    """Let a layer give zeros until it has learned something."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def spread(variations: int, *rows: Tensor) -> Iterator[Tensor]:
    """Yield each of `rows` (N, ...) as (N * variations, ...), every row repeated in place."""
    return (row.repeat_interleave(variations, dim=0) for row in rows)
