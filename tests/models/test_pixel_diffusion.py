import pytest
import torch
from networks import patch_unet, set_denoiser, stirred
from torch import nn

from oneshot.models.pixel_diffusion import GUIDANCE, PixelDiffusion
from oneshot.models.unet import UNet


def build(condition):
    denoiser = patch_unet() if condition == "stack" else set_denoiser()
    return PixelDiffusion(stirred(denoiser, by=0.05), condition, steps=50)


@pytest.fixture(params=["stack", "set"])
def model(request):
    return build(request.param)


@pytest.fixture
def exemplars():
    return torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1)).round()


def test_drawings_are_images_addressed_by_concept_and_variation(model, exemplars):
    drawn = model.draw(exemplars, 3, steps=3, guidance=1, seed=7)
    assert drawn.shape == (2, 3, 1, 8, 8)
    assert 0 <= drawn.min() < drawn.max() <= 1
    again = model.draw(exemplars[1:], 2, steps=3, guidance=1, seed=7, concepts=[1])
    torch.testing.assert_close(again, drawn[1:, :2], atol=1e-5, rtol=1e-4)


def test_drawings_do_not_depend_on_the_grouping(model, exemplars, monkeypatch):
    whole = model.draw(exemplars, 3, steps=3, sampler="ddpm")
    monkeypatch.setattr("oneshot.models.pixel_diffusion.TOGETHER", 2)
    regrouped = model.draw(exemplars, 3, steps=3, sampler="ddpm")
    torch.testing.assert_close(regrouped, whole, atol=1e-5, rtol=1e-4)


def test_the_network_sees_ink_at_one_and_paper_at_minus_one(exemplars):
    class Spy(nn.Module):
        def forward(self, x, t, condition, keep):
            self.condition = condition
            return torch.zeros_like(x)

    for condition, shape in (("stack", (2, 1, 8, 8)), ("set", (2, 1, 1, 8, 8))):
        spy = Spy()
        PixelDiffusion(spy, condition, steps=50).draw(exemplars, 1, steps=1, guidance=0)
        assert spy.condition.shape == shape
        torch.testing.assert_close(spy.condition.view(2, 1, 8, 8), 2 * exemplars - 1)


def test_a_perfect_denoiser_draws_the_exemplar(exemplars):
    """The best prediction when every variation equals its exemplar, at any guidance."""

    class Copycat(nn.Module):
        def forward(self, x, t, condition, keep):
            signal, sigma = model.schedule.scales(t, x)
            return (x - signal * condition[:, None]) / sigma

    model = PixelDiffusion(Copycat(), steps=50)
    for sampler in ("ddpm", "ddim", "dpm_solver_pp"):
        drawn = model.draw(exemplars, 2, sampler=sampler, steps=10, guidance=1)
        torch.testing.assert_close(drawn, exemplars[:, None].expand(-1, 2, -1, -1, -1))


def test_callback_sees_both_branches(model, exemplars):
    seen = []
    model.draw(exemplars, 2, steps=2, callback=seen.append)
    assert [step.index for step in seen] == [0, 1]
    assert seen[0].eps_cond.shape == seen[0].eps_uncond.shape == (2, 2, 1, 8, 8)
    assert seen[0].x0.abs().max() <= 1


@pytest.mark.parametrize(("condition", "own"), GUIDANCE.items())
def test_a_model_that_can_be_guided_is_unless_said_otherwise(condition, own, exemplars):
    model = build(condition)
    guided = model.draw(exemplars, 1, steps=2)
    assert torch.equal(model.draw(exemplars, 1, steps=2, guidance=own), guided)
    assert not torch.allclose(model.draw(exemplars, 1, steps=2, guidance=0), guided)


def test_guidance_needs_condition_dropout(exemplars):
    ddpm = PixelDiffusion(patch_unet(), dropout=0.0, steps=50)
    plain = ddpm.draw(exemplars, 1, steps=1, guidance=0)
    assert torch.equal(ddpm.draw(exemplars, 1, steps=1), plain)
    with pytest.raises(ValueError, match=r"guidance 1.*CFGDM"):
        ddpm.draw(exemplars, 1, steps=1, guidance=1)


def test_unknown_condition_is_named():
    with pytest.raises(ValueError, match=r"'sets'.*stack"):
        PixelDiffusion(nn.Identity(), "sets")


def test_builds_without_memory_and_knows_its_schedule():
    with torch.device("meta"):
        model = PixelDiffusion(UNet(48))
    assert all(parameter.is_meta for parameter in model.parameters())
    assert model.schedule.alphas_cumprod[-1].item() == pytest.approx(0.0063, rel=0.01)
