"""Pictures of the scores of regularized systems: the plane, and each score against beta.

Each takes `results.Results` and shows what there is; without any run it is a sentence that says so.
"""

from collections.abc import Sequence

import numpy as np
from IPython.display import Markdown
from matplotlib.lines import Line2D

from oneshot.metrics.fits import smooth
from oneshot.metrics.intervals import Interval
from oneshot.metrics.tradeoff import tradeoff, tradeoff_band
from oneshot.results import HUMAN as HUMAN_ROW
from oneshot.results import Results
from oneshot.sweep.statements import lengthened, systems_of
from oneshot.widgets.figures import HUMAN, Plot, _plot
from oneshot.widgets.tradeoffs import when_there_are_runs

MARKS = {
    HUMAN_ROW: ("*", 13, "human"),
    "none": ("h", 8, "no regularizer"),
    "augmentation": ("P", 7, "bent drawings alone"),
    "pixels": ("X", 7, "diffusion on pixels"),
}
"""Marker, size and name of what is no family of regularizers."""
ENOUGH = 5
"""Betas from which on a curve has a band and a spline; with fewer, runs have their intervals."""
COLOURS = {
    "prototype": "#b04a16",
    "barlow": "#26727a",
    "classification": "#8f7214",
    "simclr": "#5f4b8b",
    "kl": "#3f7032",
    "vq": "#a23b60",
    "pixels": "#c2a578",
}
AGAINST = {"originality": "originality", "recognizability": "recognizability (%)"}


@when_there_are_runs
def curves(found: Results, panels: Sequence[Sequence[str]]) -> Plot:
    """Return the plane of scores, a panel for each group of families.

    A dot is a run, larger where it is nearest to human on validation concepts; a line is the curve
    fitted through the betas, with an arrow towards more beta; dashed lines and hollow dots are
    combinations. 95 % intervals are the band of a curve of five betas or more, else crosses at the
    runs. *Latent Representation Matters* (NeurIPS 2024), fig. 3 and 4.
    """
    rows = 2 if len(panels) == 4 else 1
    size = 3.1 * len(panels) / rows + 0.6, 3.4 * rows + 0.3
    with _plot(*size, panels=len(panels), rows=rows) as (figure, axes):
        for ax, names in zip(axes, panels, strict=True):
            there = [name for name in names if name in found.families]
            for name in there:
                _family(ax, found, name)
            _marks(ax, found)
            ax.set(xlabel="originality", ylabel=AGAINST["recognizability"])
            if there:
                ax.legend(fontsize=8, loc="lower left")
        _same_limits(axes)
        marks = [*_marks_of(found), ("o", 8, "nearest to human on validation concepts")]
        style = {"color": "0.35", "linestyle": "none"}
        shown = [
            Line2D([], [], marker=m, markersize=s, label=name, **style) for m, s, name in marks
        ]
        figure.legend(handles=shown, loc="outside upper left", ncols=3, fontsize=8)
    return figure


@when_there_are_runs
def against_beta(found: Results, names: Sequence[str]) -> Plot:
    """Return originality and recognizability of families against beta, with 95 % intervals.

    Lines are smoothing splines where there are five betas or more, else straight; families at one
    beta stand side by side. Horizontal lines are human (dashed) and no regularization (dotted).
    """
    there = [name for name in names if name in found.families]
    with _plot(8.4, 3.2, panels=2) as (figure, axes):
        for ax, (score, label) in zip(axes, AGAINST.items(), strict=True):
            for name, aside in zip(there, _side_by_side(len(there)), strict=True):
                rows = found.families[name]
                betas = [row.varying * aside for row in rows]
                _errors(ax, betas, [getattr(r, score) for r in rows], name)
            for rows, line in (([found.human], "--"), (found.families.get("none", []), ":")):
                for row in rows:
                    ax.axhline(getattr(row, score).value, color=HUMAN, linestyle=line, linewidth=1)
            ax.set(xscale="log", xlabel="\u03b2", ylabel=label)
        axes[-1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@when_there_are_runs
def longer(found: Results, more: Results) -> Plot | Markdown:
    """Return the plane with an arrow for each run of `found`, to where more training took it."""
    pairs = lengthened(found, more)
    if not pairs:
        return Markdown(f"*No run can be compared at sizes {found.preset} and {more.preset} yet.*")
    seen: dict[str, int] = {}
    with _plot(6.2, 3.8) as (figure, (ax,)):
        for row, twin in pairs:
            colour, marker = _colour(row.family), "osD^v"[seen.setdefault(row.family, 0) % 5]
            if len(row.regularizers) > 1:
                marker = "p"
            seen[row.family] += 1
            ax.annotate("", twin.point, row.point, arrowprops={"arrowstyle": "->", "color": colour})
            style = {"marker": marker, "color": colour, "linestyle": "none", "markersize": 5}
            ax.plot(*row.point, markerfacecolor="white", **style)
            ax.plot(*twin.point, label=row.name, **style)
        ax.plot(*found.human.point, "*", color=HUMAN, markersize=13, label="human")
        ax.set(xlabel="originality", ylabel=AGAINST["recognizability"])
        ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@when_there_are_runs
def why(found: Results, probe: str = "one_shot", score: str = "recognizability") -> Plot:
    """Return a score of all runs against a probe of their latents, with 95 % intervals."""
    with _plot(4.6, 3.3) as (figure, (ax,)):
        for name, rows in found.families.items():
            rows = [row for row in rows if row.probes]
            if not rows:
                continue
            for row in rows:
                _cross(ax, row.probes[probe], getattr(row, score), _colour(name), 0.25)
            x = [row.probes[probe].value for row in rows]
            y = [getattr(row, score).value for row in rows]
            ax.plot(x, y, "o", markersize=4, color=_colour(name), label=name)
        ax.set(xlabel=f"{probe.replace('_', '-')} probe (%)", ylabel=AGAINST[score])
        ax.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _family(ax, found: Results, name: str) -> None:
    fit, colour = tradeoff(*systems_of(found, name)), _colour(name)
    line, inside = ("--", "white") if "+" in name else ("-", colour)
    bounds = tradeoff_band(*systems_of(found, name)) if len(fit.betas) >= ENOUGH else None
    if len(fit.path) > 1:
        ax.plot(*fit.path.T, line, color=colour, linewidth=1.4)
    if not bounds:
        for row in found.families[name]:
            _cross(ax, row.originality, row.recognizability, colour, 0.45)
    else:
        around = np.vstack([bounds[0], bounds[1][::-1]])
        ax.fill(*around.T, color=colour, alpha=0.08, linewidth=0)
    if len(fit.path) > 1:
        tip = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", fit.path[-1], fit.path[-2], arrowprops=tip)
    best = {row.varying for row in found.best(name)}
    sizes = [46 if beta in best else 14 for beta in fit.betas]
    style = {"facecolor": inside, "edgecolor": colour, "linewidth": 1.4, "zorder": 5}
    ax.scatter(*fit.points.T, s=sizes, label=name, **style)


def _cross(ax, x: Interval, y: Interval, colour: str, alpha: float) -> None:
    style = {"color": colour, "linewidth": 0.8, "alpha": alpha}
    ax.hlines(y.value, x.low, x.high, **style)
    ax.vlines(x.value, y.low, y.high, **style)


def _marks(ax, found: Results) -> None:
    for name, (marker, size, _) in MARKS.items():
        rows = [found.human] if name == HUMAN_ROW else found.families.get(name, [])
        for row in rows[:1]:
            colour = HUMAN if name == HUMAN_ROW else _colour(name)
            ax.plot(*row.point, marker, color=colour, markersize=size, zorder=4)


def _marks_of(found: Results) -> list[tuple[str, float, str]]:
    """Return marker, size and name of what is on the plane besides families."""
    return [mark for name, mark in MARKS.items() if name == HUMAN_ROW or name in found.families]


def _same_limits(axes) -> None:
    for edge in ("xlim", "ylim"):
        low, high = zip(*(getattr(ax, f"get_{edge}")() for ax in axes), strict=True)
        for ax in axes:
            getattr(ax, f"set_{edge}")(min(low), max(high))


def _side_by_side(count: int) -> np.ndarray:
    """Return the factors by which `count` families are moved along beta, so that all are seen."""
    return 10 ** (0.06 * (np.arange(count) - (count - 1) / 2))


def _errors(ax, betas, intervals, name: str) -> None:
    values = np.array([i.value for i in intervals])
    reach = [values - [i.low for i in intervals], [i.high for i in intervals] - values]
    colour = _colour(name)
    style = {"markersize": 4, "elinewidth": 1, "color": colour}
    ax.errorbar(betas, values, yerr=reach, fmt="o", label=name, **style)
    distinct = sorted(set(betas))
    means = [values[np.isclose(betas, beta)].mean() for beta in distinct]
    if len(distinct) >= ENOUGH:
        along = np.geomspace(distinct[0], distinct[-1], 100)
        ax.plot(along, smooth(distinct, means)(along), color=colour, linewidth=1.2)
    else:
        ax.plot(distinct, means, color=colour, linewidth=0.8, alpha=0.6)


def _colour(name: str) -> str:
    others = [part for part in name.split("+") if part != "prototype"]
    return COLOURS.get((others or [name])[0], "0.35")
