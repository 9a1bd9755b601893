"""Randomness as a pure function of its address.

Sampling noise is addressed by (seed, concept, variation, step) and training by (seed, step), so
that sweeps over guidance or beta compare the same noise, results do not depend on batch size or
device, and an interrupted run resumes to the same bits.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

_MASK = (1 << 64) - 1


def generator(*address: int) -> np.random.Generator:
    """Return a NumPy generator addressed by up to four integers (Philox key and counter).

    Missing integers count as 0. Raises ValueError for more than four, which would be ignored.
    """
    if len(address) > 4:
        raise ValueError(f"an address has at most four integers, got {address}")
    a, b, c, d = (*(int(v) & _MASK for v in address), 0, 0, 0, 0)[:4]
    key = np.array([a, b], dtype=np.uint64)
    counter = np.array([0, 0, c, d], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def noise(
    seed: int, concepts: Sequence[int], variations: int, shape: Sequence[int], step: int = 0
) -> "torch.Tensor":
    """Return standard normal noise (C, V, *shape), float32 on the CPU.

    Row (c, v) depends only on (seed, concepts[c], v, step): asking for more variations, or for the
    concepts in another grouping, never changes the noise of the ones already asked for.
    """
    # Reading drawings needs only `generator`, and torch takes seconds to import.
    import torch

    rows = [
        generator(seed, concept, step).standard_normal((variations, *shape), dtype=np.float32)
        for concept in concepts
    ]
    return torch.from_numpy(np.stack(rows)) if rows else torch.empty(0, variations, *shape)


def step_seed(seed: int, step: int) -> int:
    """Return the seed with which training step `step` of a run seeded `seed` starts."""
    return int(np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0] >> 1)
