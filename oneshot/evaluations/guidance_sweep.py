"""Guidance sweeps: a system at several strengths beside people, drawn here or read from the table.

Each function returns the records, people first, and drawings of the same concepts by record. Noise
is the same at every strength.
"""

from collections.abc import Sequence
from typing import Any

from oneshot import store, systems
from oneshot.evaluations import measure, samples, table
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.samples import Shown
from oneshot.evaluations.table import Table
from oneshot.evenly import evenly
from oneshot.recipes import presets
from oneshot.recipes.results import Samples


def read(
    system: str, dataset: str, size: str, guidance: Sequence[float]
) -> tuple[Table, dict[Record, Shown]]:
    """Return what is kept of a system at these strengths, with drawings; those of people are not.

    There is no system where nothing was kept.
    """
    here = _judged(dataset, size)
    found = table.read().where(system=system, guidance=guidance, **here).sort("guidance")
    drawn = {one: shown for one in found.models if (shown := found.drawings(one, "guidance"))}
    return found.filter(lambda one: one.system == HUMAN or one in drawn), drawn


def draw(
    system: str,
    dataset: str,
    size: str,
    guidance: Sequence[float],
    concepts: int,
    *,
    seed: int = 0,
) -> tuple[Table, dict[Record, Shown]]:
    """Draw and score all test concepts at each strength; show the first drawings of some concepts.

    What has not been trained is trained. Nothing is put into the table.
    """
    model, count = systems.recipe(system, dataset, size), presets.variations(dataset, size)
    here = _judged(dataset, size) | {"settings": {}, "changed": (), "recipes": {}}
    drawn = {}
    for strength in (None, *guidance):
        recipe = presets.human(dataset, size)
        if strength is not None:
            recipe = Samples(model, variations=count, guidance=strength, seed=seed)
        pages = store.get(recipe)
        way = {"guidance": strength, "sampler": None, "sampler_steps": None, "seed": seed}
        name = HUMAN if strength is None else system
        scores = store.get(presets.scores(recipe))
        record = measure.record(scores, pages.drawings, system=name, **here, **way)
        some = evenly(len(pages.names), concepts)
        names = tuple(pages.names[k] for k in some)
        first = pages.drawings[some, : samples.KINDS["guidance"][1]]
        drawn[record] = Shown(first, names, pages.concepts[some])
    return Table(drawn), drawn


def _judged(dataset: str, size: str) -> dict[str, Any]:
    return {"dataset": dataset, "size": size, "split": "category", "critics": "own"}
