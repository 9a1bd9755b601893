"""What *Latent Representation Matters* (NeurIPS 2024) says of its figures 3 and 4, tested.

Betas are chosen on validation concepts; what is compared are the scores on test concepts.
"""

from collections.abc import Sequence
from dataclasses import replace

from oneshot.metrics import claims
from oneshot.metrics.claims import Claim, Measured
from oneshot.results import Results, Row

COMBINED = "barlow+prototype"


def alone(found: Results) -> list[Claim]:
    """Return what the paper says of single regularizers, each tested as far as there are runs."""
    return [
        compared(found, "prototype", "none"),
        compared(found, "barlow", "none"),
        compared(found, "prototype", "classification"),
    ]


def compared(found: Results, first: str, second: str) -> Claim:
    """Test whether one family is more recognizable than another at comparable originality.

    The second is represented by the beta nearest to human, the first by its most recognizable beta
    of comparable originality.
    """
    statement = f"More recognizable with {first} than with {second}, at comparable originality."
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
    best = {name: Measured.of(rows) for name in found.families if (rows := found.best(name))}
    first = best.pop(COMBINED, None)
    if first is None or not best or found.human is None:
        nearest = Claim.untested(statement, f"no runs of {COMBINED} and others")
    else:
        human = Measured.of([found.human])
        nearest = claims.nearest_to_human(statement, first, best, human)
    pairs = [name for name in found.families if "+" in name]
    partners = [next(part for part in pair.split("+") if part != "prototype") for pair in pairs]
    return [nearest, *(compared(found, p, q) for p, q in zip(pairs, partners, strict=True))]


def systems_of(found: Results, name: str) -> tuple[list[float], list[Measured]]:
    """Return the betas of a family, rising, and the scores at each, trainings together."""
    at: dict[float, list[Row]] = {}
    for row in found.families.get(name, []):
        at.setdefault(row.varying, []).append(row)
    return list(at), [Measured.of(rows) for rows in at.values()]
