"""What the papers do not ask, or not in this way: this book's own questions, tested."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from oneshot import systems
from oneshot.attribution.agreement import Row as MapsRow
from oneshot.claims.diffusion_artists import ours
from oneshot.claims.statement import find, subject, trainings
from oneshot.evaluations import selection, transfer
from oneshot.evaluations.divisions import Division
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.table import Table
from oneshot.metrics import intervals, paired
from oneshot.metrics.hierarchy import Estimate
from oneshot.metrics.leakage import parted
from oneshot.metrics.paired import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Claim,
    resampled,
    signed,
    verdict,
)
from oneshot.metrics.ranks import rank_correlation

FEWEST = 8
"""Runs that a correlation over runs takes."""
TOLERANCE = {"originality": 0.03, "recognizability": 3.0}
"""Differences of scores that are none to speak of."""
SAMPLERS: Mapping[str | None, str] = {
    "ddpm": "ancestral",
    "ddim": "DDIM",
    "dpm_solver_pp": "DPM-Solver++",
}


def as_good(record: Record, reference: Record) -> Claim:
    """Test whether a way of drawing gives the scores of another, up to `TOLERANCE`.

    It holds when both intervals of differences lie within, fails when one lies outside.
    """
    verdicts, evidence = [], []
    for score, tolerance in TOLERANCE.items():
        values = resampled(record, score) - resampled(reference, score)
        interval = intervals.interval_of(values)
        inside = -tolerance < interval.low and interval.high < tolerance
        outside = interval.low > tolerance or interval.high < -tolerance
        verdicts.append(HOLDS if inside else FAILS if outside else UNDECIDED)
        evidence.append(f"{score} {signed(interval)}")
    one, other = (f"{SAMPLERS[r.sampler]} in {r.sampler_steps} steps" for r in (record, reference))
    statement = f"{one[0].upper()}{one[1:]} scores as {other} does."
    return Claim(statement, None, ", ".join(evidence), paired.every(verdicts))


def beyond_ink(found: Sequence[MapsRow]) -> list[Claim]:
    """Return whether each row's maps agree with people's more than blurred ink does, on the ink."""
    return [
        Claim(
            f"Maps of {ours(row)} agree with people's more than blurred ink does, on the ink.",
            row.ink_beyond_null,
            f"rank correlation on the ink {signed(row.ink_beyond_null)}",
            verdict(row.ink_beyond_null),
            p=row.p_ink,
            concepts=row.concepts,
        )
        for row in found
    ]


ALONG = (("warp", HUMAN), ("warp", "ldm"), ("warp", "cfgdm"), ("cfgdm", "ddpm"))
"""What can be moved along the plane, and what it is compared with where that is as original."""


def as_original(table: Table, among: Table) -> list[Claim]:
    """Return who is more recognizable at the same originality, along guidance or amplitude.

    Systems and people beside the exemplar bent as far by a `warp` that has learned nothing, and
    CFGDM, whose guidance is varied, beside DDPM. Only what the lines reach.
    """
    told = []
    for moved, name in ALONG:
        one, other = find(table, moved), find(table, name)
        if one is None or other is None:
            continue
        part = "settings.amplitude" if moved == "warp" else "guidance"
        path, runs = selection.path(one, among, part), trainings(other, among)
        test = paired.along(path, runs)
        if test is None:
            continue
        less = moved == "warp"
        first = subject(name if less else moved)
        second = "the exemplar bent as far by the warp" if less else systems.label(name)
        said = f"{first} more recognizable than {second}, at the same originality."
        trained = [*path] * (moved != "warp") + [runs] * (name != HUMAN)
        seeds = min(map(len, trained), default=1)
        told.append(Claim.tested(said, "recognizability", -test if less else test, seeds))
    return told


SEEN_TOGETHER = ("recognizability", "originality", "precision", "recall", "second")
"""Scores by which a system has to be near people all at once."""


def nearest_by_all(table: Table, among: Table, system: str = "vae-elastic") -> list[Claim]:
    """Test whether a system is nearer to people by `SEEN_TOGETHER` than each that has these scores.

    Distances count each score in units of people's. Rivals are the other systems of the table and,
    from `among`, the LDM with other regularizers; drawings by people are none. Empty where people,
    the system, or all others lack one of the scores.
    """
    people = table.human
    scored = {
        name: one
        for name, one in table.systems.items()
        if name not in systems.BY_PEOPLE and "beyond" in one.recipes
    }
    if people is None or "beyond" not in people.recipes or system not in scored or len(scored) < 2:
        return []
    theirs = paired.by_training([people], *SEEN_TOGETHER)
    ldm = table.systems.get("ldm")
    for one in among.models:
        alike = ldm and one.identity == replace(ldm, settings=one.settings).identity
        if alike and "settings.regularizer" in one.changed and "beyond" in one.recipes:
            scored[f"{systems.label('ldm')} ({one.regularization})"] = one
    runs = {
        name: [one for one in trainings(record, among) if "beyond" in one.recipes]
        for name, record in scored.items()
    }
    scores = {
        systems.label(name): paired.by_training(each, *SEEN_TOGETHER) for name, each in runs.items()
    }
    called = systems.label(system)
    mine = scores.pop(called)
    gaps = paired.farther(theirs, mine, scores, theirs[0, 0], people.concepts)
    statement = (
        f"{called} is nearer to people than whatever else is scored by recognizability, "
        "originality, precision, recall and the second critic together."
    )
    told = paired.nearest(statement, *gaps, len(runs[system]))
    return [replace(told, evidence=f"{told.evidence}; beside {', '.join(scores)}")]


def carries(rows: Sequence[transfer.Transfer]) -> list[Claim]:
    """Return, for each system and data set, whether having learned that data set helps.

    The model that learned it is compared with those that learned another, on the same exemplars.
    """
    found = {row.identity: row for row in rows}
    claims = []
    for (drawn, learned, system), row in found.items():
        at_home = transfer.HOMES.get(drawn, "")
        home = found.get((drawn, at_home, system))
        if system == systems.HUMAN or home is None or learned == at_home:
            continue
        other = transfer.model_label(system, learned).partition(", ")[2]
        statement = (
            f"On {transfer.dataset_label(drawn)}, the {systems.label(system)} that learned it is "
            f"more recognizable than the one that learned {other}."
        )
        claims.append(paired.more(statement, "recognizability", [home], [row]))
    return claims


def leakage(by_category: Table, by_permutation: Table, published: Division) -> list[Claim]:
    """Test, of each run under both splits, whether siblings in training make it recognizable.

    The splits have other test concepts and another critic, so recognizability is counted above that
    of people on the same concepts. Empty without them.
    """
    people, others = by_category.human, by_permutation.human
    if people is None or others is None:
        return []
    told, least = [], min(people.concepts, others.concepts)
    sibling = parted(published.names, np.array(published.splits))
    for row, twin in twins(by_category, by_permutation):
        if row.system == HUMAN:
            continue
        above, without = _above(others, twin), _above(people, row)
        gain = _mean(above, 0) - _mean(without, 1)
        statement = (
            f"{row.regularization}: more recognizable, beside people, with the published split."
        )
        told.append(Claim.tested(statement, "recognizability", Estimate.of(gain, least)))
        statement = f"{row.regularization}: and more so on concepts with siblings in training."
        if sibling.all() or not sibling.any():
            told.append(Claim.untested(statement, "siblings in training: of all concepts or none"))
        else:
            gain = _mean(above[sibling], 0) - _mean(above[~sibling], 1)
            least = min(sibling.sum(), (~sibling).sum())
            told.append(Claim.tested(statement, "recognizability", Estimate.of(gain, least)))
    return told


def longer(runs: Table, longer_runs: Table) -> list[Claim]:
    """Test, of each run at two sizes of training, whether the longer one is more recognizable."""
    return [
        paired.more(
            f"{row.regularization}: more recognizable after longer training.",
            "recognizability",
            [twin],
            [row],
        )
        for row, twin in lengthened(runs, longer_runs)
    ]


def lengthened(runs: Table, longer_runs: Table) -> list[tuple[Record, Record]]:
    """Return the runs at two sizes of training; none when the two are one, or judged unlike.

    People score the same at both sizes exactly where concepts and critics are the same.
    """
    people = [one.human and one.human.recipes["scores"] for one in (runs, longer_runs)]
    sizes = [set(one.models.column("size")) for one in (runs, longer_runs)]
    if sizes[0] & sizes[1] or not people[0] or people[0] != people[1]:
        return []
    return [(row, twin) for row, twin in twins(runs, longer_runs) if row.system != HUMAN]


def explained(runs: Table, probe: str = "one_shot", score: str = "recognizability") -> Claim:
    """Test whether runs with a better probe of their latents have more of a score.

    The quantity is the rank correlation over runs, which are resampled.
    """
    named = probe.replace("_", "-")
    statement = f"The better the {named} probe of the latents, the higher the {score}."
    # resamples are of places in this order, whatever that of the runs
    rows = sorted((row for row in runs.models if row.probes), key=_place)
    if len(rows) < FEWEST:
        return Claim.untested(statement, f"{len(rows)} runs with probes, which is too few")
    pairs = [(row.probes[probe].value, getattr(row, score).value) for row in rows]
    about = f"rank correlation over {len(rows)} runs"
    claim = Claim.tested(statement, about, Estimate.of(rank_correlation(pairs), len(rows)))
    return replace(claim, concepts=0)  # more of them would not help


def twins(runs: Table, others: Table) -> list[tuple[Record, Record]]:
    """Return the runs, people included, that are in both: with another split, or another size."""
    other = {_name(record): record for record in others}
    pairs = [(record, other.get(_name(record))) for record in runs]
    return [(record, twin) for record, twin in pairs if twin is not None]


def _place(record: Record) -> tuple:
    names = sorted(record.betas.items())
    return len(names), names, record.family, record.seed


def _name(record: Record) -> tuple:
    return record.regularization, record.system, record.seed, record.guidance


def _above(human: Record, record: Record) -> np.ndarray:
    right, people = (np.asarray(r.per_concept["recognizability"]) for r in (record, human))
    return right - people


def _mean(values: np.ndarray, seed: int) -> np.ndarray:
    """Return the mean (1 + draws,) as measured and on each resample of concepts."""
    return intervals.weights(len(values), seed=seed) @ values
