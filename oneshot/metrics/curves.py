"""Generalization curves: how recognizability falls as drawings leave their exemplar.

The drawings of each concept are sorted by distance to the exemplar and cut in bins; each bin has an
originality and a recognizability. Source: *Diffusion Models as Artists* (ICML 2023), fig. 3 and 4.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from oneshot.metrics.originality import check, distance, normaliser
from oneshot.metrics.recognizability import recognizability

NARROWEST = 0.01
"""The least bandwidth of a density of originality."""


@dataclass(frozen=True)
class Curve:
    """Originality and recognizability (percent) of each concept in each bin, both (C, bins).

    Bins go from the drawings nearest to their exemplar to the farthest ones. `ways` is the number
    of concepts in an episode.
    """

    originality: Tensor
    recognizability: Tensor
    ways: int

    @property
    def points(self) -> np.ndarray:
        """Bin means over concepts (bins, 2): originality, recognizability in percent."""
        return (
            torch.stack([self.originality.mean(0), self.recognizability.mean(0)], 1).cpu().numpy()
        )


def generalization_curve(
    originality_features: tuple[Tensor, Tensor],
    recognition_features: tuple[Tensor, Tensor],
    *,
    bins: int = 10,
    ways: int = 20,
    trials: int | None = 100,
    seed: int = 0,
) -> Curve:
    """Measure the generalization curve of drawings.

    Each argument of features is a pair: drawings (C, N, K) and exemplars (C, K), of the same
    drawings in the space of each critic. Sizes of bins differ by at most one drawing. `trials` is
    the number of tests of each concept in each bin, None for the exact expectation. Originality is
    in units of the normaliser of the drawings themselves.

    Raises ValueError for fewer drawings than bins and for features that do not fit.
    """
    drawings, exemplars = originality_features
    queries, support = recognition_features
    check(queries, support)
    raw = distance(drawings, exemplars)
    if queries.shape[:2] != raw.shape:
        raise ValueError(
            f"the critics saw different drawings: {tuple(raw.shape)} and {tuple(queries.shape[:2])}"
        )
    if not 1 <= bins <= raw.shape[1]:
        raise ValueError(f"cannot cut {raw.shape[1]} drawings of a concept in {bins} bins")
    order = raw.argsort(dim=1, stable=True)
    originality = raw.gather(1, order) / normaliser(drawings)
    sorted_queries = queries.gather(1, order[..., None].expand_as(queries))
    edges = [round(b * raw.shape[1] / bins) for b in range(bins + 1)]
    slices = [slice(a, b) for a, b in pairwise(edges)]
    results = [
        recognizability(sorted_queries[:, s], support, ways, trials, seed=seed, stream=1 + b)
        for b, s in enumerate(slices)
    ]
    return Curve(
        torch.stack([originality[:, s].mean(1) for s in slices], 1),
        torch.stack([r.per_concept for r in results], 1),
        results[0].ways,
    )


def quadratic_fit(points: ArrayLike, samples: int = 100) -> np.ndarray:
    """Return the smooth curve (samples, 2) through bin points (bins, 2).

    It is the least-squares quadratic in originality, between the least and the greatest originality
    of the points. Raises ValueError for fewer than three points.
    """
    points = np.asarray(points, dtype=float)
    if len(points) < 3:
        raise ValueError(f"a quadratic needs at least 3 points, got {len(points)}")
    x, y = points.T
    fit = np.polynomial.Polynomial.fit(x, y, 2)
    grid = np.linspace(x.min(), x.max(), samples)
    return np.stack([grid, fit(grid)], 1)


def density(originality: Tensor, grid: ArrayLike) -> np.ndarray:
    """Return the density of originality on a grid (G,), by a Gaussian kernel estimate.

    `originality` is of any shape, its values are pooled. The bandwidth follows Scott's rule but is
    at least `NARROWEST`, so that drawings which all copy their exemplar give a spike, not an error.
    """
    values = originality.flatten().double()
    grid = torch.as_tensor(np.asarray(grid, dtype=float), device=values.device)
    spread = values.std().item() if len(values) > 1 else 0.0
    bandwidth = max(spread * len(values) ** -0.2, NARROWEST)
    kernels = torch.exp(-0.5 * ((grid[:, None] - values) / bandwidth).square())
    return (kernels.mean(1) / (bandwidth * (2 * np.pi) ** 0.5)).cpu().numpy()


@dataclass(frozen=True)
class Gap:
    """What lies between two curves over the originality range [low, high] that they share.

    `area` is in originality times percent, `mean` (area over the length of the range) in percent.
    Both are nan when the curves share no range.
    """

    area: float
    mean: float
    low: float
    high: float


def gap(first: ArrayLike, second: ArrayLike) -> Gap:
    """Return the absolute area between two generalization curves given as points (bins, 2).

    Each curve is the broken line through its points; only originalities that both reach count.
    """
    a, b = (np.asarray(c, dtype=float) for c in (first, second))
    a, b = (c[c[:, 0].argsort()] for c in (a, b))
    low, high = max(a[0, 0], b[0, 0]), min(a[-1, 0], b[-1, 0])
    if low >= high:
        return Gap(float("nan"), float("nan"), low, high)
    grid = np.linspace(low, high, 2001)
    difference = np.abs(np.interp(grid, *a.T) - np.interp(grid, *b.T))
    area = float(np.trapezoid(difference, grid))
    return Gap(area, area / (high - low), float(low), float(high))
