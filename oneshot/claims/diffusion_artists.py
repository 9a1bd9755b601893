"""What *Diffusion Models as Artists* (Boutin et al., ICML 2023) says, tested.

Figures 2 to 5: where systems and people lie, how far drawings stray before they are not recognized,
what guidance does to that, and how sparse importance maps are.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oneshot.attribution.agreement import Row as MapsRow
from oneshot.claims.statement import more, nearest
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.table import Table
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import Claim, resampled, signed, verdict

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
    told = []
    for row in found:
        gap = intervals.difference(row.per_concept["half"], row.per_concept["human_half"])
        about = f"share of pixels above half of the maximum {signed(gap)}"
        statement = f"People's maps are sparser than {ours(row)}."
        told.append(Claim(statement, gap, about, verdict(gap), "fig. 5"))
    return told


def guidance(table: Table) -> list[Claim]:
    """Return what fig. 4 says of guidance, tested on one system at several strengths, and people.

    The first three compare the strongest guidance with the weakest, and take two strengths; the
    others compare with people. Empty without people or system. Raises ValueError unless all were
    scored on the same concepts.
    """
    human, scores = table.human, list(table.models)
    if human is None or not scores:
        return []
    if {score.concepts for score in scores} != {human.concepts}:
        raise ValueError("all strengths and people must be scored on the same concepts")
    told = _statements([record.guidance for record in scores], scores, human)
    return [replace(claim, source="fig. 4") for claim in told]


def _statements(strengths: Sequence[float], scores: Sequence[Record], human: Record) -> list[Claim]:
    order = np.argsort(strengths)
    weak, strong = scores[order[0]], scores[order[-1]]
    low, high = (f"guidance {strengths[i]:g}" for i in (order[0], order[-1]))
    said = [
        f"At {high} drawings are more recognizable than at {low}.",
        f"At {high} drawings are less original than at {low}.",
        f"The curve ends nearer to the exemplar at {high} than at {low}.",
    ]
    if order[0] == order[-1] or strengths[order[0]] == strengths[order[-1]]:
        compared = [Claim.untested(statement, "takes two strengths") for statement in said]
    else:
        compared = [
            Claim.tested(
                said[0],
                "recognizability",
                resampled(strong, "recognizability") - resampled(weak, "recognizability"),
            ),
            _less(
                said[1],
                "originality",
                resampled(strong, "originality") - resampled(weak, "originality"),
            ),
            _less(said[2], "originality of the last group", _end(strong) - _end(weak)),
        ]
    return [
        *compared,
        _near(high, strong, human),
        _short(high, strong, human),
        _never(strengths, scores, human),
    ]


def _near(name: str, strong: Record, human: Record) -> Claim:
    statement = (
        f"At {name}, drawings nearest to their exemplar are as recognizable as human ones, up to "
        f"{TOLERANCE:g} points."
    )
    first = [
        intervals.weights(s.concepts) @ _bins(s, "recognizability")[:, 0] for s in (strong, human)
    ]
    difference = first[0] - first[1]
    return _claim(
        statement, "recognizability of the first group", difference, difference + TOLERANCE
    )


def _short(name: str, strong: Record, human: Record) -> Claim:
    statement = f"At {name} the curve ends before the human one."
    return _less(statement, "originality of the last group", _end(strong) - _end(human))


def _never(strengths: Sequence[float], scores: Sequence[Record], human: Record) -> Claim:
    """Test whether people are beyond every strength in one of the two scores at least.

    Differences are in units of the spread of a score over strengths, taken once. A strength is
    beaten when either of its two intervals is wholly above 0, so of each strength the greater bound
    counts, and of those the least. (The interval of the greater difference would not do: of two
    differences that are noise around 0, one is nearly always above it.)
    """
    statement = "At no strength are drawings both as original and as recognizable as human ones."
    behind = np.stack(
        [
            [
                resampled(human, "originality") - resampled(score, "originality"),
                resampled(human, "recognizability") - resampled(score, "recognizability"),
            ]
            for score in scores
        ]
    )
    spread = np.ptp(behind[:, :, 0], axis=0)
    shortfall = behind / np.where(spread > 0, spread, 1)[:, None]
    least = int(shortfall[:, :, 0].max(1).argmin())
    original, recognizable = (intervals.interval_of(-values) for values in behind[least])
    evidence = (
        f"closest, guidance {strengths[least]:g}: originality {signed(original)}, "
        f"recognizability {signed(recognizable)}"
    )
    pairs = [[intervals.interval_of(values) for values in pair] for pair in shortfall]
    bounds = (
        min(max(getattr(interval, bound) for interval in pair) for pair in pairs)
        for bound in ("value", "low", "high")
    )
    interval = Interval(*bounds)
    return Claim(statement, interval, evidence, verdict(interval))


def _less(statement: str, about: str, difference: Array) -> Claim:
    return _claim(statement, about, difference, -difference)


def _claim(statement: str, about: str, difference: Array, positive: Array) -> Claim:
    """Return a claim that `positive` is above 0, told by the `difference` with its own sign."""
    told = Claim.tested(statement, about, difference).evidence
    return replace(Claim.tested(statement, about, positive), evidence=told)


def _end(scores: Record) -> Array:
    return intervals.weights(scores.concepts) @ _bins(scores, "originality")[:, -1]


def _bins(scores: Record, name: str) -> Array:
    return np.asarray(scores.per_concept[f"bin_{name}"])


def ours(row: MapsRow) -> str:
    """Return whose maps a row is of, as a statement says it."""
    return f"{'published' if row.kind == 'published' else 'our'} {row.system.upper()}"
