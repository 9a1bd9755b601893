"""The statements of the papers, and this book's own about them, part by part, as they came out.

What pages test beside these, of other questions, is judged by its interval alone, as it says there:
samplers and their steps, what carries over to other data sets, and leakage between splits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oneshot.attribution import agreement
from oneshot.attribution.agreement import Row as MapsRow
from oneshot.claims import (
    diffusion_artists,
    diversity_recognizability,
    this_book,
)
from oneshot.claims import latent_representation as latents
from oneshot.claims.latent_representation import FAMILIES
from oneshot.drawings.listings import LISTED
from oneshot.drawings.sources import source
from oneshot.evaluations import selection
from oneshot.evaluations.table import Table
from oneshot.metrics.paired import UNTESTED, Claim
from oneshot.objectives.regularizers import REGULARIZERS

PAPERS = (
    "Diversity vs. Recognizability",
    "Diffusion Models as Artists",
    "Latent Representation Matters",
)
OWN = "This book's own questions"


@dataclass(frozen=True)
class Part:
    """Statements about one thing on one data set, and who makes them: of `PAPERS`, or `OWN`."""

    paper: str
    about: str
    dataset: str
    claims: Sequence[Claim]


def gather(
    table: Table,
    datasets: Sequence[str],
    size: str,
    latent: str,
    latent_size: str,
    system: str = "cfgdm",
    shorter: str = "draft",
    agreed: Callable[[str], Sequence[MapsRow]] = agreement.shipped,
) -> list[Part]:
    """Return the statements that are corrected together, as far as there are results.

    Systems of `size` are compared on each of `datasets`, regularizers of `latent_size` on `latent`,
    and guidance is that of `system`. What takes many runs is tested on those of size `shorter`.
    `agreed` gives the rows of importance maps of a size.
    """
    first, second, third = PAPERS
    judged = table.where(size=size, split="category", critics="own")
    systems = {name: judged.where(dataset=name).defaults() for name in datasets}
    usual = judged.where(system=system).filter(lambda record: record.own_settings)
    guided = {name: usual.where(dataset=name).vary("guidance") for name in datasets}
    maps = [row for row in agreed(size) if row.kind in ("published", "contrast")]
    maps = [row for row in maps if row.system.lower() in ("cfgdm", "ldm")]
    seen = maps[0].dataset if maps else ""
    others = agreed(shorter)
    swept = {n: selection.regularized(latent, n, table=table) for n in (shorter, latent_size)}
    unit = selection.spread(swept[latent_size])
    many, runs = (selection.families(swept[n], FAMILIES) for n in (shorter, latent_size))
    alone = selection.families(runs, ["none", *REGULARIZERS])
    sparse = diffusion_artists.sparser([row for row in maps if row.system.lower() == "cfgdm"])
    names = {source(name).name for name in datasets}
    editions = [n for n in LISTED if source(n).name in names and n not in datasets]

    def near(name: str) -> list[Claim]:
        return this_book.nearest_by_all(judged.where(dataset=name).defaults(), judged)

    copying, strange = diversity_recognizability.families, diffusion_artists.orderings
    found = [
        *((first, "Families beside people", n, copying(t, table)) for n, t in systems.items()),
        *((second, "Systems on the plane", n, strange(t, table)) for n, t in systems.items()),
        *(
            (second, "Generalization curves", n, diffusion_artists.curves(t, table))
            for n, t in systems.items()
        ),
        *((second, "Guidance", n, diffusion_artists.guidance(t)) for n, t in guided.items()),
        (second, "Importance maps", seen, sparse),
        (third, "Regularizers alone", latent, latents.alone(alone, unit, table)),
        (third, "Weights of regularizers", latent, latents.directions(runs, [*REGULARIZERS])),
        (third, "Regularizers together", latent, latents.combined(runs, unit, table)),
        (third, "Regularizers' importance maps", latent, latents.maps(others)),
        (OWN, "Importance maps beside blurred ink", seen, this_book.beyond_ink(maps)),
        (
            OWN,
            "Regularizers' importance maps on the ink",
            latent,
            latents.maps(others, "ink"),
        ),
        *(
            (OWN, "At the same originality", n, this_book.as_original(t, judged))
            for n, t in systems.items()
        ),
        *((OWN, "Near people by five scores", n, near(n)) for n in datasets),
        *((OWN, "Near people by five scores, second edition", n, near(n)) for n in editions),
        (OWN, "Probes of the latents", latent, [this_book.explained(many)]),
        (OWN, "Longer training", latent, this_book.longer(many, runs)),
    ]
    parts = [
        Part(paper, what, source(name).label, tested(claims))
        for paper, what, name, claims in found
        if name
    ]
    return [part for part in parts if part.claims]


def tested(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the claims that something was measured for."""
    return tuple(claim for claim in claims if claim.verdict != UNTESTED)
