"""How statements are tested that one system has more of a score than another, and noted upon.

All systems are scored on the same concepts, so what is compared is paired. With one training a
system, a verdict is about that training.
"""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

import numpy as np

from oneshot import systems
from oneshot.evaluations import published
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.table import Table
from oneshot.metrics import intervals, paired
from oneshot.metrics.paired import HOLDS, UNDECIDED, UNTESTED, Claim, resampled

GANS = ("da-gan-un", "da-gan-rn")
REVERSED = (
    "the released GANs were trained from a variation to its exemplar, these from the exemplar to "
    "its variations"
)
HALF = 0.5
"""A system recognized clearly less than so much as often as was published is not reproduced."""
MOST = 100
"""Times as many concepts as there are; what takes more to be told is not foreseen."""
PLACE = attrgetter("dataset", "system", "critics")
"""What records share that differ in size and settings alone."""
SAID = {
    "diversity": "more varied",
    "originality": "more original",
    "recognizability": "more recognizable",
}


def more(
    table: Table, score: str, first: str, second: str, source: str, among: Table | None = None
) -> Claim:
    """Test whether a system, or people, have more of a score than another; with a note unless so.

    `among` are all records there are, in which other settings of a system are looked for.
    """
    subject = "The human drawings are" if first == HUMAN else f"{systems.label(first)} is"
    other = "the human drawings" if second == HUMAN else systems.label(second)
    statement = f"{subject} {SAID[score]} than {other}."
    pair = [find(table, name) for name in (first, second)]
    if absent := [n for n, one in zip((first, second), pair, strict=True) if one is None]:
        return missing(statement, absent, source)
    values = resampled(pair[0], score) - resampled(pair[1], score)
    claim = replace(Claim.tested(statement, score, values), source=source)
    return noted(claim, pair, table if among is None else among)


def nearest(table: Table, system: str, source: str, among: Table | None = None) -> Claim:
    """Test whether a system is nearest to people of all that have a published point."""
    statement = (
        f"Of the published systems, {systems.label(system)} is nearest to the human drawings."
    )
    named = {name: one for name, one in table.systems.items() if name in published.SYSTEMS}
    if system not in named or table.human is None or len(named) < 2:
        absent = [name for name in (system, HUMAN) if find(table, name) is None]
        return missing(statement, absent, source)
    names = list(named)
    values = paired.far_from_human(list(named.values()), table.human)
    mine = names.index(system)
    others = [systems.label(name) for name in names if name != system]
    claim = paired.nearest(statement, others, values[:, mine], np.delete(values, mine, axis=1))
    whole = table if among is None else among
    return noted(replace(claim, source=source), [named[system]], whole)


def find(table: Table, name: str) -> Record | None:
    """Return the record of a system or of people, None when there is none."""
    return table.human if name == HUMAN else table.systems.get(name)


def missing(statement: str, names: Sequence[str], source: str) -> Claim:
    """Return that a statement is not tested yet, because there are no scores of these."""
    told = " and ".join(map(systems.label, names)) or "other systems"
    return replace(Claim.untested(statement, f"no scores of {told}"), source=source)


def noted(claim: Claim, records: Sequence[Record], among: Table) -> Claim:
    """Return a claim with a note on what there is to know of its systems, unless it holds."""
    if claim.verdict == HOLDS:
        return claim
    if claim.verdict == UNDECIDED:
        return replace(claim, note=_needed(claim.interval, records[0].concepts))
    records = [one for one in records if one.system != HUMAN]
    facts = [
        f"{systems.label(one.system)} has {one.parameters / 1e6:.2g} M parameters and "
        f"{one.training['seconds'] / 3600:.2g} h of training"
        for one in records
        if one.parameters
    ]
    facts += [words for one in records if (words := not_reproduced(one))]
    facts += [words for one in records if (words := _other_setting(among, one))]
    if any(one.system in GANS and not one.settings.get("as_released") for one in records):
        facts.append(REVERSED)
    return replace(claim, note="; ".join(facts))


def not_reproduced(record: Record) -> str:
    """Return that a system falls far short of what was published, in words; "" if it does not.

    It does when the whole interval of its recognizability is below `HALF` of the published one.
    """
    own = not any(name.startswith("settings.") for name in record.changed)
    point = published.point(record.dataset, record.system) if own else None
    told = point and point["recognizability"]
    if not told or record.recognizability.high >= HALF * told:
        return ""
    return (
        f"{systems.label(record.system)} is not reproduced: {record.recognizability.value:.1f} % "
        f"recognizable where {told:.1f} % was published"
    )


def both(told: Sequence[Claim], others: Sequence[Claim]) -> list[tuple[Claim, Claim]]:
    """Return the pairs of claims of one statement, where it was tested in both lists."""
    again = {claim.statement: claim for claim in others}
    pairs = [(claim, again[claim.statement]) for claim in told if claim.statement in again]
    return [pair for pair in pairs if all(claim.verdict != UNTESTED for claim in pair)]


def _needed(interval: intervals.Interval, concepts: int) -> str:
    """Return how many concepts would tell a difference as large as it was measured; "" if many."""
    count = paired.concepts_needed(interval, concepts)
    if count > MOST * concepts:
        return ""
    return (
        f"were the difference as measured, it would take about {_round(count)} concepts to tell "
        f"instead of {concepts}"
    )


def _round(count: float) -> int:
    """Return a count up to two digits, upwards."""
    unit = 10 ** max(0, int(np.log10(count)) - 1)
    return int(np.ceil(count / unit) * unit)


def _other_setting(among: Table, record: Record) -> str:
    """Return the best of other settings that a system did better with after no more training.

    Of those at all sizes that are recognized better beyond the interval; "" when there are none.
    """
    better = []
    for other in among.models:
        settings = [name for name in other.changed if name.startswith("settings.")]
        if PLACE(other) != PLACE(record) or not settings or other.concepts != record.concepts:
            continue
        gain = resampled(other, "recognizability") - resampled(record, "recognizability")
        less = other.training["seconds"] <= record.training["seconds"]
        if less and paired.verdict(intervals.interval_of(gain)) == HOLDS:
            better.append(other)
    if not better:
        return ""
    best = max(better, key=lambda other: other.recognizability.value)
    setting = best.name.removeprefix(f"{best.system}, ").replace("_", " ").replace(", ", " and ")
    return (
        f"with {setting} {systems.label(record.system)} comes to diversity "
        f"{best.diversity.value:.2f} and recognizability {best.recognizability.value:.1f} % after "
        f"{best.training['seconds'] / 3600:.2g} h: its setting matters as much as its training"
    )
