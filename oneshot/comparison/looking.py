"""What pages look at: the rows of systems, and the human drawings where they are at hand."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from oneshot import store, sweep, tables
from oneshot.comparison import rows
from oneshot.comparison.making import KEPT
from oneshot.comparison.measuring import sample
from oneshot.comparison.rows import Comparison
from oneshot.drawings.sources import source
from oneshot.kept import Shown
from oneshot.recipes import presets
from oneshot.results import HUMAN
from oneshot.systems import find


def look(
    table: str,
    dataset: str,
    preset: str = "laptop",
    systems: Sequence[str] = (),
    critics: str = "own",
) -> Comparison:
    """Return the rows of a table that there are, of these systems or of all, with the humans.

    Nothing is made. Raises ValueError for a data set, a size or a system that is not known.
    """
    source(dataset)
    presets.check(preset)
    for name in systems:
        find(name)
    file = tables.place(table, dataset, preset, store.default().runs.parent)
    found = [
        row
        for row in rows.read(file)
        if (row.dataset, row.preset, row.critics) == (dataset, preset, critics)
        and (not systems or row.system in (HUMAN, *systems))
    ]
    return Comparison(file, dataset, preset, critics, tuple(found))


def exemplars(found: Comparison, shown: Shown) -> Tensor | None:
    """Return the exemplars (C, 1, H, W) of kept drawings, None where the data set is not at hand.

    Exemplars are human drawings, which do not ship with the project.
    """
    concepts = sweep.concepts(found.dataset, found.preset)
    return None if concepts is None else concepts.exemplar_images(shown.concepts)


def human_drawings(found: Comparison) -> Shown | None:
    """Return drawings by people like those that are kept of systems, None where none are at hand.

    Those of the embedded data set are kept, too; others are looked up in the data set.
    """
    if found.human is None:
        return None
    if (there := found.drawings(found.human)) is not None:
        return there
    home, recipe = store.default(), presets.human(found.dataset, found.preset)
    critic = recipe.concepts.critic
    if home.find(critic) is None or sweep.concepts(found.dataset, found.preset) is None:
        return None
    normaliser = float(np.mean(found.human.per_concept["scale"]))
    judged = home.get(critic), recipe.concepts.threshold, normaliser
    return sample(home.get(recipe), *judged, *KEPT["framework"], spread=True)
