"""Tables, sliders and sheets of regularized systems, the same on every page of the latent track.

Each takes `results.Results` and shows what there is; without any run it is a sentence that says so.
"""

from collections.abc import Callable, Sequence
from functools import wraps

import numpy as np
from IPython.display import Markdown, display
from torch import Tensor

from oneshot import sweep
from oneshot.metrics.intervals import Interval
from oneshot.metrics.tradeoff import Tradeoff, tradeoff
from oneshot.recipes import presets
from oneshot.results import HUMAN as HUMAN_ROW
from oneshot.results import Results, Row, Shown
from oneshot.sweep.grid import SHIPPED
from oneshot.sweep.statements import systems_of
from oneshot.widgets import sheets
from oneshot.widgets.sprite_slider import SpriteSlider, plane


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
        told += f" Not there yet: {', '.join(absent)}. {_makes(found, figure)}"
    if found.human is None:
        told += " The human drawings have not been scored yet."
    return Markdown(told)


def _makes(found: Results, figure: str) -> str:
    file = f"{figure}-{found.preset}"
    if found.dataset == "quickdraw" and (SHIPPED / f"{file}.yaml").exists():
        return f"`oneshot sweep {file}` makes them."
    return (
        f"`oneshot sweep FILE` makes them, FILE being a copy of `data/sweeps/{figure}-draft.yaml` "
        f"with `dataset: {found.dataset}` and `preset: {found.preset}`."
    )


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


def when_there_are_runs(show: Callable) -> Callable:
    """Make a function of results return a sentence that says so where there is no run."""

    @wraps(show)
    def shown(found: Results, *arguments, **options):
        if found.human is None or not found.families:
            return Markdown(f"*No runs on {found.dataset} at size {found.preset} to show yet.*")
        return show(found, *arguments, **options)

    return shown


@when_there_are_runs
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


@when_there_are_runs
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


@when_there_are_runs
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


@when_there_are_runs
def probes(found: Results) -> Markdown:
    """Return what the latents of the best run of each family hold, on validation concepts."""
    columns = {
        "linear probe (%)": ("linear", 0),
        "one-shot probe (%)": ("one_shot", 0),
        "effective rank": ("effective_rank", 1),
        "excess kurtosis": ("excess_kurtosis", 2),
        "share of variance within concepts": ("within", 2),
        "reconstruction error": ("error", 1),
    }
    lines = [f"| run | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in [row for row in found.best_of(list(found.families)) if row.probes]:
        known = row.probes | row.reconstruction
        cells = [_interval(known[name], digits) for name, digits in columns.values()]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return Markdown("\n".join(lines))


@when_there_are_runs
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


@when_there_are_runs
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
    # adding 0.0 makes -0.0 positive
    value, low, high = (f"{round(v, digits) + 0.0:.{digits}f}" for v in vars(interval).values())
    until = " to " if interval.low < 0 else "\u2013"
    return f"{value} ({low}{until}{high})"


def _one(images: Tensor | None, number: int) -> Tensor | None:
    return None if images is None else images[number]
