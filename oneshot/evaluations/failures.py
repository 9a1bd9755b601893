"""Which score sees which failure: drawings that fail in one known way, scored beside people.

A score that is to be trusted sees the failure that it is for. Each failure is made of drawings by
people of validation concepts, or of their exemplars, and compared with other drawings by people of
the same concepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from oneshot import systems
from oneshot.drawings.concepts import ConceptSet
from oneshot.evaluations import lines, table
from oneshot.metrics import beyond
from oneshot.metrics.features import embed
from oneshot.metrics.intervals import Interval, interval_of
from oneshot.metrics.paired import KEPT, PLANE_SCORES, resampled
from oneshot.models.nulls import OtherConcept, Warp
from oneshot.recipes import presets
from oneshot.recipes.beyond import TrainingFeatures, halves
from oneshot.recipes.results import quantise
from oneshot.rng import generator
from oneshot.store import default

NAME = "failures.json"
CAUGHT_BY = {
    "copies": "diversity",
    "one drawing": "bias",
    "another concept": "recognizability",
    "training drawings": "memory",
    "blur": "grey",
    "specks": "grey",
    "warp": "recall",
}
"""The failures, and a score that has to see each.

The exemplar again and again; one drawing by another person again and again; what people drew of
another concept; the training drawings that are nearest to the exemplar; drawings by people out of
focus, or with specks; the exemplar bent at random (`models.nulls`).
"""
COMPARED = (*PLANE_SCORES, *beyond.SCORES)
"""The scores that are compared: those of the planes, and those that see more."""
OTHERS, PEOPLE = "other people", "people"
"""Other people, who do not fail, and whom all are compared with."""
SEEN = 0.1
"""A score sees what is off by more than a tenth of people's score, the whole interval being so."""
LEAST = 0.1
"""A gap is counted in units of people's score, or of this where theirs is less."""
SIGMA, SPECKS, FAINT = 1.5, 0.04, 90
"""Pixels of the blur; share of the pixels that are specks; their ink, of 255."""


@dataclass(frozen=True)
class Failure(lines.Row):
    """Drawings that fail, by score: as measured, and how far they are from people.

    Both hold an interval over concepts for each of `COMPARED`; `gaps` are those of the function.
    """

    dataset: str
    size: str
    name: str
    values: dict[str, Interval]
    gaps: dict[str, Interval]

    @property
    def seen(self) -> list[str]:
        """The scores that see it."""
        return seen(self.gaps)


def seen(gaps: Mapping[str, Interval]) -> list[str]:
    """Return the scores whose `gaps` to people's are more than `SEEN`, with the whole interval."""
    return [name for name, gap in gaps.items() if gap.low > SEEN or gap.high < -SEEN]


def gaps(one: Any, people: Any) -> dict[str, Interval]:
    """Return how far each score is from that of people on the same concepts.

    In units of people's score, or of `LEAST` where that is less. Both have `per_concept`; scores
    that one of them lacks are left out.
    """
    found = {}
    for score in COMPARED:
        if all(_has(some, score) for some in (one, people)):
            mine, theirs = resampled(one, score), resampled(people, score)
            found[score] = interval_of((mine - theirs) / max(theirs[0], LEAST))
    return found


def _has(one: Any, score: str) -> bool:
    return all(name is None or name in one.per_concept for name in KEPT[score])


def measure(dataset: str, size: str = "laptop") -> list[Failure]:
    """Return people, other people, and all of `CAUGHT_BY`, of validation concepts.

    Raises what the store does without drawings, and ValueError where people drew too little to be
    compared.
    """
    home = default()
    recipe = presets.concepts(dataset, size)
    concepts = home.get(recipe)
    scored = beside_people(
        concepts,
        concepts.of("validation"),
        home.get(TrainingFeatures(recipe, recipe.critic)),
        home.get(recipe.critic),
        {
            "recognizability": home.get(presets.recognition_critic(dataset, size)),
            "second": home.get(presets.second_critic(dataset, size)),
        },
        threshold=recipe.threshold,
        most=presets.variations(dataset, size) // 2,
        amplitude=systems.warped_by(dataset),
    )
    return compared(scored, dataset, size)


def beside_people(
    concepts: ConceptSet,
    ids: np.ndarray,
    training: Tensor,
    critic: nn.Module,
    recognizing: Mapping[str, nn.Module],
    *,
    threshold: float,
    most: int,
    amplitude: float,
) -> dict[str, dict]:
    """Return what `beyond.by_concept` says of people, of other people, and of each failure.

    Of all the concepts `ids` (C,) at `most` so many drawings are made; `training` are the features
    (T, K) of those of the training concepts.
    """
    people, others = halves(concepts, ids, most)
    count = people.shape[1]
    if count <= beyond.NEIGHBOURS:
        raise ValueError(f"people drew {count} of a concept in each half, too few to compare them")
    exemplars = concepts.exemplar_images(ids)
    near = _nearest(embed(critic, exemplars, threshold), training, count)
    made = constructed(
        people,
        exemplars,
        quantise(OtherConcept(concepts).draw(exemplars, count, concepts=ids.tolist())),
        concepts.pages[concepts.pairs("train")[0][near]][:, :, None],
        amplitude,
    )
    beside = {PEOPLE: (people, others), OTHERS: (others, people)}
    beside |= {name: (drawn, others) for name, drawn in made.items()}
    return {
        name: beyond.by_concept(
            drawn, exemplars, rest, training, critic, recognizing, threshold=threshold
        )
        for name, (drawn, rest) in beside.items()
    }


def constructed(
    people: np.ndarray,
    exemplars: Tensor,
    elsewhere: np.ndarray | Tensor,
    remembered: np.ndarray,
    amplitude: float,
) -> dict[str, np.ndarray]:
    """Return drawings that fail, by the names of `CAUGHT_BY`, uint8 (C, M, 1, H, W).

    They are made of drawings by `people`, of their `exemplars` (C, 1, H, W) in [0, 1], of drawings
    of concepts `elsewhere`, and of training drawings that are `remembered`, all (C, M, 1, H, W).
    """
    count, chance = people.shape[1], generator(0)
    specks = FAINT * (chance.random(people.shape) < SPECKS)
    return {
        "copies": np.repeat(quantise(exemplars).numpy()[:, None], count, axis=1),
        "one drawing": np.repeat(people[:, :1], count, axis=1),
        "another concept": np.asarray(elsewhere),
        "training drawings": remembered,
        "blur": gaussian_filter(people, SIGMA, axes=(3, 4)),
        "specks": np.maximum(people, specks.astype(np.uint8)),
        "warp": quantise(Warp(amplitude).draw(exemplars, count)).numpy(),
    }


def compared(scored: Mapping[str, Mapping], dataset: str, size: str) -> list[Failure]:
    """Return each of what was `scored` by name, beside people, who are among it."""
    by_name = {name: SimpleNamespace(per_concept=by) for name, by in scored.items()}
    return [
        Failure(
            dataset,
            size,
            name,
            {score: interval_of(resampled(one, score)) for score in COMPARED},
            gaps(one, by_name[PEOPLE]),
        )
        for name, one in by_name.items()
    ]


def _nearest(exemplars: Tensor, training: Tensor, count: int) -> np.ndarray:
    """Return the places (C, count) of the training drawings nearest to exemplars, in features."""
    far = torch.cdist(exemplars, training)
    return far.topk(count, largest=False).indices.numpy()


def read(dataset: str, size: str = "laptop") -> dict[str, Failure]:
    """Return what was kept of a data set, by name; nothing where nothing was."""
    rows = lines.read(table.place(dataset, size, name=NAME), Failure)
    return {row.name: row for row in rows if (row.dataset, row.size) == (dataset, size)}


def keep(dataset: str, size: str = "laptop", file: Path | None = None) -> list[Failure]:
    """Measure the failures of a data set into a table, in place of those before; return them."""
    found = measure(dataset, size)
    order = [PEOPLE, OTHERS, *CAUGHT_BY]
    where = file or table.place(dataset, size, name=NAME)
    lines.put(where, found, Failure, lambda row: (row.dataset, row.size, order.index(row.name)))
    return found
