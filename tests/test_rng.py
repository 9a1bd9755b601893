import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from oneshot.rng import generator, noise, step_seed

integers = st.integers(-(2**63), 2**64 - 1)


def first(*address):
    return generator(*address).random(4).tolist()


@given(st.lists(integers, min_size=1, max_size=4))
def test_an_address_is_a_stream(address):
    assert first(*address) == first(*address)


def test_every_part_of_an_address_matters():
    streams = [first(*np.eye(4, dtype=int)[k]) for k in range(4)] + [first(0, 0, 0, 0)]
    assert len({tuple(stream) for stream in streams}) == 5
    assert first(3) == first(3, 0) == first(3, 0, 0, 0)


def test_a_longer_address_is_refused():
    with pytest.raises(ValueError, match="at most four"):
        generator(1, 2, 3, 4, 5)


def test_streams_of_neighbours_do_not_overlap():
    long = generator(0, 0, 0, 0).integers(2**63, size=5000)
    for neighbour in ((0, 0, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0)):
        assert not np.isin(generator(*neighbour).integers(2**63, size=100), long).any()


def test_noise_does_not_depend_on_grouping_or_on_how_much_is_asked_for():
    whole = noise(7, [0, 3, 5], 6, (2, 4))
    assert whole.shape == (3, 6, 2, 4) and whole.dtype == torch.float32
    assert torch.equal(noise(7, [3], 6, (2, 4))[0], whole[1])
    assert torch.equal(noise(7, [5, 0], 2, (2, 4)), whole[[2, 0], :2])


def test_noise_differs_by_seed_concept_variation_and_step():
    rows = [
        noise(0, [0], 2, (8,))[0, 0],
        noise(0, [0], 2, (8,))[0, 1],
        noise(0, [1], 1, (8,))[0, 0],
        noise(1, [0], 1, (8,))[0, 0],
        noise(0, [0], 1, (8,), step=1)[0, 0],
    ]
    assert len({tuple(row.tolist()) for row in rows}) == 5


def test_noise_is_standard_normal():
    values = noise(2, range(20), 50, (10,)).flatten()  # 10,000 numbers
    assert abs(values.mean()) < 0.04 and abs(values.std() - 1) < 0.03
    assert abs((values.abs() < 1).float().mean() - 0.6827) < 0.02


def test_noise_never_changes_between_releases():
    np.testing.assert_array_equal(
        noise(1, [2], 1, (3,), step=4).numpy().ravel(),
        np.array([-0.027264222502708435, 0.5555848479270935, -0.42943862080574036], np.float32),
    )
    assert step_seed(1, 2) == 7764949442709860949


def test_no_concepts_no_noise():
    assert noise(0, [], 3, (2,)).shape == (0, 3, 2)


def test_noise_leaves_the_callers_generators_alone():
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    noise(0, [0], 1, (4,))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002


def test_step_seeds_differ_and_suit_torch():
    seeds = {step_seed(seed, step) for seed in range(20) for step in range(200)}
    assert len(seeds) == 4000
    assert all(0 <= seed < 2**63 for seed in seeds)
