"""Samplers: free functions that turn noise into data, one denoiser call per step.

All share one signature, `sampler(eps, x, schedule, steps, *, noise, callback, clip)`: `eps(x, t)`
predicts the noise in `x` (N, ...) at integer time steps `t` (N,) and `x` starts as standard normal
noise. They visit the same time steps and differ in how they move between them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import expm1, log, sqrt
from numbers import Integral

import torch
from torch import Tensor

from oneshot.diffusion.guidance import Guided
from oneshot.diffusion.schedules import Schedule

Eps = Callable[[Tensor, Tensor], Tensor]
Noise = Callable[[int], Tensor]


@dataclass(frozen=True)
class Step:
    """What a sampler's callback sees at one step: the state before the update and its prediction.

    `index` counts the sampler's steps from 0, `t` is the time step in 0..T-1 that the network saw,
    `x` is what it saw, `eps` what it predicted (with guidance), `x0` the data that follows (after
    clipping), `alpha_cumprod` belongs to `t` and `alpha_cumprod_next` to where the update lands
    (1 after the last). The branches of guidance are None unless `eps` came from `guided`.
    """

    index: int
    t: int
    x: Tensor
    eps: Tensor
    x0: Tensor
    alpha_cumprod: float
    alpha_cumprod_next: float
    eps_cond: Tensor | None = None
    eps_uncond: Tensor | None = None


Callback = Callable[[Step], None]


# Even spacing (1.0) ends in so long a stride that 20 steps of dpm_solver_pp lose up to 7 % of the
# variance of a known mixture of Gaussians; 1.5 loses 2 %, at the same cost.
SPACING = 1.5


def timesteps(total: int, steps: int) -> list[int]:
    """Return `steps` time steps that fall from `total` - 1, the noisiest, ever more slowly.

    With `steps` equal to `total` they are all of them. Raises ValueError unless
    1 <= steps <= total.
    """
    if not isinstance(steps, Integral) or not 1 <= steps <= total:
        raise ValueError(
            f"cannot sample {total} diffusion steps in {steps}: give a whole number, 1 to {total}"
        )
    left = range(steps, 0, -1)
    return [max(round(total * (n / steps) ** SPACING), n) - 1 for n in left]


def _predictions(
    eps: Eps, x: Tensor, index: int, t: int, alphas: tuple[float, float], clip: float | None
) -> Step:
    """Ask the network for the noise in `x` and for the data it implies."""
    alpha, alpha_next = alphas
    time = torch.full((len(x),), t, dtype=torch.int64, device=x.device)
    if isinstance(eps, Guided) and eps.both:
        branches = eps.branches(x, time)
        predicted = eps.mix(*branches)
    else:
        branches, predicted = (), eps(x, time)
    x0 = (x - sqrt(1 - alpha) * predicted) / sqrt(alpha)
    if clip is not None:
        x0 = x0.clamp(-clip, clip)
    return Step(index, t, x, predicted, x0, alpha, alpha_next, *branches)


def _walk(
    update: Callable[[Step, Step | None], Tensor],
    eps: Eps,
    x: Tensor,
    schedule: Schedule,
    steps: int,
    callback: Callback | None,
    clip: float | None,
) -> Tensor:
    """Visit the time steps, letting `update(step, previous step)` move `x` to the next one."""
    visited = timesteps(schedule.steps, steps)
    alphas = [*schedule.alphas_cumprod[visited].tolist(), 1.0]
    previous = None
    for index, t in enumerate(visited):
        step = _predictions(eps, x, index, t, (alphas[index], alphas[index + 1]), clip)
        if callback is not None:
            callback(step)
        x, previous = update(step, previous), step
    return x


def ddpm(
    eps: Eps,
    x: Tensor,
    schedule: Schedule,
    steps: int,
    *,
    noise: Noise | None = None,
    callback: Callback | None = None,
    clip: float | None = None,
) -> Tensor:
    """Return data drawn by ancestral sampling (Ho et al. 2020, algorithm 2).

    The posterior variance is used, between whichever time steps are visited. `noise(index)` gives
    the noise of shape `x` that step `index` adds, torch's default generator if None. `clip` bounds
    the predicted data to [-clip, clip] at each step.
    """

    def update(step: Step, _: Step | None) -> Tensor:
        a, a_next = step.alpha_cumprod, step.alpha_cumprod_next
        beta = 1 - a / a_next
        mean = (
            sqrt(a_next) * beta / (1 - a) * step.x0
            + sqrt(a / a_next) * (1 - a_next) / (1 - a) * step.x
        )
        if a_next == 1:
            return mean
        return mean + sqrt(beta * (1 - a_next) / (1 - a)) * _noise(noise, step)

    return _walk(update, eps, x, schedule, steps, callback, clip)


def ddim(
    eps: Eps,
    x: Tensor,
    schedule: Schedule,
    steps: int,
    *,
    eta: float = 0.0,
    noise: Noise | None = None,
    callback: Callback | None = None,
    clip: float | None = None,
) -> Tensor:
    """Return data drawn by DDIM (Song et al. 2021, eq. 12): eta 0 is deterministic, 1 is DDPM.

    `noise` (used where eta > 0), `callback` and `clip` are those of `ddpm`.
    """

    def update(step: Step, _: Step | None) -> Tensor:
        a, a_next = step.alpha_cumprod, step.alpha_cumprod_next
        sigma = eta * sqrt((1 - a_next) / (1 - a) * (1 - a / a_next))
        # The noise that agrees with the (possibly clipped) data, not the one that was predicted.
        direction = (step.x - sqrt(a) * step.x0) / sqrt(1 - a)
        x = sqrt(a_next) * step.x0 + sqrt(1 - a_next - sigma**2) * direction
        return x + sigma * _noise(noise, step) if sigma > 0 else x

    return _walk(update, eps, x, schedule, steps, callback, clip)


def dpm_solver_pp(
    eps: Eps,
    x: Tensor,
    schedule: Schedule,
    steps: int,
    *,
    noise: Noise | None = None,
    callback: Callback | None = None,
    clip: float | None = None,
) -> Tensor:
    """Return data drawn by DPM-Solver++(2M) (Lu et al. 2022, algorithm 2), deterministic.

    Second order: 20 steps do what hundreds of `ddim` do. The first and the last step are of first
    order. `noise` is not used; `callback` and `clip` are those of `ddpm`.
    """

    def update(step: Step, previous: Step | None) -> Tensor:
        a, a_next = step.alpha_cumprod, step.alpha_cumprod_next
        if a_next == 1:
            return step.x0
        h = _log_snr(a_next) - _log_snr(a)
        x0 = step.x0
        if previous is not None:
            h_before = _log_snr(a) - _log_snr(previous.alpha_cumprod)
            x0 = x0 + h / (2 * h_before) * (x0 - previous.x0)
        return sqrt((1 - a_next) / (1 - a)) * step.x - sqrt(a_next) * expm1(-h) * x0

    return _walk(update, eps, x, schedule, steps, callback, clip)


SAMPLERS: dict[str, Callable[..., Tensor]] = {
    "ddpm": ddpm,
    "ddim": ddim,
    "dpm_solver_pp": dpm_solver_pp,
}


def _log_snr(alpha_cumprod: float) -> float:
    """Half the log of the signal-to-noise ratio, the time in which DPM-Solver is linear."""
    return 0.5 * log(alpha_cumprod / (1 - alpha_cumprod))


def _noise(noise: Noise | None, step: Step) -> Tensor:
    """The noise that `step` adds, where `x` lives."""
    return torch.randn_like(step.x) if noise is None else noise(step.index).to(step.x)
