"""Null models: what the scores say of drawings that nothing was learned for.

A score that cannot tell people from one of these does not see what that one lacks. `Copy` has no
variation, `Warp` no knowledge of how things are drawn, `OtherConcept` no idea of the exemplar;
`HumanHalf` lacks nothing: it is people, whom people should be near.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from oneshot.drawings.concepts import ConceptSet
from oneshot.models.bending import warped
from oneshot.models.direct import Direct
from oneshot.models.generator import accept, refuse_guidance
from oneshot.rng import generator

GRID = 5


class Copy(Direct):
    """Gives back the exemplar: nothing original, and all of it recognized."""

    label, noise_shape = "copy", ()

    def __init__(self, side: int | None = None):
        self.side = side

    def decode(self, known: Tensor, z: Tensor) -> Tensor:
        """Return the exemplars `known` (N, 1, H, W); the noise `z` (N,) says nothing to it."""
        return known


class Warp(Direct):
    """Bends the exemplar: a 5x5 grid of Gaussian displacements, smooth in between, no network.

    `amplitude` is the standard deviation of a displacement, in halves of a page. Displacements at
    the grid's points, whose outermost lie in the corners, are interpolated bicubically; what comes
    from beyond the page is paper.
    """

    label, noise_shape = "warp", (2, GRID, GRID)

    def __init__(self, amplitude: float, side: int | None = None):
        self.amplitude, self.side = amplitude, side

    def decode(self, known: Tensor, z: Tensor) -> Tensor:
        """Return exemplars (N, 1, H, W) moved by noise `z` (N, 2, GRID, GRID) times `amplitude`."""
        return warped(known, self.amplitude * z)


class _OfPeople(ABC):
    """A null whose drawings are those of people: it draws the data set's own concepts alone."""

    def __init__(self, found: ConceptSet):
        self.found, self.side = found, found.side

    def draw(
        self,
        exemplars: Tensor,
        variations: int,
        *,
        guidance: float | None = None,
        seed: int = 0,
        concepts: Sequence[int] | None = None,
    ) -> Tensor:
        """Return drawings by people, (C, V, 1, H, W) in [0, 1], for each of `concepts` (C,).

        These are numbers of the data set's concepts; the `exemplars` are looked at for their shape
        alone. Raises ValueError without them, for more variations than there are drawings, for
        guidance, and where `accept` does.
        """
        pages, numbers = accept(
            self, exemplars, variations, guidance=guidance, seed=seed, concepts=concepts
        )
        name = type(self).__name__
        refuse_guidance(name, guidance)
        if concepts is None or not all(0 <= number < len(self.found) for number in numbers):
            raise ValueError(
                f"{name} shows drawings by people of the data set's own concepts: name these by "
                f"their numbers, concepts=[...] from 0 to {len(self.found) - 1}"
            )
        rows = [self._rows(number, seed) for number in numbers]
        if (least := min(map(len, rows))) < variations:
            raise ValueError(f"{name} has {least} drawings of a concept, not {variations}")
        drawn = self.found.pages[np.stack([some[:variations] for some in rows])]
        return torch.from_numpy(drawn)[:, :, None].to(pages.device).float() / 255

    @abstractmethod
    def _rows(self, concept: int, seed: int) -> np.ndarray:
        """Return the rows of pages that are shown for a concept, the first ones first."""


class OtherConcept(_OfPeople):
    """Shows what people drew of another concept of the same split: chance, well drawn."""

    def _rows(self, concept: int, seed: int) -> np.ndarray:
        mates = np.flatnonzero(self.found.splits == self.found.splits[concept])
        others = mates[mates != concept]
        if not len(others):
            raise ValueError("there is no other concept to show in place of the only one")
        chance = generator(seed, concept)
        return chance.permutation(self.found.rows(int(chance.choice(others))))


class HumanHalf(_OfPeople):
    """Shows half of what people drew of a concept, without its exemplar."""

    def _rows(self, concept: int, seed: int) -> np.ndarray:
        return self.halves(concept, seed)[0]

    def halves(self, concept: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of pages of the half of a concept's drawings that is shown, and others.

        Both are in random order and without the exemplar; of an odd number one more is shown.
        """
        rows = self.found.rows(concept)
        rows = generator(seed, concept).permutation(rows[rows != self.found.exemplars[concept]])
        return rows[: (len(rows) + 1) // 2], rows[(len(rows) + 1) // 2 :]
