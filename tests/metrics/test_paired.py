"""Verdicts on constructed scores, where what holds is known."""

import numpy as np
import pytest
from made_up import trainings as trained
from scipy.stats import spearmanr

from oneshot.metrics import paired, ranks
from oneshot.metrics.hierarchy import Estimate, estimate
from oneshot.metrics.intervals import Interval, difference
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, Claim, by_training

CONCEPTS = 40


def system(recognizability, originality=0.5, seed=0, spread=1.0):
    """Return scores whose means over concepts are exactly as asked."""
    dice = np.random.default_rng(seed)
    noise = dice.normal(size=(2, CONCEPTS))
    noise -= noise.mean(1, keepdims=True)
    right = recognizability + spread * noise[0]
    far = 2.0 * (originality + 0.01 * spread * noise[1])
    return trained(right[None], far[None], 2.0)


def test_a_clear_difference_holds_its_reverse_does_not_and_a_small_one_is_undecided():
    better, worse, same = system(90, seed=1), system(80, seed=2), system(90.05, seed=3)
    claim = paired.more("better is better", "recognizability", better, worse)
    assert claim.verdict == HOLDS
    assert claim.interval.value == pytest.approx(10)
    assert claim.evidence.startswith("recognizability +10.0 [+9.")
    assert paired.more("", "recognizability", worse, better).verdict == FAILS
    assert paired.more("", "recognizability", same, better).verdict == UNDECIDED
    assert paired.more("", "originality", system(0, 0.6), system(0, 0.5)).verdict == HOLDS


@pytest.mark.parametrize(
    ("interval", "told"),
    [
        (Interval(0.0128, 0.0000293, 0.0255), "+0.0128 [+0.0000, +0.0255]"),
        (Interval(8.846, 6.264, 12.04), "+8.8 [+6.3, +12.0]"),
        (Interval(-0.00004, -0.31, 0.2), "+0.000 [-0.310, +0.200]"),
        (Interval(-1234.5, -2000, -5), "-1234 [-2000, -5]"),
        (Interval(0.0, 0.0, 0.0), "+0.00 [+0.00, +0.00]"),
    ],
)
def test_a_difference_is_told_with_as_many_decimals_as_its_bounds(interval, told):
    assert paired.signed(interval) == told


def test_differences_are_paired_by_concept():
    # concepts differ far more than the systems do: only pairing shows the difference
    hard, easier = system(50, spread=20.0), system(51, spread=20.0)
    claim = paired.more("", "recognizability", easier, hard)
    assert claim.verdict == HOLDS
    assert claim.interval.high - claim.interval.low < 1e-9


def test_the_interval_is_that_of_the_paired_difference():
    a, b = system(90, seed=1), system(80, seed=2)
    expected = difference(*(one[0].per_concept["recognizability"] for one in (a, b)))
    found = paired.more("", "recognizability", a, b).interval
    assert vars(found) == pytest.approx(vars(expected))


def test_originality_is_a_ratio_of_means_in_each_training():
    distance, scale = np.array([[1.0, 3.0], [2.0, 2.0]]), np.array([[1.0, 1.0], [4.0, 4.0]])
    two = trained(0, distance, scale)
    assert paired.points([two])[0, 0, 0] == pytest.approx((2 / 1 + 2 / 4) / 2)


def test_trainings_that_disagree_widen_the_interval():
    once, base = system(90), system(88, seed=5)
    disagreeing = system(82) + system(98)
    assert paired.more("", "recognizability", once, base).verdict == HOLDS
    claim = paired.more("", "recognizability", disagreeing, base)
    assert claim.interval.value == pytest.approx(2)
    assert claim.verdict == UNDECIDED


@pytest.mark.parametrize(
    ("recognizability", "originality", "verdict"),
    [
        (90, 0.50, HOLDS),
        (90, 0.70, HOLDS),  # more of both is better still
        (90, 0.46, HOLDS),  # a little less original is comparable
        (90, 0.30, FAILS),  # recognizable because it copies
        (70, 0.50, FAILS),
        (80, 0.50, UNDECIDED),
        (90, 0.45, UNDECIDED),  # right at the tolerance
    ],
)
def test_more_recognizable_asks_for_comparable_originality(recognizability, originality, verdict):
    first = system(recognizability, originality, seed=1)
    claim = paired.more_recognizable("", first, system(80, 0.5, seed=2))
    assert claim.verdict == verdict


def test_nearest_to_human_compares_with_the_next():
    human, near = system(95, 0.60, seed=1), system(94, 0.58, seed=2)
    others = {"far": system(80, 0.9, seed=3), "next": system(88, 0.50, seed=4)}
    spread = np.array([0.2, 7.0])
    claim = paired.nearest_to_human("near is nearest", near, others, human, spread)
    assert claim.verdict == HOLDS
    assert "next farther by" in claim.evidence
    points = np.array([[0.58, 94], [0.9, 80], [0.5, 88]])
    gaps = np.linalg.norm((points - [0.6, 95]) / spread, axis=1)
    assert claim.interval.value == pytest.approx(gaps[2] - gaps[0], abs=0.005)  # less noise's part
    assert paired.distance(near, human, spread).value == pytest.approx(gaps[0])
    swapped = {"near": near, "far": others["far"]}
    failed = paired.nearest_to_human("", others["next"], swapped, human, spread)
    assert failed.verdict == FAILS and "near farther by -" in failed.evidence
    with pytest.raises(ValueError, match="takes others"):
        paired.nearest_to_human("", near, {}, human, spread)


def test_none_of_many_equal_systems_is_told_not_to_be_nearest():
    """The least of many noisy distances is below any one of them, which says nothing."""
    random, failed = np.random.default_rng(0), 0
    for _ in range(40):
        distances = 5 + random.normal(0, 0.3, 10) + random.normal(0, 0.3, (1001, 10))
        distances[0] = distances[0] * 0 + distances[1:].mean(0)
        others = distances[:, 1:] - distances[:, :1]
        nearer = {str(k): Estimate.of(gap, 40) for k, gap in enumerate(others.T)}
        failed += paired.nearest("", distances[0, 0], nearer).verdict == FAILS
    assert failed <= 5


@pytest.mark.parametrize("trainings", [2, 3, 5])
def test_few_trainings_are_not_surer_than_they_can_be(trainings):
    random, wrong = np.random.default_rng(trainings), 0
    level = np.zeros((1, 30))
    for k in range(200):
        pair = (trained(level + 50 + random.normal(0, 2, (trainings, 1)), 1, 1) for _ in range(2))
        scores = (by_training(runs, "recognizability") for runs in pair)
        known = estimate(np.subtract, *scores, concepts=30, seed=3 * k)
        wrong += Claim.tested("", "", known).verdict != UNDECIDED
    assert wrong <= 20  # 5 % of 200 are expected, a bootstrap of two trainings gives 28 %


def test_a_rank_correlation_is_that_of_scipy_and_0_without_a_spread():
    pairs = np.random.default_rng(0).normal(size=(12, 2))
    pairs[:4, 0] = 1.0  # ties share their rank
    values = ranks.rank_correlation(pairs)
    assert values[0] == pytest.approx(spearmanr(*pairs.T).statistic)
    assert values.shape == (2001,) and values[1:].std() > 0.05
    pairs[:, 1] = 3.0
    assert not ranks.rank_correlation(pairs).any()


def test_a_slope_is_per_factor_of_ten():
    systems = [system(60 + 5 * k, 0.9 - 0.1 * k, seed=k) for k in range(4)]
    betas = [0.1, 1, 10, 100]
    claim = paired.rises("", "recognizability", betas, systems)
    assert claim.verdict == HOLDS
    assert claim.interval.value == pytest.approx(5)
    assert paired.rises("", "originality", betas, systems).verdict == FAILS
    flat = [system(60, seed=k) for k in range(4)]
    assert paired.rises("", "recognizability", betas, flat).verdict == UNDECIDED


@pytest.mark.parametrize("betas", [[1], [1, 1], [0, 1], [1, 2, 3]])
def test_a_slope_needs_two_positive_betas(betas):
    with pytest.raises(ValueError, match="two positive betas"):
        paired.rises("", "originality", betas, [system(1), system(2)][: max(1, len(betas) - 1)])


def test_scores_of_other_concepts_are_refused():
    short = trained(np.zeros((1, 3)), 1, 1)
    with pytest.raises(ValueError, match=r"same concepts, got \[3, 40\]"):
        paired.more("", "originality", short, system(1))
    with pytest.raises(ValueError, match="no 'beauty' by concept; known: diversity"):
        paired.more("", "beauty", system(1), system(2))


def test_runs_that_differ_in_seed_make_one_system():
    runs = trained([[10, 10], [20, 20]], 1, 2)
    assert paired.points([runs])[0, 0].tolist() == [0.5, 15]
    with pytest.raises(ValueError, match="same concepts"):
        paired.points([runs, []])
