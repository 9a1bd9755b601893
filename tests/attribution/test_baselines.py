"""A critic that is a matrix, and two exemplars: then every attribution has a closed form."""

import numpy as np
import pytest
import torch
from torch import nn

from oneshot.attribution.baselines import blurred, critic_maps, log_odds, shuffled
from oneshot.models.critics import ConvCritic

SIDE = 12


class Matrix(nn.Module):
    """A critic whose features are a linear map of the pixels."""

    side = SIDE

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = nn.Parameter(torch.randn(SIDE * SIDE, 5, generator=generator) / SIDE)

    def forward(self, images):
        return images.flatten(1) @ self.weight


@pytest.fixture
def exemplars():
    pages = torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return (pages > 0.7).float()


@pytest.fixture
def slope(exemplars):
    """The gradient of the log odds of the first name, the same at every image."""
    weight = Matrix().weight.detach()
    first, second = exemplars.flatten(1) @ weight
    return (2 * weight @ (first - second)).view(SIDE, SIDE)


def test_saliency_is_the_slope(exemplars, slope):
    maps = critic_maps(Matrix(), exemplars, "saliency", 0.5)
    torch.testing.assert_close(maps, slope.abs().expand(2, -1, -1), rtol=1e-4, atol=1e-5)


def test_integrated_gradients_is_the_slope_where_there_is_ink(exemplars, slope):
    maps = critic_maps(Matrix(), exemplars, "integrated_gradients", 0.5)
    torch.testing.assert_close(maps, (slope * exemplars[:, 0]).abs(), rtol=1e-3, atol=1e-5)


def test_occlusion_is_what_the_windows_over_a_pixel_take_away(exemplars, slope):
    maps = critic_maps(Matrix(), exemplars, "occlusion", 0.5)
    taken, covered = torch.zeros(SIDE, SIDE), torch.zeros(SIDE, SIDE)
    # Windows of 7 px at every second pixel; the last one sticks out of the page.
    for top in (0, 2, 4, 6):
        for left in (0, 2, 4, 6):
            box = (slice(top, top + 7), slice(left, left + 7))
            taken[box] += (slope * exemplars[0, 0])[box].sum()
            covered[box] += 1
    expected = (taken / covered).abs()
    torch.testing.assert_close(maps[0], expected, rtol=1e-3, atol=1e-4)


def test_odds_are_those_of_a_softmax_over_distances():
    critic = ConvCritic(16, widths=(4, 4), features="head").eval()
    images = torch.rand(5, 1, 16, 16)
    features = critic(images)
    logits = -torch.cdist(features, features[:3]).square()
    chance = logits.softmax(1)
    odds = log_odds(critic, images[:3])(images)
    torch.testing.assert_close(odds, (chance / (1 - chance)).log(), rtol=1e-3, atol=1e-4)


def test_a_critic_of_another_side_gives_maps_of_the_page():
    critic = ConvCritic(16, widths=(4, 4), features="head").eval()
    maps = critic_maps(critic, torch.rand(3, 1, 20, 20), "saliency", 0.5)
    assert maps.shape == (3, 20, 20)
    assert maps.min() >= 0 and maps.amax((1, 2)).min() > 0
    assert not any(p.grad is not None for p in critic.parameters())


def test_blurred_ink_is_a_gaussian_around_each_point():
    page = torch.zeros(1, 1, 31, 31)
    page[0, 0, 15, 15] = 1
    row = blurred(page, 2.0)[0, 15]
    steps = np.arange(-6, 7)
    weights = np.exp(-(steps**2) / 8)
    torch.testing.assert_close(
        row[9:22] / row[15], torch.tensor(weights / weights[6]).float(), rtol=1e-4, atol=1e-6
    )
    assert blurred(page).sum().item() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("count", [2, 3, 25])
def test_no_exemplar_keeps_its_map(count):
    maps = torch.arange(count).float().view(-1, 1, 1).expand(-1, 2, 2)
    for seed in range(5):
        given = shuffled(maps, seed)[:, 0, 0].long()
        assert sorted(given.tolist()) == list(range(count))
        assert (given != torch.arange(count)).all()


def test_what_cannot_be_compared_is_refused(exemplars):
    with pytest.raises(ValueError, match="unknown method 'lime'"):
        critic_maps(Matrix(), exemplars, "lime", 0.5)
    with pytest.raises(ValueError, match="at least 2 exemplars"):
        critic_maps(Matrix(), exemplars[:1], "saliency", 0.5)
    with pytest.raises(ValueError, match="at least 2"):
        shuffled(torch.zeros(1, 2, 2))
