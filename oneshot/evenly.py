"""Which of many to show: as many as wanted, evenly spaced."""

import numpy as np


def evenly(total: int, count: int) -> np.ndarray:
    """Return `count` places among `total`, evenly spaced from the first to the last, rounded.

    Fewer where there are fewer; none of nothing, the first where one is wanted.
    """
    if total < 1 or count < 1:
        return np.arange(0)
    return np.unique(np.linspace(0, total - 1, count).round().astype(int))
