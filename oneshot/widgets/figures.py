"""Figures and tables of scores, the same on every page."""

import io
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from html import escape

import matplotlib
import numpy as np
from IPython.display import HTML, Markdown
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from oneshot.drawings.sources import source
from oneshot.metrics.intervals import Interval
from oneshot.metrics.scoring import Scores

HUMAN = "#181a22"
MODEL = "#b04a16"
RAMP = LinearSegmentedColormap.from_list("clay", ["#ecc39c", "#c96a30", "#5e200a"])
"""From little to much of what a sweep varies."""

_STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "0.6",
    "axes.labelcolor": "0.2",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.93",
    "xtick.color": "0.35",
    "ytick.color": "0.35",
    "font.size": 9.5,
    "legend.frameon": False,
    "svg.hashsalt": "oneshot",
}


class Plot(Figure):
    """A figure of lines, shown by notebooks as an SVG."""

    def _repr_svg_(self) -> str:
        buffer = io.StringIO()
        with matplotlib.rc_context(_STYLE):
            self.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        return buffer.getvalue()


def whose(dataset: str, where: str = "of this page") -> Markdown:
    """Return a sentence on whose drawings a page is about; raise ValueError for an unknown one.

    `where` names a part of the page instead, such as "of this section".
    """
    kind = source(dataset)
    if kind.name == "glyphs":
        return Markdown(
            f"The drawings {where} are vector letters by a **synthetic** hand. What it calls "
            "*human* is that hand, not people."
        )
    about = kind.describe.split(":")[0] if kind.name == "folder" else kind.describe
    return Markdown(
        f"The drawings {where}: {about}. What it calls *human* is those drawings, each scored "
        "as if a model had made it."
    )


def along(name: str, values: Sequence[float], models: Sequence[Scores], human: Scores) -> Plot:
    """Return originality and recognizability as functions of a parameter called `name`.

    Bands are 95 % intervals over concepts, of the models and (horizontal) of the human drawings.
    """
    with _plot(6.4, 2.8, panels=2) as (figure, panels):
        for axes, score in zip(panels, ("originality", "recognizability"), strict=True):
            _band(axes, values, [getattr(scores, score) for scores in models], MODEL)
            _band(axes, values, [getattr(human, score)] * len(values), HUMAN, "--", "human")
            axes.set(xlabel=name, ylabel=score + " (%)" * (score == "recognizability"))
        panels[0].legend(fontsize=8.5)
    return figure


def plane(models: Mapping[str, Scores], human: Scores) -> Plot:
    """Return models and humans on the plane of originality and recognizability, with intervals."""
    with _plot(5.2, 3.6) as (figure, (axes,)):
        for name, scores in {**models, "human": human}.items():
            colour = HUMAN if scores is human else MODEL
            x, y = scores.originality, scores.recognizability
            reach = {"xerr": _reach(x), "yerr": _reach(y)}
            axes.errorbar(x.value, y.value, **reach, fmt="o", color=colour, elinewidth=1)
            place = {"xytext": (7, 6), "textcoords": "offset points", "color": colour}
            axes.annotate(name, (x.value, y.value), **place)
        axes.margins(0.25)
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, -2), min(high, 102))
        axes.set(xlabel="originality", ylabel="recognizability (%)")
    return figure


def table(models: Mapping[str, Scores], human: Scores) -> HTML:
    """Return a table of scores with their 95 % intervals, the human row first."""
    columns = {"originality": 3, "diversity": 3, "recognizability": 1}
    head = "".join(f"<th>{name}{' (%)' * (name == 'recognizability')}</th>" for name in columns)
    rows = []
    for name, scores in {"human": human, **models}.items():
        cells = (_cell(getattr(scores, column), digits) for column, digits in columns.items())
        rows.append(f"<tr><th>{escape(name)}</th>{''.join(cells)}</tr>")
    return HTML(
        f'<table class="scores"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(interval: Interval, digits: int) -> str:
    value, low, high = (f"{x:.{digits}f}" for x in (interval.value, interval.low, interval.high))
    return f"<td>{value} <small>{low}–{high}</small></td>"


@contextmanager
def _plot(width: float, height: float, panels: int = 1, rows: int = 1):
    with matplotlib.rc_context(_STYLE):
        figure = Plot(figsize=(width, height), layout="constrained")
        yield figure, np.ravel(figure.subplots(rows, panels // rows))


def _band(axes, values, intervals: Sequence[Interval], colour, line="-", label=None) -> None:
    low, middle, high = ([getattr(i, end) for i in intervals] for end in ("low", "value", "high"))
    axes.plot(values, middle, line, color=colour, label=label)
    axes.fill_between(values, low, high, color=colour, alpha=0.13, linewidth=0)


def _reach(interval: Interval) -> list[list[float]]:
    return [[interval.value - interval.low], [interval.high - interval.value]]
