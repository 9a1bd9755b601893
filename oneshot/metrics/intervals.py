"""Bootstrap confidence intervals over concepts.

Concepts are what another experiment would draw anew, so whole concepts are resampled, never single
drawings. A resample is a row of weights over concepts, so that every statistic made of sums is a
matrix product. Resamples depend on the seed and the number of concepts alone: two models scored on
the same concepts are compared on the same resamples.

Source: Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, percentile intervals (ch. 13).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oneshot.rng import generator

DRAWS = 2000
"""Resamples of a bootstrap; what is compared or combined has as many."""
_RESAMPLES = 0x424F4F54  # keeps resampling's random stream apart from that of sampling noise

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A statistic and the bounds of its confidence interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"


@lru_cache(maxsize=8)
def resamples(concepts: int, draws: int = DRAWS, seed: int = 0) -> Array:
    """Return the weights (draws, concepts) of bootstrap resamples, read-only; rows sum to 1."""
    counts = generator(seed, _RESAMPLES).multinomial(
        concepts, np.full(concepts, 1 / concepts), size=draws
    )
    weights = counts / concepts
    weights.flags.writeable = False  # one array serves every statistic of an experiment
    return weights


def weights(count: int, draws: int = DRAWS, seed: int = 0) -> Array:
    """Return weights (1 + draws, count): even ones, then those of `resamples`."""
    return np.vstack([np.full((1, count), 1 / count), resamples(count, draws, seed)])


def interval_of(values: Array, level: float = 0.95) -> Interval:
    """Return the interval of a quantity (1 + draws,): as measured, then of each resample."""
    low, high = np.quantile(values[1:], [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values[0]), float(low), float(high))


def bootstrap(
    statistic: Callable[[Array], Array],
    concepts: int,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return the percentile interval of a statistic of weights over concepts.

    `statistic` maps weights (R, concepts), rows summing to 1, to values (R,). `level` is the wanted
    coverage, in (0, 1). Raises ValueError for fewer than two concepts: one tells nothing of the
    spread.
    """
    if concepts < 2:
        raise ValueError(f"an interval over concepts needs at least 2 of them, got {concepts}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return interval_of(statistic(weights(concepts, draws, seed)), level)


def mean(values: ArrayLike, **options) -> Interval:
    """Return the interval of the mean of values (C,), one a concept."""
    (values,) = _vectors(values)
    return bootstrap(lambda w: w @ values, len(values), **options)


def difference(first: ArrayLike, second: ArrayLike, **options) -> Interval:
    """Return the interval of mean(first) - mean(second), paired by concept: both are (C,)."""
    a, b = _vectors(first, second)
    return mean(a - b, **options)


def ratio(numerators: ArrayLike, denominators: ArrayLike, **options) -> Interval:
    """Return the interval of mean(numerators) / mean(denominators), both (C,).

    Normalised diversity is such a ratio, of raw diversity to the scale of features; normalised
    originality is the ratio of raw distance to that scale.
    """
    a, b = _vectors(numerators, denominators)
    return bootstrap(lambda w: (w @ a) / (w @ b), len(a), **options)


def _vectors(*values: ArrayLike) -> list[Array]:
    arrays = [np.asarray(v, dtype=float) for v in values]
    shapes = {a.shape for a in arrays}
    if len(shapes) > 1 or arrays[0].ndim != 1:
        raise ValueError(
            "values must be arrays (concepts,) over the same concepts, got shapes "
            + ", ".join(str(a.shape) for a in arrays)
        )
    if not all(np.isfinite(a).all() for a in arrays):
        raise ValueError("values are not all finite")
    return arrays
