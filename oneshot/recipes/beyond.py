"""The recipe of the scores that see more, `metrics.beyond`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from oneshot.drawings.concepts import ConceptSet
from oneshot.metrics import beyond
from oneshot.metrics.features import embed
from oneshot.models.critics import Critic
from oneshot.models.nulls import HumanHalf
from oneshot.recipes.base import Artefact, Getter, Made, Recipe
from oneshot.recipes.data import Concepts
from oneshot.recipes.published_split import PublishedSplit
from oneshot.recipes.results import Human, Samples
from oneshot.recipes.second import SecondCritic


@dataclass(frozen=True)
class TrainingFeatures(Recipe[Tensor]):
    """Features (T, K) of all training drawings in the space of an originality critic."""

    concepts: Concepts | PublishedSplit
    critic: Recipe[Critic]

    def make(self, store: Getter, work: Path) -> Made:
        """Embed the drawings of the training concepts."""
        concepts, critic = store.get(self.concepts), store.get(self.critic)
        pages = concepts.pages[concepts.pairs("train")[0]][:, None]
        features = embed(critic, pages, self.concepts.threshold, name="training drawings")
        return Made({"features": features}, {"drawings": len(pages)})

    def load(self, store: Getter, artefact: Artefact) -> Tensor:
        """Return the features."""
        return artefact.tensors["features"]


@dataclass(frozen=True)
class Beyond(Recipe[dict[str, list[float]]]):
    """The values by concept that the scores of `metrics.beyond` are made from.

    `among` says how many drawings of a concept are compared with as many that other people drew:
    fewer where half of them drew fewer. People themselves are one half compared with the other.
    """

    drawn: Samples | Human
    among: int
    originality: Recipe[Critic]
    second: SecondCritic

    def make(self, store: Getter, work: Path) -> Made:
        """Measure the drawings."""
        drawn, concepts = store.get(self.drawn), store.get(self.drawn.concepts)
        mine, others = halves(concepts, drawn.concepts, self.among)
        values = beyond.by_concept(
            drawn.drawings,
            drawn.exemplars,
            others,
            store.get(TrainingFeatures(self.drawn.concepts, self.originality)),
            store.get(self.originality),
            {"second": store.get(self.second)},
            threshold=self.drawn.concepts.threshold,
            compared=mine if isinstance(self.drawn, Human) else None,
        )
        return Made({}, {name: some.tolist() for name, some in values.items()})

    def load(self, store: Getter, artefact: Artefact) -> dict[str, list[float]]:
        """Return the values by name, each a list over concepts."""
        names = {part for parts in beyond.SCORES.values() for part in parts}
        return {name: some for name, some in artefact.card.items() if name in names}


def halves(concepts: ConceptSet, ids: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return drawings by one half of people and by the other, both uint8 (C, M, 1, H, W).

    The first half is that of `models.nulls.HumanHalf`; M is `most`, or fewer where there are fewer.
    """
    rows = [HumanHalf(concepts).halves(int(k)) for k in ids]
    least = min(most, *(len(second) for _, second in rows))
    mine, others = (np.stack([both[half][:least] for both in rows]) for half in (0, 1))
    return concepts.pages[mine][:, :, None], concepts.pages[others][:, :, None]
