"""What a latent space holds: probes on concepts it never saw, and its shape.

A good latent space for one-shot drawing keeps what tells concepts apart, also new ones, and is easy
to diffuse in. Probes measure the first on held-out concepts; the statistics describe the second.
All have intervals over concepts (`metrics.intervals`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oneshot.metrics import intervals
from oneshot.metrics.intervals import Interval

DRAWS = 200
"""Resamples of concepts for the shape of the latents, each of which takes a spectrum."""
RIDGE = 1e-2
"""Of the linear probe, beside the variance of standardised latents, which is 1."""
_TINY = 1e-100  # variance of a resample all of whose latents are the same


@torch.no_grad()
def linear_probe(latents: Tensor) -> Interval:
    """Return the accuracy, in percent, of a linear classifier of concepts.

    Of `latents` (C, N, d), the first half of each concept's drawings fits a ridge regression on
    one-hot labels, in closed form; the rest is classified. Raises ValueError for fewer than two
    drawings a concept.
    """
    concepts, count, _ = _check(latents)
    if count < 2:
        raise ValueError("a linear probe needs at least 2 drawings of each concept, got 1")
    cut = round(count / 2)
    inputs, mean, std = _standardise(latents[:, :cut].flatten(0, 1))
    tests = (latents[:, cut:].flatten(0, 1).double() - mean) / std
    targets = torch.eye(concepts, dtype=inputs.dtype, device=inputs.device)
    targets = (targets - 1 / concepts).repeat_interleave(cut, 0)
    gram = inputs.T @ inputs / len(inputs)
    gram.diagonal().add_(RIDGE)
    weights = torch.linalg.solve(gram, inputs.T @ targets / len(inputs))
    found = (tests @ weights).argmax(1).view(concepts, -1)
    return _percent(found == torch.arange(concepts, device=found.device)[:, None])


@torch.no_grad()
def one_shot_probe(latents: Tensor, exemplars: Tensor, *, whiten: bool = False) -> Interval:
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

    effective_rank: Interval
    excess_kurtosis: Interval
    norm: Interval
    norm_spread: Interval
    within: Interval


@torch.no_grad()
def statistics(latents: Tensor) -> LatentStatistics:
    """Describe latents (C, N, d); needs at least two that differ.

    Everything is made of the moments of single concepts, so that a resample of concepts is a
    weighted mean of them. A resample has fewer different concepts, which makes a cloud of them
    flatter: resamples are moved to where their mean is the value.
    """
    concepts, _, _ = _check(latents)
    latents = latents.double()
    x = latents - latents.mean((0, 1))
    if not x.any():
        raise ValueError("all latents are the same: the autoencoder has collapsed")
    norms, around = latents.norm(dim=2), x - x.mean(1, keepdim=True)
    variance = x.square().mean((0, 1))
    alive = variance > 1e-12 * variance.max()
    w = torch.from_numpy(intervals.weights(concepts, DRAWS)).to(x)
    products = (x.mT @ x / x.shape[1]).flatten(1)
    covariance = (w @ products).unflatten(1, (x.shape[2], -1))
    first, second, third, fourth = (w @ x.pow(k).mean(1) for k in (1, 2, 3, 4))
    covariance -= first[:, :, None] * first[:, None]
    spectrum = torch.linalg.eigvalsh(covariance).clamp_min(0)
    total = spectrum.sum(1).clamp_min(_TINY)
    fourth += -4 * first * third + 6 * first**2 * second - 3 * first**4  # about the mean
    kurtosis = (fourth / (second - first**2).clamp_min(_TINY) ** 2 - 3)[:, alive].mean(1)
    norm = w @ norms.mean(1)
    values = {
        "effective_rank": torch.special.entr(spectrum / total[:, None]).sum(1).exp(),
        "excess_kurtosis": kurtosis,
        "norm": norm,
        "norm_spread": (w @ norms.square().mean(1) - norm**2).clamp_min(0).sqrt(),
        "within": w @ around.square().sum(2).mean(1) / total,
    }
    return LatentStatistics(
        **{name: _centred(value.cpu().numpy()) for name, value in values.items()}
    )


@torch.no_grad()
def reconstruction_error(
    autoencoder: Any, drawings: Tensor, batch: int = 500
) -> dict[str, Interval]:
    """Return the squared error of reconstructions, summed over pixels, mean over drawings.

    `drawings` (C, N, 1, H, W) are in [0, 1]. "blank" is what a blank page would score and
    "explained" the share of it that the autoencoder saves. The autoencoder is used in eval mode.
    """
    if not drawings.any():
        raise ValueError("there is no drawing with ink to reconstruct")
    training = autoencoder.training
    autoencoder.eval()
    errors = [
        (autoencoder.decode(autoencoder.encode(x)) - x).square().sum((1, 2, 3))
        for x in drawings.flatten(0, 1).split(batch)
    ]
    autoencoder.train(training)
    error, blank = (
        squares.double().view(drawings.shape[:2]).mean(1).cpu().numpy()
        for squares in (torch.cat(errors), drawings.square().sum((2, 3, 4)))
    )
    return {
        "error": intervals.mean(error),
        "blank": intervals.mean(blank),
        "explained": intervals.bootstrap(lambda w: 1 - (w @ error) / (w @ blank), len(error)),
    }


def _centred(values: np.ndarray) -> Interval:
    return intervals.interval_of(np.append(values[:1], values[1:] + values[0] - values[1:].mean()))


def _standardise(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x = x.double()
    mean, std = x.mean(0), x.std(0).clamp_min(1e-12)
    return (x - mean) / std, mean, std


def _percent(correct: Tensor) -> Interval:
    return intervals.mean(100 * correct.double().mean(1).cpu().numpy())


def _check(latents: Tensor) -> tuple[int, int, int]:
    if latents.dim() != 3 or latents.shape[0] < 2:
        raise ValueError(
            f"latents must be (concepts, drawings, d) of two concepts or more, got "
            f"{tuple(latents.shape)}"
        )
    concepts, drawings, d = latents.shape
    return concepts, drawings, d
