"""Paired tests over concepts and trainings, whose outcome is: holds, does not hold, or undecided.

All systems are scored on the same concepts, so one resample of concepts serves them all and what is
compared is paired. Trainings that differ in their seed alone are a sample as well, each system's on
its own (`metrics.hierarchy`). Intervals are not corrected for how many statements are tested;
`claims.corrected` corrects the verdicts of a paper.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from oneshot.metrics import beyond, hierarchy
from oneshot.metrics.hierarchy import Estimate, Sides, estimate, training_weights, two_sided
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.metrics.intervals import DRAWS, Array, Interval, interval_of, weights

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
UNTESTED = "not tested yet"
ORIGINALITY_PLANE = ("originality", "recognizability")
DIVERSITY_PLANE = ("diversity", "recognizability")
PLANE_SCORES = ("diversity", "originality", "recognizability")
"""The axes of the two planes on which systems lie, and all of them."""
KEPT = {
    "diversity": ("raw_diversity", "scale"),
    "diversity_raw": ("raw_diversity", None),
    "originality": ("distance", "scale"),
    "recognizability": ("recognizability", None),
    **beyond.SCORES,
}
"""Of which values by concept a score is the mean, or the ratio of the means of which."""
TINY = 1e-9
"""Rounding, of squared distances of features."""
COMPARABLE = 0.05
"""Originality that a system may lack beside another and still be called as original."""

Runs = Sequence[Any]
"""Trainings of one system that differ in their seed alone; each has scores `per_concept`."""


@dataclass(frozen=True)
class Claim:
    """A statement, what was measured of it, and the verdict.

    `interval` is of the quantity that the statement says is above 0, None when nothing was measured
    yet; `evidence` says in words what was. `source` is where the statement is from, such as
    "fig. 2", and `note` what there is to know when it does not hold.

    `p` is two-sided, None where nothing is tested, only read: over `concepts`, and over `seeds`,
    trainings of the system that has fewest, which make up the share `of_seeds` of the error; it is
    of the side that the statement is on, unless it is `against` it. The verdict is that of the
    interval; `claims.corrected` has it of many statements together.
    """

    statement: str
    interval: Interval | None
    evidence: str
    verdict: str
    source: str = ""
    note: str = ""
    p: float | None = None
    concepts: int = 0
    seeds: int = 1
    of_seeds: float = 0.0
    against: bool = False

    @classmethod
    def tested(cls, statement: str, about: str, test: Estimate, seeds: int = 1) -> "Claim":
        """Return a claim about a quantity that the statement says is above 0."""
        interval = test.interval()
        evidence = f"{about} {signed(interval)}"
        return cls.of(statement, interval, evidence, verdict(interval), [test], seeds=seeds)

    @classmethod
    def of(
        cls,
        statement: str,
        interval: Interval,
        evidence: str,
        told: str,
        tests: Sequence[Estimate],
        sides: Sides | None = None,
        seeds: int = 1,
    ) -> "Claim":
        """Return a claim that all of some quantities are above 0, or what its `sides` are of."""
        sides = sides or hierarchy.every(test.sides for test in tests)
        share = max(test.of_seeds for test in tests)
        where = {"concepts": tests[0].concepts, "seeds": seeds, "of_seeds": share}
        where |= {"p": two_sided(sides), "against": sides[1] < sides[0]}
        return cls(statement, interval, evidence, told, **where)

    @classmethod
    def untested(cls, statement: str, why: str) -> "Claim":
        """Return a claim that nothing was measured for yet."""
        return cls(statement, None, why, UNTESTED)


def more(statement: str, score: str, first: Runs, second: Runs) -> Claim:
    """Test whether `first` has more of a score."""
    scores, concepts = _compared([first, second], score)
    test = estimate(np.subtract, *scores, concepts=concepts)
    return Claim.tested(statement, score, test, min(len(first), len(second)))


def more_recognizable(statement: str, first: Runs, second: Runs) -> Claim:
    """Test whether `first` is more recognizable without being less original than `second`.

    Originality is comparable, or higher, when it is less by at most `COMPARABLE`. Both parts must
    hold for the statement to hold; when one does not, neither does the statement.
    """
    scores, concepts = _compared([first, second], *ORIGINALITY_PLANE)
    original, recognizable = (
        estimate(np.subtract, *(one[..., k] for one in scores), concepts=concepts) for k in range(2)
    )
    tests = [recognizable, original.shifted(COMPARABLE)]
    told = every(verdict(test.interval()) for test in tests)
    interval = recognizable.interval()
    evidence = f"recognizability {signed(interval)}, originality {signed(original.interval())}"
    seeds = min(len(first), len(second))
    return Claim.of(statement, interval, evidence, told, tests, seeds=seeds)


def along(path: Sequence[Runs], other: Runs) -> Estimate | None:
    """Return how much more recognizable a system is than another where it is as original.

    `path` is the system at several strengths of guidance, or at other settings that move it along
    the plane; on each resample its recognizability is read off the broken line at the originality
    of the `other`, so that no strength is chosen. None where the line does not reach so far on 5 %
    of resamples or more, or has fewer than two points.
    """
    scores, concepts = _compared([*path, other], *ORIGINALITY_PLANE)
    first = np.stack([one.mean(1)[:, 0] for one in scores])
    reached = (first[:-1].min(0) <= first[-1]) & (first[-1] <= first[:-1].max(0))
    if len(path) < 2 or not reached[0] or reached.mean() < 0.95:
        return None
    return estimate(_along, *scores, concepts=concepts)


def _along(*systems: Array) -> Array:
    """Return recognizability (R,) of a line at the originality of the last, above the last's."""
    *line, other = systems
    points = np.stack(line, 1)
    order = points[..., 0].argsort(axis=1)[..., None]
    points = np.take_along_axis(points, order, axis=1)
    read = [np.interp(x, *row.T) for x, row in zip(other[:, 0], points, strict=True)]
    return np.array(read) - other[:, 1]


def nearest_to_human(
    statement: str,
    first: Runs,
    others: Mapping[str, Runs],
    human: Runs,
    spread: Array | Sequence[float],
) -> Claim:
    """Test whether `first` is nearer the humans than every one of `others`; see `nearest`.

    `spread` (2,) is that of `metrics.human.distance_to_human`, of all runs that are compared.
    """
    scores, concepts = _compared([human, first, *others.values()], *ORIGINALITY_PLANE)
    people, mine, *rest = scores
    seeds = min(map(len, (first, *others.values())))
    found = dict(zip(others, rest, strict=True))
    return nearest(statement, *farther(people, mine, found, spread, concepts), seeds)


def farther(
    people: Array,
    mine: Array,
    others: Mapping[str, Array],
    spread: ArrayLike,
    concepts: int,
) -> tuple[float, dict[str, Estimate]]:
    """Return how far a system is from humans, and how much farther each of the others is.

    Each is (1 + draws, trainings, K) in the space of K scores, two of which are a plane, whose unit
    is `spread` (K,). Noise moves whatever it touches away from the humans, the noisier the farther,
    so what it adds to the square of a distance is taken off (Efron & Tibshirani 1993, *An
    Introduction to the Bootstrap*, sec. 10.6: resampling adds it once more).
    """

    def square(human: Array, one: Array) -> Array:
        return distance_to_human(one, human, spread) ** 2

    def noise(one: Array) -> Array:
        squares = square(people.mean(1), one.mean(1))
        added = np.full(len(squares), squares[1:].mean() - squares[0])
        added[1:] *= 2
        if (count := one.shape[1]) > 1:
            added += np.var(one[0] / spread, axis=0, ddof=1).sum() / count
        return added

    def far(human: Array, one: Array, added: Array) -> Array:
        return np.sqrt(np.maximum(square(human, one) - added[: len(one)], 0))

    def beyond(other: Array) -> Callable[..., Array]:
        own, its = noise(mine), noise(other)
        return lambda human, first, second: far(human, second, its) - far(human, first, own)

    tests = {
        name: estimate(beyond(other), people, mine, other, concepts=concepts)
        for name, other in others.items()
    }
    return float(far(people.mean(1)[:1], mine.mean(1)[:1], noise(mine))[0]), tests


def nearest(statement: str, far: float, nearer: Mapping[str, Estimate], seeds: int = 1) -> Claim:
    """Test whether a system, `far` from humans, is nearer than every one of the others.

    `nearer` is how much farther each other is. Each is compared on its own, with intervals of 95 %
    for all of them together (Bonferroni), because of many distances that differ by noise the least
    is nearly always less than any one of them. The statement holds when it does beside each of
    them, and does not when it does not beside one. The interval is of how much nearer it is than
    the one that decides.

    Raises ValueError when there are no others.
    """
    if not nearer:
        raise ValueError("to be nearest takes others to compare with")
    gaps = {name: test.interval(1 - 0.05 / len(nearer)) for name, test in nearer.items()}
    told = every(map(verdict, gaps.values()))
    rival = min(gaps, key=lambda name: gaps[name].high if told == FAILS else gaps[name].low)
    evidence = f"{far:.2f} from human, {rival} farther by {signed(gaps[rival])}"
    return Claim.of(statement, gaps[rival], evidence, told, [*nearer.values()], seeds=seeds)


def distance(system: Runs, human: Runs, spread: ArrayLike) -> Interval:
    """Return the distance of a system to the humans; `spread` as in `nearest_to_human`."""
    values = points([human, system])
    return interval_of(distance_to_human(values[:, 1], values[:, 0], spread))


def rises(statement: str, score: str, betas: Sequence[float], systems: Sequence[Runs]) -> Claim:
    """Test whether a score rises with beta: the slope of its straight line in log10 of beta.

    "Does not hold" then says that it falls. `systems` were trained at `betas`, positive numbers.
    Raises ValueError for fewer than two different betas.
    """
    if len(betas) != len(systems) or len(set(betas)) < 2 or min(betas) <= 0:
        raise ValueError(f"a slope needs systems at two positive betas or more, got {list(betas)}")
    decades = np.log10(np.asarray(betas, float))
    decades -= decades.mean()

    def slope(*scores: Array) -> Array:
        return np.stack(scores, -1) @ decades / np.square(decades).sum()

    found, concepts = _compared(systems, score)
    test = estimate(slope, *found, concepts=concepts)
    claim = Claim.tested(statement, score, test, min(map(len, systems)))
    return replace(claim, evidence=f"{claim.evidence} for each factor of ten")


def points(systems: Sequence[Runs], draws: int = DRAWS) -> Array:
    """Return (1 + draws, systems, 2): originality and recognizability, first as measured.

    Over concepts, and over trainings; `draws` are `DRAWS` at most. Raises ValueError unless all
    were scored on the same number of concepts, two or more.
    """
    scores, _ = _compared(systems, *ORIGINALITY_PLANE)
    drawn = (training_weights(one.shape[1], draws, k) for k, one in enumerate(scores, 1))
    pairs = zip(drawn, scores, strict=True)
    return np.stack([(d[..., None] * one[: 1 + draws]).sum(1) for d, one in pairs], axis=1)


def _compared(systems: Sequence[Runs], *scores: str) -> tuple[list[Array], int]:
    """Return scores of systems as `by_training` does, and of how many concepts they are.

    Raises ValueError unless all were scored on the same number of concepts, two or more.
    """
    counts = {len(run.per_concept["scale"]) for runs in systems for run in runs}
    if len(counts) != 1 or min(counts) < 2 or not all(map(len, systems)):
        raise ValueError(
            f"systems must be scored on the same concepts, got {sorted(counts)} of them"
        )
    return [by_training(runs, *scores) for runs in systems], counts.pop()


def resampled(scores: Any, score: str) -> Array:
    """Return a score (1 + draws,): as measured, and on each resample of its concepts.

    `scores` has `per_concept`. Raises ValueError for a score that is not kept by concept, or not of
    these.
    """
    if score not in KEPT:
        raise ValueError(f"no {score!r} by concept; known: {', '.join(KEPT)}")
    if not {*filter(None, KEPT[score])} <= scores.per_concept.keys():
        raise ValueError(f"{score!r} is not known of this one: `oneshot results beyond` adds it")
    values, unit = (name and np.asarray(scores.per_concept[name], float) for name in KEPT[score])
    drawn = weights(len(values))
    above = drawn @ values
    if unit is None:
        return above
    below = drawn @ unit
    # copies have neither distance nor bias: no share of it
    return np.divide(above, below, out=np.zeros_like(above), where=below > TINY)


def by_training(runs: Runs, *scores: str) -> Array:
    """Return a score (1 + draws, S) of S trainings, or several (1 + draws, S, scores)."""
    each = [np.stack([resampled(one, score) for one in runs], 1) for score in scores]
    return each[0] if len(each) == 1 else np.stack(each, -1)


def difference(first: ArrayLike, second: ArrayLike) -> Estimate:
    """Return how much more the first has of values (C,) of one training, paired by concept."""
    gaps = np.asarray(first, float) - np.asarray(second, float)
    return Estimate.of(weights(len(gaps)) @ gaps, len(gaps))


def far_from_human(
    systems: Sequence[Any],
    human: Any,
    scores: Sequence[str] = DIVERSITY_PLANE,
    unit: Sequence[Any] = (),
) -> Array:
    """Return distances to humans (1 + draws, systems) on the plane of two scores.

    As measured and on each resample of concepts, in spreads over the systems of `unit`, or over all
    of them, which are taken once.
    """
    points, people = by_training(systems, *scores), by_training([human], *scores)
    measured = by_training(unit or systems, *scores)[0]
    return distance_to_human(points, people, spread_of(measured))


def concepts_needed(claim: Claim, level: float = 0.05) -> float:
    """Return of how many concepts a test would tell what was measured four times in five.

    At `level`, the differences of concepts being normal, and with as many trainings; infinity where
    no number would. Statements of several parts are taken for the one that decides.
    """
    if claim.p is None or claim.p >= 1:
        return math.inf
    had, wanted = norm.isf(claim.p / 2), norm.isf(level / 2) + norm.ppf(0.8)
    left = (had / wanted) ** 2 - claim.of_seeds
    return float(claim.concepts * (1 - claim.of_seeds) / left) if left > 0 else math.inf


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
