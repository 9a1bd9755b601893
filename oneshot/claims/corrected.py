"""Verdicts of all statements of a paper together, corrected for how many they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from oneshot.claims.statement import MOST, needed
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, Claim
from oneshot.metrics.ranks import holm

LEVEL = 0.05
"""The chance that any statement of a paper is decided wrongly."""
NEVER = f"so near 0 that {MOST} times as many concepts would not tell it"


@dataclass(frozen=True)
class Verdict:
    """A claim and its verdict among those of its paper: `p` is Holm's, None of what is no test.

    `why` says what changed the verdict beside that of the interval alone, what would decide it, and
    over how many seeds it is; `needed` are the concepts that would tell what is undecided, None
    where no number is foreseen.
    """

    claim: Claim
    verdict: str
    p: float | None
    why: str
    needed: int | None = None

    @property
    def changed(self) -> bool:
        """Whether the verdict is other than that of the interval alone."""
        return self.verdict != self.claim.verdict


def corrected(claims: Sequence[Claim]) -> list[Verdict]:
    """Return the verdicts of all statements of a paper, each with the chance of error of all.

    What an interval decides stays decided where Holm's p-value is below `LEVEL`; nothing is decided
    that was not. Statements that are read, not tested, keep their reading.
    """
    tested = [id(claim) for claim in claims if claim.p is not None]
    alone = [claim.p for claim in claims if claim.p is not None]
    p = dict(zip(tested, map(float, holm(alone)), strict=True))
    left = sum(value >= LEVEL for value in p.values())
    return [_verdict(claim, p.get(id(claim)), len(tested), left) for claim in claims]


def _verdict(claim: Claim, p: float | None, count: int, left: int) -> Verdict:
    if p is None or claim.p is None:
        return Verdict(claim, claim.verdict, None, "read off what there is, not tested")
    told = claim.verdict if p < LEVEL else UNDECIDED
    why, concepts = [], None
    if told != claim.verdict:
        alone = f"by itself it {claim.verdict} (p {number(claim.p)})"
        why.append(f"{alone}, among {count} statements it is not decided (p {number(p)})")
    if told == UNDECIDED:
        concepts = needed(claim, LEVEL / max(left, 1))
        telling = f"concepts would tell what was measured, instead of {claim.concepts}"
        why.append(f"about {concepts:,} {telling}" if concepts else NEVER)
    why.append("one seed" if claim.seeds == 1 else f"{claim.seeds} seeds")
    return Verdict(claim, told, p, "; ".join(why), concepts)


@dataclass(frozen=True)
class Joint:
    """What data sets say together of a statement; `p` is Holm's among all such of its paper."""

    verdict: str
    p: float
    datasets: tuple[str, ...]


def jointly(claims: Mapping[tuple[str, str], Claim]) -> dict[str, Joint]:
    """Return what data sets say together of each statement that is tested on several of them.

    `claims` are those of a paper by statement and data set. The p-values are joined with equal
    weights (Stouffer et al. 1949, *The American Soldier*, vol. 1), each with its sign. Where one
    data set by itself decides against the others, they are not taken together.
    """
    by: dict[str, dict[str, Claim]] = {}
    for (statement, dataset), claim in claims.items():
        if claim.p is not None:
            by.setdefault(statement, {})[dataset] = claim
    by = {name: some for name, some in by.items() if len(some) > 1 and _agree(some.values())}
    z = {name: _joined([*some.values()]) for name, some in by.items()}
    p = dict(
        zip(z, map(float, holm([2 * norm.sf(abs(value)) for value in z.values()])), strict=True)
    )
    return {
        name: Joint(
            UNDECIDED if p[name] >= LEVEL else HOLDS if z[name] > 0 else FAILS, p[name], tuple(some)
        )
        for name, some in by.items()
    }


def _agree(claims: Iterable[Claim]) -> bool:
    return not {HOLDS, FAILS} <= {claim.verdict for claim in claims}


def _joined(claims: Sequence[Claim]) -> float:
    least = np.finfo(float).tiny  # a p-value of 0 has no place on the normal curve
    each = [(-1 if c.against else 1) * norm.isf(max(c.p or 0.0, least) / 2) for c in claims]
    return float(np.sum(each) / np.sqrt(len(each)))


def number(p: float) -> str:
    """Return a p-value in words: "0.012", "below 0.0001"."""
    if p < 1e-4:
        return "below 0.0001"
    return f"{p:.{int(np.clip(1 - np.floor(np.log10(p)), 2, 4))}f}"
