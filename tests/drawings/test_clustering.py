"""Silhouettes worked out by hand, and clusters that cannot be missed."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from oneshot.drawings.clustering import inner, radius, silhouette, split_category


def on_a_line(*places):
    features = np.array(places, dtype=float)[:, None]
    return features, cdist(features, features)


def test_silhouette_by_hand():
    _, distances = on_a_line(0, 2, 10)
    # 0: a = 2, b = 10; 2: a = 2, b = 8; 10 is alone and counts 0
    assert silhouette(distances, np.array([0, 0, 1])) == pytest.approx((8 / 10 + 6 / 8) / 3)


def test_silhouette_takes_the_nearest_other_cluster():
    _, distances = on_a_line(0, 1, 4, 5, 100, 101)
    labels = np.array([0, 0, 1, 1, 2, 2])
    by_hand = [1 - 1 / 4.5, 1 - 1 / 3.5, 1 - 1 / 3.5, 1 - 1 / 4.5, 1 - 1 / 95.5, 1 - 1 / 96.5]
    assert silhouette(distances, labels) == pytest.approx(np.mean(by_hand))


def test_one_cluster_or_identical_drawings_have_silhouette_zero():
    assert silhouette(np.ones((4, 4)), np.zeros(4, dtype=int)) == 0
    assert silhouette(np.zeros((4, 4)), np.array([0, 0, 1, 1])) == 0


def blobs(*centres, each=30, spread=0.1):
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(c, spread, (each, len(c))) for c in centres])


@pytest.mark.parametrize("count", [2, 3, 4])
def test_as_many_clusters_as_there_are_blobs(count):
    features = blobs(*np.eye(4)[:count])
    labels = split_category(features, most=4, seed=0)
    assert sorted(np.bincount(labels)) == [30] * count
    for blob in labels.reshape(count, 30):
        assert len(set(blob.tolist())) == 1


def test_of_one_cluster_at_most_all_is_one():
    features = blobs((0, 0), (1, 1))
    assert split_category(features, most=1, seed=0).tolist() == [0] * 60


def test_clusters_are_a_function_of_the_seed():
    features = blobs((0, 0), (0.3, 0), (0, 0.3))
    np.testing.assert_array_equal(split_category(features, 4, 5), split_category(features, 4, 5))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_drawings_are_one_concept(count):
    assert split_category(np.ones((count, 3)), most=4, seed=0).tolist() == [0] * count


def test_inner_gives_the_nearest_first():
    features, _ = on_a_line(0, 10, 4, 6, 5)  # mean 5
    assert inner(features, 1.0).tolist() == [4, 2, 3, 0, 1]
    assert inner(features, 0.6).tolist() == [4, 2, 3]
    assert inner(features, 0.6, most=2).tolist() == [4, 2]
    assert inner(features, 0.0).tolist() == [4]


def test_radius_by_hand():
    features, _ = on_a_line(0, 10, 4, 6, 5)
    assert radius(features) == pytest.approx((5 + 5 + 1 + 1 + 0) / 5)
