"""Figures of scores, the same on every page: each takes records by name and names of columns.

What is not human is coloured by its system or its regularizer. Without records a figure is a
sentence that says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from oneshot import systems
from oneshot.metrics.curves import quadratic_fit
from oneshot.metrics.fits import smooth
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import UNDECIDED, resampled
from oneshot.metrics.scoring import DENSITY_GRID
from oneshot.systems import label
from oneshot.widgets.canvas import (
    HUMAN_COLOUR,
    MARKS,
    MODEL_COLOUR,
    RAMP,
    UP,
    VERDICTS,
    Plot,
    axis_label,
    ellipse,
    error_bars,
    handle,
    looks,
    plot,
    point,
    round_ticks,
    same_limits,
    unless_empty,
    value_of,
    within_percent,
)

ENOUGH = 5
"""Values from which on a line is a smoothing spline; with fewer it joins what was measured."""


@unless_empty
def plane(
    scored: Mapping[str, Any],
    x: str = "diversity",
    *,
    hollow: Mapping[str, Sequence[float]] | None = None,
    small: Sequence[Any] = (),
) -> Plot:
    """Return systems by name, "human" among them, on the plane of a score and recognizability.

    An ellipse holds 95 % of the bootstrap over concepts. `hollow` are points that were published,
    `small` records of systems with other settings.
    """
    with plot(5.8, 4.9) as (figure, (axes,)):
        for name, one in scored.items():
            colour, marker = looks(name)
            around = ellipse(resampled(one, x), resampled(one, UP))
            axes.fill(*around.T, color=colour, alpha=0.22, linewidth=0)
            size = 13 if name == systems.HUMAN else 7
            figure.note(name=label(name), shown="measured", **_columns(one, x, UP))
            axes.plot(*point(one, x), marker, color=colour, markersize=size, zorder=4)
            if hollow and name in hollow:
                style = {"markerfacecolor": "none", "color": colour, "alpha": 0.75}
                axes.plot(*hollow[name], marker, markersize=size - 1, zorder=3, **style)
                told = dict(zip((x, UP), hollow[name], strict=True))
                figure.note(name=label(name), shown="published", **told)
        for one in small:
            colour, marker = looks(one.system)
            axes.plot(*point(one, x), marker, color=colour, markersize=3, alpha=0.7, zorder=2)
            told = _columns(one, x, UP) | {"settings": one.settings}
            figure.note(name=label(one.system), shown="other settings", **told)
        axes.set(xlabel=axis_label(x), ylabel=axis_label(UP))
        within_percent(axes)
        shown = [handle(label(name), *looks(name)) for name in scored]
        if hollow and hollow.keys() & scored.keys():
            shown.append(handle("published", "0.4", "o", markerfacecolor="none"))
        if small:
            shown.append(handle("other settings", "0.4", "o", markersize=3))
        figure.legend(handles=shown, loc="outside lower center", ncols=4, fontsize=8.5)
    return figure


@unless_empty
def paths(
    panels: Sequence[Mapping[str, Any]],
    human: Any,
    x: str = "originality",
    *,
    curves: Mapping[str, Any] | None = None,
    best: Sequence[Any] = (),
    marks: Mapping[str, Any] | None = None,
) -> Plot:
    """Return paths on the plane of a score and recognizability, in each panel a table by its name.

    An arrow points to the last record. 95 % intervals are crosses, or the band of one of the
    `curves` (`metrics.tradeoff`) that were fitted. A larger dot is one of the `best`, hollow and
    dashed is a pair of regularizers, or the second path of a colour. `marks` are records by name.
    """
    rows = 2 if len(panels) == 4 else 1
    wide = 5.8 if len(panels) == 1 else 3.1 * len(panels) / rows + 0.6
    chosen, shown = {one.identity for one in best}, dict(marks or {})
    with plot(wide, 3.4 * rows + 0.5, len(panels), rows) as (figure, axes):
        for ax, groups in zip(axes, panels, strict=True):
            taken: set[str] = set()
            for name, records in groups.items():
                _path(ax, name, list(records), x, (curves or {}).get(name), chosen, taken)
                for one in records:
                    told = {"settings": one.settings, "nearest": one.identity in chosen}
                    figure.note(name=label(name), **told, **_columns(one, x, UP))
            for name, one in shown.items():
                marker, size = MARKS.get(name, ("o", 7))
                ax.plot(*point(one, x), marker, color=looks(name)[0], markersize=size, zorder=4)
            ax.plot(*point(human, x), "*", color=HUMAN_COLOUR, markersize=13, zorder=4)
            ax.set(xlabel=axis_label(x), ylabel=axis_label(UP))
            if groups:
                ax.legend(fontsize=8, loc="best")
        for name, one in (shown | {systems.HUMAN: human}).items():
            figure.note(name=label(name), **_columns(one, x, UP))
        same_limits(axes)
        handles = [handle(n, "0.35", *MARKS.get(n, ("o", 7))) for n in shown]
        handles += [handle("human", HUMAN_COLOUR, "*", 13)]
        handles += [handle("nearest to human on validation concepts", "0.35", "o", 8)] * bool(best)
        figure.legend(handles=handles, loc="outside upper left", ncols=3, fontsize=8)
    return figure


def _path(ax, name: str, records: list, x: str, curve: Any, chosen: set, taken: set) -> None:
    colour, marker = looks(name)
    if colour == systems.OTHER[0]:  # a setting of a system
        colour, marker = looks(records[0].system)
    second = "+" in name or colour in taken
    taken.add(colour)
    points = np.array([point(one, x) for one in records])
    line = points if curve is None else curve.path
    dashed = "--" if second else "-"
    if len(line) > 1:
        ax.plot(*line.T, dashed, color=colour, linewidth=1.4)
        tip = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 3}
        ax.annotate("", line[-1], line[-2], arrowprops=tip)
    if curve is not None and curve.band is not None:
        around = np.vstack([curve.band[0], curve.band[1][::-1]])
        ax.fill(*around.T, color=colour, alpha=0.08, linewidth=0)
    else:
        for one in records:
            reach_x, reach_y = error_bars(one[x]), error_bars(one[UP])
            ax.errorbar(*point(one, x), reach_y, reach_x, color=colour, elinewidth=0.8, alpha=0.5)
    sizes = [46 if one.identity in chosen else 16 for one in records]
    style = {"facecolor": "white" if second else colour, "edgecolor": colour, "zorder": 5}
    ax.scatter(*points.T, s=sizes, marker=marker, label=label(name), linewidth=1.4, **style)


@unless_empty
def arrows(pairs: Sequence[tuple[Any, Any]], human: Any) -> Plot:
    """Return pairs of records on the plane of originality, an arrow from each to its second."""
    seen: dict[str, int] = {}
    x = "originality"
    with plot(6.2, 3.8) as (figure, (ax,)):
        for first, second in pairs:
            colour, place = looks(first.family)[0], seen.setdefault(first.family, 0)
            marker = "p" if "+" in first.family else "osD^v"[place % 5]
            seen[first.family] += 1
            ends = point(first, x), point(second, x)
            ax.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "->", "color": colour})
            style = {"marker": marker, "color": colour, "linestyle": "none", "markersize": 5}
            ax.plot(*ends[0], markerfacecolor="white", **style)
            ax.plot(*ends[1], label=second.regularization, **style)
            for one in (first, second):
                figure.note(name=one.regularization, size=one.size, **_columns(one, x, UP))
        ax.plot(*point(human, x), "*", color=HUMAN_COLOUR, markersize=13, label="human")
        figure.note(name=systems.HUMAN, size="", **_columns(human, x, UP))
        ax.set(xlabel=axis_label(x), ylabel=axis_label(UP))
        ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@unless_empty
def against(
    groups: Mapping[str, Any],
    x: str,
    scores: Sequence[str] = ("originality", "recognizability"),
    *,
    human: Any = None,
    lines: Mapping[str, Any] | None = None,
    log: bool = False,
    join: bool = True,
    called: str = "",
) -> Plot:
    """Return scores against a column, a line for each table by its name, with 95 % intervals.

    Dashed is human, dotted are records of other `lines`. Lines are smoothing splines from `ENOUGH`
    values on where `x` is logarithmic; `called` names the axis.
    """
    wide, shades = 4.2 * len(scores), _shades(groups)
    with plot(wide, 3.2, len(scores)) as (figure, panels):
        for ax, score in zip(panels, scores, strict=True):
            for name, records in groups.items():
                records = [one for one in records if one[x] is not None]
                _line(ax, name, shades[name], records, x, score, log, join)
                for one in records:
                    told = {called or x: one[x], "score": score, "value": one[score]}
                    figure.note(name=label(name), **told)
            if human is not None:
                value = human[score].value
                ax.axhline(value, color=HUMAN_COLOUR, linestyle="--", linewidth=1, label="human")
                figure.note(name=systems.HUMAN, score=score, value=human[score])
            for name, one in (lines or {}).items():
                value = one[score].value
                ax.axhline(value, color=HUMAN_COLOUR, linestyle=":", linewidth=1, label=name)
            ax.set(
                xlabel=called or axis_label(x),
                ylabel=axis_label(score),
                xscale="log" if log else "linear",
            )
            if log:
                round_ticks(ax)
        panels[-1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _shades(names: Iterable[str]) -> dict[str, Any]:
    """Return colours by name; of those without a colour of their own, from little to much."""
    colours: dict[str, Any] = {name: looks(name)[0] for name in names}
    other = [name for name, colour in colours.items() if colour == systems.OTHER[0]]
    places = np.linspace(0, 1, len(other)) if len(other) > 1 else [0.4] * len(other)
    return colours | dict(zip(other, map(RAMP, places), strict=True))


def _line(
    ax, name: str, colour: Any, records: list, x: str, score: str, log: bool, join: bool
) -> None:
    marker = looks(name)[1]
    at = np.array([value_of(one[x]) for one in records], float)
    values = np.array([one[score].value for one in records])
    style = {"color": colour, "elinewidth": 0.9, "markersize": 4, "label": label(name)}
    wide = [error_bars(one[x])[0] + error_bars(one[x])[1] for one in records]
    wide = np.array(wide).T if isinstance(records[0][x], Interval) else None
    high = np.hstack([error_bars(one[score]) for one in records])
    ax.errorbar(at, values, high, wide, fmt=marker, alpha=1.0 if join else 0.7, **style)
    distinct = sorted(set(at)) if join else []
    means = [values[np.isclose(at, place)].mean() for place in distinct]
    if log and len(distinct) >= ENOUGH:
        along = np.geomspace(distinct[0], distinct[-1], 100)
        ax.plot(along, smooth(distinct, means)(along), color=colour, linewidth=1.2)
    elif len(distinct) > 1:
        ax.plot(distinct, means, color=colour, linewidth=0.9, alpha=0.7)


@unless_empty
def curves(scored: Mapping[str, Any], hollow: Mapping[str, Any] | None = None) -> Plot:
    """Return generalization curves by name, "human" dashed: recognizability against originality.

    Dots are bins, with the 95 % bands of their recognizability where they are known; lines are
    quadratic fits; `hollow` are bins that were published.
    """
    with plot(5.8, 4.2) as (figure, (axes,)):
        shades = _shades(scored)
        for name, one in scored.items():
            colour, marker = shades[name], looks(name)[1]
            points = np.array(one.bins)
            bands = getattr(one, "bands", None)
            for k, (u, v) in enumerate(points):
                told = Interval(v, *bands[k]) if bands else v
                figure.note(name=label(name), group=k + 1, originality=u, recognizability=told)
            dashed = "--" if name == systems.HUMAN else "-"
            style = {"color": colour, "marker": marker, "linestyle": "none"}
            axes.plot(*fitted(points).T, color=colour, linestyle=dashed, linewidth=1.5)
            axes.plot(*points.T, markersize=4, label=label(name), **style)
            if bands:
                axes.fill_between(
                    points[:, 0], *np.array(bands).T, color=colour, alpha=0.1, linewidth=0
                )
            if hollow and name in hollow:
                told = {"markerfacecolor": "none", "markersize": 4, "alpha": 0.6}
                axes.plot(*np.array(hollow[name]).T, **style, **told)
        axes.set(xlabel=axis_label("originality"), ylabel=axis_label("recognizability"))
        within_percent(axes)
        handles = axes.get_legend_handles_labels()[0]
        handles += [handle("published", "0.4", "o", markerfacecolor="none")] * bool(hollow)
        axes.legend(handles=handles, fontsize=8.5, loc="lower left")
    return figure


@unless_empty
def densities(
    scored: Mapping[str, Any], peaks: Mapping[str, Sequence[float]] | None = None
) -> Plot:
    """Return the density of originality by name, "human" dashed; hollow are published `peaks`."""
    with plot(5.8, 3.2) as (figure, (axes,)):
        for name, one in scored.items():
            colour, marker = looks(name)
            dashed = "--" if name == systems.HUMAN else "-"
            axes.plot(DENSITY_GRID, one.density, dashed, color=colour, label=label(name))
            for at, density in zip(DENSITY_GRID, one.density, strict=True):
                figure.note(name=label(name), originality=at, density=density)
            axes.fill_between(DENSITY_GRID, one.density, color=colour, alpha=0.06, linewidth=0)
            if peaks and name in peaks:
                axes.plot(*peaks[name], marker, color=colour, markerfacecolor="none")
        far = [DENSITY_GRID[np.array(one.density) > 0.01].max() for one in scored.values()]
        axes.set(
            xlabel=axis_label("originality"), ylabel="density", xlim=(0, max(far)), ylim=(0, None)
        )
        handles = axes.get_legend_handles_labels()[0]
        if peaks:
            told = "peak of the published density"
            handles.append(handle(told, "0.4", "o", markerfacecolor="none"))
        axes.legend(handles=handles, fontsize=8.5)
    return figure


@unless_empty
def ranking(
    panels: Mapping[str, Mapping[str, Interval]],
    *,
    lines: Mapping[str, float] | None = None,
    band: Mapping[str, Interval] | None = None,
    marks: Mapping[str, Sequence[str]] | None = None,
    dots: Mapping[str, Sequence[float]] | None = None,
    title: str = "",
) -> Plot:
    """Return intervals by name, from the top down, in panels of one quantity beneath each other.

    `lines` are values by name that others reach, dashed in the first panel; `band` an interval for
    each panel; `marks` a few letters beside each row of a panel, `dots` single values of a name.
    """
    names = list(next(iter(panels.values())))
    count, high = len(panels), 1.2 + 0.32 * len(names)
    with plot(5.8, high * count, count, rows=count) as (figure, axes):
        for ax, (quantity, values) in zip(axes, panels.items(), strict=True):
            for place, (name, value) in enumerate(values.items()):
                figure.note(name=label(name), quantity=quantity, value=value)
                colour, marker = looks(name)
                colour = MODEL_COLOUR if colour == systems.OTHER[0] else colour
                ax.errorbar(
                    value.value, place, xerr=error_bars(value), fmt=marker, color=colour, zorder=4
                )
                if dots:
                    aside = place + np.linspace(-0.22, 0.22, len(dots[name]))
                    ax.plot(dots[name], aside, ".", color=colour, alpha=0.45, markersize=4)
                told = (marks or {}).get(quantity, [""] * len(names))[place]
                edge = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
                ax.annotate(told, (1, place), (3, -4), annotation_clip=False, fontsize=9, **edge)
            if band:
                wide = band[quantity]
                ax.axvline(wide.value, color=HUMAN_COLOUR, linewidth=1, label="blurred ink")
                ax.axvspan(wide.low, wide.high, color=HUMAN_COLOUR, alpha=0.1, linewidth=0)
            ax.set_yticks(range(len(names)), [label(name) for name in names])
            ax.set_ylim(len(names) - 0.4, -0.6)
            ax.grid(visible=False, axis="y")
            low = min(0.0, *(value.low for value in values.values()))
            ax.set(xlabel=quantity, xlim=(None if low < 0 else 0, None))
        for name, value in (lines or {}).items():
            axes[0].axvline(value, color=HUMAN_COLOUR, linestyle="--", label=name)
        if title:
            figure.suptitle(title, fontsize=9.5, x=0.01, ha="left")
        if band or lines:
            handles = axes[0].get_legend_handles_labels()
            figure.legend(*handles, fontsize=8, loc="outside lower left", ncols=3)
    return figure


@unless_empty
def board(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Plot:
    """Return bars of how many statements hold, are undecided and do not hold.

    Under each title a bar for each way of deciding, by its name. Titles stand above the bars, so
    that a phone shows both.
    """
    rows = [(title, *row) for title, ways in counts.items() for row in ways.items()]
    with plot(6.0, 0.7 + 0.3 * len(rows) + 0.3 * len(counts)) as (figure, (axes,)):
        places = [k + list(counts).index(title) for k, (title, _, _) in enumerate(rows)]
        for place, (title, way, count) in zip(places, rows, strict=True):
            figure.note(title=title, way=way, **count)
            if way == next(iter(counts[title])):
                axes.text(0, place - 0.5, title, va="bottom", fontsize=9)
            start = 0
            for verdict, colour in VERDICTS.items():
                told = verdict if place == 0 else None
                style = {"left": start, "height": 0.7, "color": colour, "label": told}
                axes.barh(place, count[verdict], **style)
                if count[verdict]:
                    dark = "0.25" if verdict == UNDECIDED else "white"
                    at = {"ha": "center", "va": "center", "fontsize": 8.5, "color": dark}
                    axes.text(start + count[verdict] / 2, place, str(count[verdict]), **at)
                start += count[verdict]
        axes.set_yticks(places, [way for _, way, _ in rows])
        axes.set_ylim(places[-1] + 0.6, -1.2)
        axes.set_xticks([])
        axes.grid(visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(left=False)
        figure.legend(loc="outside upper left", ncols=len(VERDICTS), fontsize=8.5)
    return figure


def fitted(points: np.ndarray) -> np.ndarray:
    """Return a quadratic fit, nowhere above 100 %, or the points where they are too few."""
    if len(points) < 3:
        return points
    x, y = quadratic_fit(points).T
    return np.stack([x, np.minimum(y, 100)], axis=1)


def _columns(one: Any, *columns: str) -> dict[str, Any]:
    return {column: getattr(one, column) for column in columns}
