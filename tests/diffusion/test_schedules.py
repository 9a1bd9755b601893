import pytest
import torch

from oneshot.diffusion.schedules import SCHEDULES, make_schedule


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_signal_falls_from_almost_all_to_almost_none(name):
    schedule = make_schedule(name)
    assert schedule.steps == 1000
    assert schedule.alphas_cumprod.dtype == torch.float64
    assert (schedule.alphas_cumprod.diff() < 0).all()
    assert schedule.alphas_cumprod[0] > 0.998
    assert 0 < schedule.alphas_cumprod[-1] < 2e-4


@pytest.mark.parametrize(
    ("name", "first", "last"), [("linear", 1e-4, 0.02), ("scaled_linear", 0.0015, 0.0195)]
)
def test_end_points_hold_for_any_number_of_steps(name, first, last):
    for steps in (2, 500):
        betas = make_schedule(name, steps).betas
        assert betas[0].item() == pytest.approx(first)
        assert betas[-1].item() == pytest.approx(last)


def test_published_terminal_signal():
    assert make_schedule("linear", 500).alphas_cumprod[-1].item() == pytest.approx(0.0063, rel=0.01)
    assert make_schedule("scaled_linear").alphas_cumprod[-1].item() == pytest.approx(
        1.4e-4, rel=0.05
    )


def test_alphas_cumprod_by_hand():
    assert make_schedule("linear", 2).alphas_cumprod.tolist() == pytest.approx(
        [0.9999, 0.9999 * 0.98]
    )


def test_noised_mixes_signal_and_noise_per_row():
    schedule = make_schedule("linear", 2)
    x = schedule.noised(torch.ones(2, 1, 1, 1), torch.full((2, 1, 1, 1), 2.0), torch.tensor([1, 0]))
    late = 0.979902**0.5 + 2 * 0.020098**0.5
    early = 0.9999**0.5 + 2 * 0.0001**0.5
    torch.testing.assert_close(x.flatten(), torch.tensor([late, early]))
    assert x.dtype == torch.float32


def test_tables_are_real_on_the_meta_device():
    with torch.device("meta"):
        assert make_schedule("linear", 3).alphas_cumprod[0].item() == pytest.approx(0.9999)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"'lineal'.*linear"):
        make_schedule("lineal")
    with pytest.raises(ValueError, match="steps=0"):
        make_schedule("linear", 0)
