"""What the number of steps costs: scores and time of samplers, and the drawings they make."""

import numpy as np
from IPython.display import HTML, Markdown
from matplotlib.ticker import LogLocator, StrMethodFormatter

from oneshot import systems
from oneshot.comparison import statements
from oneshot.comparison.rows import Comparison, Row
from oneshot.comparison.statements import SAMPLERS, TOLERANCE
from oneshot.metrics.claims import HOLDS, Claim
from oneshot.widgets import figures, sheets
from oneshot.widgets.figures import Plot, _cell, _plot
from oneshot.widgets.framework import AXES, exemplars, when_there_are_rows
from oneshot.widgets.sprite_slider import SpriteSlider
from oneshot.widgets.sprite_slider import plane as plot_of

LOOKS = {
    "ddpm": ("#5f4b8b", "s"),
    "ddim": ("#26727a", "^"),
    "dpm_solver_pp": ("#b04a16", "o"),
}
"""Colour and marker of each sampler."""


def samplers(found: Comparison, system: str) -> dict[str, list[Row]]:
    """Return the rows of a system by sampler, each from few steps to many."""
    rows: dict[str, list[Row]] = {}
    for row in sorted(found.ways(system), key=lambda row: row.steps or 0):
        rows.setdefault(row.sampler, []).append(row)
    return {name: rows[name] for name in LOOKS if name in rows}


def reference(found: Comparison, system: str) -> Row | None:
    """Return ancestral sampling with most steps, what all else is compared with."""
    rows = samplers(found, system).get("ddpm", [])
    return rows[-1] if rows else None


@when_there_are_rows
def against_steps(found: Comparison, system: str) -> Plot:
    """Return originality and recognizability against the number of steps, one line a sampler.

    Bands are 95 % intervals over concepts; dashed is human.
    """
    with _plot(6.4, 2.9, panels=2) as (figure, panels):
        for axes, score in zip(panels, ("originality", "recognizability"), strict=True):
            for name, rows in samplers(found, system).items():
                (colour, marker), label = LOOKS[name], SAMPLERS[name]
                steps = [row.steps for row in rows]
                figures._band(axes, steps, [getattr(row, score) for row in rows], colour)
                style = {"color": colour, "linestyle": "none", "markersize": 5}
                axes.plot(
                    steps, [getattr(r, score).value for r in rows], marker, label=label, **style
                )
            value = getattr(found.human, score).value
            axes.axhline(value, color=figures.HUMAN, linestyle="--", linewidth=1, label="human")
            _few_ticks(axes, sorted({row.steps for row in found.ways(system)}))
            axes.set(xlabel="steps", ylabel=AXES[score])
        _legend_above(figure, panels[0])
    return figure


@when_there_are_rows
def against_time(found: Comparison, system: str) -> Plot:
    """Return recognizability and originality against the time of one drawing."""
    with _plot(6.4, 2.9, panels=2) as (figure, panels):
        for axes, score in zip(panels, ("originality", "recognizability"), strict=True):
            for name, rows in samplers(found, system).items():
                (colour, marker), label = LOOKS[name], SAMPLERS[name]
                rows = [row for row in rows if "milliseconds" in row.drawing]
                x = [row.drawing["milliseconds"] for row in rows]
                y = [getattr(row, score).value for row in rows]
                axes.plot(x, y, f"{marker}-", color=colour, markersize=5, linewidth=1, label=label)
            axes.set(xscale="log", xlabel="milliseconds a drawing", ylabel=AXES[score])
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.minorticks_off()
        _legend_above(figure, panels[0])
    return figure


@when_there_are_rows
def table(found: Comparison, system: str) -> HTML:
    """Return all samplers and steps with their scores and times, human first."""
    people = found.human
    cells = _cell(people.originality, 3) + _cell(people.recognizability, 1)
    lines = [f"<tr><th>human</th><td></td>{cells}<td></td></tr>"]
    for name, rows in samplers(found, system).items():
        for row in rows:
            time = row.drawing.get("milliseconds")
            cells = [f"<th>{SAMPLERS[name]}</th>", f"<td>{row.steps}</td>"]
            cells += [_cell(row.originality, 3), _cell(row.recognizability, 1)]
            cells.append(f"<td>{'' if time is None else f'{time:,.0f}'}</td>")
            lines.append(f"<tr>{''.join(cells)}</tr>")
    names = ("", "steps", "originality", "recognizability (%)", "ms a drawing")
    top = "".join(f"<th>{name}</th>" for name in names)
    body = f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return HTML(f'<table class="scores">{body}</table>')


def enough(found: Comparison, system: str) -> list[Claim]:
    """Return, of each sampler and number of steps, whether it draws as the reference does."""
    best = reference(found, system)
    if best is None:
        return []
    rows = [row for rows in samplers(found, system).values() for row in rows if row is not best]
    return [statements.as_good(row, best) for row in rows]


def steady(found: Comparison, system: str) -> list[Claim]:
    """Return, of each sampler, whether fewer steps draw as the most steps of the same do."""
    ways = samplers(found, system).values()
    return [statements.as_good(row, rows[-1]) for rows in ways for row in rows[:-1]]


@when_there_are_rows
def verdict(found: Comparison, system: str) -> Markdown:
    """Return sentences that say what the fewest steps are that cost nothing to speak of.

    Beside the reference, which tells samplers apart, and beside the sampler's own most steps.
    """
    best = reference(found, system)
    if best is None:
        return Markdown("*Ancestral sampling, the reference, has not been scored yet.*")
    within = (
        f"{TOLERANCE['originality']:g} of originality and {TOLERANCE['recognizability']:g} "
        f"point{'s' * (TOLERANCE['recognizability'] != 1)} of recognizability"
    )
    ways = samplers(found, system).values()
    beside = "; ".join(_fewest(rows, best) for rows in ways)
    itself = "; ".join(_fewest(rows, rows[-1]) for rows in ways)
    return Markdown(
        f"Beside {best.steps} ancestral steps of {systems.label(system)}, all of the intervals "
        f"lie within {within} for: {beside}.\n\n"
        f"Beside the most steps of the same sampler: {itself}."
    )


@when_there_are_rows
def slider(found: Comparison, system: str) -> SpriteSlider | Markdown:
    """Return a slider over steps: the same noise drawn by each sampler, and a dot on the plane."""
    ways = samplers(found, system)
    steps = sorted({row.steps for rows in ways.values() for row in rows})
    at = {(row.sampler, row.steps): row for rows in ways.values() for row in rows}
    whole = [n for n in steps if all((name, n) in at for name in ways)]
    shown = {key: found.drawings(row) for key, row in at.items() if key[1] in whole}
    if not whole or not all(shown.values()):
        return Markdown("*No drawings have been kept yet.*")
    framed = exemplars(found, next(iter(shown.values())))
    keys = [(name, n) for n in whole for name in ways]
    dots = np.array([[at[k].originality.value, at[k].recognizability.value] for k in keys])
    lines = {
        SAMPLERS[name]: np.array([[r.originality.value, r.recognizability.value] for r in rows])
        for name, rows in ways.items()
    }
    return SpriteSlider(
        [sheets.grid(shown[key].drawings, framed) for key in keys],
        {"steps": whole, "sampler": [SAMPLERS[name] for name in ways]},
        captions=[_caption(at[key]) for key in keys],
        plot=plot_of(lines, dots, active=[SAMPLERS[name] for name, _ in keys]),
        start=[0, 0],
        alt="drawings of some concepts, a row each, beside the framed exemplar",
    )


def _fewest(rows: list[Row], best: Row) -> str:
    """Say with how few steps a sampler scores as `best` does."""
    name = SAMPLERS[rows[0].sampler]
    good = [row for row in rows if row is best or _holds(row, best)]
    if not good:
        return f"{name} with no number of steps that was tried"
    if good[0] is best:
        return f"{name} in no fewer than {best.steps}"
    faster = f", {_faster(best, good[0])}" if _faster(best, good[0]) else ""
    return f"**{name} with {good[0].steps} steps**{faster}"


def _holds(row: Row, best: Row) -> bool:
    return statements.as_good(row, best).verdict == HOLDS


def _faster(best: Row, row: Row) -> str:
    times = [r.drawing.get("milliseconds") for r in (best, row)]
    faster = times[0] / times[1] if all(times) else 0
    return f"{faster:.0f} times as fast" if faster >= 2 else ""


def _caption(row: Row) -> str:
    time = row.drawing.get("milliseconds")
    told = "" if time is None else f", {time:,.0f} ms a drawing"
    return (
        f"{SAMPLERS[row.sampler]}, {row.steps} steps: originality {row.originality.value:.3f}, "
        f"recognizability {row.recognizability.value:.1f}\u00a0%{told}"
    )


def _few_ticks(axes, steps: list[int]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(steps, [str(n) for n in steps])
    axes.minorticks_off()


def _legend_above(figure, axes) -> None:
    marks, names = axes.get_legend_handles_labels()
    figure.legend(marks, names, loc="outside upper center", ncols=len(names), fontsize=8.5)
