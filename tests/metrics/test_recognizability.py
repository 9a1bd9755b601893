import numpy as np
import pytest
import torch

from oneshot.metrics.recognizability import distances, episodes, recognizability


def test_distances_by_hand():
    queries = torch.tensor([[[0.0, 0.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]]])
    exemplars = torch.tensor([[0.0, 0.0], [3.0, 0.0]])
    expected = [[[0, 9], [25, 16]], [[1, 4], [4, 13]]]
    torch.testing.assert_close(distances(queries, exemplars), torch.tensor(expected).double())


@pytest.mark.parametrize(("concepts", "ways"), [(40, 20), (47, 20), (20, 20), (7, 3)])
def test_episodes_hold_different_concepts_and_test_each_equally(concepts, ways):
    labels, chosen = episodes(concepts, drawings=6, ways=ways, trials=9, seed=3)
    assert labels.shape == chosen.shape == (9 * -(-concepts // ways), ways)
    assert (np.diff(np.sort(labels, axis=1), axis=1) > 0).all()
    tested = np.bincount(labels[chosen >= 0], minlength=concepts)
    assert (tested == 9).all()
    assert set(chosen[chosen >= 0]) == set(range(6))


def test_episodes_are_addressed():
    first, again = (episodes(30, 5, 20, 4, seed=1, stream=2) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], episodes(30, 5, 20, 4, seed=2, stream=2)[0])
    assert not np.array_equal(first[0], episodes(30, 5, 20, 4, seed=1, stream=3)[0])


def test_distractors_are_uniform():
    labels, chosen = episodes(30, 5, 20, trials=3000, seed=0)
    with_first = (labels == 0) & (chosen >= 0)
    together = np.bincount(labels[with_first.any(1)].ravel(), minlength=30)[1:]
    # each of the 29 others goes with concept 0 in 19 of 29 tests, sd sqrt(3000 p (1 - p)) = 26
    assert np.abs(together - 3000 * 19 / 29).max() < 4.5 * 26


# Exemplars on a line; each query is nearest to the exemplar named beside it.
LINE = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
QUERIES = torch.tensor([[[0.1], [0.9]], [[1.1], [1.2]], [[2.4], [9.0]], [[0.0], [2.9]]])


def test_all_ways_by_hand():
    # 0: right, wrong; 1: right, right; 2: right, wrong (3 is nearer); 3: wrong, right
    result = recognizability(QUERIES, LINE, ways="all")
    assert result.per_concept.tolist() == [50, 100, 50, 50]
    assert (result.value, result.ways) == (62.5, 4)


def test_two_ways_by_hand():
    # Against one of the 3 others at random: the query at 0.9 of concept 0 loses to 1 only, the one
    # at 9.0 of concept 2 to 3 only, the one at 0.0 of concept 3 to all.
    result = recognizability(QUERIES, LINE, ways=2, trials=None)
    expected = [100 * (1 + 2 / 3) / 2, 100, 100 * (1 + 2 / 3) / 2, 50]
    torch.testing.assert_close(result.per_concept, torch.tensor(expected))


def test_episodes_agree_with_their_expectation():
    torch.manual_seed(0)
    exemplars = torch.randn(23, 8)
    queries = exemplars[:, None] + 1.2 * torch.randn(23, 10, 8)
    exact = recognizability(queries, exemplars, ways=20, trials=None)
    drawn = recognizability(queries, exemplars, ways=20, trials=2000, seed=1)
    assert 30 < exact.value < 90
    # a class mean over 2000 tests has an error of at most 1.12 percent
    assert (drawn.per_concept - exact.per_concept).abs().max() < 4.5 * 1.12
    assert drawn.value == pytest.approx(exact.value, abs=1)
    alike = recognizability(queries, exemplars, ways=20, trials=2000, seed=1)
    assert torch.equal(drawn.per_concept, alike.per_concept)


@pytest.mark.parametrize("trials", [50, None])
def test_copies_are_always_recognised(trials):
    exemplars = torch.randn(25, 128)
    copies = exemplars[:, None].expand(25, 4, 128)
    assert recognizability(copies, exemplars, trials=trials).value == 100
    assert recognizability(copies, exemplars, ways="all").value == 100


@pytest.mark.parametrize("trials", [200, None])
def test_features_that_say_nothing_give_chance(trials):
    torch.manual_seed(0)
    same = recognizability(torch.ones(40, 5, 8), torch.ones(40, 8), trials=trials)
    assert same.value == pytest.approx(5, abs=1)
    noise = recognizability(torch.randn(40, 30, 8), torch.randn(40, 8), trials=trials)
    assert noise.value == pytest.approx(5, abs=1.5)


@pytest.mark.parametrize("trials", [100, None])
def test_drawings_of_random_concepts_give_chance(trials):
    torch.manual_seed(0)
    exemplars = torch.randn(60, 64)
    others = exemplars[torch.randint(60, (60, 200))]
    assert recognizability(others, exemplars, trials=trials).value == pytest.approx(5, abs=1)


def test_drawings_of_the_wrong_concept_are_never_recognised_among_all():
    exemplars = torch.randn(30, 64)
    others = exemplars.roll(1, 0)[:, None].expand(30, 5, 64)
    assert recognizability(others, exemplars, ways="all").value == 0


def test_fewer_concepts_than_ways_are_said():
    result = recognizability(QUERIES, LINE, ways=20, trials=10)
    assert result.ways == 4


def test_what_makes_no_episode_is_refused():
    with pytest.raises(ValueError, match="at least 2 concepts"):
        recognizability(QUERIES[:1], LINE[:1])
    with pytest.raises(ValueError, match="ways"):
        recognizability(QUERIES, LINE, ways=1)
    with pytest.raises(ValueError, match="trials"):
        recognizability(QUERIES, LINE, trials=0)
    with pytest.raises(ValueError, match="not all finite"):
        recognizability(QUERIES.log(), LINE)
