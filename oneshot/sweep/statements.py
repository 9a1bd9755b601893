"""What *Latent Representation Matters* (NeurIPS 2024) says of its figures 3 and 4, tested.

Betas are chosen on validation concepts; what is compared are the scores on test concepts.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from oneshot.metrics import claims, intervals
from oneshot.metrics.claims import Claim, Measured
from oneshot.metrics.leakage import parted
from oneshot.results import HUMAN, Results, Row
from oneshot.sweep.dividing import Division

COMBINED = "barlow+prototype"
FEWEST = 8
"""Runs that a correlation over runs takes."""


def alone(found: Results) -> list[Claim]:
    """Return what the paper says of single regularizers, each tested as far as there are runs."""
    pairs = (("prototype", "none"), ("barlow", "none"), ("prototype", "classification"))
    return [test(found, *pair) for test in (nearer, compared) for pair in pairs]


def nearer(found: Results, first: str, second: str) -> Claim:
    """Test whether one family comes nearer to the humans than another.

    Each is represented by the beta nearest to human on validation concepts.
    """
    statement = f"Nearer to human drawings with {first} than with {second}."
    pair = [found.best(name) for name in (first, second)]
    absent = [name for name, rows in zip((first, second), pair, strict=True) if not rows]
    if absent:
        return Claim.untested(statement, f"no runs of {' and '.join(absent)}")
    human, mine = Measured.of([found.human]), Measured.of(pair[0])
    others = {pair[1][0].name: Measured.of(pair[1])}
    claim = claims.nearest_to_human(statement, mine, others, human, found.spread)
    return replace(claim, evidence=f"{pair[0][0].name}: {claim.evidence}")


def compared(found: Results, first: str, second: str) -> Claim:
    """Test whether one family is more recognizable than another at comparable originality.

    The second is represented by the beta nearest to human, the first by its most recognizable beta
    of comparable originality.
    """
    statement = (
        f"More recognizable with {first} than with {second}, at comparable originality (at most "
        f"{claims.COMPARABLE:g} less)."
    )
    reference = found.best(second)
    absent = [name for name in (first, second) if not found.systems(name)]
    if absent or not reference:
        return Claim.untested(statement, f"no runs of {' and '.join(absent or ['humans'])}")
    chosen = found.comparable(first, reference)
    if not chosen:
        why = f"no beta of {first} is as original as {reference[0].name}"
        return Claim(statement, None, why, claims.UNDECIDED)
    claim = claims.more_recognizable(statement, Measured.of(chosen), Measured.of(reference))
    names = f"{chosen[0].name} against {reference[0].name}"
    return replace(claim, evidence=f"{names}: {claim.evidence}")


def directions(found: Results, names: Sequence[str]) -> list[Claim]:
    """Return, of each family, whether originality and recognizability rise with its beta."""
    told = []
    for name in names:
        betas, systems = systems_of(found, name)
        for score in claims.SCORES:
            statement = f"{score.capitalize()} rises with the beta of {name}."
            if len(betas) < 2:
                told.append(Claim.untested(statement, f"runs of {name} at {len(betas)} betas"))
            else:
                told.append(claims.rises(statement, score, betas, systems))
    return told


def combined(found: Results) -> list[Claim]:
    """Return what the paper says of combinations, each tested as far as there are runs."""
    statement = "Barlow with the prototype comes nearest to the human drawings."
    chosen = {name: rows for name in found.families if (rows := found.best(name))}
    first = chosen.pop(COMBINED, None)
    if first is None or not chosen:
        nearest = Claim.untested(statement, f"no runs of {COMBINED} and others")
    else:
        human, mine = Measured.of([found.human]), Measured.of(first)
        others = {rows[0].name: Measured.of(rows) for rows in chosen.values()}
        nearest = claims.nearest_to_human(statement, mine, others, human, found.spread)
        nearest = replace(nearest, evidence=f"{first[0].name}: {nearest.evidence}")
    pairs = [name for name in found.families if "+" in name]
    partners = [next(part for part in pair.split("+") if part != "prototype") for pair in pairs]
    both = list(zip(pairs, partners, strict=True))
    return [nearest, *(test(found, *names) for test in (nearer, compared) for names in both)]


def leakage(by_category: Results, by_permutation: Results, published: Division) -> list[Claim]:
    """Test, of each run under both splits, whether siblings in training make it recognizable.

    The splits have other test concepts and another critic, so recognizability is counted above that
    of people on the same concepts.
    """
    told = []
    sibling = parted(published.names, np.array(published.splits))
    for row, twin in twins(by_category, by_permutation):
        if row.control == HUMAN:
            continue
        above, without = _above(by_permutation.human, twin), _above(by_category.human, row)
        gain = _mean(above, 0) - _mean(without, 1)
        statement = f"{row.name}: more recognizable, beside people, with the published split."
        told.append(Claim.tested(statement, "recognizability", gain))
        statement = f"{row.name}: and more so on concepts with siblings in training."
        if sibling.all() or not sibling.any():
            told.append(Claim.untested(statement, "siblings in training: of all concepts or none"))
        else:
            gain = _mean(above[sibling], 0) - _mean(above[~sibling], 1)
            told.append(Claim.tested(statement, "recognizability", gain))
    return told


def longer(found: Results, more: Results) -> list[Claim]:
    """Test, of each run at two sizes of training, whether the longer one is more recognizable."""
    return [
        claims.more(
            f"{row.name}: more recognizable after longer training.",
            "recognizability",
            Measured.of([twin]),
            Measured.of([row]),
        )
        for row, twin in lengthened(found, more)
    ]


def lengthened(found: Results, more: Results) -> list[tuple[Row, Row]]:
    """Return the runs at two sizes of training; none when the two are one, or judged unlike.

    People score the same at both sizes exactly where concepts and critics are the same.
    """
    judged = [one.human and one.human.per_concept for one in (found, more)]
    if found.preset == more.preset or not judged[0] or judged[0] != judged[1]:
        return []
    return [(row, twin) for row, twin in twins(found, more) if row.control != HUMAN]


def explained(found: Results, probe: str = "one_shot", score: str = "recognizability") -> Claim:
    """Test whether runs with a better probe of their latents have more of a score.

    The quantity is the rank correlation over runs, which are resampled.
    """
    named = probe.replace("_", "-")
    statement = f"The better the {named} probe of the latents, the higher the {score}."
    rows = [row for row in found.rows if row.probes]
    if len(rows) < FEWEST:
        return Claim.untested(statement, f"{len(rows)} runs with probes, which is too few")
    pairs = [(row.probes[probe].value, getattr(row, score).value) for row in rows]
    about = f"rank correlation over {len(rows)} runs"
    return Claim.tested(statement, about, claims.rank_correlation(pairs))


def twins(found: Results, others: Results) -> list[tuple[Row, Row]]:
    """Return the runs, humans included, that are in both: with another split, or another size."""
    other = {(row.name, row.seed, row.guidance): row for row in others.rows}
    pairs = [(row, other.get((row.name, row.seed, row.guidance))) for row in found.rows]
    return [(row, twin) for row, twin in pairs if twin is not None]


def systems_of(found: Results, name: str) -> tuple[list[float], list[Measured]]:
    """Return the betas of a family, rising, and the scores at each, trainings together."""
    at: dict[float, list[Row]] = {}
    for row in found.families.get(name, []):
        at.setdefault(row.varying, []).append(row)
    return list(at), [Measured.of(rows) for rows in at.values()]


def _above(human: Row, row: Row) -> np.ndarray:
    right, people = (np.asarray(r.per_concept["recognizability"]) for r in (row, human))
    return right - people


def _mean(values: np.ndarray, seed: int) -> np.ndarray:
    """Return the mean (1 + draws,) as measured and on each resample of concepts."""
    return intervals.weights(len(values), seed=seed) @ values
