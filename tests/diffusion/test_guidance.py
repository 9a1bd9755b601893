import pytest
import torch

from oneshot.diffusion.guidance import guided


class Spy:
    """Predicts x + condition where kept, x where not, and counts its calls and rows."""

    def __init__(self):
        self.rows = []

    def __call__(self, x, t, condition, keep):
        self.rows.append(len(x))
        return x + t[:, None] + keep[:, None] * condition


@pytest.fixture
def arguments():
    x = torch.arange(6.0).view(3, 2)
    return x, torch.tensor([5, 6, 7]), torch.tensor([[1.0, 2.0]]).expand(3, 2)


def test_no_guidance_is_the_conditional_branch_in_one_forward(arguments):
    x, t, condition = arguments
    spy = Spy()
    torch.testing.assert_close(guided(spy, condition, 0)(x, t), x + t[:, None] + condition)
    assert spy.rows == [3]


@pytest.mark.parametrize("guidance", [0.5, 1.0, 2.0, -1.0])
def test_guidance_exaggerates_the_condition_in_one_forward_of_both(arguments, guidance):
    x, t, condition = arguments
    spy = Spy()
    eps = guided(spy, condition, guidance)(x, t)
    torch.testing.assert_close(eps, x + t[:, None] + (1 + guidance) * condition)
    assert spy.rows == [6]


def test_branches_are_the_conditional_and_the_unconditional_prediction(arguments):
    x, t, condition = arguments
    eps_cond, eps_uncond = guided(Spy(), condition, 0).branches(x, t)
    torch.testing.assert_close(eps_cond, x + t[:, None] + condition)
    torch.testing.assert_close(eps_uncond, x + t[:, None])


def test_result_is_float32_whatever_the_network_computes_in(arguments):
    x, t, condition = arguments

    def half(x, t, condition, keep):
        return Spy()(x, t, condition, keep).bfloat16()

    assert guided(half, condition, 0)(x, t).dtype == torch.float32
    assert guided(half, condition, 1)(x, t).dtype == torch.float32
