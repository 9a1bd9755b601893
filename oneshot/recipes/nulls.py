"""Recipes of null models: nothing is trained, so nothing is stored of them but what they draw."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from oneshot.models import nulls
from oneshot.recipes.base import Getter, Made, Recipe, check_number
from oneshot.recipes.data import Concepts


@dataclass(frozen=True)
class Copy(Recipe[nulls.Copy]):
    """The exemplar given back."""

    ephemeral: ClassVar[bool] = True

    concepts: Concepts

    def make(self, store: Getter, work: Path) -> Made:
        """Nothing needs making."""
        return Made({}, {})

    def load(self, store: Getter, artefact: Made) -> nulls.Copy:
        """Return the model."""
        return nulls.Copy(self.concepts.drawings.side)


@dataclass(frozen=True)
class Warp(Recipe[nulls.Warp]):
    """The exemplar warped elastically, by displacements of `amplitude` half pages.

    Raises ValueError for an amplitude that is negative or not finite.
    """

    ephemeral: ClassVar[bool] = True

    concepts: Concepts
    amplitude: float

    def __post_init__(self):
        check_number("amplitude", self.amplitude, 0)

    def make(self, store: Getter, work: Path) -> Made:
        """Nothing needs making."""
        return Made({}, {})

    def load(self, store: Getter, artefact: Made) -> nulls.Warp:
        """Return the model."""
        return nulls.Warp(self.amplitude, self.concepts.drawings.side)


@dataclass(frozen=True)
class OtherConcept(Recipe[nulls.OtherConcept]):
    """What people drew of another concept of the split: chance."""

    ephemeral: ClassVar[bool] = True

    concepts: Concepts

    def make(self, store: Getter, work: Path) -> Made:
        """Nothing needs making."""
        return Made({}, {})

    def load(self, store: Getter, artefact: Made) -> nulls.OtherConcept:
        """Return the model, which knows the concepts it draws."""
        return nulls.OtherConcept(store.get(self.concepts))


@dataclass(frozen=True)
class HumanHalf(Recipe[nulls.HumanHalf]):
    """Half of what people drew of a concept: people against people."""

    ephemeral: ClassVar[bool] = True

    concepts: Concepts

    def make(self, store: Getter, work: Path) -> Made:
        """Nothing needs making."""
        return Made({}, {})

    def load(self, store: Getter, artefact: Made) -> nulls.HumanHalf:
        """Return the model, which knows the concepts it draws."""
        return nulls.HumanHalf(store.get(self.concepts))
