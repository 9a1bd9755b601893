"""What *Diffusion Models as Artists* (Boutin et al., ICML 2023) says, tested.

Figures 2 to 5: where systems and people lie, how far drawings stray before they are not recognized,
what guidance does to that, and how sparse importance maps are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oneshot.attribution.agreement import Row as MapsRow
from oneshot.claims.statement import more, nearest
from oneshot.evaluations.record import HUMAN
from oneshot.evaluations.table import Table
from oneshot.metrics import intervals
from oneshot.metrics.hierarchy import Estimate, either, estimate, every
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import Claim, Runs, by_training, difference, signed, verdict

Array = NDArray[np.float64]

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
TOLERANCE = 2.0
"""Points of recognizability that are no difference to speak of between strengths of guidance."""


def orderings(table: Table, among: Table | None = None) -> list[Claim]:
    """Return the orderings of systems and people in fig. 2, tested as far as there are records.

    What else is known of systems that do otherwise is looked for `among` others.
    """
    told = {"source": "fig. 2", "among": among}
    # on Quick, Draw! the two are about equal
    omniglot = any(record.dataset == "omniglot" for record in table)
    pairs = [*DIVERSITY, *([("vae-ns", "ddpm")] if omniglot else [])]
    return [
        *(more(table, "diversity", *pair, **told) for pair in pairs),
        *(more(table, "recognizability", *pair, **told) for pair in RECOGNIZABILITY),
        nearest(table, "cfgdm", **told),
    ]


def curves(table: Table, among: Table | None = None) -> list[Claim]:
    """Return what fig. 3 says of diffusion on pixels, tested as far as there are records."""
    return [more(table, *pair, source="fig. 3", among=among) for pair in CURVES]


def sparser(found: Sequence[MapsRow]) -> list[Claim]:
    """Return whether people's maps are sparser than each row's: paired, by the share above half.

    Fig. 5, of CFGDM.
    """
    about, told = "share of pixels above half of the maximum", []
    for row in found:
        test = difference(row.per_concept["half"], row.per_concept["human_half"])
        told.append(Claim.tested(f"People's maps are sparser than {ours(row)}.", about, test))
    return [replace(claim, source="fig. 5") for claim in told]


def guidance(table: Table) -> list[Claim]:
    """Return what fig. 4 says of guidance, tested on one system at several strengths, and people.

    The first three compare the strongest guidance with the weakest, and take two strengths; the
    others compare with people. Empty without people or system. Raises ValueError unless all were
    scored on the same concepts.
    """
    human, scores = table.human, list(table.models)
    strengths = sorted({record.guidance for record in scores if record.guidance is not None})
    if human is None or not strengths:
        return []
    if {score.concepts for score in scores} != {human.concepts}:
        raise ValueError("all strengths and people must be scored on the same concepts")
    runs = {f: [record for record in scores if record.guidance == f] for f in strengths}
    return [replace(claim, source="fig. 4") for claim in _statements(runs, [human])]


def _statements(runs: Mapping[float, Runs], human: Runs) -> list[Claim]:
    weak, strong = runs[min(runs)], runs[max(runs)]
    low, high = (f"guidance {strength:g}" for strength in (min(runs), max(runs)))
    said = [
        f"At {high} drawings are more recognizable than at {low}.",
        f"At {high} drawings are less original than at {low}.",
        f"The curve ends nearer to the exemplar at {high} than at {low}.",
    ]
    scores = ("recognizability", "originality")
    recognizable, original = (
        (by_training(strong, score), by_training(weak, score)) for score in scores
    )
    last, seeds = "originality of the last group", min(len(strong), len(weak))
    compared = [
        Claim.tested(said[0], "recognizability", _difference(*recognizable, human), seeds),
        _less(said[1], "originality", *original, human, seeds),
        _less(said[2], last, _end(strong), _end(weak), human, seeds),
    ]
    if len(runs) < 2:
        compared = [Claim.untested(statement, "takes two strengths") for statement in said]
    short = f"At {high} the curve ends before the human one."
    return [
        *compared,
        _near(high, strong, human),
        _less(short, last, _end(strong), _end(human), human, len(strong)),
        _never(runs, human),
    ]


def _near(name: str, strong: Runs, human: Runs) -> Claim:
    statement = (
        f"At {name}, drawings nearest to their exemplar are as recognizable as human ones, up to "
        f"{TOLERANCE:g} points."
    )
    first, other = (_bin(runs, "recognizability", 0) for runs in (strong, human))
    test, about = _difference(first, other, human), "recognizability of the first group"
    claim = Claim.tested(statement, about, test.shifted(TOLERANCE), len(strong))
    return replace(claim, evidence=f"{about} {signed(test.interval())}")


def _never(runs: Mapping[float, Runs], human: Runs) -> Claim:
    """Test whether people are beyond every strength in one of the two scores at least.

    Differences are in units of the spread of a score over strengths, taken once. A strength is
    beaten when either of its two intervals is wholly above 0, so of each strength the greater bound
    counts, and of those the least. (The interval of the greater difference would not do: of two
    differences that are noise around 0, one is nearly always above it.)
    """
    statement = "At no strength are drawings both as original and as recognizable as human ones."
    scores = ("originality", "recognizability")
    behind = {
        strength: [_difference(by_training(human, s), by_training(r, s), human) for s in scores]
        for strength, r in runs.items()
    }
    spread = np.ptp([[test.values[0] for test in pair] for pair in behind.values()], axis=0)
    unit = np.where(spread > 0, spread, 1)
    pairs = {
        strength: [_divided(test.interval(), by) for test, by in zip(pair, unit, strict=True)]
        for strength, pair in behind.items()
    }
    least = min(pairs, key=lambda strength: max(one.value for one in pairs[strength]))
    original, recognizable = (_divided(test.interval(), -1) for test in behind[least])
    evidence = (
        f"closest, guidance {least:g}: originality {signed(original)}, "
        f"recognizability {signed(recognizable)}"
    )
    bounds = (
        min(max(getattr(interval, bound) for interval in pair) for pair in pairs.values())
        for bound in ("value", "low", "high")
    )
    interval = Interval(*bounds)
    sides = every(either(test.sides for test in pair) for pair in behind.values())
    seeds = min(map(len, runs.values()))
    told = verdict(interval)
    return Claim.of(statement, interval, evidence, told, behind[least], sides, seeds=seeds)


def _less(statement: str, about: str, one: Array, other: Array, people: Runs, seeds: int) -> Claim:
    """Return a claim that `other` is above `one`, told by the difference with its own sign."""
    test = _difference(other, one, people)
    claim = Claim.tested(statement, about, test, seeds)
    return replace(claim, evidence=f"{about} {signed(_divided(test.interval(), -1))}")


def _difference(first: Array, second: Array, people: Runs) -> Estimate:
    return estimate(np.subtract, first, second, concepts=people[0].concepts)


def _divided(interval: Interval, by: float) -> Interval:
    low, high = sorted((interval.low / by, interval.high / by))
    return Interval(interval.value / by, low, high)


def _end(runs: Runs) -> Array:
    return _bin(runs, "originality", -1)


def _bin(runs: Runs, score: str, place: int) -> Array:
    """Return a score (1 + draws, trainings) of the first or last bin of the curve."""
    values = [np.asarray(one.per_concept[f"bin_{score}"])[:, place] for one in runs]
    return intervals.weights(runs[0].concepts) @ np.stack(values, 1)


def ours(row: MapsRow) -> str:
    """Return whose maps a row is of, as a statement says it."""
    return f"{'published' if row.kind == 'published' else 'our'} {row.system.upper()}"
