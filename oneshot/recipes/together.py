"""Several data sets as one: what a model learns that is to vary any drawing."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from oneshot.drawings.concepts import ConceptSet
from oneshot.recipes import editions, presets
from oneshot.recipes.base import Artefact, Getter, Made, Recipe
from oneshot.recipes.data import Concepts, Drawings
from oneshot.recipes.latent import LatentDiffusion

ANY = "any"
"""What this union is called where a data set is asked for that a model learned."""
PARTS = ("glyphs", "omniglot", "quickdraw:2")
"""The data sets of the union; of Quick, Draw! the edition that is the same on every machine."""
STEPS = {"autoencoder": 12_000, "latents": 6_000}
"""Training steps at size laptop; a draft takes the shares of `presets.DRAFT`."""


@dataclass(frozen=True)
class Together(Recipe[ConceptSet]):
    """The concepts of several data sets side by side, each in the split it has at home.

    A concept is called by its data set and its name. All pages are copied into memory.
    """

    ephemeral: ClassVar[bool] = True

    parts: tuple[Concepts, ...]

    @property
    def drawings(self) -> Drawings:
        """The drawings of the first part; all parts are of its side."""
        return self.parts[0].drawings

    def make(self, store: Getter, work: Path) -> Made:
        """Join pages, members, exemplars and splits; nothing is kept."""
        found = [store.get(part) for part in self.parts]
        starts = np.cumsum([0, *(len(one.pages) for one in found[:-1])])
        placed = list(zip(found, starts, strict=True))
        joined = {
            "pages": np.concatenate([one.pages for one in found]),
            "members": np.concatenate([one.members + start for one, start in placed]),
            "offsets": np.cumsum([0, *(n for one in found for n in one.counts)]),
            "splits": np.concatenate([one.splits for one in found]),
            "exemplars": np.concatenate([one.exemplars + start for one, start in placed]),
        }
        names = [
            f"{part.drawings.dataset} {name}"
            for part, one in zip(self.parts, found, strict=True)
            for name in one.names
        ]
        return Made({k: torch.from_numpy(v) for k, v in joined.items()}, {"names": names})

    def load(self, store: Getter, artefact: Artefact) -> ConceptSet:
        """Return the union."""
        arrays = {name: value.numpy() for name, value in artefact.tensors.items()}
        return ConceptSet(names=tuple(artefact.card["names"]), **arrays)


def concepts(preset: str = "laptop") -> Together:
    """Return the concepts of all `PARTS`."""
    return Together(tuple(presets.concepts(part, preset) for part in PARTS))


def latent_diffusion(preset: str = "laptop") -> LatentDiffusion:
    """Return the LDM that learns all `PARTS` at once, regularized as that of any data set.

    Raises ValueError for a size that is not known.
    """
    alike = presets.latent_diffusion("quickdraw", preset)
    codes = replace(alike.autoencoder, concepts=concepts(preset))
    if preset in ("draft", "laptop"):
        shares = presets.DRAFT if preset == "draft" else {}
        steps = {stage: count // shares.get(stage, 1) for stage, count in STEPS.items()}
        codes = replace(codes, plan=replace(codes.plan, steps=steps["autoencoder"]))
        plan = editions.denoising(steps["latents"], 512)
        return replace(alike, autoencoder=codes, plan=plan)
    return replace(alike, autoencoder=codes)
