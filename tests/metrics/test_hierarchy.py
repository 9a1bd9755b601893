"""Simulated tables with a known effect and a known null: verdicts err as often as they say."""

from dataclasses import replace

import numpy as np
import pytest
from made_up import trainings
from scipy.stats import norm, ttest_1samp, ttest_rel

from oneshot.claims.corrected import corrected, jointly
from oneshot.metrics import hierarchy, paired
from oneshot.metrics.hierarchy import Estimate, estimate
from oneshot.metrics.intervals import DRAWS, weights
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, UNTESTED, Claim

CONCEPTS, STATEMENTS = 40, 10


def claim(dice, effect=0.0, seeds=1, spread=0.0, concepts=CONCEPTS):
    """Return a claim about two systems on the same concepts, whose trainings have a `spread`."""
    level = dice.normal(0, 5, concepts)  # concepts differ by more than systems do
    scores = []
    for mean in (effect, 0.0):
        apart = dice.normal(0, spread, (seeds, 1)) + dice.normal(0, 1, (seeds, concepts))
        scores.append(weights(concepts) @ (level + mean + apart).T)
    return Claim.tested("", "", estimate(np.subtract, *scores, concepts=concepts), seeds)


@pytest.mark.parametrize(("seeds", "spread"), [(1, 0.0), (3, 0.0), (3, 1.0)])
def test_at_most_one_paper_in_twenty_has_a_false_verdict(seeds, spread):
    """With the nested spread of trainings, too; uncorrected, two papers in five would have one."""
    dice, papers, wrong, alone = np.random.default_rng(seeds), 100, 0, 0
    for _ in range(papers):
        claims = [claim(dice, seeds=seeds, spread=spread) for _ in range(STATEMENTS)]
        wrong += any(one.verdict != UNDECIDED for one in corrected(claims))
        alone += any(one.verdict != UNDECIDED for one in claims)
    assert wrong <= 0.05 * papers + 3 * np.sqrt(papers * 0.05 * 0.95)
    if seeds == 1 or spread:  # where trainings agree, what they might add makes up for it
        assert alone > 2 * wrong


def test_two_data_sets_together_decide_what_one_does_not_and_err_as_rarely():
    dice, wrong, found, alone, papers = np.random.default_rng(10), 0, 0, 0, 60
    for _ in range(papers):
        null, effect = (
            {
                (f"{n}", where): claim(dice, size, concepts=concepts)
                for n in range(STATEMENTS)
                for where, concepts in (("here", 40), ("there", 60))
            }
            for size in (0.0, 0.4)
        )
        wrong += any(one.verdict != UNDECIDED for one in jointly(null).values())
        found += sum(one.verdict == HOLDS for one in jointly(effect).values())
        here = [one for (_, where), one in effect.items() if where == "there"]
        alone += sum(one.verdict == HOLDS for one in corrected(here))
    assert wrong <= 0.05 * papers + 3 * np.sqrt(papers * 0.05 * 0.95)
    assert found > 1.3 * alone


def test_data_sets_are_taken_together_with_their_signs_unless_they_contradict():
    up = Claim("", None, "", UNDECIDED, p=0.04, concepts=40)
    down = replace(up, against=True)
    both = jointly({("it", "a"): up, ("it", "b"): up, ("else", "a"): up})["it"]
    assert both.p == pytest.approx(2 * norm.sf(np.sqrt(2) * norm.isf(0.02)))
    assert (both.verdict, both.datasets) == (HOLDS, ("a", "b"))
    assert jointly({("it", "a"): down, ("it", "b"): down})["it"].verdict == FAILS
    split = jointly({("it", "a"): up, ("it", "b"): down})["it"]
    assert (split.verdict, split.p) == (UNDECIDED, 1.0)
    decided = replace(up, verdict=HOLDS), replace(down, verdict=FAILS)
    assert jointly({("it", "a"): decided[0], ("it", "b"): decided[1]}) == {}
    assert jointly({("it", "a"): up, ("it", "b"): replace(up, p=None)}) == {}


def test_one_effect_among_many_nulls_is_found_and_nothing_else():
    dice, found, wrong = np.random.default_rng(4), 0, 0
    for _ in range(50):
        claims = [claim(dice, 1.2), *(claim(dice) for _ in range(STATEMENTS - 1))]
        first, *others = corrected(claims)
        found += first.verdict == HOLDS
        wrong += any(one.verdict != UNDECIDED for one in others)
    assert found >= 45 and wrong <= 8


def far_from_people(dice, offset, noise, seeds=1, scores=5, concepts=80):
    """Return scores (1 + draws, seeds, scores) that are `offset` from 0, each, with noise."""
    apart = dice.normal(offset, noise, (seeds, concepts, scores))
    return np.stack([weights(concepts) @ one for one in apart], 1)


@pytest.mark.parametrize(("seeds", "noise"), [(1, 2.0), (3, 2.0), (1, 0.5)])
def test_a_noisy_rival_is_no_farther_from_people_for_its_noise(seeds, noise):
    """Both are as far; by their plain distances the noisy one is farther in a fifth of cases."""
    dice, wrong, count = np.random.default_rng(8), 0, 60
    people = np.zeros((1 + DRAWS, 1, 5))
    for _ in range(count):
        mine = far_from_people(dice, 0.1, 0.5)
        rival = far_from_people(dice, 0.1, noise, seeds)
        told = paired.nearest("", *paired.farther(people, mine, {"it": rival}, np.ones(5), 80))
        wrong += corrected([told])[0].verdict != UNDECIDED
    assert wrong <= 0.05 * count + 3 * np.sqrt(count * 0.05 * 0.95)


def test_a_rival_that_is_farther_from_people_is_found():
    dice, people = np.random.default_rng(9), np.zeros((1 + DRAWS, 1, 5))
    both = [
        {"mine": far_from_people(dice, 0.1, 0.5), "it": far_from_people(dice, 0.3, 0.5)}
        for _ in range(20)
    ]
    for verdict, (first, other) in ((HOLDS, ("mine", "it")), (FAILS, ("it", "mine"))):
        told = [
            paired.nearest(
                "", *paired.farther(people, pair[first], {other: pair[other]}, np.ones(5), 80)
            )
            for pair in both
        ]
        assert sum(corrected([one])[0].verdict == verdict for one in told) >= 19
        gaps = [one.interval.value * (1 if verdict == HOLDS else -1) for one in told]
        assert np.mean(gaps) == pytest.approx(0.2 * np.sqrt(5), rel=0.1)


def test_as_many_concepts_as_are_needed_tell_an_effect_four_times_in_five():
    dice, effect, had = np.random.default_rng(5), 0.5, 20
    p = 2 * norm.sf(effect * np.sqrt(had / 2))  # the difference of two scores has variance 2
    needed = paired.concepts_needed(Claim("", None, "", UNDECIDED, p=p, concepts=had))
    assert needed == pytest.approx(2 * (2.8 / effect) ** 2, rel=0.01)
    told = [claim(dice, effect, concepts=round(needed)) for _ in range(200)]
    assert 0.7 < np.mean([corrected([one])[0].verdict == HOLDS for one in told]) < 0.9


def test_more_concepts_do_not_help_where_trainings_disagree():
    near = Claim("", None, "", UNDECIDED, p=0.1, concepts=40, seeds=3, of_seeds=0.2)
    none = Claim("", None, "", UNDECIDED, p=0.1, concepts=40, seeds=3, of_seeds=0.9)
    alone = Claim("", None, "", UNDECIDED, p=0.1, concepts=40)
    wanted, infinite, least = map(paired.concepts_needed, (near, none, alone))
    assert least < wanted < infinite == np.inf
    share = 0.2 + 0.8 * 40 / wanted  # of the squared error that is left
    assert norm.isf(0.05) / np.sqrt(share) == pytest.approx(norm.isf(0.025) + norm.ppf(0.8))


def test_with_one_training_the_test_is_the_paired_t_test():
    dice = np.random.default_rng(6)
    first, second = dice.normal(0.3, 1, (2, 60))
    ours = paired.difference(first, second).sides
    for side, name in zip(ours, ("greater", "less"), strict=True):
        assert side == pytest.approx(ttest_rel(first, second, alternative=name).pvalue, abs=0.02)


def test_with_trainings_alone_the_test_is_that_of_their_means():
    means = np.array([0.2, 0.9, 1.4])
    level = np.ones((2001, 1))
    known = estimate(np.subtract, level * means, level * 0, concepts=CONCEPTS)
    expected = ttest_1samp(means, 0, alternative="greater").pvalue
    assert known.sides[0] == pytest.approx(expected) and known.of_seeds == 1
    assert known.freedom == pytest.approx(2)
    wide = known.interval()
    reach = 4.303 * means.std(ddof=1) / np.sqrt(3)
    assert (wide.high - wide.low) / 2 == pytest.approx(reach, rel=0.1)


def test_parts_that_must_all_hold_and_parts_of_which_one_must():
    sides = [(0.01, 0.99), (0.2, 0.8)]
    assert hierarchy.every(sides) == (0.2, 1.0)
    assert hierarchy.either(sides) == (0.02, 0.99)
    assert hierarchy.two_sided((0.01, 0.99)) == 0.02
    sure = Estimate.of(np.zeros(2001), CONCEPTS)
    assert sure.sides == (0.5, 0.5) and sure.shifted(1.0).sides == (0.0, 1.0)
    assert (-sure.shifted(1.0)).sides == (1.0, 0.0)


def test_a_paper_keeps_what_is_no_test_and_says_so():
    read = Claim("", None, "no beta is as original", UNDECIDED)
    near = Claim("", None, "", HOLDS, p=0.03, concepts=40)
    sure = Claim("", None, "", HOLDS, p=1e-6, concepts=40, seeds=3)
    kept, lost, held = corrected([read, near, sure, near][:3])
    assert (kept.verdict, kept.p, kept.changed) == (UNDECIDED, None, False)
    assert "not tested" in kept.why
    assert held.verdict == HOLDS and held.p == pytest.approx(2e-6) and held.why == "3 seeds"
    assert lost.verdict == HOLDS and lost.p == pytest.approx(0.03) and lost.why == "one seed"
    lost = corrected([near, near])[0]
    assert lost.verdict == UNDECIDED and lost.changed and lost.p == pytest.approx(0.06)
    assert lost.why.startswith("by itself it holds (p 0.030), among 2 statements it is not decided")
    assert "concepts would tell what was measured, instead of 40" in lost.why and lost.why.endswith(
        "one seed"
    )
    assert corrected([Claim("", None, "", UNTESTED)])[0].verdict == UNTESTED


def line(points, dice, seeds=1, lifted=0):
    """Return trainings at points (originality, recognizability), concepts around them."""
    noise = dice.normal(0, 1, (2, seeds, CONCEPTS))
    noise -= noise.mean(2, keepdims=True)
    return [trainings(r + lifted + noise[0], o + 0.01 * noise[1], 1.0) for o, r in points]


def test_recognizability_is_read_off_the_line_at_the_same_originality():
    dice = np.random.default_rng(7)
    path = line([(0.8, 60), (0.6, 80), (0.4, 90)], dice)
    (other,) = line([(0.5, 80)], dice)
    known = paired.along(path, other)
    assert known.values[0] == pytest.approx(5) and known.sides[0] < 1e-4
    assert paired.along(path[::-1], other).values[0] == pytest.approx(5)
    (beyond,) = line([(0.9, 50)], dice)
    (edge,) = line([(0.8, 60)], dice)  # half of the resamples reach no further
    assert paired.along(path, beyond) is None and paired.along(path, edge) is None
    assert paired.along(path[:1], path[0]) is None
    # three trainings that disagree are less sure of it
    lifted = np.array([[-9], [0], [9]])
    apart = line([(0.8, 60), (0.6, 80), (0.4, 90)], dice, seeds=3, lifted=lifted)
    assert paired.along(apart, other).error > 3 * known.error
