"""What the papers say, and what this book asks besides: all statements and their verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from oneshot import sweep
from oneshot.attribution import agreement
from oneshot.comparison import statements
from oneshot.comparison.looking import look
from oneshot.comparison.rows import Comparison
from oneshot.comparison.statements import Explained
from oneshot.drawings.sources import source
from oneshot.metrics import guided
from oneshot.metrics.claims import UNTESTED, Claim
from oneshot.objectives.regularizers import REGULARIZERS
from oneshot.sweep import statements as regularized
from oneshot.sweep.grid import FIXED

PAPERS = (
    "Diversity vs. Recognizability",
    "Diffusion Models as Artists",
    "Latent Representation Matters",
)
OWN = "This book's own questions"
FAMILIES = ("none", *REGULARIZERS, *("+".join(sorted((name, "prototype"))) for name in FIXED))
"""Of regularizers alone and with the prototype, as *Latent Representation Matters* has them."""


@dataclass(frozen=True)
class Part:
    """Statements about one thing on one data set, and who makes them: of `PAPERS`, or `OWN`."""

    source: str
    title: str
    told: Sequence[Explained]

    def count(self, verdict: str) -> int:
        """Return how many statements came out so."""
        return sum(item.claim.verdict == verdict for item in self.told)


def gather(
    datasets: Sequence[str],
    preset: str,
    latent: str,
    size: str,
    system: str = "cfgdm",
    shorter: str = "draft",
) -> list[Part]:
    """Return all statements that pages of this book test, as far as there are results.

    Systems of `preset` are compared on each of `datasets`, regularizers of `size` on `latent`, and
    guidance is that of `system`. What takes many runs is tested on those of size `shorter`.
    """
    first, second, third = PAPERS
    systems = {name: look("framework", name, preset) for name in datasets}
    ways = {name: look("guidance", name, preset, [system]) for name in datasets}
    maps = [row for row in agreement.shipped(preset) if row.kind in ("published", "contrast")]
    maps = [row for row in maps if row.system.lower() in ("cfgdm", "ldm")]
    seen = maps[0].dataset if maps else ""
    others = agreement.shipped(shorter)
    many, runs = (sweep.look(latent, p, FAMILIES) for p in (shorter, size))
    alone = runs.only(["none", *REGULARIZERS])
    sparse = agreement.sparser([row for row in maps if row.system.lower() == "cfgdm"])
    told = [
        *((first, "Families beside people", n, statements.families(f)) for n, f in systems.items()),
        *((second, "Systems on the plane", n, statements.orderings(f)) for n, f in systems.items()),
        *((second, "Generalization curves", n, statements.curves(f)) for n, f in systems.items()),
        *((second, "Guidance", n, _guided(f, system)) for n, f in ways.items()),
        (second, "Importance maps", seen, sparse),
        (third, "Regularizers alone", latent, regularized.alone(alone)),
        (third, "Regularizers together", latent, regularized.combined(runs)),
        (third, "Regularizers' importance maps", latent, agreement.regularized(others)),
        (OWN, "Importance maps beside blurred ink", seen, agreement.beyond_ink(maps)),
        (
            OWN,
            "Regularizers' importance maps on the ink",
            latent,
            agreement.regularized(others, "ink"),
        ),
        (OWN, "Probes of the latents", latent, [regularized.explained(many)]),
        (OWN, "Longer training", latent, regularized.longer(many, runs)),
    ]
    parts = [Part(paper, f"{what}, {_called(n)}", _tested(t)) for paper, what, n, t in told]
    return [part for part in parts if part.told]


def _called(dataset: str) -> str:
    return source(dataset).label if dataset else dataset


def _guided(found: Comparison, system: str) -> list[Claim]:
    rows = found.ways(system)
    if found.human is None or not rows:
        return []
    return guided.statements([row.guidance for row in rows], rows, found.human)


def _tested(told: Sequence[Explained | Claim]) -> tuple[Explained, ...]:
    told = [item if isinstance(item, Explained) else Explained(item) for item in told]
    return tuple(item for item in told if item.claim.verdict != UNTESTED)
