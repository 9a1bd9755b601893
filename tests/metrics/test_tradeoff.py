"""Curves of a sweep go through constructed scores."""

import numpy as np
import pytest
from made_up import trainings

from oneshot.metrics.tradeoff import tradeoff


def systems(points, spread=0.0):
    noise = spread * np.random.default_rng(0).normal(size=(2, 30))
    noise -= noise.mean(1, keepdims=True)
    return [trainings(r + 30 * noise[:1], 2 * (o + noise[1:]), 2.0) for o, r in points]


def test_a_parabola_is_found_and_its_points_lie_on_it():
    u = np.linspace(0, 1, 6)
    points = np.column_stack((0.8 - 0.4 * u, 60 + 100 * u * (1 - 0.6 * u)))
    betas = 10 ** (4 * u - 2)
    found = tradeoff(betas, systems(points))
    np.testing.assert_allclose(found.points, points)
    np.testing.assert_allclose(found.places, points, rtol=2e-2)
    np.testing.assert_allclose(found.path[[0, -1]], points[[0, -1]], rtol=2e-2)
    # concepts that all say the same leave nothing to resample
    np.testing.assert_allclose(*found.band, atol=1e-6)


def test_the_band_holds_the_curve_and_has_width():
    points = [(0.8, 60), (0.7, 80), (0.6, 85), (0.5, 80), (0.4, 65)]
    found = tradeoff([1, 10, 100, 1000, 10_000], systems(points, spread=0.05))
    low, high = found.band
    assert ((low < found.path) & (found.path < high)).mean() > 0.9
    assert (high[:, 1] - low[:, 1] > 0.5).all()


def test_fewer_betas_than_a_curve_takes_are_joined():
    two = systems([(0.8, 60), (0.7, 80)])
    found = tradeoff([1, 10], two)
    np.testing.assert_allclose(found.path, [(0.8, 60), (0.7, 80)])
    assert found.band is None


@pytest.mark.parametrize("betas", [[10, 1], [0, 1], [1, 1], [1]])
def test_betas_that_do_not_rise_are_refused(betas):
    with pytest.raises(ValueError, match="positive and rise"):
        tradeoff(betas, systems([(0.8, 60), (0.7, 80)]))
