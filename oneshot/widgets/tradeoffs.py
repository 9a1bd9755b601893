"""Figures, tables and sliders of regularized systems, the same on every page of the latent track.

Each takes `results.Results` and shows what there is; without any run it is a sentence that says so.
"""

from collections.abc import Callable, Sequence
from functools import wraps

import numpy as np
from IPython.display import Markdown, display
from matplotlib.lines import Line2D
from torch import Tensor

from oneshot import sweep
from oneshot.metrics.fits import smooth
from oneshot.metrics.intervals import Interval
from oneshot.metrics.tradeoff import Tradeoff, tradeoff, tradeoff_band
from oneshot.recipes import presets
from oneshot.results import HUMAN as HUMAN_ROW
from oneshot.results import Results, Row, Shown
from oneshot.sweep.statements import lengthened, systems_of
from oneshot.widgets import sheets
from oneshot.widgets.figures import HUMAN, Plot, _plot
from oneshot.widgets.sprite_slider import SpriteSlider, plane

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


def there(found: Results, names: Sequence[str], figure: str) -> Markdown:
    """Return which families have runs, how long these took, and how to make those missing.

    `figure` is that of the paper, "fig3" or "fig4", by which the shipped sweeps are called.
    """
    about = f"{found.dataset} at size {found.preset}"
    counts = {name: len(rows) for name, rows in found.families.items()}
    lines = [f"**{name}** {counts[name]}" for name in names if name in counts]
    told = f"Runs on {about}: {', '.join(lines)}." if lines else f"There is no run on {about} yet."
    told += _trained(found)
    absent = [name for name in names if name not in counts]
    if absent:
        file = f"{figure}-{found.preset}"
        told += f" Not there yet: {', '.join(absent)}. `oneshot sweep {file}` makes them"
        told += (
            "." if found.dataset == "quickdraw" else " for Quick, Draw!, a copy of it for others."
        )
    if found.human is None:
        told += " The human drawings have not been scored yet."
    return Markdown(told)


def _trained(found: Results) -> str:
    runs = [row for row in found.rows if "autoencoder" in row.steps]
    if not runs:
        return ""
    parts = ("autoencoder", "diffusion")
    steps = [int(np.median([row.steps[part] for row in runs])) for part in parts]
    minutes = np.median([row.seconds for row in runs]) / 60
    paper = presets.latent_diffusion(found.dataset, "paper")
    return (
        f" Each trained its autoencoder for {steps[0]:,} steps (at size paper "
        f"{paper.autoencoder.plan.steps:,}) and its diffusion model for {steps[1]:,} "
        f"({paper.plan.steps:,}), half of them in less than {minutes:.0f} minutes."
    )


def _when_there_are_runs(show: Callable) -> Callable:
    @wraps(show)
    def shown(found: Results, *arguments, **options):
        if found.human is None or not found.families:
            return Markdown(f"*No runs on {found.dataset} at size {found.preset} to show yet.*")
        return show(found, *arguments, **options)

    return shown


@_when_there_are_runs
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


@_when_there_are_runs
def against_beta(found: Results, names: Sequence[str]) -> Plot:
    """Return originality and recognizability of families against beta, with 95 % intervals.

    Lines are smoothing splines where there are five betas or more. Horizontal lines are human
    (dashed) and without regularization (dotted).
    """
    with _plot(8.4, 3.2, panels=2) as (figure, axes):
        for ax, (score, label) in zip(axes, AGAINST.items(), strict=True):
            for name in [name for name in names if name in found.families]:
                rows = found.families[name]
                _errors(ax, [row.varying for row in rows], [getattr(r, score) for r in rows], name)
            for rows, line in (([found.human], "--"), (found.families.get("none", []), ":")):
                for row in rows:
                    ax.axhline(getattr(row, score).value, color=HUMAN, linestyle=line, linewidth=1)
            ax.set(xscale="log", xlabel="\u03b2", ylabel=label)
        axes[-1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@_when_there_are_runs
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


@_when_there_are_runs
def standing(found: Results) -> Markdown:
    """Return in words which runs pass people in recognizability, and which is nearest to them."""
    runs = [row for rows in found.families.values() for row in rows]
    people = found.human.recognizability
    above = [row.name for row in runs if row.recognizability.low > people.high]
    if len(runs) < 2:
        return Markdown("*Of one run alone there is nothing to compare yet.*")
    far = {row.name: found.distance([row]) for row in runs}
    near = min(far, key=lambda name: far[name].value)
    passed = f"**{', '.join(above)}**" if above else "none"
    return Markdown(
        f"At size {found.preset}, more recognizable than the human drawings, with the whole "
        f"interval above theirs, of {len(runs)} runs: {passed}. Nearest to human on test "
        f"concepts is **{near}**, at {_interval(far[near], 2)} spreads; the best by "
        f"validation concepts is **{found.best()[0].name}**."
    )


@_when_there_are_runs
def slider(found: Results, name: str, shown: int = 8) -> SpriteSlider | Markdown:
    """Return a slider over the betas of a family: drawings, and a dot that travels along its curve.

    The second slider chooses among `shown` concepts. The diamond is human.
    """
    seed = min((row.seed for row in found.families.get(name, [])), default=0)
    rows = [row for row in found.families.get(name, []) if row.seed == seed]
    kept = [(row, drawn) for row in rows if (drawn := found.drawings(row))]
    if not kept:
        return Markdown(f"*No drawings of {name} have been kept yet.*")
    rows, drawings = zip(*kept, strict=True)
    chosen = np.unique(np.linspace(0, len(drawings[0].names) - 1, shown).astype(int))
    framed = exemplars(rows[0], drawings[0])
    frames = [
        sheets.page(
            drawn.drawings[k, : 11 if framed is not None else 12], _one(framed, k), columns=4
        )
        for drawn in drawings
        for k in chosen
    ]
    fit = _fit(found, name)
    lines = {name: fit.path, HUMAN_ROW: _diamond(found, fit)}
    places = [fit.places[list(fit.betas).index(row.varying)] for row in rows]
    return SpriteSlider(
        frames,
        {f"\u03b2 of {rows[0].varied}": [row.varying for row in rows],
         "exemplar": [sheets.label(drawings[0].names[k]) for k in chosen]},
        captions=[_caption(row) for row in rows for _ in chosen],
        plot=plane(lines, np.array(places), active=[name] * len(rows), reference=HUMAN_ROW),
        start=[len(rows) // 2, 0],
        alt=f"drawings by a model whose autoencoder was regularized by {name}",
    )  # fmt: skip


def show_sliders(found: Results, names: Sequence[str], shown: int = 8) -> None:
    """Display the slider of each family that there is at two betas or more; name the others."""
    still = []
    for name in [name for name in names if name in found.families]:
        if len({row.varying for row in found.families[name]}) < 2:
            still.append(name)
            continue
        display(Markdown(f"### {name}"))
        made = slider(found, name, shown)
        made.show() if isinstance(made, SpriteSlider) else display(made)
    if still:
        told = ", ".join(f"**{name}**" for name in still)
        display(Markdown(f"There is one \u03b2 so far, so nothing to move, of {told}."))


@_when_there_are_runs
def table(found: Results) -> Markdown:
    """Return all runs with their scores, nearest to human first."""
    head = "| run | seed | originality | recognizability (%) | distance to human | hours |\n"
    rows = [row for rows in found.families.values() for row in rows]
    far = {row.identity: found.distance([row]) for row in rows}
    rows.sort(key=lambda row: (far[row.identity].value if far[row.identity] else 0, row.identity))
    lines = [f"| **human** | | {_both(found.human)} | 0 | |"]
    for row in rows:
        gap = _interval(far[row.identity], 2) if far[row.identity] else ""
        lines.append(
            f"| {row.name} | {row.seed} | {_both(row)} | {gap} | {row.seconds / 3600:.2f} |"
        )
    return Markdown(head + "|---|---|---|---|---|---|\n" + "\n".join(lines))


@_when_there_are_runs
def probes(found: Results) -> Markdown:
    """Return what the latents of the best run of each family hold, on validation concepts."""
    columns = {
        "linear probe (%)": lambda row: f"{row.probes['linear']:.1f}",
        "one-shot probe (%)": lambda row: f"{row.probes['one_shot']:.1f}",
        "effective rank": lambda row: f"{row.probes['effective_rank']:.1f}",
        "excess kurtosis": lambda row: f"{row.probes['excess_kurtosis']:+.2f}",
        "variance within concepts": lambda row: f"{row.probes['within']:.0%}",
        "reconstruction error": lambda row: f"{row.reconstruction['error']:.1f}",
    }
    lines = [f"| run | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in [row for row in found.best_of(list(found.families)) if row.probes]:
        lines.append(f"| {row.name} | {' | '.join(say(row) for say in columns.values())} |")
    return Markdown("\n".join(lines))


@_when_there_are_runs
def why(found: Results, probe: str = "one_shot", score: str = "recognizability") -> Plot:
    """Return a score of all runs against a probe of their latents."""
    with _plot(4.6, 3.3) as (figure, (ax,)):
        for name, rows in found.families.items():
            rows = [row for row in rows if row.probes]
            if not rows:
                continue
            x = [row.probes[probe] for row in rows]
            y = [getattr(row, score).value for row in rows]
            ax.plot(x, y, "o", markersize=4, color=_colour(name), label=name)
        ax.set(xlabel=f"{probe.replace('_', '-')} probe (%)", ylabel=AGAINST[score])
        ax.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@_when_there_are_runs
def sheet(found: Results, names: Sequence[str], concept: int, columns: int = 10):
    """Return drawings of one concept, a row for the best run of each family.

    `concept` counts among the concepts whose drawings were kept.
    *Latent Representation Matters* (NeurIPS 2024), fig. 2.
    """
    kept = best_drawings(found, names)
    if not kept:
        return Markdown("*No drawings have been kept yet.*")
    drawings = np.stack([drawn.drawings[concept, :columns] for _, drawn in kept])
    row, drawn = kept[0]
    framed = exemplars(row, drawn)
    repeated = None if framed is None else framed[concept].expand(len(kept), -1, -1, -1)
    return sheets.contact_sheet(drawings, repeated, rows=[row.name for row, _ in kept])


@_when_there_are_runs
def family_sheet(found: Results, name: str, columns: int = 10):
    """Return drawings by the best run of a family, a row for each concept kept."""
    kept = best_drawings(found, [name])
    if not kept:
        return Markdown(f"*No drawings of {name} have been kept yet.*")
    row, drawn = kept[0]
    labels = [sheets.label(name) for name in drawn.names]
    return sheets.contact_sheet(drawn.drawings[:, :columns], exemplars(row, drawn), rows=labels)


def best_drawings(found: Results, names: Sequence[str]) -> list[tuple[Row, Shown]]:
    """Return the best run of each family (its first seed) with its drawings, where there are."""
    return [(row, drawn) for row in found.best_of(names) if (drawn := found.drawings(row))]


def exemplars(row: Row, drawn: Shown) -> Tensor | None:
    """Return the exemplars (C, 1, H, W) of kept drawings, None where the drawings are not at hand.

    Exemplars are human drawings, which do not ship with the project.
    """
    concepts = sweep.concepts(row.dataset, row.preset, row.split)
    return None if concepts is None else concepts.exemplar_images(drawn.concepts)


def _fit(found: Results, name: str) -> Tradeoff:
    return tradeoff(*systems_of(found, name))


def _family(ax, found: Results, name: str) -> None:
    fit, colour = _fit(found, name), _colour(name)
    line, inside = ("--", "white") if "+" in name else ("-", colour)
    bounds = tradeoff_band(*systems_of(found, name)) if len(fit.betas) >= ENOUGH else None
    if len(fit.path) > 1:
        ax.plot(*fit.path.T, line, color=colour, linewidth=1.4)
    if not bounds:
        for row in found.families[name]:
            x, y = row.originality, row.recognizability
            style = {"color": colour, "linewidth": 0.8, "alpha": 0.45}
            ax.hlines(y.value, x.low, x.high, **style)
            ax.vlines(x.value, y.low, y.high, **style)
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


def _errors(ax, betas, intervals, name: str) -> None:
    values = np.array([i.value for i in intervals])
    reach = [values - [i.low for i in intervals], [i.high for i in intervals] - values]
    colour = _colour(name)
    style = {"markersize": 4, "elinewidth": 1, "color": colour}
    ax.errorbar(betas, values, yerr=reach, fmt="o", label=name, **style)
    distinct = sorted(set(betas))
    if len(distinct) >= ENOUGH:
        means = [values[np.isclose(betas, beta)].mean() for beta in distinct]
        along = np.geomspace(distinct[0], distinct[-1], 100)
        ax.plot(along, smooth(distinct, means)(along), color=colour, linewidth=1.2)


def _diamond(found: Results, fit: Tradeoff) -> np.ndarray:
    centre = np.array(found.human.point)
    reach = 0.035 * np.ptp(np.vstack([fit.path, centre]), axis=0)
    return centre + reach * np.array([[-1, 0], [0, -1], [1, 0], [0, 1], [-1, 0]])


def _caption(row: Row) -> str:
    return (
        f"{row.name}: originality {row.originality.value:.2f}, "
        f"recognizability {row.recognizability.value:.1f} %"
    )


def _both(row: Row) -> str:
    return f"{_interval(row.originality, 3)} | {_interval(row.recognizability, 1)}"


def _interval(interval: Interval, digits: int) -> str:
    value, low, high = (f"{v:.{digits}f}" for v in vars(interval).values())
    return f"{value} ({low}\u2013{high})"


def _colour(name: str) -> str:
    others = [part for part in name.split("+") if part != "prototype"]
    return COLOURS.get((others or [name])[0], "0.35")


def _one(images: Tensor | None, number: int) -> Tensor | None:
    return None if images is None else images[number]
