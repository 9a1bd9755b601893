"""Latent maps: closed form through a linear decoder, the full Jacobian through real ones."""

import pytest
import torch
from gaussian import GaussianDenoiser, difference
from torch import nn

from oneshot.attribution.latent import latent_maps, push
from oneshot.attribution.maps import magnitude, statement
from oneshot.diffusion.samplers import timesteps
from oneshot.diffusion.schedules import make_schedule
from oneshot.models.autoencoder import Autoencoder
from oneshot.models.latent_denoiser import ResidualDenoiser
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.patch_autoencoder import PatchAutoencoder

SCHEDULE = make_schedule("scaled_linear", 60)
STEPS = 6
ALPHAS = SCHEDULE.alphas_cumprod[timesteps(60, STEPS)]
LATENT, SIDE = 3, 4


class Linear(nn.Module):
    """An autoencoder whose decoder is a matrix."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(2)
        self.register_buffer("out", torch.randn(LATENT, SIDE * SIDE, generator=generator))

    def encode(self, images):
        return images.flatten(1) @ torch.linalg.pinv(self.out)

    def decode(self, latents):
        return (latents @ self.out).unflatten(1, (1, SIDE, SIDE))


@pytest.fixture
def linear():
    model = LatentDiffusion(Linear(), GaussianDenoiser(SCHEDULE, 0.5, LATENT), steps=60)
    model.standardise_to(torch.randn(50, LATENT) * torch.tensor([1.0, 2.0, 5.0]) + 1)
    return model


@pytest.fixture
def exemplars():
    return torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(3))


def seen_through(model, directions):
    """The pixels (S, C, H, W) of directions (S, C, d) of standardised latents."""
    return ((directions * model.latent_std) @ model.autoencoder.out).unflatten(-1, (SIDE, SIDE))


def test_a_linear_decoder_shows_the_known_difference(linear, exemplars):
    expected = seen_through(linear, difference(ALPHAS, 0.5, linear.encode(exemplars)))
    maps = latent_maps(linear, exemplars, "signed", variations=2, steps=STEPS)
    torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-5)
    maps = latent_maps(linear, exemplars, "contrast", variations=2, steps=STEPS)
    torch.testing.assert_close(maps, expected.abs(), rtol=1e-4, atol=1e-5)


def test_the_released_pairing_weighs_steps_in_the_wrong_order(linear, exemplars):
    right = difference(ALPHAS, 0.5, linear.encode(exemplars))
    wrong = right * ((1 - ALPHAS.flip(0)) / (1 - ALPHAS)).sqrt().view(-1, 1, 1).float()
    maps = latent_maps(linear, exemplars, "contrast", variations=2, steps=STEPS, as_released=True)
    torch.testing.assert_close(maps, seen_through(linear, wrong).abs(), rtol=1e-4, atol=1e-5)
    honest = latent_maps(linear, exemplars, "contrast", variations=2, steps=STEPS)
    assert not torch.allclose(maps.sum(0), honest.sum(0), rtol=0.05)


@pytest.fixture(params=[Autoencoder, PatchAutoencoder])
def tiny(request):
    torch.manual_seed(0)
    model = LatentDiffusion(request.param(8), ResidualDenoiser(8, 16, embedding=16), steps=60)
    for parameter in model.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    model.standardise_to(torch.randn(50, 8))
    return model.eval()


@pytest.fixture
def drawings():
    return torch.rand(2, 1, 48, 48, generator=torch.Generator().manual_seed(4))


def by_full_jacobian(model, step, at):
    """What a step says of pixels, through Jacobians at the latents `at`, (c, v, H, W)."""
    jacobian = torch.func.vmap(torch.func.jacfwd(model.decode))(at.flatten(0, 1).unsqueeze(1))
    flat = jacobian.flatten(1, -2)
    said = statement(step, "guided").flatten(0, 1)
    return (flat @ said[..., None]).view(*at.shape[:2], 48, 48)


def test_maps_equal_those_of_the_full_jacobian(tiny, drawings):
    steps = []
    tiny.draw(drawings, 3, guidance=1.5, steps=3, seed=6, callback=steps.append)
    pages = [by_full_jacobian(tiny, step, step.x) for step in steps]
    expected = torch.stack([magnitude(page, "guided").mean(1) for page in pages])
    maps = latent_maps(tiny, drawings, variations=3, guidance=1.5, steps=3, seed=6)
    assert expected.max() > 1e-3
    torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-6)


def test_the_released_pairing_looks_at_the_latent_after_the_update(tiny, drawings):
    steps = []
    tiny.draw(drawings, 2, guidance=1.0, steps=3, callback=steps.append)
    after = [steps[1].x, steps[2].x, steps[2].x0]
    levels = [step.alpha_cumprod for step in reversed(steps)]
    mispaired = zip(steps, after, levels, strict=True)
    pages = [
        by_full_jacobian(tiny, step, x) * ((1 - level) / (1 - step.alpha_cumprod)) ** 0.5
        for step, x, level in mispaired
    ]
    expected = torch.stack([page.abs().mean(1) for page in pages])
    maps = latent_maps(tiny, drawings, variations=2, steps=3, as_released=True)
    torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-6)


def test_pushing_in_parts_is_pushing_at_once(tiny, monkeypatch):
    z, direction = torch.randn(2, 2, 3, 8)
    whole = push(tiny.decode, z, direction)
    monkeypatch.setattr("oneshot.attribution.latent.TOGETHER", 2)
    torch.testing.assert_close(push(tiny.decode, z, direction), whole, rtol=1e-4, atol=1e-6)
    assert whole.shape == (2, 3, 1, 48, 48)


def test_an_unknown_kind_is_refused(linear, exemplars):
    with pytest.raises(ValueError, match="unknown kind of map"):
        latent_maps(linear, exemplars, "jacobian")
