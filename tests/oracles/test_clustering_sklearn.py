import numpy as np
import pytest
from scipy.spatial.distance import cdist

from oneshot.drawings.clustering import silhouette

metrics = pytest.importorskip("sklearn.metrics")


@pytest.mark.parametrize("seed", range(5))
def test_silhouette_is_that_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    features = random.normal(size=(80, 7)) + 2 * random.integers(0, 3, (80, 1))
    labels = random.integers(0, 2 + seed, 80)
    labels[0], labels[1] = 7, 9  # two drawings alone in their clusters, and numbers left out
    expected = metrics.silhouette_score(features, labels)
    assert silhouette(cdist(features, features), labels) == pytest.approx(expected, abs=1e-12)
