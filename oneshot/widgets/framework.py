"""Figures, tables and sliders of all systems on one protocol, the same on every page.

Each takes a `comparison.Comparison` and shows what there is; without rows it is a sentence.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from html import escape

import numpy as np
from IPython.display import HTML, Markdown
from matplotlib.lines import Line2D

from oneshot import comparison, systems
from oneshot.comparison import statements
from oneshot.comparison.rows import Comparison, Row
from oneshot.comparison.statements import Explained, not_reproduced, resampled
from oneshot.kept import Shown
from oneshot.metrics.claims import FAILS, HOLDS, UNDECIDED, UNTESTED, Claim
from oneshot.recipes import presets
from oneshot.results import HUMAN
from oneshot.widgets import sheets
from oneshot.widgets.figures import Plot, _cell, _plot, _reach
from oneshot.widgets.sprite_slider import SpriteSlider
from oneshot.widgets.sprite_slider import plane as plot_of

NOTE = " note |"
AXES = {
    "diversity": "diversity",
    "originality": "originality",
    "recognizability": "recognizability (%)",
}


def there(found: Comparison, asked: Sequence[str] = ()) -> Markdown:
    """Return which systems there are rows of, and how to make those that are missing.

    `asked` are the systems that a page is about, all when there are none.
    """
    about = f"`{found.dataset}` at size {found.preset}"
    if found.critics != "own":
        about += f", judged by the {found.critics} critics"
    names = [systems.label(name) for name in found.systems]
    told = f"Systems on {about}: **{', '.join(names)}**." if names else f"No system on {about} yet."
    absent = [name for name in asked or systems.SYSTEMS if name not in found.systems]
    if absent:
        left = ", ".join(systems.label(name) for name in absent)
        which = presets.options(found.dataset, found.preset)
        told += (
            f" Left out, because not trained yet or not scored: {left}. `oneshot make SYSTEM "
            f"{which}` trains, `oneshot results {found.file.stem} {which}` scores."
        )
    if found.human is None:
        told += " The human drawings have not been scored yet."
    return Markdown(told)


def when_there_are_rows(show: Callable) -> Callable:
    """Return a function that shows a sentence instead where there are no systems or no humans."""

    @wraps(show)
    def shown(found: Comparison, *arguments, **options):
        if found.human is None or not found.systems:
            return Markdown(f"*No system on {found.dataset} at size {found.preset} to show yet.*")
        return show(found, *arguments, **options)

    return shown


@when_there_are_rows
def plane(found: Comparison, with_published: bool = True) -> Plot:
    """Return systems and people on the plane of diversity and recognizability.

    An ellipse holds 95 % of the bootstrap over concepts, a small dot is a system with other
    settings, a hollow marker the published point. *Diffusion Models as Artists* (ICML 2023),
    fig. 2.
    """
    with _plot(5.8, 4.9) as (figure, (axes,)):
        rows = {HUMAN: found.human, **found.systems}
        for name, row in rows.items():
            colour, marker = systems.looks(name)
            around = ellipse(resampled(row, "diversity"), resampled(row, "recognizability"))
            axes.fill(*around.T, color=colour, alpha=0.22, linewidth=0)
            size = 13 if name == HUMAN else 7
            axes.plot(*row.point, marker, color=colour, markersize=size, zorder=4)
            if with_published and row.published:
                point = row.published["diversity"], row.published["recognizability"]
                hollow = {"markerfacecolor": "none", "color": colour, "markersize": size - 1}
                axes.plot(*point, marker, alpha=0.75, zorder=3, **hollow)
        variants = [row for row in found.rows if row.variant]
        for row in variants:
            colour, marker = systems.looks(row.system)
            axes.plot(*row.point, marker, color=colour, markersize=3, alpha=0.7, zorder=2)
        axes.set(xlabel=AXES["diversity"], ylabel=AXES["recognizability"])
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, -2), min(high, 102))
        hollow = with_published and any(row.published for row in rows.values())
        below = {"loc": "outside lower center", "ncols": 4, "fontsize": 8.5}
        shown = handles(list(rows), hollow=hollow)
        if variants:
            small = {"marker": "o", "color": "0.4", "linestyle": "none", "markersize": 3}
            shown.append(Line2D([], [], label="other settings", **small))
        figure.legend(handles=shown, **below)
    return figure


@when_there_are_rows
def distances(found: Comparison) -> Plot | Markdown:
    """Return how far each system is from people on the plane, nearest first."""
    far = statements.distances(found)
    if not far:
        return Markdown("*A distance in units of the spread over systems takes two of them.*")
    order = sorted(far, key=lambda name: far[name].value)
    with _plot(5.8, 0.9 + 0.3 * len(order)) as (figure, (axes,)):
        for place, name in enumerate(order):
            colour, marker = systems.looks(name)
            style = {"fmt": marker, "color": colour, "elinewidth": 1.4}
            axes.errorbar(far[name].value, place, xerr=_reach(far[name]), **style)
        axes.set_yticks(range(len(order)), [systems.label(name) for name in order])
        axes.set_ylim(len(order) - 0.5, -0.5)
        axes.set(xlabel="distance to human, in spreads of the systems", xlim=(0, None))
        axes.grid(visible=False, axis="y")
    return figure


@when_there_are_rows
def table(found: Comparison) -> HTML:
    """Return all systems with their scores, what they took, and what was published."""
    head = ("", "diversity", "originality", "recognizability (%)", "size", "published")
    lines = []
    for name, row in {HUMAN: found.human, **found.systems}.items():
        scores = _cell(row.diversity, 3) + _cell(row.originality, 3) + _cell(row.recognizability, 1)
        cells = f"<th>{escape(systems.label(name))}</th>{scores}<td>{_size(row)}</td>"
        lines.append(f"<tr>{cells}<td>{_published(row)}</td></tr>")
    top = "".join(f"<th>{text}</th>" for text in head)
    body = f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return HTML(f'<table class="scores">{body}</table>')


def verdicts(told: Sequence[Explained | Claim]) -> Markdown:
    """Return a table of statements, what was measured, the verdicts, and notes on those failed."""
    told = [item if isinstance(item, Explained) else Explained(item) for item in told]
    tested = [item for item in told if item.claim.verdict != UNTESTED]
    noted = any(item.note for item in tested)
    lines = []
    if tested:
        lines += ["| statement | measured, with 95 % interval | verdict |" + NOTE * noted]
        lines += ["|---" * (3 + noted) + "|"]
    for item in tested:
        claim = item.claim
        line = f"| {claim.statement} | {claim.evidence} | **{claim.verdict}** |"
        lines.append(line + f" {item.note} |" * noted)
    if left := [item.claim.statement.rstrip(".") for item in told if item not in tested]:
        lines += ["", f"Not tested yet, because scores are missing: {'; '.join(left)}."]
    return Markdown("\n".join(lines) or "*There is nothing to compare yet.*")


@when_there_are_rows
def summary(found: Comparison, told: Sequence[Explained]) -> Markdown:
    """Return in words who is nearest to people, and which statements hold and which do not."""
    lines = [f"- The human drawings: {_scored(found.human)}."]
    if near := nearest(found):
        lines.append(f"- Nearest to the human drawings is {near}.")
    lines += [f"- {words}." for row in found.systems.values() if (words := not_reproduced(row))]
    said = {verdict: [] for verdict in (HOLDS, FAILS, UNDECIDED)}
    for claim in [item.claim for item in told if item.claim.verdict in said]:
        said[claim.verdict].append(claim.statement.rstrip("."))
    tested = sum(map(len, said.values()))
    lines.append(f"- Of {tested} statements {len(said[HOLDS])} hold.")
    for verdict, words in ((FAILS, "Not so"), (UNDECIDED, "Undecided")):
        if said[verdict]:
            lines.append(f"- {words}: {'; '.join(said[verdict])}.")
    return Markdown("\n".join(lines))


def changes(told: Sequence[Explained], others: Sequence[Explained], critics: str) -> Markdown:
    """Return in a sentence how many statements come out otherwise under other critics, and which.

    `told` are statements by the critics of a page, `others` the same by those called `critics`.
    """
    pairs = statements.both(told, others)
    if not pairs:
        return Markdown(f"*There are no statements to compare under {critics}.*")
    other = [pair for pair in pairs if pair[0].verdict != pair[1].verdict]
    said = f"Of {len(pairs)} statements {len(other) or 'none'} come{'s' * (len(other) < 2)} out "
    named = [
        f"\u201c{one.statement.rstrip('.')}\u201d ({one.verdict} becomes {two.verdict})"
        for one, two in other
    ]
    return Markdown(f"{said}differently under {critics}{': ' * bool(named)}{'; '.join(named)}.")


@when_there_are_rows
def rejudged(found: Comparison, other: Comparison) -> Markdown:
    """Return a table of how recognizable people and systems are here and by other critics."""
    pairs = {HUMAN: (found.human, other.human)}
    pairs |= {name: (row, other.systems.get(name)) for name, row in found.systems.items()}
    lines = [
        f"| {systems.label(name)} | {one.recognizability} | {two.recognizability} |"
        for name, (one, two) in pairs.items()
        if two is not None
    ]
    head = "| recognizability (%) | by the critics above | by these |\n|---|---|---|\n"
    return Markdown(head + "\n".join(lines) if lines else "")


def nearest(found: Comparison) -> str:
    """Return which system is nearest to people, how far that is, and its scores; "" without any."""
    far = statements.distances(found)
    if not far:
        return ""
    name = min(far, key=lambda name: far[name].value)
    scored = _scored(found.systems[name])
    return f"**{systems.label(name)}**, {far[name]} spreads away: {scored}"


@when_there_are_rows
def slider(found: Comparison, shown: int = 12) -> SpriteSlider | Markdown:
    """Return a slider through the systems: their drawings of one concept, and where they stand.

    The second slider chooses among `shown` concepts. The drawings that were kept stand for all,
    from the nearest to the exemplar to the farthest.
    """
    kept = kept_drawings(found)
    if not kept:
        return Markdown("*No drawings have been kept yet.*")
    first = next(iter(kept.values()))
    chosen = np.unique(np.linspace(0, len(first.names) - 1, shown).astype(int))
    framed = exemplars(found, first)
    frames = [
        sheets.page(drawn.drawings[k], framed[k], columns=4)
        for drawn in kept.values()
        for k in chosen
    ]
    rows = {HUMAN: found.human, **found.systems}
    points = np.array([rows[name].point for name in kept])
    marks = {systems.label(name): mark(found, rows[name]) for name in [*kept, HUMAN]}
    labels = [systems.label(name) for name in kept]
    return SpriteSlider(
        frames,
        {"system": labels, "exemplar": [sheets.label(first.names[k]) for k in chosen]},
        captions=[_caption(rows[name]) for name in kept for _ in chosen],
        plot=plot_of(marks, points, active=labels, reference=systems.label(HUMAN), x="diversity"),
        alt="eleven drawings after the framed exemplar",
    )


def kept_drawings(found: Comparison) -> dict[str, Shown]:
    """Return drawings by people, where they are at hand, and by systems, where they were kept."""
    people = comparison.human_drawings(found) if found.human else None
    kept = {HUMAN: people} | {name: found.drawings(row) for name, row in found.systems.items()}
    return {name: shown for name, shown in kept.items() if shown is not None}


def exemplars(found: Comparison, shown: Shown) -> np.ndarray:
    """Return the exemplars (C, 1, H, W) of kept drawings, uint8, or plates with their names.

    Names stand where the data set is not at hand: exemplars do not ship with the project.
    """
    there = comparison.exemplars(found, shown)
    if there is None:
        return plates(shown.names, shown.drawings.shape[-1])
    return (there * 255).round().byte().numpy()


def plates(names: Sequence[str], side: int = 48) -> np.ndarray:
    """Return plates (C, 1, side, side), uint8, with the names of concepts."""
    return np.stack([sheets.nameplate(name, side) for name in names])


def ellipse(x: np.ndarray, y: np.ndarray, level: float = 0.95, points: int = 60) -> np.ndarray:
    """Return an ellipse (points, 2) that holds `level` of a bootstrapped point.

    `x` and `y` are (1 + draws,): as measured, which is the centre, then of each resample; they are
    taken to be normal.
    """
    spread = np.linalg.cholesky(np.cov(x[1:], y[1:]) + 1e-12 * np.eye(2))
    radius = np.sqrt(-2 * np.log(1 - level))
    turn = np.linspace(0, 2 * np.pi, points)
    return np.array([x[0], y[0]]) + radius * np.stack([np.cos(turn), np.sin(turn)], 1) @ spread.T


def handles(names: Sequence[str], lines: bool = False, hollow: bool = False) -> list[Line2D]:
    """Return what a legend shows of systems; with `hollow` the published points are explained."""
    found = []
    for name in names:
        colour, marker = systems.looks(name)
        line = ("--" if name == HUMAN else "-") if lines else "none"
        style = {"marker": marker, "color": colour, "linestyle": line}
        found.append(Line2D([], [], label=systems.label(name), **style))
    if hollow:
        style = {"marker": "o", "color": "0.4", "markerfacecolor": "none", "linestyle": "none"}
        found.append(Line2D([], [], label="published", **style))
    return found


def mark(found: Comparison, row: Row) -> np.ndarray:
    """Return a small diamond around the point of a row, in units of all points."""
    points = np.array([r.point for r in (found.human, *found.systems.values())])
    reach = 0.025 * np.maximum(np.ptp(points, axis=0), 1e-9)
    return row.point + reach * np.array([[-1, 0], [0, -1], [1, 0], [0, 1], [-1, 0]])


def _caption(row: Row) -> str:
    return (
        f"{systems.label(row.system)}: diversity {row.diversity.value:.2f}, "
        f"recognizability {row.recognizability.value:.1f}\u00a0%"
    )


def _scored(row: Row) -> str:
    return f"diversity {row.diversity}, recognizability {row.recognizability} %"


def _size(row: Row) -> str:
    if row.parameters is None:
        return ""
    hours = row.training["seconds"] / 3600
    return f"{row.parameters / 1e6:.2f}\u00a0M <small>{hours:.2g} h</small>"


def _published(row: Row) -> str:
    if row.published is None:
        return ""
    told, short = row.published, bool(not_reproduced(row))
    point = f"{told['diversity']:.3f} <small>{told['recognizability']:.1f} %</small>"
    return point + " <small>not reproduced</small>" * short
