"""Classifier-free guidance: exaggerating what the exemplar adds to the prediction."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

STRONGEST = 100.0
"""The most guidance that is taken; drawings are ink all over long before."""

Denoiser = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def check_strength(guidance: float) -> None:
    """Raise ValueError unless `guidance` is a number from 0 to `STRONGEST`."""
    if not 0 <= guidance <= STRONGEST:
        raise ValueError(
            f"guidance is a number from 0, which is none, to {STRONGEST:g}, not {guidance:g}"
        )


@dataclass(frozen=True)
class Guided:
    """A conditional denoiser turned into eps(x, t) by fixing its condition and guidance.

    Make one with `guided`. `branches` shows both predictions that guidance mixes.
    """

    denoiser: Denoiser
    condition: Tensor
    guidance: float
    both: bool

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        """Return the guided noise, (N, ...) float32, of `x` (N, ...) at time steps `t` (N,)."""
        if self.guidance == 0:
            return self.denoiser(x, t, self.condition, x.new_ones(len(x))).float()
        return self.mix(*self.branches(x, t))

    def branches(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Return the noise predicted with and without the condition, from one forward of 2N."""
        keep = torch.cat([x.new_ones(len(x)), x.new_zeros(len(x))])
        x, t, condition = (torch.cat([v, v]) for v in (x, t, self.condition))
        eps_cond, eps_uncond = self.denoiser(x, t, condition, keep).float().chunk(2)
        return eps_cond, eps_uncond

    def mix(self, eps_cond: Tensor, eps_uncond: Tensor) -> Tensor:
        """Return (1 + guidance) eps_cond - guidance eps_uncond."""
        return torch.lerp(eps_uncond, eps_cond, 1 + self.guidance)


def guided(denoiser: Denoiser, condition: Tensor, guidance: float, *, both: bool = False) -> Guided:
    """Return eps(x, t), the noise that `denoiser` predicts under `condition` with guidance.

    `denoiser(x, t, condition, keep)` predicts noise; where `keep` (N,) is 0 it must ignore the
    condition. The result is (1 + guidance) eps_cond - guidance eps_uncond, in float32: 0 is the
    conditional model alone, which costs one forward, anything else one forward of twice the rows.
    Other libraries call `guidance + 1` the guidance scale (Ho & Salimans 2022 count as we do).

    With `both`, a sampler's callback sees the two branches at guidance 0 too.
    """
    return Guided(denoiser, condition, float(guidance), both or guidance != 0)
