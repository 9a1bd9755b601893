"""The board of all statements: a bar for each part, a table for each source."""

from collections.abc import Sequence

from IPython.display import Markdown

from oneshot import comparison
from oneshot.comparison.findings import OWN, PAPERS, Part
from oneshot.drawings.sources import source
from oneshot.metrics.claims import FAILS, HOLDS, UNDECIDED
from oneshot.widgets.figures import Plot, _plot
from oneshot.widgets.framework import nearest, verdicts

COLOURS = {HOLDS: "#26727a", UNDECIDED: "#d8cfc0", FAILS: "#b04a16"}


def near(datasets: Sequence[str], preset: str) -> Markdown:
    """Return in words which system is nearest to people on each data set."""
    told = {name: nearest(comparison.look("framework", name, preset)) for name in datasets}
    lines = [f"- {source(name).label}: {words}." for name, words in told.items() if words]
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
    """Return in words how many statements of each source hold."""
    lines = []
    for paper in (*PAPERS, OWN):
        mine = [part for part in parts if part.source == paper]
        holds, fails, left = (sum(p.count(v) for p in mine) for v in (HOLDS, FAILS, UNDECIDED))
        if mine:
            lines.append(
                f"- *{paper}*: statements tested {holds + fails + left}; {HOLDS} {holds}, {FAILS} "
                f"{fails}, {UNDECIDED} {left}."
            )
    return Markdown("\n".join(lines) or "*Nothing has been tested yet.*")


def tables(parts: Sequence[Part], paper: str) -> Markdown:
    """Return the statements of a source, part by part, with what was measured and the verdicts."""
    told = [f"### {p.title}\n\n{verdicts(p.told).data}" for p in parts if p.source == paper]
    return Markdown("\n\n".join(told) or "*Nothing of this has been tested yet.*")
