"""What a split lets training see of its test concepts.

Concepts named "category/1", "category/2" are clusters of one category: siblings. When a split parts
siblings, a test concept is not as new as it seems.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from oneshot.drawings.splits import TEST, TRAIN


@dataclass(frozen=True)
class Leakage:
    """How near the training concepts come to the test concepts (T,) of a split.

    `concepts` (T,) are the test concepts, `sibling` (T,) says which have a sibling in training.
    `nearest` (T,) is the distance of a test exemplar to the nearest training exemplar, in units of
    the mean distance of exemplars, and `by_sibling` (T,) says where that nearest is a sibling.
    """

    concepts: NDArray[np.int64]
    sibling: NDArray[np.bool_]
    nearest: NDArray[np.float64]
    by_sibling: NDArray[np.bool_]


def parted(names: Sequence[str], splits: NDArray) -> NDArray[np.bool_]:
    """Return, for each test concept (T,), whether a cluster of its category is in training.

    `names` (K,) are "category/k" or plain, `splits` (K,) are numbers as in `drawings.splits`.
    """
    category = np.array([name.split("/")[0] for name in names])
    return np.isin(category[splits == TEST], category[splits == TRAIN])


def leakage(names: Sequence[str], splits: NDArray, features: NDArray) -> Leakage:
    """Measure what leaks from the test concepts of a split into training.

    `names` (K,) are "category/k" or plain, `splits` (K,) are numbers as in `drawings.splits`,
    `features` (K, D) are of the exemplars. Raises ValueError without training or test concepts.
    """
    category = np.array([name.split("/")[0] for name in names])
    train, test = np.flatnonzero(splits == TRAIN), np.flatnonzero(splits == TEST)
    if not len(train) or not len(test):
        raise ValueError(f"{len(train)} training and {len(test)} test concepts: nothing can leak")
    features = np.asarray(features, float)
    distances = cdist(features[test], features[train])
    nearest = distances.argmin(1)
    unit = cdist(features, features)[~np.eye(len(features), dtype=bool)].mean()
    return Leakage(
        test,
        parted(names, splits),
        distances.min(1) / unit,
        category[train][nearest] == category[test],
    )
