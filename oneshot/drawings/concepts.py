"""Drawings and the concepts made of them: memory-mapped pages, members, splits and exemplars."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from oneshot.drawings.splits import SPLITS
from oneshot.rng import generator


def memory_map(path: Path, name: str, dtype: str = "U8") -> np.ndarray:
    """Return one tensor of a safetensors file as a read-only memory map.

    `dtype` is "U8" or "I64"; raises ValueError when the file is not whole, or the tensor
    of another type or empty.
    """
    kind = {"U8": np.uint8, "I64": np.int64}[dtype]
    try:
        with safe_open(path, framework="np") as file:  # checks the header against the data
            found = file.get_slice(name)
            if found.get_dtype() != dtype:
                raise ValueError(f"{path}: {name} is {found.get_dtype()}, expected {dtype}")
            shape = tuple(found.get_shape())
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error})") from None
    with Path(path).open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        start = 8 + length + json.loads(file.read(length))[name]["data_offsets"][0]
    if not math.prod(shape):
        raise ValueError(f"{path}: {name} is empty")
    return np.memmap(path, kind, "r", offset=start, shape=shape)


@dataclass(frozen=True)
class ConceptSet:
    """Concepts: which drawings belong to each, its split, and its exemplar.

    `pages` is uint8 (N, H, W), ink = 255. Concept k owns the rows
    `members[offsets[k]:offsets[k + 1]]` of it; `exemplars[k]` is the row of its exemplar, which
    stays among its members as in the papers.
    """

    pages: np.ndarray
    members: np.ndarray
    offsets: np.ndarray
    names: tuple[str, ...]
    splits: np.ndarray
    exemplars: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    @property
    def side(self) -> int:
        """Height and width of a drawing in pixels."""
        return self.pages.shape[1]

    @property
    def counts(self) -> np.ndarray:
        """Number of drawings of each concept (K,)."""
        return np.diff(self.offsets)

    def of(self, *splits: str) -> np.ndarray:
        """Return the ids of the concepts in the named splits, ascending."""
        unknown = set(splits) - set(SPLITS)
        if unknown:
            raise ValueError(f"unknown split {sorted(unknown)}; known: {', '.join(SPLITS)}")
        return np.flatnonzero(np.isin(self.splits, [SPLITS.index(name) for name in splits]))

    def rows(self, concept: int) -> np.ndarray:
        """Return the rows of `pages` that belong to a concept."""
        return self.members[self.offsets[concept] : self.offsets[concept + 1]]

    def exemplar_images(self, concepts: Iterable[int]) -> Tensor:
        """Return the exemplars of concepts, float32 (C, 1, H, W) in [0, 1]."""
        rows = self.exemplars[np.fromiter(concepts, dtype=np.int64)]
        return torch.from_numpy(self.pages[rows]).float().div_(255).unsqueeze(1)

    def sample(self, concepts: Sequence[int] | np.ndarray, count: int, seed: int = 0) -> np.ndarray:
        """Return human drawings as if generated, uint8 (C, N, 1, H, W).

        N is `count`, or the size of the smallest of the concepts when that is less; which drawings
        are taken is a function of (seed, concept). Raises ValueError for no concepts.
        """
        if not len(concepts):
            raise ValueError("drawings were asked for of no concept; name one or more")
        least = min(count, *(int(self.counts[k]) for k in concepts))
        chosen = [
            np.sort(generator(seed, int(k)).permutation(self.rows(k))[:least]) for k in concepts
        ]
        return np.stack([self.pages[rows] for rows in chosen])[:, :, None]

    def pairs(self, *splits: str) -> tuple[np.ndarray, np.ndarray]:
        """Return all (drawing row, concept id) pairs of the named splits."""
        ids = self.of(*splits)
        rows = np.concatenate([self.rows(k) for k in ids])
        return rows, np.repeat(ids, self.counts[ids])
