"""What the three papers say, page by page, and what became of it: one board of all statements."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from IPython.display import Markdown

from oneshot import comparison, sweep
from oneshot.attribution import agreement
from oneshot.comparison import statements
from oneshot.comparison.rows import Comparison
from oneshot.comparison.statements import Explained
from oneshot.metrics import guided
from oneshot.metrics.claims import FAILS, HOLDS, UNDECIDED, UNTESTED, Claim
from oneshot.objectives.regularizers import REGULARIZERS
from oneshot.sweep import statements as regularized
from oneshot.sweep.grid import FIXED
from oneshot.widgets.figures import Plot, _plot
from oneshot.widgets.framework import nearest, verdicts

PAPERS = (
    "Diversity vs. Recognizability",
    "Diffusion Models as Artists",
    "Latent Representation Matters",
)
DATA = {"omniglot": "Omniglot", "quickdraw": "Quick, Draw!"}
COLOURS = {HOLDS: "#26727a", UNDECIDED: "#d8cfc0", FAILS: "#b04a16"}


@dataclass(frozen=True)
class Part:
    """The statements of one figure of a paper, tested on one data set."""

    paper: str
    title: str
    told: Sequence[Explained]

    def count(self, verdict: str) -> int:
        """Return how many statements came out so."""
        return sum(item.claim.verdict == verdict for item in self.told)


def gather(
    datasets: Sequence[str], preset: str, latent: str, size: str, system: str = "cfgdm"
) -> list[Part]:
    """Return all statements that pages of this book test, as far as there are results.

    Systems of `preset` are compared on each of `datasets`, regularizers of `size` on `latent`, and
    guidance is that of `system`.
    """
    first, second, third = PAPERS
    systems = {name: comparison.look("framework", name, preset) for name in datasets}
    ways = {name: comparison.look("guidance", name, preset, [system]) for name in datasets}
    rows, others = agreement.shipped(preset), agreement.shipped(size)
    alone = sweep.look(latent, size, ["none", *REGULARIZERS])
    pairs = sweep.look(latent, size, ["+".join(sorted((name, "prototype"))) for name in FIXED])
    told = [
        *((first, "Families beside people", n, statements.families(f)) for n, f in systems.items()),
        *((second, "Systems on the plane", n, statements.orderings(f)) for n, f in systems.items()),
        *((second, "Generalization curves", n, statements.curves(f)) for n, f in systems.items()),
        *((second, "Guidance", n, _guided(f, system)) for n, f in ways.items()),
        (second, "Importance maps", rows[0].dataset if rows else "", agreement.statements(rows)),
        (third, "Regularizers alone", latent, regularized.alone(alone)),
        (third, "Regularizers together", latent, regularized.combined(alone.merged(pairs))),
        (third, "Their importance maps", latent, agreement.regularized(others)),
    ]
    parts = [Part(paper, f"{what}, {DATA.get(n, n)}", _tested(t)) for paper, what, n, t in told]
    return [part for part in parts if part.told]


def _guided(found: Comparison, system: str) -> list[Claim]:
    rows = found.ways(system)
    if found.human is None or not rows:
        return []
    return guided.statements([row.guidance for row in rows], rows, found.human)


def _tested(told: Sequence[Explained | Claim]) -> tuple[Explained, ...]:
    told = [item if isinstance(item, Explained) else Explained(item) for item in told]
    return tuple(item for item in told if item.claim.verdict != UNTESTED)


def near(datasets: Sequence[str], preset: str) -> Markdown:
    """Return in words which system is nearest to people on each data set."""
    told = {name: nearest(comparison.look("framework", name, preset)) for name in datasets}
    lines = [f"- {DATA.get(name, name)}: {words}." for name, words in told.items() if words]
    return Markdown("\n".join(lines) or "*No system can be compared yet.*")


def board(parts: Sequence[Part]) -> Plot | Markdown:
    """Return a bar for each part: how many of its statements hold, are undecided, do not hold."""
    if not parts:
        return Markdown("*Nothing has been tested yet.*")
    with _plot(7.2, 0.9 + 0.34 * len(parts)) as (figure, (axes,)):
        for place, part in enumerate(parts):
            start = 0
            for verdict, colour in COLOURS.items():
                count = part.count(verdict)
                label = verdict if place == 0 else None
                axes.barh(place, count, left=start, height=0.62, color=colour, label=label)
                if count:
                    dark = "0.25" if verdict == UNDECIDED else "white"
                    middle = {"ha": "center", "va": "center", "fontsize": 8.5, "color": dark}
                    axes.text(start + count / 2, place, str(count), **middle)
                start += count
        axes.set_yticks(range(len(parts)), [part.title for part in parts])
        axes.set_ylim(len(parts) - 0.5, -0.5)
        axes.set_xticks([])
        axes.grid(visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(left=False)
        figure.legend(loc="outside upper left", ncols=len(COLOURS), fontsize=8.5)
    return figure


def summary(parts: Sequence[Part]) -> Markdown:
    """Return in words how many statements of each paper hold."""
    lines = []
    for paper in PAPERS:
        mine = [part for part in parts if part.paper == paper]
        holds, fails, open_ = (
            int(np.sum([p.count(v) for p in mine])) for v in (HOLDS, FAILS, UNDECIDED)
        )
        if mine:
            lines.append(
                f"- *{paper}*: of {holds + fails + open_} statements tested {holds} hold, {fails} "
                f"do not, {open_} are undecided."
            )
    return Markdown("\n".join(lines) or "*Nothing has been tested yet.*")


def tables(parts: Sequence[Part], paper: str) -> Markdown:
    """Return the statements of a paper, part by part, with what was measured and the verdicts."""
    told = [f"### {p.title}\n\n{verdicts(p.told).data}" for p in parts if p.paper == paper]
    return Markdown("\n\n".join(told) or "*Nothing of this paper has been tested yet.*")
