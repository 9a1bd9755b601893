import numpy as np
import pytest

from oneshot.metrics import fits
from oneshot.metrics.intervals import weights


def parabola(u):
    """A curve of degree 2 in three dimensions."""
    u = np.asarray(u)
    return np.stack((6 * u - 4, 0.4 + 0.8 * u - 0.3 * u**2, 60 + 90 * u - 80 * u**2), -1)


def gap(curve, points):
    """Return the largest distance, in ranges of the points, of a point to the drawn curve."""
    path, scale = curve(np.linspace(0, 1, 4001)), np.ptp(points, axis=0)
    return np.linalg.norm((points[:, None] - path) / scale, axis=2).min(1).max()


def test_centripetal_start_by_hand():
    points = np.array([[[0.0, 0.0], [1.0, 0.0], [1.0, 4.0]]])  # chords 1 and 4, roots 1 and 2
    np.testing.assert_allclose(fits._centripetal(points), [[0, 1 / 3, 1]])


def test_golden_section_finds_the_minimum_between_the_bounds():
    low, high = np.array([0.0, 0.5, 0.0]), np.array([1.0, 1.0, 0.2])
    found = fits._golden_section(lambda u: (u - 0.3) ** 2, low, high)
    np.testing.assert_allclose(found, [0.3, 0.5, 0.2], atol=1e-4)


def test_recovers_a_parabola_whatever_the_spacing():
    points = parabola([0, 0.1, 0.35, 0.5, 0.6, 0.9, 1])
    curve = fits.fit_curve(points)
    assert gap(curve, points) < 0.01
    ends = np.abs(curve([0, 1]) - points[[0, -1]]) / np.ptp(points, axis=0)
    assert ends.max() < 0.02
    assert (np.diff(curve.hidden) >= 0).all()


def test_reparametrisation_beats_the_centripetal_start(monkeypatch):
    points = parabola(np.array([0, 0.1, 0.35, 0.5, 0.6, 0.9, 1]))
    fitted = fits.fit_curve(points).error
    monkeypatch.setattr(fits, "ROUNDS", 0)
    assert fitted < 0.2 * fits.fit_curve(points).error


def test_straight_line_is_exact_at_uneven_points():
    u = np.array([0, 0.05, 0.4, 0.45, 1])
    points = np.stack((1 + 2 * u, 3 - u), 1)
    curve = fits.fit_curve(points, degree=1)
    assert gap(curve, points) < 1e-3
    np.testing.assert_allclose(curve.coefficients, [[1, 3], [2, -1]], atol=0.01)


def test_straight_line_halves_the_error_of_two_sides():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, -1.0], [3.0, 0.0]])
    curve = fits.fit_curve(points, degree=1)
    # symmetric under half a turn about (1.5, 0), so the line passes there
    np.testing.assert_allclose(curve(0.5), [1.5, 0], atol=1e-6)


def test_units_do_not_matter():
    noise = np.random.default_rng(0).normal(0, 0.05, (8, 3)) * [6, 0.5, 20]
    points = parabola(np.linspace(0, 1, 8)) + noise
    percent, fraction = points, points * [1, 1, 0.01]
    np.testing.assert_allclose(
        fits.fit_curve(percent).path * [1, 1, 0.01], fits.fit_curve(fraction).path
    )


def test_many_curves_at_once_are_the_curves_one_by_one():
    points = parabola(np.linspace(0, 1, 6)) / [6, 0.5, 20]
    noisy = points + np.random.default_rng(1).normal(0, 0.03, (3, 6, 3))
    together, _, errors = fits._fit(noisy, 2)
    for curve, error, alone in zip(together, errors, noisy, strict=True):
        single, _, lone = fits._fit(alone[None], 2)
        # the others may go on for a few rounds more
        np.testing.assert_allclose(curve, single[0], atol=0.02)
        assert error == pytest.approx(lone[0], rel=0.02)


def test_band_holds_the_truth_and_shrinks_with_concepts():
    random = np.random.default_rng(0)
    points = parabola(np.linspace(0, 1, 7))
    widths = []
    for concepts in (20, 500):
        scores = points[:, None, 1:] + random.normal(0, 1, (7, concepts, 2)) * [0.1, 5]
        drawn = np.einsum("rc,jcs->rjs", weights(concepts, 100), scores)
        low, high = fits.band(points[:, 0], drawn)
        assert (low <= high).all()
        widths.append((high - low)[:, 1:].mean(0))
        truth = fits.fit_curve(points).path
        inside = (low <= truth) & (truth <= high)
        assert inside[:, 1:].mean() > 0.7
    assert (widths[1] < 0.4 * widths[0]).all()


def test_band_of_identical_concepts_is_the_curve():
    points = parabola(np.linspace(0, 1, 7))
    scores = np.repeat(points[None, :, 1:], 20, axis=0)
    low, high = fits.band(points[:, 0], scores)
    expected = fits.fit_curve(points).path
    np.testing.assert_allclose(low, expected, atol=1e-6)
    np.testing.assert_allclose(high, expected, atol=1e-6)


def test_spline_removes_noise_from_a_smooth_effect():
    betas = np.geomspace(1e-3, 1e3, 31)
    truth = np.sin(np.log10(betas))
    noisy = truth + np.random.default_rng(0).normal(0, 0.2, 31)
    fitted = fits.smooth(betas, noisy)(betas)
    assert np.abs(fitted - truth).mean() < 0.6 * np.abs(noisy - truth).mean()


def test_spline_of_a_straight_line_in_log_beta_is_that_line():
    betas = np.geomspace(0.1, 1000, 9)
    values = 2 + 3 * np.log10(betas)
    fitted = fits.smooth(betas, values)
    np.testing.assert_allclose(fitted([0.5, 50]), 2 + 3 * np.log10([0.5, 50]), atol=1e-3)


def test_mistakes_name_what_was_expected():
    with pytest.raises(ValueError, match="needs 3 points, got 2"):
        fits.fit_curve(np.eye(2))
    with pytest.raises(ValueError, match="finite"):
        fits.fit_curve([[0, np.nan], [1, 1], [2, 2]])
    with pytest.raises(ValueError, match="at least 5"):
        fits.smooth([1, 2], [0, 0])
    with pytest.raises(ValueError, match="increasing"):
        fits.smooth([0, 1, 2, 3, 4], [0] * 5)
    with pytest.raises(ValueError, match="settings"):
        fits.band([1, 2, 3], np.zeros((2, 4, 2)))
