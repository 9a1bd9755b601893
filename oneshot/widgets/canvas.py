"""What figures are drawn on: an empty plot in the style of the book, and how things look on it."""

import io
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

import matplotlib
import numpy as np
from IPython.display import Markdown
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from oneshot import systems
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED
from oneshot.widgets.rows import Rows

HUMAN_COLOUR, MODEL_COLOUR = systems.PEOPLE.colour, "#b04a16"
REGULARIZERS = {
    "prototype": "#b04a16",
    "barlow": "#26727a",
    "classification": "#8f7214",
    "simclr": "#5f4b8b",
    "kl": "#3f7032",
    "vq": "#a23b60",
    "pixels": "#c2a578",
}
RAMP = LinearSegmentedColormap.from_list(
    "ramp", ["#e6b422", "#d2622a", "#a02c5d", "#51307f", "#1c2a52"]
)
"""From little to much of what varies, wide enough that neighbours can be told apart."""
VERDICTS = {HOLDS: "#26727a", UNDECIDED: "#d8cfc0", FAILS: "#b04a16"}
MARKS = {"none": ("h", 8), "augmentation": ("P", 7), "pixels": ("X", 7), "warp": ("d", 8)}
UP = "recognizability"
"""What is upwards on every plane."""
NOTHING = Markdown("*There is nothing to show yet.*")

NARROW = "oneshot-narrow"
"""Key of the metadata of an output: its figure for phones."""
PHONE = 4.2
"""Inches: the width of a figure for phones, whose letters then are about those of the text."""
_STYLE: dict[Any, Any] = {
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


class Plot(Rows, Figure):
    """A figure of lines, shown by notebooks as an SVG, with the rows of numbers that it shows.

    Where panels stand beside each other, the metadata of the output hold the figure once more with
    panels beneath each other, which the book shows on phones.
    """

    def legend(self, *arguments: Any, **options: Any) -> Legend:
        """Add a legend, as any figure does; one for phones has fewer columns."""
        self.told = arguments, options
        return super().legend(*arguments, **options)

    def _repr_svg_(self) -> str:
        buffer = io.StringIO()
        with matplotlib.rc_context(_STYLE):
            self.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        return buffer.getvalue()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple:
        data, metadata = super()._repr_mimebundle_(include, exclude)
        narrow = self.narrow()
        return data, metadata | ({NARROW: narrow} if narrow else {})

    def narrow(self) -> str | None:
        """Return the figure as an SVG with all panels beneath each other, None where they are."""
        panels = [ax for ax in self.axes if ax.get_visible()]
        grids = [grid for ax in panels if (grid := ax.get_subplotspec())]
        columns = max((grid.get_gridspec().ncols for grid in grids), default=1)
        if len(grids) < len(panels) or columns == 1:
            return None
        size, rows = self.get_size_inches(), grids[0].get_gridspec().nrows
        legends = [ax.get_legend() for ax in panels]
        aside = [one for one in legends if one is not None and _beside(one)]
        anchors = [one.axes.transAxes.inverted().transform(_corner(one)) for one in aside]
        column, above = GridSpec(len(panels), 1, figure=self), list(self.legends)
        try:
            self.set_size_inches(PHONE, size[1] / rows * len(panels))
            for row, ax in enumerate(panels):
                ax.set_subplotspec(column[row])
            for one in aside:
                one.set_bbox_to_anchor((0, -0.22))
            if above:
                self.legends.clear()
                super().legend(*self.told[0], **self.told[1] | {"ncols": 2})
            return self._repr_svg_()
        finally:
            self.legends[:] = above
            self.set_size_inches(*size)
            for ax, grid in zip(panels, grids, strict=True):
                ax.set_subplotspec(grid)
            for one, (x, y) in zip(aside, anchors, strict=True):
                one.set_bbox_to_anchor((x, y))


def _beside(legend: Legend) -> bool:
    """Return whether a legend stands to the right of its panel."""
    return _corner(legend)[0] >= legend.axes.bbox.x1 - 1


def _corner(legend: Legend) -> tuple[float, float]:
    return legend.get_bbox_to_anchor().min


def unless_empty(show: Callable) -> Callable:
    """Make a figure a sentence where what it shows, its first argument, is nothing."""

    @wraps(show)
    def shown(first: Any, *arguments: Any, **options: Any) -> Any:
        there = first.values() if isinstance(first, Mapping) else first
        return show(first, *arguments, **options) if any(map(_there, there)) else NOTHING

    return shown


def looks(name: str) -> tuple[str, str]:
    """Return the colour and the marker of a system, or of what is regularized, by its name."""
    parts = [part.strip().partition(" ")[0] for part in name.split("+")]
    part = next((part for part in parts if part != "prototype"), parts[0])
    if name not in systems.SYSTEMS and part in REGULARIZERS:
        return REGULARIZERS[part], "o"
    return systems.looks(name)


def axis_label(column: str) -> str:
    """Return what an axis of a column is called."""
    return f"{column} (%)" if column.startswith("recognizability") else column


def point(one: Any, x: str) -> tuple[float, float]:
    """Return a record's place on the plane of a score and recognizability."""
    return getattr(one, x).value, getattr(one, UP).value


def value_of(value: Any) -> float:
    """Return a number, or the value of an interval."""
    return value.value if isinstance(value, Interval) else value


def error_bars(value: Any) -> list[list[float]]:
    """Return how far an interval reaches below and above its value, nowhere of a number."""
    if not isinstance(value, Interval):
        return [[0.0], [0.0]]
    # a mean of ones may be rounded to a little less than its resamples
    return [[max(value.value - value.low, 0.0)], [max(value.high - value.value, 0.0)]]


def ellipse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return an ellipse (60, 2) that holds 95 % of a bootstrapped point.

    `x` and `y` are (1 + draws,): as measured, which is the centre, then of each resample; they are
    taken to be normal.
    """
    spread = np.linalg.cholesky(np.cov(x[1:], y[1:]) + 1e-12 * np.eye(2))
    radius = np.sqrt(-2 * np.log(1 - 0.95))
    turn = np.linspace(0, 2 * np.pi, 60)
    return np.array([x[0], y[0]]) + radius * np.stack([np.cos(turn), np.sin(turn)], 1) @ spread.T


@contextmanager
def plot(width: float, height: float, panels: int = 1, rows: int = 1):
    """Give a figure in the style of the book and its panels."""
    with matplotlib.rc_context(_STYLE):
        figure = Plot(figsize=(width, height), layout="constrained")
        yield figure, np.ravel(figure.subplots(rows, panels // rows))


def _there(value: Any) -> bool:
    return value is not None and (not hasattr(value, "__len__") or len(value) > 0)


def handle(name: str, colour: str, marker: str, markersize: float = 6, **style: Any) -> Line2D:
    """Return the mark of a name in a legend."""
    style |= {"marker": marker, "color": colour, "linestyle": "none", "markersize": markersize}
    return Line2D([], [], label=name, **style)


def within_percent(axes) -> None:
    """Keep an axis of percents near 0 to 100."""
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, -2), min(high, 102))


def round_ticks(axes) -> None:
    """Give an axis of powers ticks that can be read."""
    low, high = axes.get_xlim()
    subs = (1, 2, 5) if high < 300 * low else (1,)  # more would stand on each other
    axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=9))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def same_limits(axes) -> None:
    """Let panels have the same axes."""
    for edge in ("xlim", "ylim"):
        low, high = zip(*(getattr(ax, f"get_{edge}")() for ax in axes), strict=True)
        for ax in axes:
            getattr(ax, f"set_{edge}")(min(low), max(high))
