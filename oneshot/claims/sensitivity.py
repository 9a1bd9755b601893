"""The same statements by other means: other critics, other ink, fewer drawings or concepts.

A table is changed and all is tested again, so that nothing but what is said is other. What a table
lacks, or what a change does not touch, is left out.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from oneshot.attribution import agreement
from oneshot.attribution.agreement import Row as MapsRow
from oneshot.claims.corrected import Joint, Verdict, corrected, jointly
from oneshot.claims.gathered import OWN, PAPERS, Part, gather
from oneshot.evaluations.record import Record
from oneshot.evaluations.table import Table
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, Claim
from oneshot.rng import generator

JUDGED = {
    "released": "released critics",
    "vit": "second recognition critic",
    "seed": "critics of another seed",
    "thin": "higher threshold of ink",
    "bold": "lower threshold of ink",
    "half": "half of the drawings",
}
"""What the `critics` of records are called as means, in the order in which they are shown."""
AXES = {"diversity": "originality", "originality": "diversity"}
AXES_BY_CONCEPT = {"raw_diversity": "distance", "distance": "raw_diversity"}
SHARES = {"a quarter": 0.25, "half": 0.5, "three quarters": 0.75}
"""How many of the concepts a statement is tested on again."""
DRAWS = 5
"""How often each share of the concepts is drawn."""
_CONCEPTS = 0x434F4E43  # keeps the choice of concepts apart from other random streams

Agreed = Callable[[str], Sequence[MapsRow]]


@dataclass(frozen=True)
class Finding:
    """A statement of a part, its verdict among those of its paper, and how else it comes out.

    `again` are the claims of the same test by other means, by name, each by its interval alone, and
    `fewer` says, by name of `SHARES`, how often which verdict came of so many of the concepts,
    `joint` what all data sets say together that the statement is tested on.
    """

    part: Part
    verdict: Verdict
    again: Mapping[str, Claim]
    fewer: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    joint: Joint | None = None

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
        said |= {
            "jointly": self.joint and self.joint.verdict,
            "p_jointly": self.joint and self.joint.p,
        }
        again = {name: {"alone": c.verdict, **_bounds(c)} for name, c in self.again.items()}
        fewer = {name: dict(told) for name, told in self.fewer.items()}
        return said | {"note": claim.note, "again": again, "fewer": fewer}


def findings(
    table: Table, *where: Any, agreed: Agreed = agreement.shipped, **options: Any
) -> list[Finding]:
    """Return all that `gathered.gather` tests, with verdicts by paper, and by other means too."""
    parts = gather(table, *where, agreed=agreed, **options)
    others = {
        name: _by_statement(gather(changed, *where, agreed=rows, **options))
        for name, (changed, rows) in means(table, agreed).items()
    }
    told = _fewer(_by_statement(parts), table, where, agreed, options)
    found = []
    for paper in (*PAPERS, OWN):
        mine = [(part, claim) for part in parts if part.paper == paper for claim in part.claims]
        verdicts = corrected([claim for _, claim in mine])
        joint = jointly({(c.statement, part.dataset): c for part, c in mine})
        for (part, claim), verdict in zip(mine, verdicts, strict=True):
            again = {n: o.get(_key(part, claim)) for n, o in others.items()}
            again = {n: one for n, one in again.items() if one and _other(one, claim)}
            fewer = told.get(_key(part, claim), {})
            found.append(Finding(part, verdict, again, fewer, joint.get(claim.statement)))
    return found


def means(table: Table, agreed: Agreed) -> dict[str, tuple[Table, Agreed]]:
    """Return tables, and rows of importance maps by size, that differ in one thing each."""
    found: dict[str, tuple[Table, Agreed]] = {}
    for critics, name in JUDGED.items():
        if critics in table.column("critics"):
            judged = table.filter(lambda one, critics=critics: one.critics == critics)
            renamed = [replace(one, critics="own") for one in judged]
            found[name] = Table(renamed), lambda size: []
    found["other axis"] = Table(map(turned, table)), lambda size: []
    return found


def turned(record: Record) -> Record:
    """Return a record whose diversity is its originality, and the reverse."""
    scores = {name: getattr(record, other) for name, other in AXES.items()}
    kept = {AXES_BY_CONCEPT.get(name, name): values for name, values in record.per_concept.items()}
    return replace(record, **scores, per_concept=kept)


def sampled(record: Any, share: float, seed: int) -> Any:
    """Return a record, or a row of importance maps, of a share of its concepts, two at least.

    Which these are depends on `seed` and on how many there are, so all that was scored on the same
    concepts keeps the same; a larger share of one seed holds the smaller.
    """
    kept = {}
    for name, values in record.per_concept.items():
        order = generator(seed, _CONCEPTS, len(values)).permutation(len(values))
        kept[name] = [values[k] for k in sorted(order[: max(2, round(share * len(values)))])]
    return replace(record, per_concept=kept)


def _fewer(
    whole: Mapping[tuple, Claim],
    table: Table,
    where: Sequence[Any],
    agreed: Agreed,
    options: Mapping[str, Any],
) -> dict[tuple, dict[str, Counter]]:
    """Return how often which verdict comes of shares of the concepts, by statement and share.

    Only of those of the `whole` that come out otherwise for any share: what is tested of values
    that are not by concept does not hang on how many there are.
    """
    found: dict[tuple, dict[str, Counter]] = {}
    touched = set()
    for name, share in SHARES.items():
        for seed in range(DRAWS):
            few = Table(sampled(one, share, seed) for one in table)
            rows = partial(_sampled, agreed, share, seed)
            for key, claim in _by_statement(gather(few, *where, agreed=rows, **options)).items():
                if claim.verdict in (HOLDS, FAILS, UNDECIDED):
                    found.setdefault(key, {}).setdefault(name, Counter())[claim.verdict] += 1
                if key in whole and _other(claim, whole[key]):
                    touched.add(key)
    return {key: told for key, told in found.items() if key in touched}


def _sampled(agreed: Agreed, share: float, seed: int, size: str) -> list[MapsRow]:
    return [sampled(row, share, seed) for row in agreed(size)]


def _by_statement(parts: Sequence[Part]) -> dict[tuple, Claim]:
    return {_key(part, claim): claim for part in parts for claim in part.claims}


def _key(part: Part, claim: Claim) -> tuple:
    return part.paper, part.about, part.dataset, claim.statement


def _other(one: Claim, claim: Claim) -> bool:
    return one.interval is not None and one.interval != claim.interval


def _bounds(claim: Claim) -> dict[str, float | None]:
    names = ("value", "low", "high")
    return {name: claim.interval and getattr(claim.interval, name) for name in names}
