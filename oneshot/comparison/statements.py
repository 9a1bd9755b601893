"""What *Diffusion Models as Artists* (ICML 2023) says of the systems, tested on the rows there are.

All systems are scored on the same concepts, so one resample of concepts serves them all and what is
compared is paired. With one training a system a verdict is about that training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from oneshot.comparison.published import PLANE
from oneshot.comparison.rows import Comparison, Row, read
from oneshot.metrics import claims, intervals
from oneshot.metrics.claims import FAILS, HOLDS, UNDECIDED, UNTESTED, Claim
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.metrics.intervals import Interval
from oneshot.results import HUMAN
from oneshot.systems import label

Array = NDArray[np.float64]

SAMPLERS = {"ddpm": "ancestral", "ddim": "DDIM", "dpm_solver_pp": "DPM-Solver++"}

GANS = ("da-gan-un", "da-gan-rn")
REVERSED = (
    "the released GANs were trained from a variation to its exemplar, these from the exemplar to "
    "its variations"
)
HALF = 0.5
"""A system recognized clearly less than so much as often as was published is not reproduced."""
PLACE = attrgetter("dataset", "system", "critics")
"""What rows share that differ in size and settings alone."""
MOST = 100
"""Times as many concepts as there are; what takes more to be told is not foreseen."""

DIVERSITY = (
    ("cfgdm", "da-gan-un"),
    ("cfgdm", "da-gan-rn"),
    (HUMAN, "cfgdm"),
    ("ddpm", HUMAN),
    ("vae-stn", "ddpm"),
)
RECOGNIZABILITY = (("cfgdm", "ddpm"), ("ddpm", "vae-ns"), ("vae-ns", "vae-stn"))
"""Which system has more of the score than which other in fig. 2, on both data sets."""

CURVES = (
    ("originality", "ddpm", HUMAN),
    ("originality", HUMAN, "cfgdm"),
    ("originality", HUMAN, "fsdm"),
    ("recognizability", HUMAN, "ddpm"),
    ("recognizability", "cfgdm", "ddpm"),
    ("recognizability", "fsdm", "ddpm"),
)
"""The same of originality and recognizability in fig. 3, which is of Quick, Draw!."""

FAMILIES = (
    ("diversity", HUMAN, "da-gan-un"),
    ("diversity", HUMAN, "da-gan-rn"),
    ("diversity", "vae-stn", HUMAN),
    ("diversity", "vae-ns", HUMAN),
    ("recognizability", "da-gan-un", "vae-stn"),
    ("recognizability", "da-gan-rn", "vae-stn"),
    ("recognizability", "da-gan-un", "vae-ns"),
    ("recognizability", "da-gan-rn", "vae-ns"),
)
"""What *Diversity vs. Recognizability* (NeurIPS 2022) says: GANs are recognizable and vary little,
VAEs the reverse."""

SAID = {
    "diversity": "more varied",
    "originality": "more original",
    "recognizability": "more recognizable",
}
BLUR = 0.15
"""So much more of the ink is grey where lines are blurred; smooth edges alone give less."""
TOLERANCE = {"originality": 0.03, "recognizability": 3.0}
"""Differences of scores that are none to speak of."""


@dataclass(frozen=True)
class Explained:
    """A claim and, unless it holds, what there is to know about the systems it is of."""

    claim: Claim
    note: str = ""


@dataclass(frozen=True)
class Failing:
    """How a system differs from people: in diversity, in recognizability, and in a few words.

    `blurred` says whether clearly more of its ink is grey than of people's: by `BLUR`, beyond both
    intervals.
    """

    system: str
    diversity: Interval
    recognizability: Interval
    words: str
    blurred: bool


WAYS_TO_FAIL = {
    (FAILS, FAILS): "varies less than human drawings and is recognized less all the same",
    (FAILS, UNDECIDED): "copies: varies less than human drawings, and is recognized as well",
    (FAILS, HOLDS): "copies: varies less than human drawings, and is recognized better",
    (UNDECIDED, FAILS): "varies as human drawings do, but is recognized less",
    (UNDECIDED, UNDECIDED): "cannot be told from human drawings by these scores",
    (UNDECIDED, HOLDS): "varies as human drawings do, and is recognized better",
    (HOLDS, FAILS): "strays: varies more than human drawings, and is recognized less",
    (HOLDS, UNDECIDED): "varies more than human drawings, and is recognized as well",
    (HOLDS, HOLDS): "varies more than human drawings, and is recognized better",
}
"""What it means that a system has more (holds), less (fails) or about as much of each score."""


def families(found: Comparison) -> list[Explained]:
    """Return whether GANs copy and VAEs stray, tested as far as there are rows."""
    return [_more(found, *more) for more in FAMILIES]


def orderings(found: Comparison) -> list[Explained]:
    """Return the orderings of systems and people in fig. 2, tested as far as there are rows."""
    # on Quick, Draw! the two are about equal
    more = [("vae-ns", "ddpm")] if found.dataset == "omniglot" else []
    return [
        *(_more(found, "diversity", *pair) for pair in (*DIVERSITY, *more)),
        *(_more(found, "recognizability", *pair) for pair in RECOGNIZABILITY),
        _nearest(found, "cfgdm"),
    ]


def curves(found: Comparison) -> list[Explained]:
    """Return what fig. 3 says of diffusion on pixels, tested as far as there are rows."""
    return [_more(found, *more) for more in CURVES]


def failing(found: Comparison) -> list[Failing]:
    """Return how each system differs from people; empty without the humans."""
    told = []
    for name, row in found.systems.items() if found.human else ():
        differences = {
            score: intervals.interval_of(resampled(row, score) - resampled(found.human, score))
            for score in ("diversity", "recognizability")
        }
        varied, recognized = (claims.verdict(i) for i in differences.values())
        blurred = row.grey.low > found.human.grey.high + BLUR
        told.append(Failing(name, *differences.values(), WAYS_TO_FAIL[varied, recognized], blurred))
    return told


def distances(found: Comparison) -> dict[str, Interval]:
    """Return how far each system is from people on the plane of diversity and recognizability.

    As in `metrics.human.distance_to_human` among the systems as they are by themselves; the spread
    of the scores over systems is taken once. Empty with fewer than two systems.
    """
    rows = found.systems
    if found.human is None or len(rows) < 2:
        return {}
    values = far_from_human(list(rows.values()), found.human)
    return {name: intervals.interval_of(v) for name, v in zip(rows, values.T, strict=True)}


def not_reproduced(row: Row) -> str:
    """Return that a system falls far short of what was published, in words; "" if it does not.

    It does when the whole interval of its recognizability is below `HALF` of the published one.
    """
    told = row.published and row.published["recognizability"]
    if not told or row.recognizability.high >= HALF * told:
        return ""
    return (
        f"{label(row.system)} is not reproduced: {row.recognizability.value:.1f} % "
        f"recognizable where {told:.1f} % was published"
    )


def both(told: Sequence[Explained], others: Sequence[Explained]) -> list[tuple[Claim, Claim]]:
    """Return the pairs of claims of one statement, where it was tested in both lists."""
    again = {item.claim.statement: item.claim for item in others}
    pairs = [(item.claim, again.get(item.claim.statement)) for item in told]
    tested = [(one, other) for one, other in pairs if other is not None]
    return [pair for pair in tested if all(claim.verdict != UNTESTED for claim in pair)]


def far_from_human(
    rows: Sequence[Row], human: Row, scores: Sequence[str] = ("diversity", "recognizability")
) -> Array:
    """Return distances to humans (1 + draws, rows) on the plane of two scores.

    As measured and on each resample of concepts, in spreads over the rows, which are taken once.
    """
    points = np.stack([np.stack([resampled(row, s) for s in scores], -1) for row in rows], 1)
    people = np.stack([resampled(human, s) for s in scores], -1)[:, None]
    return distance_to_human(points, people, spread_of(points[0]))


def as_good(row: Row, reference: Row) -> Claim:
    """Test whether a way of drawing gives the scores of another, up to `TOLERANCE`.

    It holds when both intervals of differences lie within, fails when one lies outside.
    """
    verdicts, evidence = [], []
    for score, tolerance in TOLERANCE.items():
        values = resampled(row, score) - resampled(reference, score)
        interval = intervals.interval_of(values)
        inside = -tolerance < interval.low and interval.high < tolerance
        outside = interval.low > tolerance or interval.high < -tolerance
        verdicts.append(HOLDS if inside else FAILS if outside else UNDECIDED)
        evidence.append(f"{score} {claims.signed(interval)}")
    one, other = (f"{SAMPLERS[r.sampler]} in {r.steps} steps" for r in (row, reference))
    statement = f"{one[0].upper()}{one[1:]} scores as {other} does."
    return Claim(statement, None, ", ".join(evidence), claims.every(verdicts))


def resampled(row: Row, score: str) -> Array:
    """Return a score (1 + draws,) of a row: as measured, and on each resample of its concepts.

    Raises ValueError for a score that is not kept by concept.
    """
    over = {"diversity": "raw_diversity", "originality": "distance", "recognizability": None}
    if score not in over:
        raise ValueError(f"no {score!r} by concept; known: {', '.join(over)}")
    weights = intervals.weights(row.concepts)
    values = weights @ np.asarray(row.per_concept[over[score] or score])
    return values / (weights @ np.asarray(row.per_concept["scale"])) if over[score] else values


def _more(found: Comparison, score: str, first: str, second: str) -> Explained:
    subject = "The human drawings are" if first == HUMAN else f"{label(first)} is"
    other = "the human drawings" if second == HUMAN else label(second)
    statement = f"{subject} {SAID[score]} than {other}."
    pair = [_row(found, name) for name in (first, second)]
    if absent := [n for n, row in zip((first, second), pair, strict=True) if row is None]:
        return Explained(_absent(statement, absent))
    values = resampled(pair[0], score) - resampled(pair[1], score)
    return _explained(found, Claim.tested(statement, score, values), pair)


def _nearest(found: Comparison, system: str) -> Explained:
    statement = f"Of the published systems, {label(system)} is nearest to the human drawings."
    rows = {name: row for name, row in found.systems.items() if name in PLANE["omniglot"]}
    if system not in rows or found.human is None or len(rows) < 2:
        return Explained(_absent(statement, [n for n in (system, HUMAN) if _row(found, n) is None]))
    names = list(rows)
    values = far_from_human(list(rows.values()), found.human)
    mine = names.index(system)
    others = [label(name) for name in names if name != system]
    claim = claims.nearest(statement, others, values[:, mine], np.delete(values, mine, axis=1))
    return _explained(found, claim, [rows[system]])


def _explained(found: Comparison, claim: Claim, rows: Sequence[Row]) -> Explained:
    if claim.verdict == HOLDS:
        return Explained(claim)
    if claim.verdict == UNDECIDED:
        return Explained(claim, _needed(claim.interval, rows[0].concepts))
    rows = [row for row in rows if row.system != HUMAN]
    facts = [
        f"{label(row.system)} has {row.parameters / 1e6:.2g} M parameters and "
        f"{row.training['seconds'] / 3600:.2g} h of training"
        for row in rows
        if row.parameters
    ]
    facts += [words for row in rows if (words := not_reproduced(row))]
    facts += [words for row in rows if (words := _other_setting(found, row))]
    if any(row.system in GANS and not row.settings.get("as_released") for row in rows):
        facts.append(REVERSED)
    return Explained(claim, "; ".join(facts))


def _needed(interval: Interval, concepts: int) -> str:
    """Return how many concepts would tell a difference as large as it was measured; "" if many."""
    bound = interval.low if interval.value > 0 else interval.high
    if interval.value == 0 or (times := ((interval.value - bound) / interval.value) ** 2) > MOST:
        return ""
    return (
        f"were the difference as measured, it would take about {_round(times * concepts)} concepts "
        f"to tell instead of {concepts}"
    )


def _round(count: float) -> int:
    """Return a count up to two digits, upwards."""
    unit = 10 ** max(0, int(np.log10(count)) - 1)
    return int(np.ceil(count / unit) * unit)


def _other_setting(found: Comparison, row: Row) -> str:
    """Return the best of other settings that a system did better with after no more training.

    Of those at all sizes in the table whose recognizability is higher beyond the interval; "" when
    there is none.
    """
    better = []
    for other in read(found.file) if found.file else found.rows:
        if PLACE(other) != PLACE(row) or not other.variant or other.concepts != row.concepts:
            continue
        more = resampled(other, "recognizability") - resampled(row, "recognizability")
        less = other.training["seconds"] <= row.training["seconds"]
        if less and claims.verdict(intervals.interval_of(more)) == HOLDS:
            better.append(other)
    if not better:
        return ""
    best = max(better, key=lambda other: other.recognizability.value)
    setting = " and ".join(f"{k.replace('_', ' ')} {v:g}" for k, v in best.variant.items())
    return (
        f"with {setting} {label(row.system)} comes to diversity "
        f"{best.diversity.value:.2f} and recognizability {best.recognizability.value:.1f} % after "
        f"{best.training['seconds'] / 3600:.2g} h: its setting matters as much as its training"
    )


def _row(found: Comparison, name: str) -> Row | None:
    return found.human if name == HUMAN else found.systems.get(name)


def _absent(statement: str, names: Sequence[str]) -> Claim:
    missing = " and ".join(label(name) for name in names) or "other systems"
    return Claim.untested(statement, f"no scores of {missing}")
