"""What a split lets training see of its test concepts.

Concepts named "category/1", "category/2" are clusters of one category: siblings. When a split parts
siblings, a test concept is not as new as it seems.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from oneshot.drawings.splits import TEST, TRAIN


def parted(names: Sequence[str], splits: NDArray) -> NDArray[np.bool_]:
    """Return, for each test concept (T,), whether a cluster of its category is in training.

    `names` (K,) are "category/k" or plain, `splits` (K,) are numbers as in `drawings.splits`.
    """
    category = np.array([name.split("/")[0] for name in names])
    return np.isin(category[splits == TEST], category[splits == TRAIN])


def nearest(splits: NDArray, features: NDArray) -> NDArray[np.float64]:
    """Return the distance (T,) of each test exemplar to the nearest training exemplar.

    It is in units of the mean distance of exemplars. `splits` (K,) are numbers as in
    `drawings.splits`, `features` (K, D) are of the exemplars. Raises ValueError without training or
    test concepts.
    """
    train, test = np.flatnonzero(splits == TRAIN), np.flatnonzero(splits == TEST)
    if not len(train) or not len(test):
        raise ValueError(f"{len(train)} training and {len(test)} test concepts: nothing can leak")
    features = np.asarray(features, float)
    unit = cdist(features, features)[~np.eye(len(features), dtype=bool)].mean()
    return cdist(features[test], features[train]).min(1) / unit
