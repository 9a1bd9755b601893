import numpy as np
import pytest

from oneshot.metrics.intervals import Interval, bootstrap, difference, mean, ratio, resamples


def test_resamples_are_weights_addressed_by_the_seed():
    weights = resamples(7, draws=50, seed=3)
    assert weights.shape == (50, 7)
    np.testing.assert_allclose(weights.sum(1), 1)
    np.testing.assert_allclose(weights * 7, np.round(weights * 7))
    assert np.array_equal(weights, resamples(7, draws=50, seed=3))
    assert not np.array_equal(weights, resamples(7, draws=50, seed=4))


def test_values_are_the_plain_statistics():
    a, b = np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 5.0])
    assert mean(a).value == pytest.approx(3)
    assert difference(a, b).value == pytest.approx(0)
    assert ratio(a, b).value == pytest.approx(1)


def test_interval_of_a_mean_has_the_width_theory_says():
    values = np.random.default_rng(0).normal(size=400)
    result = mean(values, draws=4000)
    half = 1.96 * values.std() / 20
    assert result.high - result.low == pytest.approx(2 * half, rel=0.05)
    narrower = mean(values, level=0.5, draws=4000)
    assert narrower.high - narrower.low == pytest.approx(2 * half * 0.6745 / 1.96, rel=0.1)


def coverage(simulate, truth, runs=200):
    """Fraction of simulated experiments whose interval holds the truth."""
    rng = np.random.default_rng(1)
    intervals = [simulate(rng) for _ in range(runs)]
    return np.mean([i.low <= truth <= i.high for i in intervals])


def test_intervals_cover_the_truth():
    # 95 % intervals: 200 experiments of 100 concepts cover 0.95 +- 0.015 of the time
    skewed = coverage(lambda rng: mean(100 * rng.beta(40, 1, 100), draws=400), 100 * 40 / 41)
    assert 0.89 <= skewed <= 0.99

    def normalised(rng):
        size = rng.lognormal(sigma=0.3, size=100)
        return ratio(0.4 * size + 0.05 * rng.normal(size=100), size, draws=400)

    assert 0.89 <= coverage(normalised, 0.4) <= 0.99


def test_pairing_removes_what_concepts_share():
    rng = np.random.default_rng(2)
    concepts = rng.normal(scale=5, size=80)
    a = concepts + 1 + 0.1 * rng.normal(size=80)
    paired = difference(a, concepts)
    assert 0.9 < paired.low < 1 < paired.high < 1.1
    assert mean(a).high - mean(a).low > 20 * (paired.high - paired.low)


def test_any_statistic_of_weights_can_be_bootstrapped():
    values = np.arange(10.0)
    spread = bootstrap(lambda w: w @ values**2 - (w @ values) ** 2, 10)
    assert spread.value == pytest.approx(values.var())
    assert spread.low < spread.value < spread.high


def test_printing_is_short():
    assert str(Interval(0.39123, 0.3512, 0.4)) == "0.391 [0.351, 0.4]"


def test_what_has_no_interval_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        mean([1.0])
    with pytest.raises(ValueError, match="level"):
        mean([1.0, 2.0], level=95)
    with pytest.raises(ValueError, match="same concepts"):
        difference([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="not all finite"):
        mean([1.0, np.nan])
