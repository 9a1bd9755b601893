"""How far systems go from an exemplar, and how recognizable they stay: densities and curves."""

from collections.abc import Sequence

import numpy as np
from IPython.display import HTML, Markdown
from PIL import Image

from oneshot.comparison import published
from oneshot.comparison.rows import Comparison, Row
from oneshot.comparison.statements import NAMES
from oneshot.comparison.strengths import Strengths
from oneshot.kept import Shown
from oneshot.metrics.curves import gap, quadratic_fit
from oneshot.metrics.scoring import DENSITY_GRID, Scores
from oneshot.results import HUMAN
from oneshot.widgets import sheets
from oneshot.widgets.figures import Plot, _plot
from oneshot.widgets.framework import (
    AXES,
    exemplars,
    handles,
    kept_drawings,
    look,
    plates,
    when_there_are_rows,
)
from oneshot.widgets.sprite_slider import SpriteSlider
from oneshot.widgets.sprite_slider import plane as plot_of

LEVELS = (0.4, 0.62, 0.82)
"""Originalities of the example drawings of *Diffusion Models as Artists* (ICML 2023), fig. 3b."""
NEAR = 0.08
"""A drawing is an example of an originality that is at most this far from its own."""


@when_there_are_rows
def densities(found: Comparison) -> Plot:
    """Return the density of originality of each system and of people, hollow where published.

    *Diffusion Models as Artists* (ICML 2023), fig. 3a; hollow are the peaks that it shows.
    """
    with _plot(5.8, 3.2) as (figure, (axes,)):
        for name, row in rows_of(found).items():
            colour, marker = look(name)
            line = {"color": colour, "linewidth": 1.6, "linestyle": _line(name)}
            axes.plot(DENSITY_GRID, row.density, label=NAMES.get(name, name), **line)
            axes.fill_between(DENSITY_GRID, row.density, color=colour, alpha=0.06, linewidth=0)
            peak = published.PEAKS.get(found.dataset, {}).get(name)
            if peak:
                axes.plot(*peak, marker, color=colour, markerfacecolor="none")
        reach = [DENSITY_GRID[np.array(r.density) > 0.01].max() for r in rows_of(found).values()]
        axes.set(xlabel=AXES["originality"], ylabel="density", xlim=(0, max(reach)))
        axes.set_ylim(0, None)
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
            colour, marker = look(name)
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
    human = np.array(found.human.bins)
    lines = ["| system | points of recognizability apart | compared over |", "|---|---|---|"]
    for name, row in found.systems.items():
        between = gap(row.bins, human)
        share = (between.high - between.low) / np.ptp(human[:, 0])
        told = "no originality in common" if share <= 0 else f"{between.mean:.1f}"
        over = "" if share <= 0 else f"{share:.0%} of the human range"
        lines.append(f"| {NAMES.get(name, name)} | {told} | {over} |")
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
    labels = ["exemplar", *(NAMES.get(name, name) for name in kept)]
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
    fits = {NAMES.get(name, name): _fit(np.array(row.bins)) for name, row in everything.items()}
    labels = [NAMES.get(name, name) for name in kept]
    dots = np.array([_on(fits[label], level) for level in levels for label in labels])
    return SpriteSlider(
        frames,
        {"originality": [f"{level:.2f}" for level in levels], "system": labels},
        captions=[
            f"{label}: originality {u:.2f}, recognizability {v:.1f}\u00a0%"
            for (u, v), label in zip(dots, labels * len(levels), strict=True)
        ],
        plot=plot_of(fits, dots, active=labels * len(levels), reference=NAMES[HUMAN]),
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


def by_strength(found: Strengths) -> dict[str, Scores | Row]:
    """Return the scores at each strength by the name that figures give it."""
    names = [f"guidance {strength:g}" for strength in found.guidance]
    return dict(zip(names, found.scores, strict=True))


def ends(guidance: Sequence[float], scores: Sequence[Row | Scores], human: Row | Scores) -> HTML:
    """Return where the fitted curve of each strength begins and ends, and where it was published.

    *Diffusion Models as Artists* (ICML 2023), fig. 4, which is of a CFGDM on Quick, Draw!.
    """
    told = published.GUIDANCE["quickdraw"]
    lines = []
    for strength, one in [(None, human), *zip(guidance, scores, strict=True)]:
        fit = _fit(np.array(one.bins))
        name = "human" if strength is None else f"guidance {strength:g}"
        there = told.get(strength, (None, None))
        cells = [_place(point) for point in (fit[0], fit[-1], *there)]
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


def _place(point: Sequence[float] | None) -> str:
    return "" if point is None else f"{point[0]:.2f} <small>{point[1]:.1f} %</small>"


def _pairs(above: np.ndarray, below: np.ndarray, columns: int = 4) -> Image.Image:
    """Return images (C, 1, H, W) in rows, each row over its partners."""
    blank = np.zeros((-len(above) % columns, *above.shape[1:]), np.uint8)
    rows = [np.concatenate([p, blank]).reshape(-1, columns, *p.shape[1:]) for p in (above, below)]
    return sheets.grid(np.stack(rows, axis=1).reshape(-1, columns, *above.shape[1:]))


def _fit(points: np.ndarray) -> np.ndarray:
    return quadratic_fit(points) if len(points) > 2 else points


def _on(curve: np.ndarray, level: float) -> np.ndarray:
    """Return the point of a curve at an originality, or its end where it does not reach that."""
    order = curve[:, 0].argsort()
    x, y = curve[order].T
    return np.array([np.clip(level, x[0], x[-1]), np.interp(level, x, y)])


def _line(name: str) -> str:
    return "--" if name == HUMAN else "-"
