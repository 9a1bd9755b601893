"""Paired tests over concepts and trainings, whose outcome is: holds, does not hold, or undecided.

All systems are scored on the same concepts, so one resample of concepts serves them all and what is
compared is paired. Trainings that differ in their seed alone are a sample as well, each system's on
its own; with one training a verdict is about that training, and two say little. Intervals are not
corrected for how many statements are tested; `holm` corrects p-values.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata, wilcoxon

from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.metrics.intervals import Interval, interval_of, weights
from oneshot.rng import generator

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
UNTESTED = "not tested yet"
SCORES = ("originality", "recognizability")

COMPARABLE = 0.05
"""Originality that a system may lack beside another and still be called as original."""
_TRAININGS, _PAIRS = 0x5452414E, 0x50414952  # keep random streams apart from that of concepts

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Claim:
    """A statement, what was measured of it, and the verdict.

    `interval` is of the quantity that the statement says is above 0, None when nothing was measured
    yet; `evidence` says in words what was. `source` is where the statement is from, such as
    "fig. 2", and `note` what there is to know when it does not hold.
    """

    statement: str
    interval: Interval | None
    evidence: str
    verdict: str
    source: str = ""
    note: str = ""

    @classmethod
    def tested(cls, statement: str, about: str, values: Array) -> "Claim":
        """Return a claim about a quantity that the statement says is above 0.

        `values` (1 + draws,) are the quantity as measured and of each resample; see `weights`.
        """
        interval = interval_of(values)
        return cls(statement, interval, f"{about} {signed(interval)}", verdict(interval))

    @classmethod
    def untested(cls, statement: str, why: str) -> "Claim":
        """Return a claim that nothing was measured for yet."""
        return cls(statement, None, why, UNTESTED)


@dataclass(frozen=True)
class Measured:
    """Scores of one system by concept; each array is (S, C) of S trainings and C concepts.

    `recognizability` is in percent. Originality is the mean of `distance`, to the exemplar in the
    critic's space, over that of `scale`; see `metrics.scoring.Scores.per_concept`.
    """

    recognizability: Array
    distance: Array
    scale: Array

    @classmethod
    def of(cls, runs: Sequence[Any]) -> "Measured":
        """Take the scores of trainings that differ in their seed; each has `per_concept`.

        Raises ValueError when they were not scored on the same number of concepts.
        """
        names = ("recognizability", "distance", "scale")
        parts = [[np.asarray(run.per_concept[name], float) for run in runs] for name in names]
        if len({len(values) for part in parts for values in part}) != 1:
            raise ValueError("the runs were scored on different concepts, or there is none")
        return cls(*map(np.stack, parts))


def more(statement: str, score: str, first: Measured, second: Measured, **options: Any) -> Claim:
    """Test whether `first` has more of a score, "originality" or "recognizability"."""
    values = points([first, second], **options)[..., _place(score)]
    return Claim.tested(statement, score, values[:, 0] - values[:, 1])


def more_recognizable(
    statement: str, first: Measured, second: Measured, tolerance: float = COMPARABLE, **options: Any
) -> Claim:
    """Test whether `first` is more recognizable without being less original than `second`.

    Originality is comparable, or higher, when it is less by at most `tolerance`. Both parts must
    hold for the statement to hold; when one does not, neither does the statement.
    """
    values = points([first, second], **options)
    differences = values[:, 0] - values[:, 1]
    originality, recognizability = (interval_of(differences[:, i]) for i in range(2))
    parts = (recognizability, _shifted(originality, tolerance))
    evidence = f"recognizability {signed(recognizability)}, originality {signed(originality)}"
    return Claim(statement, recognizability, evidence, every(map(verdict, parts)))


def nearest_to_human(
    statement: str,
    first: Measured,
    others: Mapping[str, Measured],
    human: Measured,
    spread: Array,
    **options: Any,
) -> Claim:
    """Test whether `first` is nearer the humans than every one of `others`; see `nearest`.

    `spread` (2,) is that of `metrics.human.distance_to_human`, of all runs that are compared.
    """
    values = points([human, first, *others.values()], **options)
    distances = distance_to_human(values[:, 1:], values[:, :1], spread)
    return nearest(statement, list(others), distances[:, 0], distances[:, 1:])


def nearest(statement: str, names: Sequence[str], mine: Array, others: Array) -> Claim:
    """Test whether a system is nearer the humans than every one of the others.

    `mine` (1 + draws,) and `others` (1 + draws, names) are distances, as measured and on each
    resample. Each other is compared on its own, with intervals of 95 % for all of them together
    (Bonferroni), because of many distances that differ by noise the least is nearly always less
    than any one of them. The statement holds when it does beside each of them, and does not when
    it does not beside one. The interval is of how much nearer it is than the one that decides.

    Raises ValueError when there are no others.
    """
    if not names:
        raise ValueError("to be nearest takes others to compare with")
    level = 1 - 0.05 / len(names)
    nearer = [interval_of(other - mine, level) for other in others.T]
    told = every(map(verdict, nearer))
    rival = min(range(len(names)), key=lambda i: nearer[i].high if told == FAILS else nearer[i].low)
    evidence = f"{mine[0]:.2f} from human, {names[rival]} farther by {signed(nearer[rival])}"
    return Claim(statement, nearer[rival], evidence, told)


def distance(system: Measured, human: Measured, spread: Array, **options: Any) -> Interval:
    """Return the distance of a system to the humans; `spread` as in `nearest_to_human`."""
    values = points([human, system], **options)
    return interval_of(distance_to_human(values[:, 1], values[:, 0], spread))


def rises(
    statement: str, score: str, betas: Sequence[float], systems: Sequence[Measured], **options: Any
) -> Claim:
    """Test whether a score rises with beta: the slope of its straight line in log10 of beta.

    "Does not hold" then says that it falls. `systems` were trained at `betas`, positive numbers.
    Raises ValueError for fewer than two different betas.
    """
    if len(betas) != len(systems) or len(set(betas)) < 2 or min(betas) <= 0:
        raise ValueError(f"a slope needs systems at two positive betas or more, got {list(betas)}")
    values = points(systems, **options)[..., _place(score)]
    decades = np.log10(np.asarray(betas, float))
    decades -= decades.mean()
    interval = interval_of(values @ decades / np.square(decades).sum())
    evidence = f"{score} {signed(interval)} for each factor of ten"
    return Claim(statement, interval, evidence, verdict(interval))


def points(systems: Sequence[Measured], draws: int = 2000, seed: int = 0) -> Array:
    """Return (1 + draws, systems, 2): originality and recognizability, first as measured.

    Raises ValueError unless all were scored on the same number of concepts, two or more.
    """
    counts = {system.recognizability.shape[1] for system in systems}
    if len(counts) != 1 or min(counts) < 2:
        raise ValueError(
            f"systems must be scored on the same concepts, got {sorted(counts)} of them"
        )
    concepts = weights(counts.pop(), draws, seed)
    found = []
    for number, system in enumerate(systems, start=1):
        trainings = training_weights(len(system.recognizability), draws, seed + number)
        right, far, size = (
            concepts @ values.T
            for values in (system.recognizability, system.distance, system.scale)
        )
        scores = [(trainings * values).sum(1) for values in (far / size, right)]
        found.append(np.stack(scores, axis=1))
    return np.stack(found, axis=1)


def training_weights(count: int, draws: int = 2000, seed: int = 0) -> Array:
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


def resampled(scores: Any, score: str) -> Array:
    """Return a score (1 + draws,): as measured, and on each resample of its concepts.

    `scores` has `per_concept` and the number of its `concepts`. Raises ValueError for a score that
    is not kept by concept.
    """
    over = {"diversity": "raw_diversity", "originality": "distance", "recognizability": None}
    if score not in over:
        raise ValueError(f"no {score!r} by concept; known: {', '.join(over)}")
    concepts = weights(scores.concepts)
    values = concepts @ np.asarray(scores.per_concept[over[score] or score])
    return values / (concepts @ np.asarray(scores.per_concept["scale"])) if over[score] else values


def far_from_human(
    systems: Sequence[Any],
    human: Any,
    scores: Sequence[str] = ("diversity", "recognizability"),
    unit: Sequence[Any] = (),
) -> Array:
    """Return distances to humans (1 + draws, systems) on the plane of two scores.

    As measured and on each resample of concepts, in spreads over the systems of `unit`, or over all
    of them, which are taken once.
    """
    points = np.stack([np.stack([resampled(one, s) for s in scores], -1) for one in systems], 1)
    people = np.stack([resampled(human, s) for s in scores], -1)[:, None]
    chosen = [[resampled(one, s)[0] for s in scores] for one in unit]
    return distance_to_human(points, people, spread_of(np.array(chosen) if unit else points[0]))


def signed_rank(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """Return p-value and effect size of the Wilcoxon signed-rank test of paired scores (C,).

    The effect is the rank biserial correlation, (W+ - W-) / (W+ + W-) (Kerby 2014). Concepts on
    which both score the same are left out.
    """
    gaps = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    gaps = gaps[gaps != 0]
    if not len(gaps):
        return 1.0, 0.0
    ranks = rankdata(np.abs(gaps))
    _, p = np.asarray(wilcoxon(gaps))
    return float(p), float((np.sign(gaps) @ ranks) / ranks.sum())


def holm(p: ArrayLike) -> Array:
    """Return p-values (n,) corrected so that the chance of any false alarm is kept (Holm 1979)."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def concepts_needed(interval: Interval, concepts: int, power: float = 0.8) -> float:
    """Return of how many concepts an interval of 95 % would tell a difference as it was measured.

    With the chance `power` that it does, the differences of concepts being normal; infinity for
    none. The half width of the `interval` over `concepts` is taken on the side of 0.
    """
    if not interval.value:
        return math.inf
    bound = interval.low if interval.value > 0 else interval.high
    wide = (interval.value - bound) / interval.value
    return float(concepts * (wide * (1 + norm.ppf(power) / norm.ppf(0.975))) ** 2)


def rank_correlation(pairs: ArrayLike, draws: int = 2000, seed: int = 0) -> Array:
    """Return Spearman's correlation (1 + draws,) of pairs (N, 2): as given, then resampled.

    The pairs themselves are resampled, for instance runs. Where all of one kind are equal it is 0.
    """
    pairs = np.asarray(pairs, float)
    drawn = generator(seed, _PAIRS).integers(len(pairs), size=(draws, len(pairs)))
    ranks = rankdata(pairs[np.vstack([np.arange(len(pairs)), drawn])], axis=1)
    ranks -= ranks.mean(1, keepdims=True)
    products = (ranks[..., 0] * ranks[..., 1]).sum(1)
    size = np.sqrt(np.prod(np.square(ranks).sum(1), axis=1))
    return np.divide(products, size, out=np.zeros_like(products), where=size > 0)


def verdict(interval: Interval) -> str:
    """Return whether a quantity is above 0: HOLDS, FAILS when it is below, else UNDECIDED."""
    return HOLDS if interval.low > 0 else FAILS if interval.high < 0 else UNDECIDED


def every(verdicts: Iterable[str]) -> str:
    """Return the verdict of a statement whose parts must all hold."""
    found = set(verdicts)
    return FAILS if FAILS in found else UNDECIDED if UNDECIDED in found else HOLDS


def signed(interval: Interval) -> str:
    """Return a difference with its sign and bounds, such as "+0.120 [-0.004, +0.244]".

    All three have as many decimals as give the largest of them three digits.
    """
    bounds = interval.value, interval.low, interval.high
    most = max(map(abs, bounds))
    decimals = max(0, 2 - math.floor(math.log10(most))) if most else 2
    # adding 0.0 makes -0.0 positive
    value, low, high = (f"{round(bound, decimals) + 0.0:+.{decimals}f}" for bound in bounds)
    return f"{value} [{low}, {high}]"


def _shifted(interval: Interval, by: float) -> Interval:
    return Interval(interval.value + by, interval.low + by, interval.high + by)


def _place(score: str) -> int:
    if score not in SCORES:
        raise ValueError(f"unknown score {score!r}; known: {', '.join(SCORES)}")
    return SCORES.index(score)
