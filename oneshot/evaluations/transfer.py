"""Does one-shot drawing carry over? What ships, on data sets that it did not learn.

Every model gets the same: exemplars of a data set, which are test concepts evenly spaced, or those
of the sketchbook, and a few drawings of each. Critics are those of the data set that is drawn, and
of Quick, Draw! for the sketchbook. A drawing is recognized among twenty of these very exemplars, so
that chance is the same everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from oneshot import store, systems
from oneshot.drawings import sketchbook
from oneshot.drawings.errors import DataError
from oneshot.drawings.reading import read_drawing
from oneshot.drawings.sources import source
from oneshot.evaluations import lines, samples, table
from oneshot.evaluations.at_hand import check_data
from oneshot.evaluations.samples import Shown
from oneshot.evenly import evenly
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Interval
from oneshot.metrics.scoring import score
from oneshot.recipes import presets
from oneshot.recipes.base import Getter, Recipe
from oneshot.recipes.results import quantise
from oneshot.recipes.rivals import UNHOUSED, rivals
from oneshot.recipes.together import ANY

SKETCHBOOK = "sketchbook"
HOMES = {"glyphs": "glyphs", "omniglot": "omniglot", "quickdraw:2": "quickdraw"}
"""What is drawn, and what the models learned that are at home there.

Of Quick, Draw! the concepts are those of the second edition, which is the same on every machine.
What learned the first may have practised on some categories that the second holds out, so it is
flattered there, and what is said to be better than it is so in spite of that.
"""
LEARNED = (*HOMES.values(), ANY)
DRAWN = (*HOMES, SKETCHBOOK)
CONCEPTS, VARIATIONS = 24, 4
SHOWN = 2
"""Drawings of each exemplar of the sketchbook that are kept."""
NAMES = {"test": "transfer.json", "validation": "transfer_validation.json"}
"""The table of each split; what is chosen is chosen on validation concepts."""


@dataclass(frozen=True)
class Transfer(lines.Row):
    """What critics say of drawings by a system that learned one data set, of exemplars of another.

    Originality is in units of human drawings of the critics' data set, recognizability in percent;
    `per_concept` holds what their intervals are of. People have "learned" what they draw. `recipe`
    is the key of the model, `drawing` how it drew: guidance, sampler and steps of a model that has
    them, None in rows that were kept before this was.
    """

    system: str
    learned: str
    drawn: str
    originality: Interval
    recognizability: Interval
    variations: int
    per_concept: dict[str, list]
    recipe: str
    drawing: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, of how it drew only where that is known."""
        return {k: v for k, v in super().to_json().items() if v is not None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild a row; raise ValueError when a field is missing or unknown."""
        return super().from_json({"drawing": None} | dict(values))

    @property
    def identity(self) -> tuple[str, str, str]:
        """What no two rows share."""
        return self.drawn, self.learned, self.system


def read(folder: Path | None = None, split: str = "test") -> list[Transfer]:
    """Return the rows of a split that ship, none where there are none."""
    return lines.read((folder or table.SHIPPED) / NAMES[split], Transfer)


def drawings(row: Transfer, folder: Path | None = None) -> Shown | None:
    """Return what is kept of a model's drawings of the sketchbook."""
    return samples.load(_drawings(row, folder or table.SHIPPED), model=row.recipe)


def exemplars(
    drawn: str, split: str = "test"
) -> tuple[Tensor, list[int], list[str], Tensor | None]:
    """Return exemplars (C, 1, 48, 48), numbers for their noise, names, and what people drew.

    The sketchbook has no splits. Raises DataError when the data set is not on this machine.
    """
    if drawn == SKETCHBOOK:
        sketches = sketchbook.drawings()
        pages = torch.cat([read_drawing(strokes) for strokes in sketches.values()])
        return pages, [0] * len(pages), list(sketches), None
    recipe = presets.concepts(drawn)
    check_data(recipe.drawings, store.default())
    group = store.get(recipe)
    some = group.of(split)
    ids = [int(k) for k in some[evenly(len(some), CONCEPTS)]]
    people = torch.from_numpy(group.sample(ids, VARIATIONS))
    return group.exemplar_images(ids), ids, [group.names[k] for k in ids], people


def keep(
    names: Sequence[str] = (),
    drawn: Sequence[str] = (),
    folder: Path | None = None,
    learned: Sequence[str] = LEARNED,
    split: str = "test",
) -> Iterator[Transfer]:
    """Yield rows of what ships and has none yet, each kept in the table as soon as it is measured.

    A row of another model, or of one that drew otherwise than it does today, is made again.
    `names` are systems, `drawn` data sets, or the sketchbook, and `learned` those that models
    learned; all unless given. What is not trained, or drawn on a data set that is not here, is
    left out; so is the sketchbook for another `split` than test.
    """
    file = (folder or table.SHIPPED) / NAMES[split]
    there = {row.identity: row for row in read(folder, split)}
    for target in drawn or (DRAWN if split == "test" else HOMES):
        try:
            asked = exemplars(target, split)
        except DataError:
            continue
        people = [(systems.HUMAN, target, None)] * (asked[3] is not None)
        for system, practised, recipe in [*people, *_models(names, learned)]:
            key = recipe.key if recipe else ""
            kept = there.get((target, practised, system))
            if kept and kept.recipe == key and kept.drawing in (None, _way(recipe)):
                continue
            row, shown = _measured(system, practised, target, recipe, *asked)
            lines.put(file, [row], Transfer, lambda one: one.identity)
            if target == SKETCHBOOK:
                samples.save(_drawings(row, file.parent), shown, samples.BITS, {"model": key})
            yield row


def validated(system: str, learned: str, drawn: str, recipe: Recipe, home: Getter) -> Transfer:
    """Return the row of a model of `home` on validation concepts; no table is read or written.

    Raises DataError when the data set is not on this machine.
    """
    asked = exemplars(drawn, "validation")
    return _measured(system, learned, drawn, recipe, *asked, home=home)[0]


def dataset_label(drawn: str) -> str:
    """Return what a data set, or the sketchbook, is called on a page."""
    return "the sketchbook" if drawn == SKETCHBOOK else source(drawn).label


def model_label(system: str, learned: str) -> str:
    """Return what a model is called on a page: its system, and what it learned."""
    return f"{systems.label(system)}, {'all three' if learned == ANY else dataset_label(learned)}"


def chosen(rows: Sequence[Transfer], system: str = "ldm") -> str:
    """Return what the model of a system learned that is most recognizable over all that is drawn.

    Raises ValueError when there is no row of the system.
    """
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.system == system:
            found.setdefault(row.learned, []).append(row.recognizability.value)
    if not found:
        raise ValueError(f"nothing is known of the {systems.label(system)}")
    return max(found, key=lambda learned: float(np.mean(found[learned])))


def _models(names: Sequence[str], learned: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    for system in names or systems.SYSTEMS:
        for dataset in learned:
            if dataset == ANY and system != "ldm":
                continue
            recipe = systems.recipe(system, dataset)
            if store.default().find(recipe):
                yield system, dataset, recipe


def _measured(
    system: str,
    learned: str,
    target: str,
    recipe: Any,
    pages: Tensor,
    ids: list[int],
    names: list[str],
    people: Tensor | None,
    home: Getter | None = None,
) -> tuple[Transfer, Shown]:
    """Draw and score; return the row, and the first drawings of each exemplar."""
    home = home or store.default()
    drawn: Any = people
    if recipe is not None:
        drawn = home.get(recipe).draw(pages.to(home.device), VARIATIONS, concepts=ids).cpu()
    levels = drawn if drawn.dtype == torch.uint8 else quantise(drawn)
    judges = rivals(UNHOUSED if target == SKETCHBOOK else target)
    critics = store.get(judges.originality), store.get(judges.recognition)
    scores = score(levels, pages, *critics, threshold=judges.concepts.threshold, trials=None)
    unit = store.get(judges).unit
    far = np.array(scores.per_concept["distance"])
    row = Transfer(
        system,
        learned,
        target,
        intervals.mean(far / unit),
        scores.recognizability,
        VARIATIONS,
        {
            "distance": far.tolist(),
            "scale": [unit] * len(far),
            "recognizability": scores.per_concept["recognizability"],
        },
        recipe.key if recipe else "",
        _way(recipe),
    )
    return row, Shown(levels[:, :SHOWN].numpy(), tuple(names), np.array(ids))


def _way(recipe: Any) -> dict[str, Any]:
    """Return how a model draws unless it is told otherwise; nothing of people and one-step ones."""
    return dict(getattr(recipe, "drawing", {}))


def _drawings(row: Transfer, folder: Path) -> Path:
    return folder / "drawings" / "transfer" / f"{row.learned}-{row.system}.safetensors"
