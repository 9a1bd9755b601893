"""Latent diffusion: noise to the latent of a drawing, guided by the latent of the exemplar."""

from collections.abc import Sequence

import torch
from torch import Tensor

from oneshot.diffusion.drawing import sample_groups
from oneshot.diffusion.samplers import Callback
from oneshot.diffusion.schedules import make_schedule
from oneshot.models.autoencoder import VectorAutoencoder
from oneshot.models.generator import PageNetwork, accept, evaluating
from oneshot.models.latent_denoiser import AttentionDenoiser, ResidualDenoiser

GUIDANCE, SAMPLER, STEPS = 1.0, "dpm_solver_pp", 16
"""How it draws unless it is told otherwise: guided as published, faster than published."""

ROUNDING = 1e-6  # of the largest number: what float32 may make of equal ones
TOGETHER = 2000  # latents drawn together: their activations stay near the cache of a laptop


class LatentDiffusion(PageNetwork):
    """An autoencoder, a denoiser of its latents, and the statistics between them.

    The denoiser sees latents with zero mean and unit deviation in each dimension. `latent_mean` and
    `latent_std` (d,) are measured over the whole training set by `standardise_to` and saved with
    the weights. Boutin et al., *Latent Representation Matters* (NeurIPS 2024).

    `autoencoder` has `encode(images) -> (N, d)` and `decode(latents) -> (N, 1, H, W)` in [0, 1];
    `denoiser(x, t, condition, keep)` predicts noise; `schedule` and `steps` are those of
    `make_schedule`.
    """

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(
        self,
        autoencoder: VectorAutoencoder,
        denoiser: ResidualDenoiser | AttentionDenoiser,
        schedule: str = "scaled_linear",
        steps: int = 1000,
    ):
        super().__init__()
        self.autoencoder, self.denoiser = autoencoder, denoiser
        self.schedule = make_schedule(schedule, steps)
        self.register_buffer("latent_mean", torch.zeros(denoiser.latent))
        self.register_buffer("latent_std", torch.ones(denoiser.latent))

    def standardise_to(self, latents: Tensor) -> None:
        """Take the statistics of `latents` (N, d), the autoencoder's codes of the training set.

        Raises ValueError when the latents are all the same.
        """
        deviation = latents.std(dim=0)
        if not deviation.max() > ROUNDING * latents.abs().max():
            raise ValueError(
                "the autoencoder has collapsed: all drawings have the same latent, which says "
                "nothing of them; lower beta"
            )
        self.latent_mean.copy_(latents.mean(dim=0))
        # A dimension that the regularizer switched off must not be blown up to unit deviation.
        self.latent_std.copy_(deviation.clamp(min=1e-3 * deviation.max().item()))

    def standardise(self, latents: Tensor) -> Tensor:
        """Return what diffusion sees of the autoencoder's `latents` (..., d)."""
        return (latents.float() - self.latent_mean) / self.latent_std

    def encode(self, images: Tensor) -> Tensor:
        """Return the standardised latents (N, d) of `images` (N, 1, H, W) in [0, 1]."""
        return self.standardise(self.autoencoder.encode(images))

    def decode(self, latents: Tensor) -> Tensor:
        """Return the images (..., 1, H, W) in [0, 1] of standardised `latents` (..., d)."""
        rows = latents.flatten(0, -2) * self.latent_std + self.latent_mean
        return self.autoencoder.decode(rows).unflatten(0, latents.shape[:-1])

    @torch.no_grad()
    def draw(
        self,
        exemplars: Tensor,
        variations: int,
        *,
        guidance: float | None = None,
        seed: int = 0,
        concepts: Sequence[int] | None = None,
        sampler: str = SAMPLER,
        steps: int = STEPS,
        callback: Callback | None = None,
    ) -> Tensor:
        """Return `variations` drawings of each exemplar, (C, V, 1, H, W) in [0, 1].

        The noise of drawing (c, v) depends only on (seed, concepts[c], v), so neither the number of
        variations nor the company of other exemplars changes it. `guidance` None is 1, as
        published. 16 steps of `dpm_solver_pp` keep the variance of 200 within 1 %; the published
        sampler is `ddpm` with all steps. `callback` sees every `Step` of each group of concepts
        drawn together, `x` (c, V, d) standardised. Draw under bf16 autocast where bf16 is fast.

        Raises ValueError for an unknown sampler, steps that the schedule has not, and where
        `accept` does.
        """
        exemplars, concepts = accept(
            self, exemplars, variations, guidance=guidance, seed=seed, concepts=concepts
        )
        with evaluating(self):
            groups = sample_groups(
                self.denoiser,
                self.encode(exemplars),
                self.latent_mean.shape,
                variations,
                self.schedule,
                together=TOGETHER,
                guidance=GUIDANCE if guidance is None else guidance,
                seed=seed,
                concepts=concepts,
                sampler=sampler,
                steps=steps,
                callback=callback,
            )
            drawn = torch.cat([self.decode(group).flatten(0, 1) for group in groups])
        return drawn.unflatten(0, (len(exemplars), variations))
