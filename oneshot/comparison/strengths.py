"""One model under several strengths of guidance: drawn here, or as far as the results go."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from oneshot import store, systems
from oneshot.comparison.looking import exemplars, look
from oneshot.comparison.rows import Row
from oneshot.drawings import listings
from oneshot.drawings.errors import DataError
from oneshot.metrics.scoring import Scores
from oneshot.recipes import presets
from oneshot.recipes.results import Drawn, Samples

QUICK = ("ldm",)
"""Systems that draw all test concepts within minutes, so that a page may ask them to."""
SHOWN = 19


@dataclass(frozen=True)
class Strengths:
    """Scores of a model at several strengths of guidance, and drawings of some concepts.

    `drawings` are uint8 (C, V, 1, H, W) at each strength, from the same noise; `exemplars` are
    (C, 1, H, W) on the store's device, None where the data set is not at hand. `model` is None
    where there is none, or nothing that it could vary.
    """

    guidance: list[float]
    scores: list[Scores | Row]
    human: Scores | Row
    drawings: list[np.ndarray]
    exemplars: Tensor | None
    names: tuple[str, ...]
    model: nn.Module | None
    about: str


def strengths(
    system: str,
    dataset: str,
    preset: str,
    guidance: Sequence[float],
    shown: int = 12,
    seed: int = 0,
) -> Strengths:
    """Return a system at those strengths: drawn here when it is quick, else out of the results.

    Raises ValueError for a system without guidance, and when there are no results where they are
    needed.
    """
    recipe = systems.recipe(system, dataset, preset)
    if not getattr(recipe, "dropout", 0):
        raise ValueError(f"{system} has no guidance: it never learned to do without its exemplar")
    if system in QUICK:
        try:
            human = store.get(presets.human(dataset, preset))
        except DataError:
            human = None
        if human is not None:
            return _drawn(system, recipe, human, guidance, shown, seed)
    found = kept(system, dataset, preset, guidance, shown)
    if found is None:
        raise ValueError(
            f"no results of {system} on {dataset} at size {preset} and guidance "
            f"{', '.join(f'{g:g}' for g in guidance)}: make them with "
            f"`{_makes(system, dataset, preset)}`"
        )
    return found


def _drawn(
    system: str, recipe, human: Drawn, guidance: Sequence[float], shown: int, seed: int
) -> Strengths:
    dataset = listings.spelled(recipe.concepts.drawings.dataset)
    preset = presets.preset_of(recipe.concepts)
    count = presets.variations(dataset, preset)
    samples = [Samples(recipe, variations=count, guidance=g, seed=seed) for g in guidance]
    chosen = np.unique(np.linspace(0, len(human.names) - 1, shown).astype(int))
    return Strengths(
        list(guidance),
        [store.get(presets.scores(one)) for one in samples],
        store.get(presets.scores(presets.human(dataset, preset))),
        [store.get(one).drawings[chosen, :SHOWN] for one in samples],
        human.exemplars[chosen].to(store.default().device),
        tuple(human.names[k] for k in chosen),
        store.get(recipe),
        f"Drawn and scored here by `{system}`.",
    )


def kept(
    system: str, dataset: str, preset: str, guidance: Sequence[float], shown: int = 12
) -> Strengths | None:
    """Return a system at those strengths, as far as the results go; None where they do not."""
    found = look("guidance", dataset, preset, [system])
    rows = {row.guidance: row for row in found.ways(system) if found.drawings(row)}
    there = [g for g in guidance if g in rows]
    if found.human is None or not there:
        return None
    first = found.drawings(rows[there[0]])
    chosen = np.unique(np.linspace(0, len(first.names) - 1, shown).astype(int))
    framed = exemplars(found, first)
    absent = ", ".join(f"{g:g}" for g in guidance if g not in rows)
    about = f"Drawn and scored by `{_makes(system, dataset, preset)}`, read from `data/results`."
    recipe, home = systems.recipe(system, dataset, preset), store.default()
    at_hand = framed is not None and home.find(recipe) is not None
    return Strengths(
        there,
        [rows[g] for g in there],
        found.human,
        [found.drawings(rows[g]).drawings[chosen] for g in there],
        None if framed is None else framed[chosen].to(home.device),
        tuple(first.names[k] for k in chosen),
        home.get(recipe) if at_hand else None,
        about + f" Left out, because not there: guidance {absent}." * bool(absent),
    )


def _makes(system: str, dataset: str, preset: str) -> str:
    return f"oneshot results guidance {presets.options(dataset, preset)} --system {system}"
