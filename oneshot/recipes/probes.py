"""The recipe of what an autoencoder's latents hold, measured on concepts it never saw."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from oneshot.drawings.splits import SPLITS
from oneshot.metrics.intervals import Interval
from oneshot.metrics.probes import (
    linear_probe,
    one_shot_probe,
    reconstruction_error,
    statistics,
)
from oneshot.models.autoencoder import VectorAutoencoder
from oneshot.recipes.base import Artefact, Getter, Made, Recipe, check_name, check_number
from oneshot.recipes.latent import ENCODE_BATCH, Autoencoder


@dataclass(frozen=True)
class Probes(Recipe[dict[str, Interval]]):
    """Probes, reconstruction error and shape of the latents of a split's concepts.

    At most `drawings` drawings of each concept are encoded. `get` gives a mapping to intervals:
    "linear", "one_shot" and "one_shot_whitened" are accuracies in percent among all concepts;
    "error", "blank" and "explained" are those of `metrics.probes.reconstruction_error`; the others
    are the fields of `metrics.probes.LatentStatistics`.
    """

    version: ClassVar[int] = 2

    autoencoder: Autoencoder
    split: str = "validation"
    drawings: int = 100
    seed: int = 0

    def __post_init__(self):
        check_name("split", self.split, SPLITS)
        check_number("drawings", self.drawings, 1)

    def make(self, store: Getter, work: Path) -> Made:
        """Encode the drawings and the exemplars of the split, and probe the latents."""
        autoencoder, concepts = store.get(self.autoencoder), store.get(self.autoencoder.concepts)
        ids = concepts.of(self.split)
        pages = torch.from_numpy(concepts.sample(ids, self.drawings, self.seed))
        drawings = pages.to(store.device).float() / 255
        batches = drawings.flatten(0, 1).split(ENCODE_BATCH)
        latents = torch.cat([_encode(autoencoder, batch) for batch in batches])
        latents = latents.unflatten(0, pages.shape[:2])
        exemplars = _encode(autoencoder, concepts.exemplar_images(ids).to(store.device))
        found = {
            "linear": linear_probe(latents),
            "one_shot": one_shot_probe(latents, exemplars),
            "one_shot_whitened": one_shot_probe(latents, exemplars, whiten=True),
            **vars(statistics(latents)),
            **reconstruction_error(autoencoder, drawings, ENCODE_BATCH),
        }
        return Made({}, {name: asdict(interval) for name, interval in found.items()})

    def load(self, store: Getter, artefact: Artefact) -> dict[str, Interval]:
        """Return the mapping that the class describes."""
        return {name: Interval(**bounds) for name, bounds in artefact.card.items()}


@torch.no_grad()
def _encode(autoencoder: VectorAutoencoder, images: Tensor) -> Tensor:
    return autoencoder.encode(images).float().cpu()
