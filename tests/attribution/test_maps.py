"""Pixel maps of a Gaussian world, where they are known in closed form."""

import pytest
import torch
from gaussian import GaussianDenoiser, difference

from oneshot import rng
from oneshot.attribution.maps import pixel_maps
from oneshot.diffusion.samplers import timesteps
from oneshot.diffusion.schedules import make_schedule
from oneshot.models.pixel_diffusion import PixelDiffusion

SCHEDULE = make_schedule("linear", 40)
STEPS = 8
ALPHAS = SCHEDULE.alphas_cumprod[timesteps(40, STEPS)]


def model(spread: float = 0.3, dropout: float = 0.1) -> PixelDiffusion:
    return PixelDiffusion(GaussianDenoiser(SCHEDULE, spread), "stack", dropout, "linear", 40)


@pytest.fixture
def exemplars():
    return torch.rand(3, 1, 4, 5, generator=torch.Generator().manual_seed(1))


def test_contrast_is_the_weighted_distance_of_the_exemplar_from_the_mean(exemplars):
    maps = pixel_maps(model(), exemplars, variations=2, steps=STEPS)
    expected = difference(ALPHAS, 0.3, 2 * exemplars[:, 0] - 1).abs()
    torch.testing.assert_close(maps, expected)


def test_signed_asks_for_ink_where_the_exemplar_is_darker_than_the_mean(exemplars):
    maps = pixel_maps(model(), exemplars, "signed", variations=2, steps=STEPS)
    torch.testing.assert_close(maps, difference(ALPHAS, 0.3, 2 * exemplars[:, 0] - 1))
    assert ((maps.sum(0) > 0) == (exemplars[:, 0] > 0.5)).all()


def test_guided_is_the_mean_size_of_the_noise_that_is_left(exemplars):
    # Without spread the noise is what sampling started from, at every step.
    maps = pixel_maps(
        model(spread=0), exemplars, "guided", variations=6, guidance=0, seed=5, steps=STEPS
    )
    start = rng.noise(5, range(3), 6, (4, 5)).double()
    first = ALPHAS[0]
    eps = (start - first.sqrt() * (2 * exemplars - 1)) / (1 - first).sqrt()
    expected = (1 - ALPHAS).sqrt().view(-1, 1, 1, 1) * eps.abs().mean(1)
    torch.testing.assert_close(maps, expected.float(), rtol=1e-3, atol=1e-4)


def test_each_step_has_its_own_noise_level(exemplars):
    maps = pixel_maps(model(), exemplars, variations=1, steps=STEPS)
    turned = maps * ((1 - ALPHAS.flip(0)) / (1 - ALPHAS)).sqrt().view(-1, 1, 1, 1)
    assert not torch.allclose(maps.sum(0), turned.sum(0).float(), rtol=0.05)


def test_maps_do_not_depend_on_the_grouping_of_drawings(exemplars, monkeypatch):
    arguments = {"variations": 4, "guidance": 1.0, "steps": STEPS, "concepts": [7, 2, 9]}
    whole = pixel_maps(model(), exemplars, "guided", **arguments)
    monkeypatch.setattr("oneshot.models.pixel_diffusion.TOGETHER", 3)
    torch.testing.assert_close(pixel_maps(model(), exemplars, "guided", **arguments), whole)
    monkeypatch.setattr("oneshot.models.pixel_diffusion.TOGETHER", 8)
    torch.testing.assert_close(pixel_maps(model(), exemplars, "guided", **arguments), whole)


def test_what_cannot_be_mapped_is_refused(exemplars):
    with pytest.raises(ValueError, match="unknown kind of map 'size'"):
        pixel_maps(model(), exemplars, "size")
    with pytest.raises(ValueError, match="without condition dropout"):
        pixel_maps(model(dropout=0), exemplars, "signed")
    maps = pixel_maps(model(dropout=0), exemplars, "guided", variations=1, guidance=0, steps=2)
    assert maps.shape == (2, 3, 4, 5)
