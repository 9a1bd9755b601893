"""Noise schedules: how much of a drawing is left after each diffusion step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Schedule:
    """A variance-preserving forward process, x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps.

    `betas` and `alphas_cumprod` are float64 of shape (T,); entry t belongs to integer time step t
    in 0..T-1, and `alphas_cumprod[t]` is what is left after step t.
    """

    name: str
    betas: Tensor
    alphas_cumprod: Tensor

    @property
    def steps(self) -> int:
        """Return the number T of diffusion steps."""
        return len(self.betas)

    def scales(self, t: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return sqrt(abar_t) and sqrt(1 - abar_t), float32, shaped to multiply `like`.

        `t` is (N,) int64, `like` is (N, ...); the result is (N, 1, ...) on the device of `like`.
        """
        # Rounded to float32 only after the roots: 1 - abar_t cancels badly at small t.
        shape = (-1, *(1,) * (like.dim() - 1))
        roots = torch.stack([self.alphas_cumprod, 1 - self.alphas_cumprod]).sqrt().float()
        signal, sigma = roots.to(like.device)[:, t.to(like.device)]
        return signal.view(shape), sigma.view(shape)

    def noised(self, x0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
        """Return x_t, the data `x0` (N, ...) after step `t` (N,) with noise `eps` (N, ...)."""
        signal, sigma = self.scales(t, x0)
        return signal * x0 + sigma * eps


def _linear(steps: int) -> np.ndarray:
    """Betas of DDPM (Ho et al. 2020, section 4)."""
    return np.linspace(1e-4, 0.02, steps)


def _scaled_linear(steps: int) -> np.ndarray:
    """Betas of latent diffusion (Rombach et al. 2022): their roots are evenly spaced."""
    return np.linspace(0.0015**0.5, 0.0195**0.5, steps) ** 2


def _cosine(steps: int) -> np.ndarray:
    """Betas of improved DDPM (Nichol & Dhariwal 2021, eq. 17), at most 0.999."""
    left = np.cos((np.arange(steps + 1) / steps + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.minimum(1 - left[1:] / left[:-1], 0.999)


SCHEDULES: dict[str, Callable[[int], np.ndarray]] = {
    "linear": _linear,
    "scaled_linear": _scaled_linear,
    "cosine": _cosine,
}


def make_schedule(name: str, steps: int = 1000) -> Schedule:
    """Return the noise schedule `name` with `steps` diffusion steps.

    `linear` and `scaled_linear` keep their end points whatever the number of steps, so fewer steps
    leave more signal at the end (*Diffusion Models as Artists* trains `linear` with 500).

    Raises ValueError for an unknown name or less than one step.
    """
    if name not in SCHEDULES:
        raise ValueError(f"unknown noise schedule {name!r}: expected one of {sorted(SCHEDULES)}")
    if steps < 1:
        raise ValueError(f"a noise schedule needs at least one step, got steps={steps}")
    # From NumPy, so that the numbers are real even while networks are built on the meta device.
    betas = SCHEDULES[name](steps)
    return Schedule(name, torch.from_numpy(betas), torch.from_numpy(np.cumprod(1 - betas)))
