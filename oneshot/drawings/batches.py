"""Training batches as pure functions of (seed, step): pairs, sets and episodes.

All images are uint8 (…, 1, H, W); the training loop turns them into floats on the device.
"""

import numpy as np
import torch
from torch import Tensor

from oneshot.drawings.concepts import ConceptSet
from oneshot.rng import generator


class Pairs:
    """Batches of (variation, exemplar, label), every drawing once an epoch.

    A batch is {"x": (B, 1, H, W), "y": (B, 1, H, W), "label": (B,)}; labels count the concepts of
    the split from 0. The last, incomplete batch of an epoch is dropped.
    """

    def __init__(self, concepts: ConceptSet, batch: int, seed: int, split: str = "train"):
        self.concepts, self.seed = concepts, seed
        self.rows, owners = concepts.pairs(split)
        self.classes = len(concepts.of(split))
        self.labels = np.searchsorted(concepts.of(split), owners)
        self.exemplars = concepts.exemplars[owners]
        self.batch = min(batch, len(self.rows))
        self.per_epoch = len(self.rows) // self.batch
        self._order = (-1, np.empty(0, dtype=np.int64))

    def __call__(self, step: int) -> dict[str, Tensor]:
        epoch, place = divmod(step, self.per_epoch)
        if self._order[0] != epoch:
            self._order = (epoch, generator(self.seed, epoch).permutation(len(self.rows)))
        chosen = self._order[1][place * self.batch : (place + 1) * self.batch]
        return {
            "x": _images(self.concepts, self.rows[chosen]),
            "y": _images(self.concepts, self.exemplars[chosen]),
            "label": torch.from_numpy(self.labels[chosen]),
        }


class Sets:
    """Batches of sets of drawings of one concept: {"set": (B, S, 1, H, W), "label": (B,)}.

    Concepts are drawn at random; the drawings of a set differ as long as the concept has enough.
    """

    def __init__(
        self, concepts: ConceptSet, batch: int, size: int, seed: int, split: str = "train"
    ):
        self.concepts, self.batch, self.size, self.seed = concepts, batch, size, seed
        self.ids = concepts.of(split)

    def __call__(self, step: int) -> dict[str, Tensor]:
        random = generator(self.seed, step)
        labels = random.integers(len(self.ids), size=self.batch)
        rows = np.stack([_some(self.concepts.rows(self.ids[k]), self.size, random) for k in labels])
        return {"set": _images(self.concepts, rows), "label": torch.from_numpy(labels)}


class Episodes:
    """One-shot episodes: {"support": (W, 1, H, W) exemplars, "query": (W, Q, 1, H, W)}.

    The exemplar is the support, as in *Diversity vs. Recognizability* (NeurIPS 2022).
    """

    def __init__(
        self, concepts: ConceptSet, ways: int, queries: int, seed: int, split: str = "train"
    ):
        self.concepts, self.queries, self.seed = concepts, queries, seed
        self.ids = concepts.of(split)
        self.ways = min(ways, len(self.ids))

    def __call__(self, step: int) -> dict[str, Tensor]:
        random = generator(self.seed, step)
        chosen = self.ids[random.permutation(len(self.ids))[: self.ways]]
        rows = np.stack([_some(self.concepts.rows(k), self.queries, random) for k in chosen])
        return {
            "support": _images(self.concepts, self.concepts.exemplars[chosen]),
            "query": _images(self.concepts, rows),
        }


def _some(rows: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    return random.choice(rows, size=count, replace=len(rows) < count)


def _images(concepts: ConceptSet, rows: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(concepts.pages[rows][..., None, :, :]))
