"""Recipes of null models: nothing is trained, so nothing is stored of them but what they draw."""

from dataclasses import dataclass

from oneshot.models import nulls
from oneshot.recipes.base import Getter, Made, Unmade, check_number
from oneshot.recipes.data import Concepts


@dataclass(frozen=True)
class Copy(Unmade[nulls.Copy]):
    """The exemplar given back."""

    concepts: Concepts

    def load(self, store: Getter, artefact: Made) -> nulls.Copy:
        """Return the model."""
        return nulls.Copy(self.concepts.drawings.side)


@dataclass(frozen=True)
class Warp(Unmade[nulls.Warp]):
    """The exemplar warped elastically, by displacements of `amplitude` half pages.

    Raises ValueError for an amplitude that is negative or not finite.
    """

    concepts: Concepts
    amplitude: float

    def __post_init__(self):
        check_number("amplitude", self.amplitude, 0)

    def load(self, store: Getter, artefact: Made) -> nulls.Warp:
        """Return the model."""
        return nulls.Warp(self.amplitude, self.concepts.drawings.side)


@dataclass(frozen=True)
class OtherConcept(Unmade[nulls.OtherConcept]):
    """What people drew of another concept of the split: chance."""

    concepts: Concepts

    def load(self, store: Getter, artefact: Made) -> nulls.OtherConcept:
        """Return the model, which knows the concepts it draws."""
        return nulls.OtherConcept(store.get(self.concepts))


@dataclass(frozen=True)
class HumanHalf(Unmade[nulls.HumanHalf]):
    """Half of what people drew of a concept: people against people."""

    concepts: Concepts

    def load(self, store: Getter, artefact: Made) -> nulls.HumanHalf:
        """Return the model, which knows the concepts it draws."""
        return nulls.HumanHalf(store.get(self.concepts))
