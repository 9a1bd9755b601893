"""What *Latent Representation Matters* (Boutin et al., NeurIPS 2024) says, tested.

Figures 3 and 4: what regularizes the latents of an autoencoder decides how human the drawings of
diffusion on them are. Betas are chosen on validation concepts; what is compared are the scores on
test concepts. `runs` are a `Table` of regularized systems with people (`evaluations.selection`),
`unit` is the spread over all runs of their sweep.
"""

from collections.abc import Sequence
from dataclasses import replace

from oneshot.attribution.agreement import Row as MapsRow
from oneshot.attribution.agreement import family, of_regularizers
from oneshot.evaluations import selection
from oneshot.evaluations.table import Table
from oneshot.metrics import paired
from oneshot.metrics.paired import Claim, Runs
from oneshot.objectives.regularizers import REGULARIZERS

Unit = tuple[float, float]
COMBINED = "barlow+prototype"
FIXED = {"barlow": 30.0, "simclr": 1.0, "kl": 1e-3, "vq": 20.0}
"""Betas beside which the beta of the prototype is varied: fig. 4."""
FAMILIES = ("none", *REGULARIZERS, *("+".join(sorted((name, "prototype"))) for name in FIXED))
"""Of regularizers alone and with the prototype."""
MAPS = (
    ("prototype", "none"),
    ("barlow", "none"),
    ("prototype", "classification"),
    ("barlow+prototype", "barlow"),
)
"""Regularizers whose maps are nearer to people's than those of which others: fig. 5b."""


def alone(runs: Table, unit: Unit, among: Table | None = None) -> list[Claim]:
    """Return what fig. 3 says of single regularizers, each tested as far as there are runs.

    Runs at other strengths of guidance are looked for `among` others; see `compared`.
    """
    pairs = (("prototype", "none"), ("barlow", "none"), ("prototype", "classification"))
    told = [nearer(runs, unit, *pair) for pair in pairs]
    told += [compared(runs, *pair, among) for pair in pairs]
    return [replace(claim, source="fig. 3") for claim in told]


def nearer(runs: Table, unit: Unit, first: str, second: str) -> Claim:
    """Test whether one family comes nearer to the humans than another.

    Each is represented by the beta nearest to human on validation concepts.
    """
    statement = f"Nearer to human drawings with {first} than with {second}."
    pair = [selection.best(runs, name) for name in (first, second)]
    absent = [name for name, rows in zip((first, second), pair, strict=True) if not rows]
    if absent:
        return Claim.untested(statement, f"no runs of {' and '.join(absent)}")
    others = {pair[1][0].regularization: pair[1]}
    claim = paired.nearest_to_human(statement, pair[0], others, [runs.human], unit)
    return replace(claim, evidence=f"{pair[0][0].regularization}: {claim.evidence}")


def compared(runs: Table, first: str, second: str, among: Table | None = None) -> Claim:
    """Test whether one family is more recognizable than another at comparable originality.

    The second is represented by the beta nearest to human, the first by its most recognizable beta
    of comparable originality. Where there are runs `among` others at several strengths of guidance,
    it is represented by the line through these instead, at the same originality.
    """
    than = f"More recognizable with {first} than with {second}"
    statement = f"{than}, at comparable originality (at most {paired.COMPARABLE:g} less)."
    reference = selection.best(runs, second)
    absent = [name for name in (first, second) if name not in runs.by("family")]
    if absent or not reference:
        return Claim.untested(statement, f"no runs of {' and '.join(absent or ['humans'])}")
    chosen = selection.comparable(runs, first, reference)
    mine, other = (chosen or selection.best(runs, first))[0], reference[0].regularization
    path = selection.path(mine, runs if among is None else among)
    test = paired.along(path, reference)
    if test is not None:
        names = f"{mine.regularization}, guidance {path[0][0].guidance:g} to "
        names += f"{path[-1][0].guidance:g}, against {other}"
        seeds = min(map(len, [*path, reference]))
        about = f"{names}: recognizability"
        return Claim.tested(f"{than}, at the same originality.", about, test, seeds)
    if not chosen:
        why = f"no beta of {first} is as original as {other}, and its guidance has not been varied"
        return Claim(statement, None, why, paired.UNDECIDED)
    claim = paired.more_recognizable(statement, chosen, reference)
    return replace(claim, evidence=f"{mine.regularization} against {other}: {claim.evidence}")


def directions(runs: Table, names: Sequence[str]) -> list[Claim]:
    """Return, of each family, whether originality and recognizability rise with its beta."""
    told = []
    for name in names:
        betas, measured = by_beta(runs, name)
        for score in paired.ORIGINALITY_PLANE:
            statement = f"{score.capitalize()} rises with the beta of {name}."
            if len(betas) < 2:
                told.append(Claim.untested(statement, f"runs of {name} at {len(betas)} betas"))
            else:
                told.append(paired.rises(statement, score, betas, measured))
    return [replace(claim, source="fig. 3") for claim in told]


def combined(runs: Table, unit: Unit, among: Table | None = None) -> list[Claim]:
    """Return what fig. 4 says of combinations, as `alone` does of single regularizers."""
    statement = "Barlow with the prototype comes nearest to the human drawings."
    names = [name for name in runs.by("family")]
    chosen = {name: rows for name in names if (rows := selection.best(runs, name))}
    first = chosen.pop(COMBINED, None)
    if first is None or not chosen:
        nearest = Claim.untested(statement, f"no runs of {COMBINED} and others")
    else:
        others = {rows[0].regularization: rows for rows in chosen.values()}
        nearest = paired.nearest_to_human(statement, first, others, [runs.human], unit)
        nearest = replace(nearest, evidence=f"{first[0].regularization}: {nearest.evidence}")
    pairs = [name for name in names if "+" in name]
    partners = [next(part for part in pair.split("+") if part != "prototype") for pair in pairs]
    both = list(zip(pairs, partners, strict=True))
    told = [nearest, *(nearer(runs, unit, *pair) for pair in both)]
    told += [compared(runs, *pair, among) for pair in both]
    return [replace(claim, source="fig. 4") for claim in told]


def by_beta(runs: Table, name: str) -> tuple[list[float], list[Runs]]:
    """Return the betas of a family, rising, and the runs at each, trainings together."""
    at = runs.where(family=name).sort("beta").by("beta")
    return list(at), [list(group) for group in at.values()]


def maps(found: Sequence[MapsRow], where: str = "all", reading: str = "guided") -> list[Claim]:
    """Return which regularizers' maps are nearer to people's than others', for `MAPS`.

    By the rank correlation over "all" pixels of "guided" maps, as published; on the "ink" and with
    another `reading` it is this book's own question. Fig. 5b.
    """
    told = []
    rows = {family(row): row for row in of_regularizers(found, reading)}
    near = "nearer to people's" if where == "all" else "nearer to people's on the ink"
    subject = "Maps" if reading == "guided" else f"{reading.capitalize()} maps"
    for first, second in MAPS:
        statement = f"{subject} are {near} with {first} than with {second}."
        if absent := [name for name in (first, second) if name not in rows]:
            told.append(Claim.untested(statement, f"no {reading} maps of {' and '.join(absent)}"))
            continue
        test = paired.difference(*(rows[name].per_concept[where] for name in (first, second)))
        told.append(Claim.tested(statement, f"rank correlation of {reading} maps", test))
    return [replace(claim, source="fig. 5") for claim in told]
