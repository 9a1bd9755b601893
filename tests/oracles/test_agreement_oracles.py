"""The statistics of agreement against scipy and statsmodels."""

import numpy as np
import pytest
from scipy import stats

from oneshot.attribution import agreement
from oneshot.metrics import paired, ranks
from oneshot.metrics.paired import UNDECIDED, Claim

multitest = pytest.importorskip("statsmodels.stats.multitest")
power_of = pytest.importorskip("statsmodels.stats.power")


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_spearman_with_ties_and_masks(random):
    first, second = random.integers(0, 9, size=(2, 4, 12, 12))
    where = random.random((4, 12, 12)) > 0.6
    expected = [
        stats.spearmanr(a.ravel(), b.ravel())[0] for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(agreement.spearman(first, second), expected)
    rows = zip(first, second, where, strict=True)
    expected = [stats.spearmanr(a[on], b[on])[0] for a, b, on in rows]
    np.testing.assert_allclose(agreement.spearman(first, second, where), expected)


def test_wilcoxon(random):
    first, second = random.normal(size=(2, 25))
    p, effect = ranks.signed_rank(first + 0.4, second)
    expected = stats.wilcoxon(first + 0.4, second)
    assert p == pytest.approx(expected.pvalue)
    more = stats.wilcoxon(first + 0.4, second, alternative="greater").statistic
    assert effect == pytest.approx(2 * more / (25 * 26 / 2) - 1)


def test_holm(random):
    for size in (1, 2, 15):
        p = random.random(size) ** 3
        np.testing.assert_allclose(ranks.holm(p), multitest.multipletests(p, method="holm")[1])


@pytest.mark.parametrize("level", [0.05, 0.01, 0.001])
def test_the_number_of_concepts_that_would_tell_a_difference(level):
    """A normal approximation of a two-sided test, whose other tail is next to nothing."""
    effect, concepts = 0.2, 50
    p = 2 * stats.norm.sf(effect * concepts**0.5)
    claim = Claim("", None, "", UNDECIDED, p=p, concepts=concepts)
    needed = paired.concepts_needed(claim, level)
    oracle = power_of.NormalIndPower().solve_power(effect, power=0.8, alpha=level, ratio=0)
    assert needed == pytest.approx(oracle, rel=1e-3)
