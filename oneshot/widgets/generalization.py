"""How far systems go from an exemplar, and how recognizable they stay: densities and curves."""

from collections.abc import Sequence

import numpy as np
from IPython.display import HTML, Markdown
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image

from oneshot import systems
from oneshot.comparison import published
from oneshot.comparison.rows import Comparison, Row
from oneshot.comparison.statements import far_from_human
from oneshot.comparison.strengths import Strengths
from oneshot.kept import Shown
from oneshot.metrics.claims import FAILS, HOLDS, SCORES, UNDECIDED, nearest
from oneshot.metrics.curves import gap, quadratic_fit
from oneshot.metrics.intervals import interval_of, weights
from oneshot.metrics.scoring import DENSITY_GRID, Scores
from oneshot.results import HUMAN
from oneshot.widgets import sheets
from oneshot.widgets.figures import Plot, _plot
from oneshot.widgets.framework import (
    AXES,
    exemplars,
    handles,
    kept_drawings,
    plates,
    when_there_are_rows,
)
from oneshot.widgets.sprite_slider import SpriteSlider
from oneshot.widgets.sprite_slider import plane as plot_of

LEVELS = (0.4, 0.62, 0.82)
"""Originalities of the example drawings of *Diffusion Models as Artists* (ICML 2023), fig. 3b."""
STRENGTHS = LinearSegmentedColormap.from_list(
    "strengths", ["#e6b422", "#d2622a", "#a02c5d", "#51307f", "#1c2a52"]
)
"""From weak to strong guidance, wide enough that neighbours can be told apart."""
OUTCOMES = {HOLDS: "**holds**", FAILS: "**does not hold**", UNDECIDED: "is **undecided**"}
HOLLOW = {"marker": "o", "color": "0.4", "markerfacecolor": "none", "linestyle": "none"}
NEAR = 0.08
"""A drawing is an example of an originality that is at most this far from its own."""


@when_there_are_rows
def densities(found: Comparison) -> Plot:
    """Return the density of originality of each system and of people, hollow where published.

    *Diffusion Models as Artists* (ICML 2023), fig. 3a; hollow are the peaks that it shows.
    """
    with _plot(5.8, 3.2) as (figure, (axes,)):
        peaks = None
        for name, row in rows_of(found).items():
            colour, marker = systems.looks(name)
            line = {"color": colour, "linewidth": 1.6, "linestyle": _line(name)}
            axes.plot(DENSITY_GRID, row.density, label=systems.label(name), **line)
            axes.fill_between(DENSITY_GRID, row.density, color=colour, alpha=0.06, linewidth=0)
            peak = published.PEAKS.get(found.dataset, {}).get(name)
            if peak:
                axes.plot(*peak, marker, color=colour, markerfacecolor="none")
                peaks = {"label": "peak of the published density", **HOLLOW}
        reach = [DENSITY_GRID[np.array(r.density) > 0.01].max() for r in rows_of(found).values()]
        axes.set(xlabel=AXES["originality"], ylabel="density", xlim=(0, max(reach)))
        axes.set_ylim(0, None)
        if peaks:
            axes.plot([], [], **peaks)
        axes.legend(fontsize=8.5)
    return figure


@when_there_are_rows
def curves(found: Comparison, with_published: bool = True) -> Plot:
    """Return the generalization curves of systems and people.

    Dots are bins, with 95 % bands of their recognizability over concepts; lines are quadratic fits;
    hollow are published bins. *Diffusion Models as Artists* (ICML 2023), fig. 3b.
    """
    with _plot(5.8, 4.2) as (figure, (axes,)):
        for name, row in rows_of(found).items():
            colour, marker = systems.looks(name)
            points, bands = np.array(row.bins), np.array(row.bands)
            line = {"color": colour, "linestyle": _line(name), "linewidth": 1.5}
            axes.plot(*_fit(points).T, **line)
            axes.plot(*points.T, marker, color=colour, markersize=7 if name == HUMAN else 4)
            axes.fill_between(points[:, 0], *bands.T, color=colour, alpha=0.1, linewidth=0)
            told = published.BINS.get(found.dataset, {}).get(name) if with_published else None
            if told:
                hollow = {"markerfacecolor": "none", "markersize": 4, "alpha": 0.6}
                axes.plot(*np.array(told).T, marker, color=colour, **hollow)
        low, high = axes.get_ylim()
        axes.set(xlabel=AXES["originality"], ylabel=AXES["recognizability"])
        axes.set_ylim(max(low, -2), min(high, 101))
        hollow = with_published and found.dataset in published.BINS
        names = list(rows_of(found))
        axes.legend(handles=handles(names, True, hollow), fontsize=8.5, loc="lower left")
    return figure


@when_there_are_rows
def apart(found: Comparison) -> Markdown:
    """Return how far each curve is from the human one, over the originality that both reach."""
    lines = ["| system | points of recognizability apart | compared over |", "|---|---|---|"]
    for name, row in found.systems.items():
        lines.append(f"| {systems.label(name)} | {' | '.join(_apart(row, found.human))} |")
    return Markdown("\n".join(lines))


@when_there_are_rows
def examples(
    found: Comparison, levels: Sequence[float] = LEVELS, concepts: int = 4
) -> sheets.Sheet | Markdown:
    """Return drawings at some originalities, a row for each system, the exemplars above.

    A place is empty where nothing that was kept is about as original.
    """
    kept = kept_drawings(found)
    if not kept:
        return Markdown("*No drawings have been kept yet.*")
    first = next(iter(kept.values()))
    chosen = np.unique(np.linspace(0, len(first.names) - 1, concepts).astype(int))
    rows = [np.tile(exemplars(found, first)[chosen], (len(levels), 1, 1, 1))]
    for shown in kept.values():
        rows.append(np.concatenate([at(shown, level)[chosen] for level in levels]))
    labels = ["exemplar", *(systems.label(name) for name in kept)]
    middle = len(chosen) // 2
    columns = [
        "" if k != middle else f"originality {level:g}"
        for level in levels
        for k in range(len(chosen))
    ]
    return sheets.contact_sheet(np.stack(rows), rows=labels, columns=columns)


@when_there_are_rows
def slider(found: Comparison, concepts: int = 8, positions: int = 9) -> SpriteSlider | Markdown:
    """Return a slider over originality: drawings of some concepts, and a dot on each curve.

    The second slider chooses the system. Under each exemplar is a drawing of it that is about as
    original as the slider says, blank where none was kept.
    """
    kept = kept_drawings(found)
    if not kept:
        return Markdown("*No drawings have been kept yet.*")
    first = next(iter(kept.values()))
    chosen = np.unique(np.linspace(0, len(first.names) - 1, concepts).astype(int))
    framed = exemplars(found, first)[chosen]
    everything = rows_of(found)
    reach = np.concatenate([np.array(everything[name].bins)[:, 0] for name in kept])
    levels = np.linspace(reach.min(), reach.max(), positions)
    frames = [
        _pairs(framed, at(shown, level)[chosen]) for level in levels for shown in kept.values()
    ]
    fits = {systems.label(name): _fit(np.array(row.bins)) for name, row in everything.items()}
    labels = [systems.label(name) for name in kept]
    dots = np.array([_on(fits[label], level) for level in levels for label in labels])
    return SpriteSlider(
        frames,
        {"originality": [f"{level:.2f}" for level in levels], "system": labels},
        captions=[
            f"{label}: originality {u:.2f}, recognizability {v:.1f}\u00a0%"
            for (u, v), label in zip(dots, labels * len(levels), strict=True)
        ],
        plot=plot_of(fits, dots, active=labels * len(levels), reference=systems.label(HUMAN)),
        start=[positions // 3, 0],
        alt="exemplars, and below each a drawing at the chosen originality",
    )


def strength_slider(found: Strengths) -> SpriteSlider:
    """Return a slider over strengths of guidance: drawings, and a dot on each strength's curve.

    The second slider chooses the concept. The dashed curve is human.
    *Diffusion Models as Artists* (ICML 2023), fig. 4.
    """
    names = [sheets.label(name) for name in found.names]
    framed = plates(found.names) if found.exemplars is None else found.exemplars
    models = by_strength(found)
    curves = {HUMAN: found.human.bins} | {name: one.bins for name, one in models.items()}
    means = [[one.originality.value, one.recognizability.value] for one in found.scores]
    columns = 4 if found.drawings[0].shape[1] < 12 else 5
    return SpriteSlider(
        [
            sheets.page(pages[k], framed[k], columns=columns)
            for pages in found.drawings
            for k in range(len(names))
        ],
        {"guidance \u03b3": found.guidance, "exemplar": names},
        plot=plot_of(curves, means, active=list(models), reference=HUMAN),
        start=[len(found.guidance) // 2, 0],
        alt="drawings after the framed exemplar",
    )


def strength_curves(found: Strengths) -> Plot:
    """Return the generalization curves of all strengths beside the human one, with quadratic fits.

    *Diffusion Models as Artists* (ICML 2023), fig. 4.
    """
    models = by_strength(found)
    with _plot(5.8, 3.9) as (figure, (axes,)):
        shades = STRENGTHS(np.linspace(0, 1, len(models)))
        styles = [{"color": shade} for shade in shades]
        styles.append({"color": systems.looks(HUMAN)[0], "linestyle": "--", "zorder": 5})
        everyone = models | {"human": found.human}
        for (name, one), style in zip(everyone.items(), styles, strict=True):
            points = np.array(one.bins)
            axes.plot(*points.T, "o", markersize=3.5, color=style["color"])
            axes.plot(*_fit(points).T, label=name, **style)
        axes.set(xlabel=AXES["originality"], ylabel=AXES["recognizability"])
        axes.legend(loc="lower left", fontsize=8.5)
    return figure


def nearest_strength(found: Strengths) -> Markdown:
    """Return which strength is nearest to people by the mean drawing, and a table of all.

    The distance is that of `metrics.human.distance_to_human`, of originality and recognizability,
    in spreads over the strengths. The other columns compare curves, see `metrics.curves.gap`.
    """
    far = far_from_human(found.scores, found.human, SCORES)
    names = list(by_strength(found))
    best = int(far[0].argmin())
    said = (
        f"By its mean drawing, **{names[best]}** is nearest to human: "
        f"{interval_of(far[:, best])} spreads away"
    )
    if len(names) > 1:
        others = [name for k, name in enumerate(names) if k != best]
        claim = nearest("", others, far[:, best], np.delete(far, best, axis=1))
        said += f". That it is nearer than every other strength here {OUTCOMES[claim.verdict]}"
    lines = [
        f"{said}.",
        "",
        "| | distance of the mean | curves apart (points) | compared over |",
        "|---|---|---|---|",
    ]
    for k, (name, one) in enumerate(zip(names, found.scores, strict=True)):
        lines.append(
            f"| {name} | {interval_of(far[:, k])} | {' | '.join(_apart(one, found.human))} |"
        )
    return Markdown("\n".join(lines))


def by_strength(found: Strengths) -> dict[str, Scores | Row]:
    """Return the scores at each strength by the name that figures give it."""
    names = [f"guidance {strength:g}" for strength in found.guidance]
    return dict(zip(names, found.scores, strict=True))


def ends(guidance: Sequence[float], scores: Sequence[Row | Scores], human: Row | Scores) -> HTML:
    """Return the first and the last group of each strength, and where its published curve ends.

    Small are 95 % intervals over concepts. *Diffusion Models as Artists* (ICML 2023), fig. 4, which
    is of a CFGDM on Quick, Draw!.
    """
    told = published.GUIDANCE["quickdraw"]
    lines = []
    for strength, one in [(None, human), *zip(guidance, scores, strict=True)]:
        name = "human" if strength is None else f"guidance {strength:g}"
        there = told.get(strength, (None, None))
        cells = [_group(one, k) for k in (0, -1)] + [_place(point) for point in there]
        lines.append(f"<tr><th>{name}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    names = ("", "from", "to", "published from", "to")
    top = "".join(f"<th>{name}</th>" for name in names)
    body = f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return HTML(f'<table class="scores">{body}</table>')


def at(shown: Shown, level: float) -> np.ndarray:
    """Return of each concept the drawing (C, 1, H, W) whose originality is nearest to `level`.

    Blank where that is more than `NEAR` away.
    """
    off = np.abs(shown.originality - level)
    nearest = off.argmin(axis=1)
    places = np.arange(len(off))
    found = shown.drawings[places, nearest].copy()
    found[off[places, nearest] > NEAR] = 0
    return found


def rows_of(found: Comparison) -> dict[str, Row]:
    """Return the rows of people and of each system, people first."""
    return {HUMAN: found.human, **found.systems}


def _apart(one: Scores | Row, human: Scores | Row) -> tuple[str, str]:
    """Return how far a curve is from the human one, and over how much of its range, in words."""
    between = gap(one.bins, human.bins)
    share = (between.high - between.low) / np.ptp(np.array(human.bins)[:, 0])
    if share <= 0:
        return "no originality in common", ""
    return f"{between.mean:.1f}", f"{share:.0%} of the human range"


def _group(one: Scores | Row, place: int) -> str:
    """Return originality and recognizability of a group of drawings, the first or the last."""
    over = weights(one.concepts)
    far, right = (
        interval_of(over @ np.asarray(one.per_concept[f"bin_{score}"])[:, place])
        for score in SCORES
    )
    return (
        f"{far.value:.2f} <small>{far.low:.2f}\u2013{far.high:.2f}</small>, "
        f"{right.value:.1f}\u00a0% <small>{right.low:.1f}\u2013{right.high:.1f}</small>"
    )


def _place(point: Sequence[float] | None) -> str:
    return "" if point is None else f"{point[0]:.2f} <small>{point[1]:.1f} %</small>"


def _pairs(above: np.ndarray, below: np.ndarray, columns: int = 4) -> Image.Image:
    """Return images (C, 1, H, W) in rows, each row over its partners."""
    blank = np.zeros((-len(above) % columns, *above.shape[1:]), np.uint8)
    rows = [np.concatenate([p, blank]).reshape(-1, columns, *p.shape[1:]) for p in (above, below)]
    return sheets.grid(np.stack(rows, axis=1).reshape(-1, columns, *above.shape[1:]))


def _fit(points: np.ndarray) -> np.ndarray:
    """Return a quadratic fit, nowhere above 100 %, or the points where they are too few."""
    if len(points) < 3:
        return points
    x, y = quadratic_fit(points).T
    return np.stack([x, np.minimum(y, 100)], axis=1)


def _on(curve: np.ndarray, level: float) -> np.ndarray:
    """Return the point of a curve at an originality, or its end where it does not reach that."""
    order = curve[:, 0].argsort()
    x, y = curve[order].T
    return np.array([np.clip(level, x[0], x[-1]), np.interp(level, x, y)])


def _line(name: str) -> str:
    return "--" if name == HUMAN else "-"
