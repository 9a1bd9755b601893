"""How statements are tested that one system has more of a score than another, and noted upon.

All systems are scored on the same concepts, so what is compared is paired. Trainings that differ in
their seed alone are taken together; with one training a system, a verdict is about that training.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

import numpy as np

from oneshot import systems
from oneshot.evaluations import published
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.table import Table
from oneshot.metrics import intervals, paired
from oneshot.metrics.hierarchy import estimate
from oneshot.metrics.human import spread_of
from oneshot.metrics.paired import (
    DIVERSITY_PLANE,
    HOLDS,
    UNDECIDED,
    UNTESTED,
    Claim,
    by_training,
    resampled,
)

GANS = ("da-gan-un", "da-gan-rn")
REVERSED = (
    "the released GANs were trained from a variation to its exemplar, these from the exemplar to "
    "its variations"
)
GUIDED = "FSDM is guided here and was not when published"
HALF = 0.5
"""A system recognized clearly less than so much as often as was published is not reproduced."""
MOST = 100
"""Times as many concepts as there are; what takes more to be told is not foreseen."""
PLACE = attrgetter("dataset", "size", "system", "critics")
"""What records share that are of one system and one length of training."""
AXIS = {"diversity_raw": "raw diversity"}
"""What scores are called in evidence, where not by their name."""
SAID = {
    "diversity": "more varied",
    "diversity_raw": "more varied",
    "originality": "more original",
    "recognizability": "more recognizable",
}


def more(
    table: Table, score: str, first: str, second: str, source: str, among: Table | None = None
) -> Claim:
    """Test whether a system, or people, have more of a score than another; with a note unless so.

    `among` are all records there are, in which other settings of a system are looked for.
    """
    other = "the human drawings" if second == HUMAN else systems.label(second)
    statement = f"{subject(first)} {SAID[score]} than {other}."
    if absent := [name for name in (first, second) if find(table, name) is None]:
        return unscored(statement, absent, source)
    pair = [one for name in (first, second) if (one := find(table, name))]
    whole = table if among is None else among
    runs = [trainings(one, whole) for one in pair]
    scores = (by_training(each, score) for each in runs)
    test = estimate(np.subtract, *scores, concepts=pair[0].concepts)
    claim = Claim.tested(statement, AXIS.get(score, score), test, fewest(runs))
    return noted(replace(claim, source=source), pair, whole)


def nearest(table: Table, system: str, source: str, among: Table | None = None) -> Claim:
    """Test whether a system is nearest to people of all that have a published point."""
    statement = (
        f"Of the published systems, {systems.label(system)} is nearest to the human drawings."
    )
    named = {name: one for name, one in table.systems.items() if name in published.SYSTEMS}
    if system not in named or table.human is None or len(named) < 2:
        absent = [name for name in (system, HUMAN) if find(table, name) is None]
        return unscored(statement, absent, source)
    whole = table if among is None else among
    people = by_training([table.human], *DIVERSITY_PLANE)
    runs = {name: trainings(one, whole) for name, one in named.items()}
    points = {
        systems.label(name): by_training(each, *DIVERSITY_PLANE) for name, each in runs.items()
    }
    spread = spread_of(np.stack([one.mean(1)[0] for one in points.values()]))
    mine = points.pop(systems.label(system))
    gaps = paired.farther(people, mine, points, spread, table.human.concepts)
    claim = paired.nearest(statement, *gaps, fewest(runs.values()))
    return noted(replace(claim, source=source), [named[system]], whole)


def trainings(record: Record, among: Table) -> list[Record]:
    """Return the record and those that differ from it in their seed alone."""
    if record.system == HUMAN:
        return [record]
    others = (one for one in among.models if one.identity[:-1] == record.identity[:-1])
    return [record, *(one for one in others if one.seed != record.seed)]


def fewest(runs: Iterable[Sequence[Record]]) -> int:
    """Return how many trainings there are of the system that has fewest, people aside."""
    return min((len(each) for each in runs if each[0].system != HUMAN), default=1)


def subject(name: str) -> str:
    """Return a system, or people, as the subject of a statement."""
    return "The human drawings are" if name == HUMAN else f"{systems.label(name)} is"


def find(table: Table, name: str) -> Record | None:
    """Return the record of a system or of people, None when there is none."""
    return table.human if name == HUMAN else table.systems.get(name)


def unscored(statement: str, names: Sequence[str], source: str) -> Claim:
    """Return that a statement is not tested yet, because there are no scores of these."""
    told = " and ".join(map(systems.label, names)) or "other systems"
    return replace(Claim.untested(statement, f"no scores of {told}"), source=source)


def noted(claim: Claim, records: Sequence[Record], among: Table) -> Claim:
    """Return a claim with a note on what there is to know of its systems.

    Of one that holds that is only how a system differs on purpose from the published one.
    """
    records = [one for one in records if one.system != HUMAN]
    facts = [] if claim.verdict in (HOLDS, UNDECIDED) else list(_facts(records, among))
    if any(one.system == "fsdm" and one.guidance for one in records):
        facts.append(GUIDED)
    return replace(claim, note="; ".join(facts))


def _facts(records: Sequence[Record], among: Table) -> Iterator[str]:
    """Yield what may be why these systems do not do what was published of them."""
    for one in records:
        if one.parameters:
            yield (
                f"{systems.label(one.system)} has {one.parameters / 1e6:.2g} M parameters and "
                f"{one.training['seconds'] / 3600:.2g} h of training"
            )
    yield from filter(None, map(not_reproduced, records))
    yield from filter(None, (_other_setting(among, one) for one in records))
    if any(one.system in GANS and not one.settings.get("as_released") for one in records):
        yield REVERSED


def not_reproduced(record: Record) -> str:
    """Return that a system falls far short of what was published, in words; "" if it does not.

    It does when the whole interval of its recognizability is below `HALF` of the published one.
    """
    point = published.point(record.dataset, record.system) if record.own_settings else None
    told = point["recognizability"] if point else None
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


def power(claim: Claim) -> str:
    """Return how many concepts would decide an undecided claim by itself; "" where none would."""
    if claim.verdict != UNDECIDED or (count := needed(claim)) is None:
        return ""
    return (
        f"were the difference as measured, it would take about {count:,} concepts to tell "
        f"instead of {claim.concepts}"
    )


def needed(claim: Claim, level: float = 0.05) -> int | None:
    """Return how many concepts would tell a difference as it was measured; None for too many."""
    count = paired.concepts_needed(claim, level=level)
    known = claim.concepts and count <= MOST * claim.concepts
    return _round(count) if known else None


def _round(count: float) -> int:
    """Return a count up to two digits, upwards."""
    unit = 10 ** max(0, int(np.log10(count)) - 1)
    return int(np.ceil(count / unit) * unit)


def _other_setting(among: Table, record: Record) -> str:
    """Return the best of other settings that a system did better with after no more training.

    Of those of its size that are recognized better beyond the interval, at 95 % for all of them
    together (Bonferroni); "" when there are none.
    """
    others = [
        other
        for other in among.models
        if PLACE(other) == PLACE(record)
        and not other.own_settings
        and other.concepts == record.concepts
        and other.training["seconds"] <= record.training["seconds"]
    ]
    better = []
    for other in others:
        gain = resampled(other, "recognizability") - resampled(record, "recognizability")
        if paired.verdict(intervals.interval_of(gain, 1 - 0.05 / len(others))) == HOLDS:
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
