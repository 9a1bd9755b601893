"""Batches are functions of (seed, step); page values say which drawing a batch shows."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from oneshot.drawings.batches import Episodes, Pairs, Sets
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import TEST, TRAIN, VALIDATION

SIZES = (5, 3, 4, 6, 2)
OWNERS = np.repeat(np.arange(5), SIZES)


@pytest.fixture
def concepts():
    """Five concepts, three of them for training; every pixel of page i is i."""
    count = sum(SIZES)
    pages = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None], (count, 4, 4)).copy()
    offsets = np.cumsum([0, *SIZES])
    splits = np.array([TRAIN, TEST, TRAIN, TRAIN, VALIDATION], dtype=np.uint8)
    members = np.arange(count)
    return ConceptSet(pages, members, offsets, tuple("abcde"), splits, offsets[:-1] + 1)


def rows(images):
    """Return which drawings a batch shows, without the image axes."""
    assert images.shape[-3:] == (1, 4, 4) and images.dtype == torch.uint8
    return images[..., 0, 0, 0].numpy()


@pytest.mark.parametrize("kind", ["pairs", "sets", "episodes"])
def test_batches_are_the_same_when_their_drawings_have_moved_to_a_device(concepts, kind):
    here, there = KINDS[kind](concepts, 3), KINDS[kind](concepts, 3)
    there.settle(torch.zeros(()).device)
    for step in (0, 2, 9):
        one, other = here(step), there(step)
        assert one.keys() == other.keys()
        for name in one:
            assert torch.equal(one[name], other[name])
            assert one[name].is_contiguous() and one[name].dtype == other[name].dtype


TRAINED = np.flatnonzero(np.isin(OWNERS, (0, 2, 3)))

KINDS = {
    "pairs": lambda concepts, seed: Pairs(concepts, 4, seed),
    "sets": lambda concepts, seed: Sets(concepts, 3, 4, seed),
    "episodes": lambda concepts, seed: Episodes(concepts, 3, 2, seed),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_a_function_of_seed_and_step(concepts, kind):
    build = KINDS[kind]
    forwards = {step: build(concepts, 3)(step) for step in range(8)}
    one = build(concepts, 3)
    for step in (7, 0, 3, 3, 6):
        again = one(step)
        assert again.keys() == forwards[step].keys()
        assert all(torch.equal(again[name], value) for name, value in forwards[step].items())
    other = build(concepts, 4)
    assert any(
        not torch.equal(other(step)[name], value)
        for step, batch in forwards.items()
        for name, value in batch.items()
    )


@pytest.mark.parametrize("kind", KINDS)
def test_training_batches_show_training_drawings_only(concepts, kind):
    batches = KINDS[kind](concepts, 0)
    shown = {
        int(row)
        for step in range(60)
        for name, value in batches(step).items()
        if name != "label"
        for row in rows(value).ravel()
    }
    assert shown == set(TRAINED.tolist())


def test_pairs_show_every_drawing_once_an_epoch(concepts):
    batches = Pairs(concepts, 5, seed=1)
    assert batches.epochs.per_epoch == 3  # of 15 training drawings
    epochs = [
        np.concatenate([rows(batches(step)["x"]) for step in range(first, first + 3)])
        for first in (0, 3, 6)
    ]
    for epoch in epochs:
        assert sorted(epoch) == TRAINED.tolist()
    assert any((a != b).any() for a, b in pairwise(epochs))


def test_pairs_drop_the_incomplete_batch_and_never_repeat_within_an_epoch(concepts):
    batches = Pairs(concepts, 4, seed=1)
    assert batches.epochs.per_epoch == 3
    shown = np.concatenate([rows(batches(step)["x"]) for step in range(3)])
    assert len(set(shown)) == 12


def test_pairs_go_with_their_exemplar_and_count_labels_from_zero(concepts):
    batches = Pairs(concepts, 15, seed=0)
    assert batches.classes == 3
    batch = batches(0)
    owners = OWNERS[rows(batch["x"])]
    assert (rows(batch["y"]) == concepts.exemplars[owners]).all()
    assert (np.array([0, 2, 3])[batch["label"].numpy()] == owners).all()


def test_a_batch_is_never_larger_than_the_split(concepts):
    batch = Pairs(concepts, 100, seed=0)(4)
    assert sorted(rows(batch["x"])) == TRAINED.tolist()


def test_sets_are_of_one_concept_and_differ_where_they_can(concepts):
    batches = Sets(concepts, 8, 5, seed=2)
    for step in range(10):
        batch = batches(step)
        shown = rows(batch["set"])
        assert shown.shape == (8, 5)
        for label, one in zip(batch["label"].tolist(), shown, strict=True):
            concept = (0, 2, 3)[label]
            assert set(OWNERS[one]) == {concept}
            assert len(set(one)) == 5 or SIZES[concept] < 5


def test_episodes_are_of_different_concepts_around_their_exemplars(concepts):
    batches = Episodes(concepts, 2, 3, seed=2)
    for step in range(20):
        batch = batches(step)
        support, query = rows(batch["support"]), rows(batch["query"])
        assert support.shape == (2,) and query.shape == (2, 3)
        owners = OWNERS[support]
        assert len(set(owners)) == 2
        assert (support == concepts.exemplars[owners]).all()
        assert (OWNERS[query] == owners[:, None]).all()
        assert all(len(set(one)) == 3 for one in query)


def test_an_episode_has_no_more_ways_than_there_are_concepts(concepts):
    assert Episodes(concepts, 60, 1, seed=0)(0)["support"].shape == (3, 1, 4, 4)


def test_concepts_say_what_belongs_to_them(concepts):
    assert len(concepts) == 5 and concepts.side == 4
    assert concepts.counts.tolist() == list(SIZES)
    assert concepts.of("train").tolist() == [0, 2, 3]
    assert concepts.of("validation", "test").tolist() == [1, 4]
    assert concepts.rows(2).tolist() == [8, 9, 10, 11]
    assert concepts.rows(1).tolist() == [5, 6, 7]
    found, owners = concepts.pairs("validation", "test")
    assert found.tolist() == [5, 6, 7, 18, 19] and owners.tolist() == [1, 1, 1, 4, 4]
    with pytest.raises(ValueError, match=r"unknown split \['dev'\]; known: train, validation"):
        concepts.of("dev")


def test_exemplars_are_images_in_zero_to_one(concepts):
    images = concepts.exemplar_images([0, 4])
    assert images.shape == (2, 1, 4, 4) and images.dtype == torch.float32
    assert images[:, 0, 0, 0].tolist() == pytest.approx([1 / 255, 19 / 255])


def test_human_drawings_are_sampled_by_seed_and_concept(concepts):
    drawn = concepts.sample([3, 0], 4, seed=1)
    assert drawn.shape == (2, 4, 1, 4, 4) and drawn.dtype == np.uint8
    shown = drawn[:, :, 0, 0, 0]
    for concept, one in zip((3, 0), shown, strict=True):
        assert len(set(one)) == 4 and set(OWNERS[one]) == {concept}
        alone = concepts.sample([concept], 4, seed=1)[0, :, 0, 0, 0]
        assert (alone == one).all()
    assert concepts.sample([0, 1], 4).shape[:2] == (2, 3)  # concept 1 has three
    assert (concepts.sample([3], 3, seed=1) != concepts.sample([3], 3, seed=2)).any()
