"""How sure a quantity is, over concepts and over trainings: a bootstrap of both, and its test.

Concepts are one sample, shared by all systems that are compared; the trainings of a system that
differ in their seed alone are another, each system's own. With one training of each, what is said
is said of that training. Sources: Davison & Hinkley 1997, *Bootstrap Methods*, sec. 3.8 (nested
samples) and 5.2.1 (studentized); Welch 1947 for the degrees of freedom of a sum of variances.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t

from oneshot.metrics.intervals import DRAWS, Array, Interval, interval_of
from oneshot.rng import generator

Sides = tuple[float, float]
_TRAININGS = 0x5452414E  # keeps its random stream apart from that of concepts


@dataclass(frozen=True)
class Estimate:
    """A quantity of which a statement says that it is above 0.

    `values` (1 + draws,) are the quantity as measured and on each resample of `concepts` and
    trainings. `error` is its standard error with `freedom` degrees of freedom, `of_seeds` the share
    of the squared error that is of trainings: 0 where there is one of each.
    """

    values: Array
    concepts: int
    error: float
    freedom: float
    of_seeds: float = 0.0

    @classmethod
    def of(cls, values: Array, concepts: int) -> "Estimate":
        """Return what is known of a quantity (1 + draws,) from concepts alone."""
        error = float(np.std(values[1:]) * np.sqrt(concepts / (concepts - 1)))
        return cls(values, concepts, error, concepts - 1)

    def interval(self, level: float = 0.95) -> Interval:
        """Return the percentile interval of the bootstrap."""
        return interval_of(self.values, level)

    def shifted(self, by: float) -> "Estimate":
        """Return the estimate of the quantity and a constant."""
        return replace(self, values=self.values + by)

    def __neg__(self) -> "Estimate":
        return replace(self, values=-self.values)

    @property
    def sides(self) -> Sides:
        """The p-values of two one-sided t-tests: that it is above 0, and that it is below."""
        z = self.values[0] / max(self.error, 1e-300)
        return float(t.sf(z, self.freedom)), float(t.cdf(z, self.freedom))


def estimate(
    statistic: Callable[..., Array], *systems: Array, concepts: int, seed: int = 0
) -> Estimate:
    """Return what is known of a statistic of scores of systems, from concepts and trainings.

    Each of `systems` is (1 + draws, S, ...), its scores on the resamples of `intervals.weights` of
    so many `concepts`, by training; `statistic` maps their means over trainings (1 + draws, ...) to
    (1 + draws,). What trainings add is drawn around that, as Student's t: of so few a bootstrap
    would be far too sure. What differs by training and concept counts twice, on the safe side.
    """
    means = [one.mean(1) for one in systems]
    alone = Estimate.of(statistic(*means), concepts)
    parts = [(alone.error**2, alone.freedom)]
    firsts = [mean[:1] for mean in means]
    for place, one in enumerate(systems):
        if (count := one.shape[1]) > 1:
            runs = ([*firsts[:place], one[:1, run], *firsts[place + 1 :]] for run in range(count))
            apart = [statistic(*scores)[0] for scores in runs]
            parts.append((float(np.var(apart, ddof=1)) / count, count - 1))
    squared = sum(part for part, _ in parts)
    of_seeds = squared - parts[0][0]
    if not of_seeds:
        return alone
    freedom = squared**2 / sum(part**2 / free for part, free in parts)
    random, values = generator(seed, _TRAININGS), alone.values.copy()
    tails = np.sqrt(freedom / random.chisquare(freedom, len(values) - 1))
    moved = values[1:] - values[0] + np.sqrt(of_seeds) * random.standard_normal(len(tails))
    values[1:] = values[0] + moved * tails
    return Estimate(values, concepts, squared**0.5, freedom, of_seeds / squared)


def training_weights(count: int, draws: int = DRAWS, seed: int = 0) -> Array:
    """Return weights (1 + draws, count) of trainings: even ones, then around them.

    Means of scores under these weights are spread as Student's t with count - 1 degrees of freedom
    times the standard error of the mean over trainings. A bootstrap of so few would be far too sure
    of itself: of two trainings it resamples half the spread.
    """
    even = np.full((1 + draws, count), 1 / count)
    if count == 1:
        return even
    random = generator(seed, _TRAININGS)
    normal = random.standard_normal((draws, count))
    normal -= normal.mean(1, keepdims=True)
    tails = np.sqrt((count - 1) / random.chisquare(count - 1, (draws, 1)))
    even[1:] += tails * normal / np.sqrt(count * (count - 1))
    return even


def every(tests: Iterable[Sides]) -> Sides:
    """Return the p-values that all of some quantities are above 0, and that one is below.

    The first takes each at its own level (Berger 1982), the second Bonferroni's.
    """
    above, below = zip(*tests, strict=True)
    return max(above), min(1.0, len(below) * min(below))


def either(tests: Iterable[Sides]) -> Sides:
    """Return the p-values that one of some quantities is above 0, and that all are below."""
    below, above = every((below, above) for above, below in tests)
    return above, below


def two_sided(sides: Sides) -> float:
    """Return the p-value of the side that is more likely, whichever it is."""
    return min(1.0, 2 * min(sides))
