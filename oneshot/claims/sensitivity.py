"""The same statements by other means: other critics, the other axis, each half of the concepts.

A table is changed and all is tested again, so that nothing but what is said is other. What a table
lacks, or what a change does not touch, is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from oneshot.attribution import agreement
from oneshot.attribution.agreement import Row as MapsRow
from oneshot.claims.corrected import Verdict, corrected
from oneshot.claims.gathered import OWN, PAPERS, Part, gather
from oneshot.evaluations.record import Record
from oneshot.evaluations.table import Table
from oneshot.metrics.paired import Claim

AXES = {"diversity": "originality", "originality": "diversity"}
KEPT = {"raw_diversity": "distance", "distance": "raw_diversity"}


Agreed = Callable[[str], Sequence[MapsRow]]


@dataclass(frozen=True)
class Finding:
    """A statement of a part, its verdict among those of its paper, and how else it comes out.

    `again` are the claims of the same test by other means, by name, each by its interval alone.
    """

    part: Part
    verdict: Verdict
    again: Mapping[str, Claim]

    @property
    def claim(self) -> Claim:
        """What was measured."""
        return self.verdict.claim

    def to_json(self) -> dict[str, Any]:
        """Return JSON values of all that is known of it."""
        claim, part = self.claim, self.part
        said = {"paper": part.paper, "about": part.about, "dataset": part.dataset}
        said |= {"statement": claim.statement, "source": claim.source}
        said |= {"verdict": self.verdict.verdict, "alone": claim.verdict, **_bounds(claim)}
        said |= {"p": claim.p, "p_holm": self.verdict.p, "concepts": claim.concepts or None}
        said |= {
            "concepts_needed": self.verdict.needed,
            "seeds": claim.seeds,
            "why": self.verdict.why,
            "evidence": claim.evidence,
        }
        again = {name: {"alone": c.verdict, **_bounds(c)} for name, c in self.again.items()}
        return said | {"note": claim.note, "again": again}


def findings(
    table: Table, *where: Any, agreed: Agreed = agreement.shipped, **options: Any
) -> list[Finding]:
    """Return all that `gathered.gather` tests, with verdicts by paper, and by other means too."""
    parts = gather(table, *where, agreed=agreed, **options)
    others = {
        name: _by_statement(gather(changed, *where, agreed=rows, **options))
        for name, (changed, rows) in means(table, agreed).items()
    }
    found = []
    for paper in (*PAPERS, OWN):
        mine = [(part, claim) for part in parts if part.paper == paper for claim in part.claims]
        verdicts = corrected([claim for _, claim in mine])
        for (part, claim), verdict in zip(mine, verdicts, strict=True):
            again = {n: o.get(_key(part, claim)) for n, o in others.items()}
            again = {n: one for n, one in again.items() if one and _other(one, claim)}
            found.append(Finding(part, verdict, again))
    return found


def means(table: Table, agreed: Agreed) -> dict[str, tuple[Table, Agreed]]:
    """Return tables, and rows of importance maps by size, that differ in one thing each."""
    found: dict[str, tuple[Table, Agreed]] = {}
    for critics in dict.fromkeys(table.column("critics")):
        if critics != "own":
            judged = table.filter(lambda one, critics=critics: one.critics == critics)
            renamed = [replace(one, critics="own") for one in judged]
            found[f"{critics} critics"] = Table(renamed), lambda size: []
    found["other axis"] = Table(map(turned, table)), lambda size: []
    for number, name in enumerate(("first half", "second half")):
        half = Table(halved(one, number) for one in table)
        found[name] = half, partial(_halves, agreed, number)
    return found


def turned(record: Record) -> Record:
    """Return a record whose diversity is its originality, and the reverse."""
    scores = {name: getattr(record, other) for name, other in AXES.items()}
    kept = {KEPT.get(name, name): values for name, values in record.per_concept.items()}
    return replace(record, **scores, per_concept=kept)


def halved(record: Any, number: int) -> Any:
    """Return a record, or a row of importance maps, of the first or second half of its concepts."""
    kept = {}
    for name, values in record.per_concept.items():
        middle = (len(values) + 1) // 2
        kept[name] = values[middle:] if number else values[:middle]
    return replace(record, per_concept=kept)


def _halves(agreed: Agreed, number: int, size: str) -> list[MapsRow]:
    return [halved(row, number) for row in agreed(size)]


def _by_statement(parts: Sequence[Part]) -> dict[tuple, Claim]:
    return {_key(part, claim): claim for part in parts for claim in part.claims}


def _key(part: Part, claim: Claim) -> tuple:
    return part.paper, part.about, part.dataset, claim.statement


def _other(one: Claim, claim: Claim) -> bool:
    return one.interval is not None and one.interval != claim.interval


def _bounds(claim: Claim) -> dict[str, float | None]:
    names = ("value", "low", "high")
    return {name: claim.interval and getattr(claim.interval, name) for name in names}
