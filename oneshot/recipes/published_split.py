"""The same concepts, divided as the papers divided theirs."""

import dataclasses
from dataclasses import dataclass

from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.quickdraw import TEST, VALIDATION
from oneshot.drawings.splits import by_permutation
from oneshot.models.critics import Critic
from oneshot.recipes.base import Getter, Made, Recipe, Unmade
from oneshot.recipes.data import Concepts, Drawings


@dataclass(frozen=True)
class PublishedSplit(Unmade[ConceptSet]):
    """Concepts under one fixed permutation, cut 550 to 115 when there are 665 of them.

    Clusters of one category can fall on both sides of this split; `Concepts` itself never divides a
    category. It stands wherever `Concepts` may. Validation concepts come out of the training ones.
    *Latent Representation Matters* (NeurIPS 2024), appendix.
    """

    concepts: Concepts
    seed: int = 0

    def load(self, store: Getter, artefact: Made) -> ConceptSet:
        """Return the concepts with other splits."""
        concepts = store.get(self.concepts)
        splits = by_permutation(len(concepts), VALIDATION, TEST, self.seed)
        return dataclasses.replace(concepts, splits=splits)

    @property
    def drawings(self) -> Drawings:
        """The drawings that were sorted into concepts."""
        return self.concepts.drawings

    @property
    def critic(self) -> Recipe[Critic]:
        """The critic that sorted them."""
        return self.concepts.critic

    @property
    def threshold(self) -> float:
        """Ink above this is ink when a drawing of this dataset is binarised."""
        return self.concepts.threshold
