"""What a single drawing of a reader's own is judged against, where no data set is at hand."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from oneshot.drawings.splits import SPLITS
from oneshot.metrics.features import embed
from oneshot.metrics.originality import normaliser
from oneshot.recipes import presets
from oneshot.recipes.base import Artefact, Made, Recipe, check_name
from oneshot.recipes.data import Concepts, OriginalityCritic, RecognitionCritic
from oneshot.recipes.together import ANY


@dataclass(frozen=True)
class Against:
    """Exemplars of `names` in the space of a recognition critic, and the unit of originality.

    `features` are (C, K), float32; `unit` is the normaliser of human drawings of those concepts.
    """

    features: Tensor
    names: tuple[str, ...]
    unit: float


@dataclass(frozen=True)
class Rivals(Recipe):
    """The exemplars among which a drawing has to be recognised, as features; no drawing is kept."""

    concepts: Concepts
    originality: OriginalityCritic
    recognition: RecognitionCritic
    split: str = "test"

    def __post_init__(self):
        check_name("split", self.split, SPLITS)

    def make(self, store, work: Path) -> Made:
        """Embed the exemplars and the human drawings of a split."""
        concepts = store.get(self.concepts)
        ids = concepts.of(self.split)
        threshold = self.concepts.threshold
        features = embed(store.get(self.recognition), concepts.exemplar_images(ids), threshold)
        drawn = concepts.sample(ids, presets.variations(self.concepts.drawings.dataset))
        unit = normaliser(embed(store.get(self.originality), drawn, threshold))
        return Made(
            {"features": features}, {"names": [concepts.names[k] for k in ids], "unit": unit}
        )

    def load(self, store, artefact: Artefact) -> Against:
        """Return the features beside their names."""
        card = artefact.card
        return Against(artefact.tensors["features"].float(), tuple(card["names"]), card["unit"])


UNHOUSED = "quickdraw"
"""Whose critics judge drawings that are of no data set: those of the sketchbook, or of a reader."""


def judging(dataset: str) -> str:
    """Return the data set whose critics judge the drawings of a model that learned `dataset`."""
    return UNHOUSED if dataset == ANY else dataset


def rivals(dataset: str, preset: str = "laptop") -> Rivals:
    """Return what a drawing is judged against by the critics of a data set."""
    dataset = judging(dataset)
    return Rivals(
        presets.concepts(dataset, preset),
        presets.originality_critic(dataset, preset),
        presets.recognition_critic(dataset, preset),
    )
