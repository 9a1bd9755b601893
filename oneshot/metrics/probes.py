"""What a latent space holds: probes on concepts it never saw, and its shape.

A good latent space for one-shot drawing keeps what tells concepts apart, also new ones, and is easy
to diffuse in. Probes measure the first on held-out concepts; the statistics describe the second.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@torch.no_grad()
def linear_probe(latents: Tensor, *, train: float = 0.5, ridge: float = 1e-2) -> float:
    """Return the accuracy, in percent, of a linear classifier of concepts.

    Of `latents` (C, N, d), the first `train` share of each concept's drawings fits a ridge
    regression on one-hot labels, in closed form; the rest is classified. `ridge` is relative to the
    mean variance of the standardised latents, which is 1.
    """
    concepts, count, _ = _check(latents)
    cut = round(train * count)
    if not 0 < cut < count:
        raise ValueError(
            f"a train share of {train} leaves no drawings of {count} to fit or to test"
        )
    inputs, mean, std = _standardise(latents[:, :cut].flatten(0, 1))
    tests = (latents[:, cut:].flatten(0, 1).double() - mean) / std
    targets = torch.eye(concepts, dtype=inputs.dtype, device=inputs.device)
    targets = (targets - 1 / concepts).repeat_interleave(cut, 0)
    gram = inputs.T @ inputs / len(inputs)
    gram.diagonal().add_(ridge)
    weights = torch.linalg.solve(gram, inputs.T @ targets / len(inputs))
    found = (tests @ weights).argmax(1).view(concepts, -1)
    return _percent(found == torch.arange(concepts, device=found.device)[:, None])


@torch.no_grad()
def one_shot_probe(latents: Tensor, exemplars: Tensor, *, whiten: bool = False) -> float:
    """Return the accuracy, in percent, of naming each drawing by its nearest exemplar.

    `latents` (C, N, d) are drawings, `exemplars` (C, d) one a concept; all C compete.
    With `whiten`, distances are taken where the drawings vary alike within concepts.
    """
    concepts, _, size = _check(latents)
    if exemplars.shape != (concepts, size):
        raise ValueError(
            f"exemplars must be {(concepts, size)}, one a concept, got {tuple(exemplars.shape)}"
        )
    latents, exemplars = latents.double(), exemplars.double()
    if whiten:
        within = (latents - latents.mean(1, keepdim=True)).flatten(0, 1)
        covariance = within.T @ within / len(within)
        covariance.diagonal().add_(1e-3 * covariance.diagonal().mean())
        factor = torch.linalg.cholesky(torch.linalg.inv(covariance))
        latents, exemplars = latents @ factor, exemplars @ factor
    found = torch.cdist(latents.flatten(0, 1), exemplars).argmin(1).view(concepts, -1)
    return _percent(found == torch.arange(concepts, device=found.device)[:, None])


@dataclass(frozen=True)
class LatentStatistics:
    """The shape of a cloud of latents.

    `effective_rank` is the exponential of the entropy of the covariance spectrum (Roy & Vetterli
    2007), d for an isotropic cloud. `excess_kurtosis` is averaged over dimensions, 0 for a
    Gaussian. `norm` and `norm_spread` are mean and standard deviation of the length of the latents
    around the origin. `within` is the share of the variance inside concepts, from 0 to 1.
    """

    effective_rank: float
    excess_kurtosis: float
    norm: float
    norm_spread: float
    within: float


@torch.no_grad()
def statistics(latents: Tensor) -> LatentStatistics:
    """Describe latents (C, N, d); needs at least two that differ."""
    _check(latents)
    latents = latents.double()
    flat = latents.flatten(0, 1)
    centred = flat - flat.mean(0)
    variance = centred.square().mean(0)
    if variance.sum() == 0:
        raise ValueError("all latents are the same: the autoencoder has collapsed")
    spectrum = torch.linalg.eigvalsh(centred.T @ centred).clamp_min(0)
    shares = spectrum / spectrum.sum()
    alive = variance > 1e-12 * variance.max()
    kurtosis = centred[:, alive].pow(4).mean(0) / variance[alive].square() - 3
    within = (latents - latents.mean(1, keepdim=True)).square().mean((0, 1)).sum()
    norms = flat.norm(dim=1)
    return LatentStatistics(
        effective_rank=torch.special.entr(shares).sum().exp().item(),
        excess_kurtosis=kurtosis.mean().item(),
        norm=norms.mean().item(),
        norm_spread=norms.std().item(),
        within=(within / variance.sum()).item(),
    )


@torch.no_grad()
def reconstruction_error(autoencoder: nn.Module, batches: Iterable[Tensor]) -> dict[str, float]:
    """Return the squared error of reconstructions, summed over pixels, mean over drawings.

    `batches` yields drawings (N, 1, H, W) in [0, 1]. "blank" is what a blank page would score and
    "explained" the share of it that the autoencoder saves. The autoencoder is used in eval mode.
    """
    training = autoencoder.training
    autoencoder.eval()
    total = blank = count = 0.0
    for x in batches:
        drawn = autoencoder.decode(autoencoder.encode(x))
        total += F.mse_loss(drawn, x, reduction="sum").item()
        blank += x.square().sum().item()
        count += len(x)
    autoencoder.train(training)
    if not count or not blank:
        raise ValueError("there is no drawing with ink to reconstruct")
    return {"error": total / count, "blank": blank / count, "explained": 1 - total / blank}


def _standardise(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x = x.double()
    mean, std = x.mean(0), x.std(0).clamp_min(1e-12)
    return (x - mean) / std, mean, std


def _percent(correct: Tensor) -> float:
    return 100 * correct.double().mean().item()


def _check(latents: Tensor) -> tuple[int, int, int]:
    if latents.dim() != 3 or latents.shape[0] < 2:
        raise ValueError(
            f"latents must be (concepts, drawings, d) of two concepts or more, got "
            f"{tuple(latents.shape)}"
        )
    return tuple(latents.shape)
