"""Recipes of what models draw and how it is judged."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from oneshot.diffusion.guidance import check_strength
from oneshot.diffusion.samplers import SAMPLERS
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.sources import root
from oneshot.drawings.splits import SPLITS
from oneshot.metrics.scoring import Scores as ScoresTable
from oneshot.metrics.scoring import score
from oneshot.models.critics import Critic, released
from oneshot.models.vit import VitCritic
from oneshot.progress import tqdm
from oneshot.recipes.base import Artefact, Getter, Made, Recipe, Unmade, check_name, check_number
from oneshot.recipes.data import Concepts
from oneshot.recipes.published_split import PublishedSplit
from oneshot.training.precision import Precision, probe_drawing

CONCEPTS_TOGETHER = 8


@dataclass(frozen=True)
class Drawn:
    """Drawings of some concepts, by humans or a model.

    `drawings` is uint8 (C, V, 1, H, W) with ink = 255, `exemplars` float32 (C, 1, H, W) in [0, 1].
    """

    drawings: np.ndarray
    exemplars: Tensor
    concepts: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Human(Unmade[Drawn]):
    """The data set's own drawings of a split, scored as if a model had made them."""

    concepts: Concepts | PublishedSplit
    split: str = "test"
    variations: int = 100
    seed: int = 0

    def __post_init__(self):
        check_name("split", self.split, SPLITS)
        check_number("variations", self.variations, 1)

    def load(self, store: Getter, artefact: Made) -> Drawn:
        """Return up to `variations` drawings of each concept of the split."""
        concepts = store.get(self.concepts)
        ids = concepts.of(self.split)
        return _drawn(concepts, ids, concepts.sample(ids, self.variations, self.seed))


@dataclass(frozen=True)
class Samples(Recipe[Drawn]):
    """Drawings by a model of the concepts of a split, from their exemplars.

    `model` is the recipe of one, which has `concepts`. What is None is taken from its `drawing`,
    so that a recipe says all that its drawings depend on; families without diffusion have none of
    it. Diffusion draws in bf16 where that is faster, which moves no score by a tenth of its
    interval; the card says whether it did.

    Raises ValueError for a split or a sampler that is not known, no variations, more `steps` than
    the model has, and a guidance that is negative, not finite, or not to be had of the model.
    """

    version: ClassVar[int] = 2

    model: Any
    split: str = "test"
    variations: int = 100
    guidance: float | None = None
    sampler: str | None = None
    steps: int | None = None
    seed: int = 0

    def __post_init__(self):
        drawing = getattr(self.model, "drawing", {})
        check_name("split", self.split, SPLITS)
        check_number("variations", self.variations, 1)
        if drawing:
            self._check_sampling()
        elif self.sampler is not None or self.steps is not None:
            kind = type(self.model).__name__
            raise ValueError(f"a {kind} draws at once: leave out sampler and steps")
        for name, value in drawing.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        if self.guidance is None:
            return
        check_strength(self.guidance)
        if not drawing or (self.guidance and not self.model.dropout):
            raise ValueError(
                f"a {type(self.model).__name__} as asked for cannot be guided: it was not trained "
                "to do without its exemplar; leave guidance out"
            )

    def _check_sampling(self) -> None:
        if self.sampler is not None:
            check_name("sampler", self.sampler, SAMPLERS)
        most = self.model.diffusion_steps
        if self.steps is not None and not 1 <= self.steps <= most:
            raise ValueError(
                f"steps is a number from 1 to {most}, as many as this "
                f"{type(self.model).__name__} has, not {self.steps}"
            )

    def make(self, store: Getter, work: Path) -> Made:
        """Draw, some concepts at a time."""
        model, concepts = store.get(self.model), store.get(self.model.concepts)
        ids = concepts.of(self.split)

        def draw(group: np.ndarray, variations: int, precision: Precision) -> Tensor:
            exemplars = concepts.exemplar_images(group).to(store.device)
            named = [int(k) for k in group]
            with precision.autocast(store.device):
                drawn = model.draw(
                    exemplars, variations, seed=self.seed, concepts=named, **self.options
                )
            return quantise(drawn)

        precision = Precision()
        if self.options:
            precision = probe_drawing(lambda tried: draw(ids[:1], self.variations, tried))
        groups = np.array_split(ids, math.ceil(len(ids) / CONCEPTS_TOGETHER))
        pages = [
            draw(group, self.variations, precision)
            for group in tqdm(groups, desc="drawing", unit="group", mininterval=1.0)
        ]
        card = {"concepts": len(ids), "precision": str(precision)}
        return Made({"drawings": torch.cat(pages)}, card)

    @property
    def options(self) -> dict[str, object]:
        """What `draw` is told beyond the exemplars."""
        options = {"guidance": self.guidance, "sampler": self.sampler, "steps": self.steps}
        return {name: value for name, value in options.items() if value is not None}

    def load(self, store: Getter, artefact: Artefact) -> Drawn:
        """Return the drawings beside the exemplars they vary."""
        concepts = store.get(self.model.concepts)
        return _drawn(concepts, concepts.of(self.split), artefact.tensors["drawings"].numpy())

    @property
    def concepts(self) -> Concepts:
        """The concepts that are drawn."""
        return self.model.concepts


@dataclass(frozen=True)
class ReleasedCritic(Unmade[Critic]):
    """A critic of *Diversity vs. Recognizability* (NeurIPS 2022), for Omniglot at 50 px.

    Its weights are read from `critics/` in the data folder; they are not the project's to ship.
    """

    version: ClassVar[int] = 2  # drawings are resized before they are binarised

    kind: str
    """"originality" or "recognition"."""

    FILES: ClassVar = {"originality": "simclr_omniglot.pt", "recognition": "proto_net_omniglot.pt"}

    @property
    def path(self) -> Path:
        """Where its weights are to be."""
        return root("critics") / self.FILES[self.kind]

    @property
    def missing(self) -> str:
        """What there is to say where its weights are not."""
        return (
            f"{self.path} is missing: the {self.kind} critic released with *Diversity vs. "
            "Recognizability*, for Omniglot; put it in critics/ of your data folder and set "
            "ONESHOT_DATA to that folder, or use critics='own'"
        )

    def load(self, store: Getter, artefact: Made) -> Critic:
        """Return the critic; raise FileNotFoundError when its file is not there."""
        if not self.path.is_file():
            raise FileNotFoundError(self.missing)
        return released(self.path, self.kind).to(store.device)


@dataclass(frozen=True)
class Scores(Recipe[ScoresTable]):
    """Diversity, originality, recognizability and the curve of drawings, with intervals.

    `threshold` binarises drawings for the critics in place of the data set's own; of each concept
    only the first `variations` are scored, where that is given.
    """

    drawn: Samples | Human
    originality: Recipe[Critic]
    recognition: Recipe[Critic] | Recipe[VitCritic]
    seed: int = 0
    threshold: float | None = None
    variations: int | None = None

    def make(self, store: Getter, work: Path) -> Made:
        """Score the drawings with both critics."""
        drawn, threshold = store.get(self.drawn), self.threshold
        table = score(
            torch.from_numpy(drawn.drawings[:, : self.variations]),
            drawn.exemplars,
            store.get(self.originality),
            store.get(self.recognition),
            threshold=self.drawn.concepts.threshold if threshold is None else threshold,
            seed=self.seed,
        )
        return Made({}, table.to_json())

    def load(self, store: Getter, artefact: Artefact) -> ScoresTable:
        """Return the scores."""
        return ScoresTable.from_json(artefact.card)


def quantise(images: Tensor) -> Tensor:
    """Return images in [0, 1] as uint8 0..255 on the CPU."""
    return images.float().clamp(0, 1).mul(255).round().to(torch.uint8).cpu()


def _drawn(concepts: ConceptSet, ids: np.ndarray, drawings: np.ndarray) -> Drawn:
    names = tuple(concepts.names[k] for k in ids)
    return Drawn(drawings, concepts.exemplar_images(ids), ids, names)
