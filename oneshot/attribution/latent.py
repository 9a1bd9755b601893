"""Importance maps of latent diffusion: what a step says in latents, seen through the decoder.

A statement s about a latent z is a statement J(z) s about pixels, J the decoder's Jacobian at z.
The product is one forward-mode derivative, as dear as decoding twice; J itself, 2304 by 128, is
never made. Boutin et al., *Latent Representation Matters* (NeurIPS 2024), fig. 5.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from oneshot.attribution.maps import StepMeans, check, magnitude, statement
from oneshot.diffusion.samplers import Callback, Step, timesteps
from oneshot.models.latent_diffusion import LatentDiffusion

TOGETHER = 64  # latents decoded together: their activations stay in the cache of a laptop


def latent_maps(
    model: LatentDiffusion,
    exemplars: Tensor,
    reading: str = "guided",
    *,
    variations: int = 10,
    guidance: float = 1.0,
    seed: int = 0,
    concepts: Sequence[int] | None = None,
    steps: int = 50,
    as_released: bool = False,
) -> Tensor:
    """Return what each step of drawing `exemplars` (C, 1, H, W) says of each pixel, (S, C, H, W).

    As `oneshot.attribution.maps.pixel_maps`, with the decoder's Jacobian at the latent that the
    step saw between what is said and its size: a guided map is the mean of |J(z) w eps| over
    variations, w the noise level. `as_released` pairs things as the released script does: eps with
    the latent after the update, and step i of the trajectory, which falls from the noisiest, with
    the weight of the i-th time counted from the cleanest.

    Raises ValueError for an unknown reading, and where `draw` does.
    """
    check(reading)

    def page(step: Step) -> Tensor:
        pushed = push(model.decode, step.x, statement(step, reading))
        return magnitude(pushed, reading).squeeze(-3)

    mean = StepMeans(page, len(exemplars), variations)
    callback: Callback = mean
    if as_released:
        visited = timesteps(model.schedule.steps, steps)
        callback = _released_pairing(mean, model.schedule.alphas_cumprod[visited].tolist())
    model.draw(
        exemplars,
        variations,
        guidance=guidance,
        seed=seed,
        concepts=concepts,
        steps=steps,
        callback=callback,
    )
    return mean.result()


def push(decode: Callable[[Tensor], Tensor], z: Tensor, direction: Tensor) -> Tensor:
    """Return J(z) direction (c, v, ...), the change of `decode(z)` as latents move along it.

    `z` and `direction` are (c, v, d), and `decode` maps latents (n, d) to images (n, ...).
    """
    both = torch.stack((z, direction)).flatten(1, 2)
    pushed = [torch.func.jvp(decode, (at,), (along,))[1] for at, along in both.split(TOGETHER, 1)]
    return torch.cat(pushed).unflatten(0, z.shape[:2])


def _released_pairing(callback: Callback, alphas: Sequence[float]) -> Callback:
    """Return a callback that shows `callback` each step with another's latent and noise level."""
    waiting: Step | None = None

    def mispair(step: Step) -> None:
        nonlocal waiting
        if waiting is not None:
            callback(replace(waiting, x=step.x))
        waiting = replace(step, alpha_cumprod=alphas[-1 - step.index])
        if step.alpha_cumprod_next == 1:
            callback(replace(waiting, x=step.x0))
            waiting = None

    return mispair
