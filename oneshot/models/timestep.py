"""How a network is told the diffusion time step."""

import math

import torch
from torch import Tensor, nn


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
        self.size = size
        self.perceptron = nn.Sequential(
            nn.Linear(size, hidden), nn.GELU(), nn.Linear(hidden, outputs)
        )

    def forward(self, t: Tensor) -> Tensor:
        return self.perceptron(sinusoid(t, self.size))
