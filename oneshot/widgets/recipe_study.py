"""What it took to draw: scores of recipes against what they cost, and their sheets."""

from collections.abc import Sequence
from html import escape

from IPython.display import Markdown
from matplotlib.ticker import LogLocator, StrMethodFormatter

from oneshot import systems
from oneshot.evaluations.samples import Shown
from oneshot.sweep.study import Result
from oneshot.widgets import canvas, sheets, tables
from oneshot.widgets.canvas import Plot, error_bars, plot
from oneshot.widgets.tables import Cells

SCORES = {"recognizability": "recognizability (%)", "originality": "originality"}


def against_minutes(rows: Sequence[Result]) -> Plot | Markdown:
    """Return recognizability and originality against core-minutes, a dot a recipe.

    Bars are 95 % intervals over concepts, dashed is human; numbers are those of `table`.
    """
    people = [row for row in rows if row.system == systems.HUMAN]
    if len(rows) == len(people):
        return Markdown("*There are no results of recipes yet: `oneshot sweep study` makes them.*")
    with plot(7.2, 4.6, panels=2) as (figure, panels):
        for axes, (score, name) in zip(panels, SCORES.items(), strict=True):
            for system in dict.fromkeys(row.system for row in rows if row not in people):
                colour, marker = systems.looks(system)
                mine = [row for row in rows if row.system == system]
                place = {"xytext": (4, 3), "textcoords": "offset points", "fontsize": 7}
                for row in mine:
                    value = getattr(row, score)
                    bars = {"yerr": error_bars(value), "elinewidth": 1, "markersize": 5}
                    label = systems.label(system) if row is mine[0] else None
                    at = (row.core_minutes, value.value)
                    figure.note(
                        number=rows.index(row),
                        recipe=row.name,
                        score=score,
                        value=value,
                        core_minutes=row.core_minutes,
                    )
                    axes.errorbar(*at, fmt=marker, color=colour, label=label, **bars)
                    axes.annotate(str(rows.index(row)), at, color=colour, **place)
            for row in people:
                axes.axhline(
                    getattr(row, score).value, color=canvas.HUMAN_COLOUR, ls="--", label="human"
                )
            axes.set(xscale="log", xlabel="core-minutes of training", ylabel=name)
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.minorticks_off()
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=8.5)
    return figure


def table(rows: Sequence[Result]) -> Cells:
    """Return all recipes: what was changed, scores with intervals, cost, and what was seen."""
    named = {
        row.system if row.system == systems.HUMAN else f"{number} {systems.label(row.system)}": row
        for number, row in enumerate(rows)
    }
    columns: dict[str, tables.Column] = {
        "change": lambda row: escape(row.change),
        "guidance": lambda row: "" if row.guidance is None else f"{row.guidance:g}",
        **{name: score for score, name in SCORES.items()},
        "core-minutes": lambda row: f"{row.core_minutes:.1f}" if row.steps else "",
        "parameters": lambda row: f"{row.parameters / 1e6:.2f} M" if row.steps else "",
        "on its sheet": lambda row: f'<div class="long">{escape(row.seen)}</div>',
    }
    return tables.table(named, columns)


def contact_sheet(shown: Shown | None) -> sheets.Sheet | Markdown:
    """Return the drawings kept of a recipe, a concept a row, by its name."""
    if shown is None:
        return Markdown("*No drawings of this recipe were kept.*")
    names = [sheets.label(name) for name in shown.names]
    return sheets.contact_sheet(shown.drawings, rows=names)


def steps_up(rows: Sequence[Result], first: str, then: str) -> Markdown | None:
    """Return in a sentence what one recipe scored, and then another; nothing without both."""
    named = {row.name: row for row in rows}
    if not {first, then} <= named.keys():
        return None
    told = [
        f"{row.change}: {row.recognizability.value:.1f} % "
        f"({row.recognizability.low:.1f}–{row.recognizability.high:.1f})"
        for row in (named[first], named[then])
    ]
    return Markdown(f"{told[0][0].upper()}{told[0][1:]}; {told[1]}.")
