"""What is on this machine besides the table: drawings by people, and trained networks.

Nothing is trained or fetched for it, but at size "smoke" concepts are made.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from oneshot import store
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.errors import DataError
from oneshot.drawings.sources import root, source
from oneshot.evaluations import measure, selection
from oneshot.evaluations.evaluate import Evaluation
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.samples import KINDS, Shown
from oneshot.evaluations.table import Table
from oneshot.recipes import presets
from oneshot.recipes.data import Drawings
from oneshot.recipes.published_split import PublishedSplit
from oneshot.store import Store


def check_data(drawings: Drawings, home: Store) -> None:
    """Raise DataError when drawings have to be read that are not on this machine."""
    if not home.find(drawings):
        source(drawings.dataset).names(root(drawings.dataset))


def concepts(dataset: str, size: str, split: str = "category") -> ConceptSet | None:
    """Return the concepts of a data set when its drawings and critic are at hand, else None."""
    home, recipe = store.default(), presets.concepts(dataset, size)
    try:
        check_data(recipe.drawings, home)
    except DataError:
        return None
    if size != "smoke" and not home.find(recipe):
        return None
    return home.get(PublishedSplit(recipe) if split == "published" else recipe)


def exemplars(record: Record, shown: Shown) -> Tensor | None:
    """Return the exemplars (C, 1, H, W) of kept drawings, None where the data set is not at hand.

    Exemplars are human drawings, which do not ship with the project. Concepts that were clustered
    anew on this machine may be others: then there are none either.
    """
    there = concepts(record.dataset, record.size, record.split)
    if there is None or len(there.names) <= max(shown.concepts):
        return None
    same = tuple(there.names[k] for k in shown.concepts) == tuple(shown.names)
    return there.exemplar_images(shown.concepts) if same else None


def drawings(table: Table) -> dict[str, Shown]:
    """Return drawings of people, where they are at hand, and of systems, where they were kept."""
    people = {table.human.system: human_drawings(table)} if table.human else {}
    kept = {name: table.drawings(record, "spread") for name, record in table.systems.items()}
    return {name: shown for name, shown in (people | kept).items() if shown is not None}


def by_concept(table: Table) -> dict[str, np.ndarray]:
    """Return drawings (V, 1, H, W), uint8, by concept, for whatever figure they were kept.

    Of several of one concept those of the record that comes first count.
    """
    found: dict[str, np.ndarray] = {}
    for record in table.models:
        for kind in record.kept:
            if (shown := table.drawings(record, kind)) is not None:
                found = dict(zip(shown.names, shown.drawings, strict=True)) | found
    return found


def human_drawings(table: Table, kind: str = "spread") -> Shown | None:
    """Return drawings by people like those that are kept of systems, None where none are at hand.

    Of the concepts of a kind of figure, and spread over all that people drew of them. Those of the
    embedded data set are kept, too; others are looked up in the data set.
    """
    human = table.human
    if human is None:
        return None
    if (there := table.drawings(human, kind)) is not None:
        return there
    home, recipe = store.default(), presets.human(human.dataset, human.size)
    critic = recipe.concepts.critic
    if home.find(critic) is None or concepts(human.dataset, human.size) is None:
        return None
    normaliser = float(np.mean(human.per_concept["scale"]))
    judged = home.get(critic), recipe.concepts.threshold, normaliser
    return measure.sample(home.get(recipe), *judged, *KINDS[kind], spread=True)


def evaluation_of(record: Record) -> Evaluation:
    """Return what has to be evaluated again for a record of a system of this project."""
    # people may have drawn less than they were asked for
    count = None if record.system == HUMAN else record.variations
    way = (record.guidance, record.sampler, record.sampler_steps, count)
    pairs = tuple(sorted(record.settings.items()))
    place = (record.dataset, record.size, record.system, pairs, record.split, record.critics)
    return Evaluation(*place, *way, record.seed, bool(record.validation))


def networks(runs: Table, names: Sequence[str]) -> dict[str, nn.Module]:
    """Return, by the name of its run, the autoencoder of the best run of each family.

    Those that are neither in the store nor in the zoo are left out.
    """
    home, found = store.default(), {}
    for record in selection.best_of(runs, names):
        recipe = evaluation_of(record).parts.get("autoencoder")
        if recipe is not None and home.find(recipe):
            found[record.regularization] = home.get(recipe)
    return found
