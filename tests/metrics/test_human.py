import numpy as np
import pytest
import torch

from oneshot.metrics.human import coverage, distance_to_human, spread_of


def test_distance_by_hand():
    models = [[0.3, 90.0], [0.5, 94.0]]
    spread = spread_of(models)
    np.testing.assert_allclose(spread, [0.2 / np.sqrt(2), 4 / np.sqrt(2)])
    distances = distance_to_human(models, [0.4, 96.0], spread)
    np.testing.assert_allclose(distances, np.sqrt([0.25 + 2.25, 0.25 + 0.25]) * np.sqrt(2))


def test_distance_does_not_depend_on_units():
    models = np.random.default_rng(0).normal(size=(6, 2))
    human = np.array([0.1, 0.2])
    stretch = np.array([3.0, 100.0])
    stretched = distance_to_human(models * stretch, human * stretch, spread_of(models * stretch))
    np.testing.assert_allclose(stretched, distance_to_human(models, human, spread_of(models)))
    assert distance_to_human(human, human, spread_of(models)) == 0


def test_distance_of_resamples_keeps_their_shape():
    points, people = np.ones((5, 3, 2)), np.zeros((5, 1, 2))
    assert distance_to_human(points, people, [1, 1]).tolist() == [[np.sqrt(2)] * 3] * 5


def test_what_does_not_spread_is_left_in_its_own_units():
    assert spread_of([[0.3, 90]]).tolist() == [1, 1]
    assert spread_of([[0.3, 90], [0.3, 92]]).tolist() == [1, pytest.approx(np.sqrt(2))]
    with pytest.raises(ValueError, match=r"\(M, 2\)"):
        spread_of([0.3, 90])


def test_coverage_by_hand():
    # Human drawings at 0, 1, 3 with nearest neighbours at 1, 1, 2; the model's at 0.5, 10, 10.4
    # with nearest neighbours at 9.5, 0.4, 0.4.
    humans = torch.tensor([[[0.0], [1.0], [3.0]]])
    models = torch.tensor([[[0.5], [10.0], [10.4]]])
    result = coverage(humans, models, neighbours=1)
    assert result.precision.item() == pytest.approx(1 / 3)  # 0.5 only
    assert result.recall.item() == 1  # the ball around 0.5 holds them all
    assert result.density.item() == pytest.approx(2 / 3)  # 0.5 lies in the balls of 0 and 1
    assert result.coverage.item() == pytest.approx(2 / 3)


def test_same_drawings_overlap_wholly():
    humans = torch.randn(3, 40, 8)
    result = coverage(humans, humans)
    assert [v.mean().item() for v in (result.precision, result.recall, result.coverage)] == [1] * 3
    torch.testing.assert_close(result.density, torch.ones(3))


def test_copies_of_the_exemplar_cover_little():
    torch.manual_seed(0)
    humans = torch.randn(4, 50, 8)
    copies = humans[:, :1] + 1e-3 * torch.randn(4, 50, 8)
    result = coverage(humans, copies)
    assert result.precision.min() == 1
    assert result.recall.max() < 0.1
    assert result.coverage.max() < 0.5
    far = coverage(humans, humans + 100)
    assert far.precision.max() == far.density.max() == far.coverage.max() == 0


def test_coverage_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="more than 5 drawings"):
        coverage(torch.randn(2, 5, 4), torch.randn(2, 9, 4))
    with pytest.raises(ValueError, match="differ"):
        coverage(torch.randn(2, 9, 4), torch.randn(3, 9, 4))
