"""Batches of training concepts as pure functions of (seed, step): pairs, sets and episodes.

All images are uint8 (…, 1, H, W); the training loop turns them into floats on the device.
"""

import numpy as np
import torch
from torch import Tensor

from oneshot.drawings.concepts import ConceptSet
from oneshot.rng import generator


class Epochs:
    """Places 0..count - 1 in batches, (batch,) int64 by step, none twice an epoch.

    The last, incomplete batch of an epoch is dropped; a batch is at most `count`.
    """

    def __init__(self, count: int, batch: int, seed: int):
        self.count, self.batch, self.seed = count, min(batch, count), seed
        self.per_epoch = count // self.batch
        self._order = (-1, np.empty(0, dtype=np.int64))

    def __call__(self, step: int) -> np.ndarray:
        epoch, place = divmod(step, self.per_epoch)
        if self._order[0] != epoch:
            self._order = (epoch, generator(self.seed, epoch).permutation(self.count))
        return self._order[1][place * self.batch : (place + 1) * self.batch]


class _Batches:
    """What all batches have in common: where the drawings lie that they are cut from."""

    def __init__(self, concepts: ConceptSet, seed: int):
        self.concepts, self.seed = concepts, seed
        self._pages: Tensor | None = None

    def settle(self, device: torch.device) -> None:
        """Move all drawings to a device, once, so that no step waits for them; the bits stay."""
        self._pages = torch.from_numpy(np.array(self.concepts.pages)).to(device)

    def images(self, rows: np.ndarray) -> Tensor:
        """Return the drawings in `rows` (...), uint8 (..., 1, H, W), where the pages lie."""
        if self._pages is None:
            pages = self.concepts.pages[rows][..., None, :, :]
            return torch.from_numpy(np.ascontiguousarray(pages))
        return self._pages[torch.from_numpy(rows).to(self._pages.device)].unsqueeze(-3)


class Pairs(_Batches):
    """Batches of (variation, exemplar, label), by `Epochs` of the training drawings.

    A batch is {"x": (B, 1, H, W), "y": (B, 1, H, W), "label": (B,)}; labels count the training
    concepts from 0.
    """

    def __init__(self, concepts: ConceptSet, batch: int, seed: int):
        super().__init__(concepts, seed)
        self.rows, owners = concepts.pairs("train")
        self.classes = len(concepts.of("train"))
        self.labels = np.searchsorted(concepts.of("train"), owners)
        self.exemplars = concepts.exemplars[owners]
        self.epochs = Epochs(len(self.rows), batch, seed)

    def __call__(self, step: int) -> dict[str, Tensor]:
        chosen = self.epochs(step)
        return {
            "x": self.images(self.rows[chosen]),
            "y": self.images(self.exemplars[chosen]),
            "label": torch.from_numpy(self.labels[chosen]),
        }


class Sets(_Batches):
    """Batches of sets of drawings of one concept: {"set": (B, S, 1, H, W), "label": (B,)}.

    Concepts are drawn at random; the drawings of a set differ as long as the concept has enough.
    """

    def __init__(self, concepts: ConceptSet, batch: int, size: int, seed: int):
        super().__init__(concepts, seed)
        self.batch, self.size = batch, size
        self.ids = concepts.of("train")

    def __call__(self, step: int) -> dict[str, Tensor]:
        random = generator(self.seed, step)
        labels = random.integers(len(self.ids), size=self.batch)
        chosen = self.ids[labels]
        rows = np.stack([_some(self.concepts.rows(k), self.size, random) for k in chosen])
        return {"set": self.images(rows), "label": torch.from_numpy(labels)}


class Episodes(_Batches):
    """One-shot episodes: {"support": (W, 1, H, W) exemplars, "query": (W, Q, 1, H, W)}.

    The exemplar is the support, as in *Diversity vs. Recognizability* (NeurIPS 2022).
    """

    def __init__(self, concepts: ConceptSet, ways: int, queries: int, seed: int):
        super().__init__(concepts, seed)
        self.queries = queries
        self.ids = concepts.of("train")
        self.ways = min(ways, len(self.ids))

    def __call__(self, step: int) -> dict[str, Tensor]:
        random = generator(self.seed, step)
        chosen = self.ids[random.permutation(len(self.ids))[: self.ways]]
        rows = np.stack([_some(self.concepts.rows(k), self.queries, random) for k in chosen])
        return {
            "support": self.images(self.concepts.exemplars[chosen]),
            "query": self.images(rows),
        }


def _some(rows: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    return random.choice(rows, size=count, replace=len(rows) < count)
