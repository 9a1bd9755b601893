"""How concepts are divided into train, validation and test."""

from collections.abc import Sequence

import numpy as np

from oneshot.drawings.errors import DataError
from oneshot.rng import generator

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
EACH = 2  # concepts that each split has at least: one has no spread, and nothing to be told from
LEAST = EACH * len(SPLITS)


def by_group(
    groups: Sequence[str] | Sequence[int], validation: float, test: float, seed: int = 0
) -> np.ndarray:
    """Return a split number (K,) per concept such that a group is never divided.

    `groups[k]` names what concept k must stay together with (a category, a letter); a seeded
    permutation of the sorted groups gives the last `test` share to the test split and the share
    before it to validation, and to each at least two groups.

    Raises DataError for fewer than six groups.
    """
    names = sorted(set(groups))
    check_enough(len(names))
    order = generator(seed, 1).permutation(len(names))
    held = max(EACH, round(test * len(names)))
    chosen = max(EACH, round(validation * len(names)))
    number = {}
    for rank, index in enumerate(order):
        left = len(names) - rank
        number[names[index]] = (
            TEST if left <= held else VALIDATION if left <= held + chosen else TRAIN
        )
    return np.array([number[group] for group in groups], dtype=np.uint8)


def check_enough(count: int, where: str = "") -> None:
    """Raise DataError when there are too few concepts to divide; `where` says whose they are."""
    if count < LEAST:
        raise DataError(
            f"{count} concepts {where or 'cannot be divided'}; at least {LEAST} are needed, {EACH} "
            "each to train on, to choose by and to test on"
        )


def by_permutation(count: int, validation: float, test: float, seed: int = 0) -> np.ndarray:
    """Return a split number (K,) per concept, whatever other concepts it resembles.

    The published split of QuickDraw-FS: one fixed permutation of the concepts, of which the last
    `test` share is the test split (115 of 665) and the share before it validation, which the papers
    do not have and which comes out of their training concepts. A share above 0 is at least two
    concepts. Clusters of one category may part.
    """
    order = generator(seed, 2).permutation(count)
    held, chosen = (max(EACH, round(share * count)) if share else 0 for share in (test, validation))
    splits = np.full(count, TRAIN, dtype=np.uint8)
    splits[order[count - held - chosen : count - held]] = VALIDATION
    splits[order[count - held :]] = TEST
    return splits
