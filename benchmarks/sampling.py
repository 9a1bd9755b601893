"""Guided drawings of latent diffusion, against ancestral sampling through every step.

Both draw with the same networks, those of the shipped size with random weights. The plain way is
that of the released code of *Latent Representation Matters* (NeurIPS 2024): float32, all 1000 steps
of ancestral sampling, and at each step one pass with and one without the condition, which is
repeated for every drawing. Ours is `LatentDiffusion.draw` as pages use it: 16 steps of DPM-Solver++
in the precision that is faster here. A thousand steps for 57,500 drawings, as many as a published
score takes, last an hour or more, so the plain way is timed on a few steps of one concept, and its
time is multiplied; so is ours, timed on some of the concepts.
"""

import torch
from torch import Tensor

from oneshot import bench
from oneshot.models.latent_denoiser import ResidualDenoiser
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.patch_autoencoder import PatchAutoencoder
from oneshot.training.precision import Precision, probe_drawing

LATENT, CONCEPTS, VARIATIONS, GUIDANCE = 128, 115, 500, 1.0
TIMED_CONCEPTS, TIMED_STEPS, TRIES = 4, 8, 3


def row() -> dict:
    """Return processor seconds for 57,500 drawings both ways, on one thread."""
    torch.manual_seed(0)
    model = LatentDiffusion(PatchAutoencoder(LATENT), ResidualDenoiser(LATENT))
    model.eval().requires_grad_(False)
    exemplars = (torch.rand(TIMED_CONCEPTS, 1, 48, 48) > 0.9).float()
    with bench.one_thread():
        precision = probe_drawing(lambda tried: _ours(model, exemplars[:1], tried))
        some = bench.fastest(lambda: _ours(model, exemplars, precision), TRIES)
        step, decoding = _plain(model, exemplars[:1])
    ours = some * CONCEPTS / TIMED_CONCEPTS
    plain = (step * model.schedule.steps + decoding) * CONCEPTS
    name = f"{CONCEPTS * VARIATIONS:,} guided latent drawings (one thread)"
    return bench.row(name, ours, plain, 50)


def _ours(model: LatentDiffusion, exemplars: Tensor, precision: Precision) -> None:
    with precision.autocast(exemplars.device):
        model.draw(exemplars, VARIATIONS, guidance=GUIDANCE)


@torch.no_grad()
def _plain(model: LatentDiffusion, exemplar: Tensor) -> tuple[float, float]:
    """Return processor seconds of one step of 500 drawings, and of decoding them."""
    condition = model.encode(exemplar).expand(VARIATIONS, -1)
    with_it, without = torch.ones(VARIATIONS), torch.zeros(VARIATIONS)
    alphas = model.schedule.alphas_cumprod.float()
    x = torch.randn(VARIATIONS, LATENT)

    def walk() -> None:
        nonlocal x
        for t in range(500, 500 - TIMED_STEPS, -1):
            times = torch.full((VARIATIONS,), t)
            eps_cond = model.denoiser(x, times, condition, with_it)
            eps_uncond = model.denoiser(x, times, condition, without)
            eps = (1 + GUIDANCE) * eps_cond - GUIDANCE * eps_uncond
            a, a_next = alphas[t], alphas[t - 1]
            mean = (x - (1 - a / a_next) / (1 - a).sqrt() * eps) / (a / a_next).sqrt()
            spread = ((1 - a_next) / (1 - a) * (1 - a / a_next)).sqrt()
            x = mean + spread * torch.randn_like(x)

    decoding = bench.fastest(lambda: model.decode(x), TRIES)
    return bench.fastest(walk, TRIES) / TIMED_STEPS, decoding


if __name__ == "__main__":
    print(row())
