import numpy as np
import pytest
import torch

from oneshot.metrics.memory import nearest_training


def test_the_nearest_training_drawing_by_hand():
    features = torch.tensor([[[0.0, 0.0], [3.0, 4.0]]])
    training = torch.tensor([[0.0, 2.0], [3.0, 4.0], [9.0, 9.0]])
    expected = torch.tensor([[2 / 2**0.5, 0.0]])
    torch.testing.assert_close(nearest_training(features, training), expected)


def test_it_is_that_of_a_neighbour_search():
    neighbors = pytest.importorskip("sklearn.neighbors")
    dice = np.random.default_rng(0)
    features, training = dice.normal(size=(3, 5, 6)), dice.normal(size=(40, 6))
    search = neighbors.NearestNeighbors(n_neighbors=1).fit(training)
    expected = search.kneighbors(features.reshape(-1, 6))[0].reshape(3, 5) / 6**0.5
    found = nearest_training(torch.tensor(features), torch.tensor(training))
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("shape", [(0, 2), (4, 3), (2,)])
def test_training_features_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match=r"must be \(drawings, 2\)"):
        nearest_training(torch.zeros(1, 2, 2), torch.zeros(shape))
