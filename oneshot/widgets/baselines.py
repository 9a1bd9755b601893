"""How each family fails: differences from people, sheets of drawings, and what a setting trades."""

from html import escape

import numpy as np
from IPython.display import HTML, Markdown, display

from oneshot import comparison, systems
from oneshot.comparison import statements
from oneshot.comparison.rows import Comparison, Row
from oneshot.comparison.statements import resampled
from oneshot.metrics.claims import HOLDS, UNDECIDED, signed, verdict
from oneshot.metrics.intervals import interval_of
from oneshot.widgets import sheets
from oneshot.widgets.figures import Plot, _plot, _reach
from oneshot.widgets.framework import (
    AXES,
    exemplars,
    kept_drawings,
    mark,
    when_there_are_rows,
)
from oneshot.widgets.sprite_slider import SpriteSlider, display_slider
from oneshot.widgets.sprite_slider import plane as plot_of

BLURRED = "; its ink is blurred"
PATHS = {("vae-ns", "set_size"): "#c0587e"}
"""Colours of paths that would be taken for another setting of the same system."""
PUBLISHED = {"vae-stn": False, "vae-ns": False}
"""Whether more beta made a system more varied in *Diversity vs. Recognizability*, fig. 4b."""
SETTINGS = {"beta": "β", "set_size": "set size", "as_released": "trained in reverse"}


@when_there_are_rows
def failures(found: Comparison) -> HTML:
    """Return how each system differs from people, with 95 % intervals, and what that means."""
    people = found.human
    scores = str(people.diversity), f"{people.recognizability} %"
    lines = [_row("human", *scores, "whom all are compared with")]
    for told in statements.failing(found):
        words = told.words + BLURRED * told.blurred
        cells = (signed(told.diversity), signed(told.recognizability), words)
        lines.append(_row(systems.label(told.system), *cells))
    names = ("", "diversity", "recognizability", "")
    top = "".join(f"<th>{name}</th>" for name in names)
    body = f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return HTML(f'<table class="scores">{body}</table>')


@when_there_are_rows
def summary(found: Comparison) -> Markdown:
    """Return how each system fails, in words."""
    lines = []
    for told in statements.failing(found):
        name, words = systems.label(told.system), told.words + BLURRED * told.blurred
        lines.append(
            f"- **{name}** {words} (diversity {signed(told.diversity)}, recognizability "
            f"{signed(told.recognizability)})."
        )
    return Markdown("\n".join(lines))


@when_there_are_rows
def sheet(found: Comparison, system: str, concepts: int = 6) -> sheets.Sheet | Markdown:
    """Return drawings by a system, a row for each of some concepts, beside the exemplar.

    From the drawings nearest to the exemplar to the farthest.
    """
    shown = kept_drawings(found).get(system)
    if shown is None:
        return Markdown(f"*No drawings by {systems.label(system)} have been kept yet.*")
    chosen = np.unique(np.linspace(0, len(shown.names) - 1, concepts).astype(int))
    framed = exemplars(found, shown)[chosen]
    # a plate in the exemplar's place is a label already
    labelled = comparison.exemplars(found, shown) is not None
    labels = [sheets.label(shown.names[k]) for k in chosen] if labelled else ()
    return sheets.contact_sheet(shown.drawings[chosen], framed, rows=labels)


def sweeps(found: Comparison) -> list[tuple[str, str]]:
    """Return the systems and settings of which there are rows at two values or more."""
    pairs = {(row.system, name): None for row in found.rows for name in row.variant}
    return [pair for pair in pairs if len(found.variants(*pair)) > 1]


@when_there_are_rows
def tradeoffs(found: Comparison) -> Plot | Markdown:
    """Return each setting's path on the plane of diversity and recognizability, an arrow to more.

    *Diversity vs. Recognizability* (NeurIPS 2022), fig. 4.
    """
    pairs = sweeps(found)
    if not pairs:
        return Markdown(NO_SWEEPS.format(dataset=found.dataset, preset=found.preset))
    with _plot(5.8, 4.0) as (figure, (axes,)):
        for system, setting in pairs:
            rows, (colour, marker) = found.variants(system, setting), systems.looks(system)
            colour = PATHS.get((system, setting), colour)
            points = np.array([row.point for row in rows])
            label = f"{systems.label(system)}, {SETTINGS.get(setting, setting)}"
            line = "-" if setting == "beta" else "--"
            axes.plot(
                *points.T, marker + line, color=colour, markersize=4, linewidth=1, label=label
            )
            for row in rows:
                reach = {"xerr": _reach(row.diversity), "yerr": _reach(row.recognizability)}
                axes.errorbar(*row.point, **reach, color=colour, elinewidth=0.6, alpha=0.6)
            tip = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 3}
            axes.annotate("", points[-1], points[-2], arrowprops=tip)
        axes.plot(
            *found.human.point, "*", color=systems.looks("human")[0], markersize=13, label="human"
        )
        axes.set(xlabel=AXES["diversity"], ylabel=AXES["recognizability"])
        axes.legend(fontsize=8.5)
    return figure


@when_there_are_rows
def directions(found: Comparison) -> Markdown:
    """Return in words what the largest of each setting changes beside the smallest.

    With 95 % intervals over concepts; of beta also whether diversity moves as was published.
    """
    lines = []
    for system, setting in sweeps(found):
        rows = found.variants(system, setting)
        least, most = rows[0], rows[-1]
        varied, recognized = (
            interval_of(resampled(most, score) - resampled(least, score))
            for score in ("diversity", "recognizability")
        )
        words = (
            f"- {systems.label(system)}, {SETTINGS.get(setting, setting)} "
            f"{_value(least, setting)} to {_value(most, setting)}: diversity {signed(varied)}, "
            f"recognizability {signed(recognized)}"
        )
        told = verdict(varied)
        if setting == "beta" and system in PUBLISHED and told != UNDECIDED:
            same = (told == HOLDS) == PUBLISHED[system]
            words += (
                f"; in diversity {'as published' if same else 'against the published direction'}"
            )
        if len(rows) > 2 and (peak := _turn(rows)):
            words += f"; recognizability is highest in between, at {_value(peak, setting)}"
        lines.append(f"{words}.")
    return Markdown("\n".join(lines))


def _turn(rows: list[Row]) -> Row | None:
    """Return the row between others whose recognizability is above both ends' beyond intervals."""
    best = max(rows, key=lambda row: row.recognizability.value)
    ends = [
        interval_of(resampled(best, "recognizability") - resampled(end, "recognizability"))
        for end in (rows[0], rows[-1])
    ]
    return best if all(verdict(interval) == HOLDS for interval in ends) else None


@when_there_are_rows
def slider(found: Comparison, system: str, setting: str, shown: int = 8) -> SpriteSlider | Markdown:
    """Return a slider over the values of a setting: drawings, and a dot on the plane."""
    rows = [row for row in found.variants(system, setting) if found.drawings(row)]
    if len(rows) < 2:
        return Markdown(f"*No drawings of other values of {setting} have been kept yet.*")
    kept = [found.drawings(row) for row in rows]
    chosen = np.unique(np.linspace(0, len(kept[0].names) - 1, shown).astype(int))
    framed, points = exemplars(found, kept[0]), np.array([row.point for row in rows])
    name = systems.label(system)
    return SpriteSlider(
        [sheets.page(drawn.drawings[k], framed[k], columns=4) for drawn in kept for k in chosen],
        {
            SETTINGS.get(setting, setting): [_value(row, setting) for row in rows],
            "exemplar": [sheets.label(kept[0].names[k]) for k in chosen],
        },
        captions=[_caption(row, setting) for row in rows for _ in chosen],
        plot=plot_of(
            {name: points, "human": mark(found, found.human)},
            points,
            active=[name] * len(rows),
            reference="human",
            x="diversity",
        ),
        start=[len(rows) // 2, 0],
        alt=f"drawings by {name} after the framed exemplar",
    )


NO_SWEEPS = (
    "*No system on {dataset} has been trained with other settings than its own yet.* "
    "`oneshot make vae-stn --dataset {dataset} --preset {preset} --variant beta=4` trains one, "
    "`oneshot results framework --dataset {dataset} --preset {preset}` scores it."
)


def show_sliders(found: Comparison, shown: int = 8) -> None:
    """Display a slider for each system and setting that was swept; nothing when none was."""
    for system, setting in sweeps(found):
        told = f"### {systems.label(system)}: {SETTINGS.get(setting, setting)}"
        display(Markdown(told))
        display_slider(slider(found, system, setting, shown))


def _row(name: str, diversity: str, recognizability: str, words: str) -> str:
    # wide enough to be read where the table has to be moved sideways
    said = f'<td style="min-width: 13rem">{escape(words)}</td>'
    return f"<tr><th>{escape(name)}</th><td>{diversity}</td><td>{recognizability}</td>{said}</tr>"


def _value(row: Row, setting: str) -> str:
    value = row.settings[setting]
    return ("no", "yes")[int(value)] if setting == "as_released" else f"{value:g}"


def _caption(row: Row, setting: str) -> str:
    return (
        f"{systems.label(row.system)}, {SETTINGS.get(setting, setting)} "
        f"{_value(row, setting)}: diversity {row.diversity.value:.2f}, recognizability "
        f"{row.recognizability.value:.1f}\u00a0%"
    )
