"""Recipes of importance maps: of models, and of critics to hold them against."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oneshot.attribution import figure
from oneshot.attribution.baselines import METHODS, critic_maps
from oneshot.attribution.latent import latent_maps
from oneshot.attribution.maps import READINGS, pixel_maps
from oneshot.attribution.people import FIGURE
from oneshot.diffusion.samplers import timesteps
from oneshot.drawings.splits import SPLITS
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.progress import tqdm
from oneshot.recipes.base import (
    Artefact,
    Getter,
    Made,
    Recipe,
    check_name,
    check_number,
    digest,
)
from oneshot.recipes.data import Concepts, RecognitionCritic
from oneshot.recipes.results import CONCEPTS_TOGETHER, ReleasedCritic

STAGES = 10


@dataclass(frozen=True)
class Mapped:
    """Importance maps of some exemplars.

    `stages` (G, C, H, W) are the parts of a map that a model says in consecutive stretches of a
    drawing, from the noisiest to the cleanest, and `times` their first and last time steps; a
    critic has one stage, without times. `exemplars` are (C, 1, H, W) in [0, 1].
    """

    stages: Tensor
    times: list[list[int]]
    exemplars: Tensor
    names: tuple[str, ...]

    @property
    def maps(self) -> Tensor:
        """The whole maps (C, H, W)."""
        return self.stages.sum(0)


@dataclass(frozen=True)
class ImportanceMaps(Recipe[Mapped]):
    """Maps of a diffusion model on the exemplars of a split, or of the published figure.

    `reading` is one of `attribution.maps.READINGS`; `names` keeps some exemplars, in that order.
    Maps of latent diffusion go through its decoder, where `as_released` pairs steps as the released
    script does.
    """

    model: Any
    reading: str
    split: str = "test"
    names: tuple[str, ...] = ()
    variations: int = 10
    guidance: float = 1.0
    steps: int = 50
    seed: int = 0
    as_released: bool = False

    def __post_init__(self):
        check_name("reading", self.reading, READINGS)
        check_name("split", self.split, (*SPLITS, FIGURE))
        check_number("variations", self.variations, 1)
        check_number("steps", self.steps, 1)
        check_number("guidance", self.guidance, 0)

    def make(self, store: Getter, work: Path) -> Made:
        """Draw, some concepts at a time, and gather what each step says."""
        pages, ids, names = chosen(store, self.model.concepts, self.split, self.names)
        return _made(*self._gathered(store, pages, ids), pages, names, self.split)

    def of(self, store: Getter, exemplars: Mapping[str, Tensor]) -> Mapped:
        """Return maps of other exemplars (1, 1, H, W), by name; nothing is kept.

        Each starts from the noise of concept 0, as `oneshot.own.draw` does.
        """
        pages = torch.cat(list(exemplars.values()))
        return Mapped(*self._gathered(store, pages, [0] * len(pages)), pages, tuple(exemplars))

    def _gathered(
        self, store: Getter, pages: Tensor, ids: list[int]
    ) -> tuple[Tensor, list[list[int]]]:
        """Return the stages of maps of exemplars, and their times."""
        model = store.get(self.model)
        rows = np.array_split(np.arange(len(ids)), math.ceil(len(ids) / CONCEPTS_TOGETHER))
        parts = [
            self._map(
                model,
                pages[group].to(store.device),
                variations=self.variations,
                guidance=self.guidance,
                seed=self.seed,
                concepts=[ids[i] for i in group],
                steps=self.steps,
            ).cpu()
            for group in tqdm(rows, desc="mapping", unit="group", mininterval=1.0)
        ]
        stretches = np.array_split(timesteps(model.schedule.steps, self.steps), self._stages)
        stages = [part.sum(0) for part in torch.cat(parts, dim=1).tensor_split(self._stages)]
        times = [[int(stretch[0]), int(stretch[-1])] for stretch in stretches]
        return torch.stack(stages), times

    @property
    def _stages(self) -> int:
        return min(STAGES, self.steps)

    def _map(self, model: object, pages: Tensor, **options) -> Tensor:
        if isinstance(model, LatentDiffusion):
            options["as_released"] = self.as_released
            return latent_maps(model, pages, self.reading, **options)
        if not isinstance(model, PixelDiffusion):
            raise ValueError(f"a {type(self.model).__name__} has no steps that could be mapped")
        if self.as_released:
            raise ValueError("as_released is of maps through a decoder; pixel maps have no such")
        return pixel_maps(model, pages, self.reading, **options)

    def load(self, store: Getter, artefact: Artefact) -> Mapped:
        """Return the maps beside their exemplars."""
        return _mapped(artefact)


@dataclass(frozen=True)
class CriticMaps(Recipe[Mapped]):
    """Maps of a recognition critic by a method of `attribution.baselines.METHODS`."""

    critic: RecognitionCritic | ReleasedCritic
    concepts: Concepts
    method: str
    split: str = "test"
    names: tuple[str, ...] = ()

    def __post_init__(self):
        check_name("method", self.method, METHODS)
        check_name("split", self.split, (*SPLITS, FIGURE))

    def make(self, store: Getter, work: Path) -> Made:
        """Attribute the name that the critic gives to each exemplar."""
        pages, _, names = chosen(store, self.concepts, self.split, self.names)
        return _made(self._maps(store, pages), [], pages, names, self.split)

    def of(self, store: Getter, exemplars: Mapping[str, Tensor]) -> Mapped:
        """Return maps of other exemplars (1, 1, H, W), by name; nothing is kept."""
        pages = torch.cat(list(exemplars.values()))
        return Mapped(self._maps(store, pages), [], pages, tuple(exemplars))

    def _maps(self, store: Getter, pages: Tensor) -> Tensor:
        critic = store.get(self.critic)
        maps = critic_maps(critic, pages.to(store.device), self.method, self.concepts.threshold)
        return maps[None].cpu()

    def load(self, store: Getter, artefact: Artefact) -> Mapped:
        """Return the maps beside their exemplars."""
        return _mapped(artefact)


def chosen(
    store, concepts: Concepts, split: str, names: tuple[str, ...] = ()
) -> tuple[Tensor, list[int], list[str]]:
    """Return exemplars (C, 1, H, W), the numbers that address their noise, and their names.

    They are those of a split of `concepts`, or of the published figure, in its order or in that of
    `names`. Raises ValueError for a name that is not among them.
    """
    if split == FIGURE:
        known = figure.published()
        pages, ids, all_names = known.exemplars, list(range(len(known.names))), list(known.names)
    else:
        group = store.get(concepts)
        ids = [int(k) for k in group.of(split)]
        pages, all_names = group.exemplar_images(ids), [group.names[k] for k in ids]
    if not names:
        return pages, ids, all_names
    if missing := sorted(set(names) - set(all_names)):
        raise ValueError(f"{missing[0]!r} is not among the exemplars of {split!r}")
    rows = [all_names.index(name) for name in names]
    return pages[rows], [ids[row] for row in rows], list(names)


def _made(stages: Tensor, times: list, pages: Tensor, names: list[str], split: str) -> Made:
    card = {"names": names, "times": times}
    if split == FIGURE:
        card["data"] = {"clickme": digest(pages.numpy())}
    return Made({"stages": stages.contiguous(), "exemplars": pages.contiguous()}, card)


def _mapped(artefact: Artefact) -> Mapped:
    tensors, card = artefact.tensors, artefact.card
    return Mapped(tensors["stages"], card["times"], tensors["exemplars"], tuple(card["names"]))
