import numpy as np
import pytest
import torch

from oneshot.metrics.curves import density, gap, generalization_curve, quadratic_fit
from oneshot.metrics.recognizability import recognizability


def test_bins_by_hand():
    # Drawings lie at distances 3, 1, 4, 2 (concept 0) and 10, 40, 20, 30 (concept 1), in one of two
    # equal dimensions, so that the RMS distance is that divided by sqrt(2).
    steps = torch.tensor([[3.0, 1.0, 4.0, 2.0], [10.0, 40.0, 20.0, 30.0]])
    features = torch.stack([steps, torch.zeros_like(steps)], 2)
    exemplars = torch.zeros(2, 2)
    # The recognition critic sees the farthest drawing of each concept as the other concept.
    queries = torch.tensor([[[0.0], [0.0], [1.0], [0.0]], [[1.0], [0.0], [1.0], [1.0]]])
    support = torch.tensor([[0.0], [1.0]])
    curve = generalization_curve((features, exemplars), (queries, support), bins=4, trials=10)
    # unbiased over two dimensions, one of them 0, the deviation of a feature is that RMS distance
    unit = (2.5 + 25) / 2
    expected = torch.tensor([[1.0, 2, 3, 4], [10, 20, 30, 40]]) / unit
    torch.testing.assert_close(curve.originality, expected)
    assert curve.recognizability.tolist() == [[100, 100, 100, 0]] * 2
    assert curve.ways == 2
    np.testing.assert_allclose(curve.points[:, 0], np.array([5.5, 11, 16.5, 22]) / unit, rtol=1e-6)
    assert curve.points[:, 1].tolist() == [100, 100, 100, 0]
    two = generalization_curve((features, exemplars), (queries, support), bins=2, trials=None)
    assert two.recognizability.tolist() == [[100, 50]] * 2


def random_features(concepts=12, drawings=23):
    torch.manual_seed(0)
    exemplars = torch.randn(concepts, 16)
    far = torch.rand(concepts, drawings, 1) * 3
    return exemplars[:, None] + far * torch.randn(concepts, drawings, 16), exemplars


def test_bins_make_up_the_whole():
    pair = random_features()
    curve = generalization_curve(pair, pair, bins=10, ways=5, trials=None)
    sizes = torch.tensor([round(2.3 * (b + 1)) - round(2.3 * b) for b in range(10)]) / 23
    whole = recognizability(*pair, ways=5, trials=None).per_concept
    torch.testing.assert_close(curve.recognizability @ sizes, whole)
    assert (curve.originality.diff(dim=1) > 0).all()
    assert curve.recognizability[:, 0].mean() > curve.recognizability[:, -1].mean() + 20


def test_curve_is_scale_invariant():
    features, exemplars = random_features()
    pair, big = (features, exemplars), (7 * features, 7 * exemplars)
    a, b = (generalization_curve(p, pair, trials=5) for p in (pair, big))
    np.testing.assert_allclose(a.points, b.points, rtol=1e-5)


def test_curve_refuses_what_does_not_fit():
    pair = random_features(drawings=9)
    with pytest.raises(ValueError, match="9 drawings of a concept in 10 bins"):
        generalization_curve(pair, pair)
    with pytest.raises(ValueError, match="different drawings"):
        generalization_curve(pair, random_features(drawings=8), bins=2)


def test_quadratic_fit_recovers_a_parabola():
    x = np.array([0.7, 0.1, 0.4, 0.5])
    curve = quadratic_fit(np.stack([x, 3 - 2 * x + 5 * x**2], 1), samples=7)
    np.testing.assert_allclose(curve[:, 0], np.linspace(0.1, 0.7, 7))
    np.testing.assert_allclose(curve[:, 1], 3 - 2 * curve[:, 0] + 5 * curve[:, 0] ** 2)
    with pytest.raises(ValueError, match="at least 3"):
        quadratic_fit([[0, 0], [1, 1]])


def test_density_matches_scipy_and_survives_copies():
    from scipy.stats import gaussian_kde

    values = torch.rand(30, 20)
    grid = np.linspace(-1, 2, 301)
    ours = density(values, grid)
    np.testing.assert_allclose(ours, gaussian_kde(values.flatten().numpy())(grid), rtol=1e-5)
    spike = density(torch.zeros(4, 5), grid)
    assert np.trapezoid(spike, grid) == pytest.approx(1, abs=1e-3)
    assert grid[spike.argmax()] == pytest.approx(0, abs=1e-9)


def test_gap_by_hand():
    flat = [[0.0, 90.0], [1.0, 90.0]]
    tilted = [[0.5, 100.0], [1.5, 80.0]]  # crosses the flat one at originality 1
    result = gap(flat, tilted)
    assert (result.low, result.high) == (0.5, 1.0)
    assert result.area == pytest.approx(0.5 * 10 / 2)
    assert result.mean == pytest.approx(5)
    assert gap(tilted, flat).area == pytest.approx(result.area)
    assert gap(flat, flat).area == 0
    assert np.isnan(gap(flat, [[2.0, 90.0], [3.0, 90.0]]).mean)
