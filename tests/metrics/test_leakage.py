"""Leakage by hand: five concepts on a line."""

import numpy as np
import pytest

from oneshot.drawings.splits import TEST, TRAIN, VALIDATION
from oneshot.metrics.leakage import nearest, parted

NAMES = ("clock/1", "clock/2", "sun", "tree/1", "tree/2")
PARTED = np.array([TRAIN, TEST, TRAIN, TEST, VALIDATION])
PLACES = np.array([[0.0], [1.0], [1.5], [5.0], [6.0]])


def test_siblings_count_only_in_training():
    assert parted(NAMES, PARTED).tolist() == [True, False]
    assert parted(NAMES, np.array([TRAIN, TRAIN, TRAIN, TEST, TEST])).tolist() == [False, False]


def test_the_nearest_training_exemplar_is_found():
    # the clock's sibling is at 1, the sun nearer at 0.5; the tree's nearest is the sun at 3.5
    gaps = np.abs(PLACES - PLACES.T)
    unit = gaps[~np.eye(5, dtype=bool)].mean()
    np.testing.assert_allclose(nearest(PARTED, PLACES), np.array([0.5, 3.5]) / unit)


def test_a_split_without_training_or_test_is_refused():
    with pytest.raises(ValueError, match="0 training and 5 test"):
        nearest(np.full(5, TEST), PLACES)
