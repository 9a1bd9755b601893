import pytest
import torch
from networks import stirred
from torch import nn

from oneshot.models.autoencoder import Autoencoder
from oneshot.models.latent_denoiser import AttentionDenoiser, ResidualDenoiser
from oneshot.models.latent_diffusion import LatentDiffusion


class Pixels(nn.Module):
    """An autoencoder of 2 x 2 drawings whose latents are the pixels, scaled by ten."""

    def encode(self, images):
        return 10 * images.flatten(1)

    def decode(self, latents):
        return (latents / 10).unflatten(1, (1, 2, 2)).clamp(0, 1)


@pytest.fixture
def model():
    model = LatentDiffusion(Pixels(), stirred(ResidualDenoiser(4, 16, embedding=16)), steps=50)
    model.standardise_to(10 * torch.rand(100, 4))
    return model


@pytest.fixture
def exemplars():
    return torch.rand(3, 1, 2, 2, generator=torch.Generator().manual_seed(1))


def test_statistics_are_those_of_each_dimension(model):
    latents = torch.tensor([[0.0, 1.0, -3.0, 2.0], [2.0, 1.5, 5.0, 8.0]])
    model.standardise_to(latents)
    torch.testing.assert_close(model.latent_mean, torch.tensor([1.0, 1.25, 1.0, 5.0]))
    half = 0.5**0.5
    expected = torch.tensor([[-half] * 4, [half] * 4])
    torch.testing.assert_close(model.standardise(latents), expected)


def test_a_silent_dimension_is_not_blown_up(model):
    model.standardise_to(torch.randn(100, 4) * torch.tensor([1.0, 1.0, 1.0, 0.0]))
    assert model.standardise(torch.zeros(1, 4)).isfinite().all()
    assert model.latent_std[3] > 5e-4


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_a_collapsed_autoencoder_is_said_to_be_one(model, value):
    latents = torch.full((1000, 4), value) * torch.tensor([1.0, -1.0, 7.0, 0.1])
    with pytest.raises(ValueError, match=r"the autoencoder has collapsed: .*; lower beta"):
        model.standardise_to(latents)
    model.standardise_to(latents + 1e-4 * torch.randn(1000, 4))
    assert model.standardise(latents).isfinite().all()


def test_decode_inverts_encode(model, exemplars):
    torch.testing.assert_close(model.decode(model.encode(exemplars)), exemplars)
    sheet = model.encode(exemplars)[:, None].expand(-1, 2, -1)
    assert model.decode(sheet).shape == (3, 2, 1, 2, 2)


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "dpm_solver_pp"])
def test_drawings_are_images_addressed_by_concept_and_variation(model, exemplars, sampler):
    drawn = model.draw(exemplars, 4, sampler=sampler, steps=5, seed=7)
    assert drawn.shape == (3, 4, 1, 2, 2)
    assert 0 <= drawn.min() < drawn.max() <= 1
    again = model.draw(exemplars[1:], 2, sampler=sampler, steps=5, seed=7, concepts=[1, 2])
    torch.testing.assert_close(again, drawn[1:, :2])


def test_drawings_do_not_depend_on_the_grouping(model, exemplars, monkeypatch):
    whole = model.draw(exemplars, 4, steps=5)
    monkeypatch.setattr("oneshot.models.latent_diffusion.TOGETHER", 3)
    torch.testing.assert_close(model.draw(exemplars, 4, steps=5), whole)


def test_guidance_is_one_unless_said_otherwise(model, exemplars):
    published = model.draw(exemplars, 2, steps=5)
    assert torch.equal(model.draw(exemplars, 2, guidance=1, steps=5), published)
    assert torch.equal(model.draw(exemplars, 2, guidance=None, steps=5), published)
    assert not torch.allclose(model.draw(exemplars, 2, guidance=0, steps=5), published)


def test_drawing_leaves_no_trace(model, exemplars):
    model.train()
    drawn = model.draw(exemplars, 1, steps=2)
    assert model.training
    assert not drawn.requires_grad


def test_callback_sees_standardised_latents(model, exemplars):
    seen = []
    drawn = model.draw(exemplars, 2, steps=3, guidance=0, callback=seen.append)
    assert [step.index for step in seen] == [0, 1, 2]
    assert seen[0].x.shape == seen[0].eps_uncond.shape == (3, 2, 4)
    torch.testing.assert_close(model.decode(seen[-1].x0), drawn)


def test_statistics_travel_with_the_weights(model):
    other = LatentDiffusion(Pixels(), ResidualDenoiser(4, 16, embedding=16), steps=50)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.latent_mean, model.latent_mean)
    assert torch.equal(other.latent_std, model.latent_std)


@pytest.mark.parametrize("kind", [ResidualDenoiser, AttentionDenoiser])
def test_builds_without_memory_and_knows_its_schedule(kind):
    with torch.device("meta"):
        model = LatentDiffusion(Autoencoder(64), kind(64))
    assert all(parameter.is_meta for parameter in model.parameters())
    assert model.schedule.alphas_cumprod[-1].item() == pytest.approx(1.4e-4, rel=0.05)


def test_draws_with_the_real_autoencoder():
    model = LatentDiffusion(Autoencoder(64), AttentionDenoiser(64, 32))
    drawn = model.draw(torch.rand(2, 1, 48, 48), 2, steps=2)
    assert drawn.shape == (2, 2, 1, 48, 48)
    assert drawn.isfinite().all()
