import pytest
import torch

from oneshot.models.conditioning import TimeEmbedding, sinusoid, spread


def test_sinusoid_by_hand():
    values = sinusoid(torch.tensor([0, 3]), 4)
    slow = torch.tensor(3e-4)
    fast = torch.tensor(3.0)
    torch.testing.assert_close(values[0], torch.tensor([0.0, 0.0, 1.0, 1.0]))
    torch.testing.assert_close(
        values[1], torch.stack([fast.sin(), slow.sin(), fast.cos(), slow.cos()])
    )


def test_integer_steps_use_many_dimensions_and_fractions_only_two():
    def rank(t):
        singular = torch.linalg.svdvals(sinusoid(t, 48).double() - sinusoid(t, 48).double().mean(0))
        return (singular > 0.1 * singular[0]).sum().item()

    steps = torch.arange(1, 501)
    assert rank(steps) > 15
    assert rank(steps / 500) <= 2


def test_spread_repeats_each_row_in_place():
    first, second = spread(2, torch.tensor([1, 2]), torch.tensor([[3.0], [4.0]]))
    assert first.tolist() == [1, 1, 2, 2]
    assert second.tolist() == [[3], [3], [4], [4]]


def test_odd_sinusoids_are_refused():
    with pytest.raises(ValueError, match="9 is odd"):
        TimeEmbedding(9, 4, 4)
