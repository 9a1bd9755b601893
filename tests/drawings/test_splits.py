import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneshot.drawings import omniglot, quickdraw
from oneshot.drawings.errors import DataError
from oneshot.drawings.splits import TEST, TRAIN, VALIDATION, by_group, by_permutation


@given(
    groups=st.sets(st.integers(0, 30), min_size=6).flatmap(
        lambda names: st.lists(st.sampled_from(sorted(names)), max_size=30).map(
            lambda more: [*names, *more]
        )
    ),
    test=st.floats(0, 0.4),
    validation=st.floats(0, 0.4),
    seed=st.integers(0, 5),
)
def test_a_group_is_never_divided_and_shares_are_kept(groups, test, validation, seed):
    splits = by_group(groups, validation, test, seed)
    owner = {}
    for group, split in zip(groups, splits, strict=True):
        assert owner.setdefault(group, split) == split
    counts = [sum(split == k for split in owner.values()) for k in (TRAIN, VALIDATION, TEST)]
    assert counts[TEST] == max(2, round(test * len(owner)))
    assert counts[VALIDATION] == max(2, round(validation * len(owner)))


@pytest.mark.parametrize("count", [0, 2, 5])
def test_fewer_than_six_groups_cannot_be_divided(count):
    groups = [name for name in range(count) for _ in range(3)]
    with pytest.raises(DataError, match=f"^{count} concepts cannot be divided; at least 6 are"):
        by_group(groups, 0.1, 0.1)


def test_the_split_does_not_depend_on_order_or_repetition():
    names = list("abcdefghij")
    straight = dict(zip(names, by_group(names, 0.2, 0.2), strict=True))
    mixed = names[::-1] + names[:3]
    assert [straight[name] for name in mixed] == by_group(mixed, 0.2, 0.2).tolist()


def test_another_seed_is_another_split():
    names = list(range(50))
    assert (by_group(names, 0.1, 0.2, seed=0) != by_group(names, 0.1, 0.2, seed=1)).any()


def test_omniglot_holds_out_characters_one_to_three_of_each_alphabet():
    names = [f"{a}.character{k:02}" for a in ("Greek", "Latin") for k in range(1, 8)]
    each = [TEST] * 3 + [VALIDATION] * 2 + [TRAIN] * 2
    assert omniglot.split(names).tolist() == each * 2


def test_omniglot_weak_split_has_150_test_concepts(real_data):
    names = omniglot.names(real_data / "omniglot")
    splits = omniglot.split(names)
    assert len(names) == 1623
    assert (splits == TEST).sum() == 150
    assert (splits != TEST).sum() == 1473
    alphabets = {name.split(".")[0] for name in names}
    assert len(alphabets) == 50
    assert {name.split(".")[0] for name, s in zip(names, splits, strict=True) if s == TEST} == (
        alphabets
    )


def test_sibling_clusters_of_a_category_stay_together():
    names = [f"category{k}/{c}" for k in range(40) for c in range(1, 1 + k % 4 + 1)]
    splits = quickdraw.split(names)
    for k in range(40):
        own = splits[[name.split("/")[0] == f"category{k}" for name in names]]
        assert len(set(own.tolist())) == 1
    assert set(splits.tolist()) == {TRAIN, VALIDATION, TEST}


@pytest.mark.parametrize("clustered", [False, True])
def test_quickdraw_splits_345_categories_in_published_shares(clustered):
    categories = [f"c{k:03}" for k in range(345)]
    names = [f"{c}/1" for c in categories] if clustered else categories
    counts = np.bincount(quickdraw.split(names))
    assert counts.tolist() == [255, 30, 60]
    assert (quickdraw.split(names) == quickdraw.split(categories)).all()


def test_the_published_split_keeps_550_of_665_concepts_for_training():
    splits = by_permutation(665, validation=0.1, test=115 / 665)
    assert [(splits == k).sum() for k in (TRAIN, VALIDATION, TEST)] == [484, 66, 115]
    np.testing.assert_array_equal(splits, by_permutation(665, 0.1, 115 / 665))
    assert (splits != by_permutation(665, 0.1, 115 / 665, seed=1)).any()
    # validation concepts come out of the training ones: the test concepts stay
    without = by_permutation(665, 0.0, 115 / 665)
    np.testing.assert_array_equal(splits == TEST, without == TEST)
    assert (without == TRAIN).sum() == 550


def test_the_published_split_of_few_concepts_has_two_to_test_and_two_to_choose_by():
    splits = by_permutation(6, validation=0.087, test=115 / 665)
    assert [(splits == k).sum() for k in (TRAIN, VALIDATION, TEST)] == [2, 2, 2]


def test_the_published_split_mixes_neighbours():
    splits = by_permutation(300, 0.0, 0.5)
    pairs = splits.reshape(-1, 2)
    assert 50 < (pairs[:, 0] != pairs[:, 1]).sum() < 100
