"""The short list for a machine with a GPU, `make gpu-check`: it computes what the CPU computes.

Every test runs on each accelerator that torch finds, and says that it was skipped without one.
"""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from oneshot import device as devices
from oneshot import systems
from oneshot.attribution.latent import latent_maps
from oneshot.attribution.maps import pixel_maps
from oneshot.metrics.features import embed
from oneshot.metrics.scoring import score
from oneshot.models.critics import ConvCritic
from oneshot.models.latent_denoiser import ResidualDenoiser
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.patch_autoencoder import PatchAutoencoder
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.models.unet import UNet
from oneshot.objectives.autoencoder import AutoencoderObjective
from oneshot.objectives.critics import SimCLRObjective
from oneshot.recipes import presets
from oneshot.store import Store
from oneshot.training.loop import Plan, train

pytestmark = pytest.mark.gpu
ACCELERATORS = [device for device in devices.present() if device != devices.HOST]


@pytest.fixture(params=ACCELERATORS or [None], ids=str)
def gpu(request):
    if request.param is None:
        pytest.skip("torch finds no accelerator on this machine")
    return request.param


@pytest.fixture
def exemplars():
    return (torch.rand(3, 1, 48, 48, generator=torch.Generator().manual_seed(1)) > 0.9).float()


def randomised(model):
    """Give a model weights that say something: heads start at zero."""
    generator = torch.Generator().manual_seed(2)
    for parameter in model.parameters():
        scale = parameter.shape[-1] ** -0.5 if parameter.dim() > 1 else 0.1
        parameter.data = scale * torch.randn(parameter.shape, generator=generator)
    return model.eval().requires_grad_(False)


@pytest.fixture
def latent():
    return randomised(LatentDiffusion(PatchAutoencoder(8), ResidualDenoiser(8, 32), steps=100))


@pytest.fixture
def pixel():
    return randomised(PixelDiffusion(UNet(16), steps=50))


def alike(here, there, share=0.02):
    """Assert that two results differ by little: convolutions of a GPU round to fewer bits."""
    there = there.detach().float().cpu()
    assert torch.isfinite(there).all() and here.shape == there.shape
    assert (here - there).abs().mean() <= share * here.abs().mean().clamp(min=1e-6)


def test_auto_chooses_it_and_says_which(gpu):
    assert devices.resolve("auto") == ACCELERATORS[0]
    assert devices.describe(gpu).startswith(gpu.type)


@pytest.mark.parametrize("family", ["autoencoder", "critic"])
def test_training_learns(gpu, family, tmp_path):
    torch.manual_seed(0)
    drawings = (torch.rand(32, 1, 48, 48) > 0.9).float()
    batch = {"x": drawings, "y": drawings.roll(1, 0), "label": torch.arange(32)}
    if family == "critic":
        objective = SimCLRObjective(ConvCritic(48), 0.5)
    else:
        objective = AutoencoderObjective(PatchAutoencoder(16), {"prototype": 30.0}, 32)
    before = copy.deepcopy(objective.state_dict())
    trained = train(objective, lambda step: batch, Plan(steps=12, batch=32), tmp_path, gpu)
    assert trained.steps == 12
    after = objective.state_dict()
    assert all(value.device.type == gpu.type for value in after.values())
    assert all(torch.isfinite(value.float()).all() for value in after.values())
    assert any(not torch.equal(before[name], value.cpu()) for name, value in after.items())


def test_latent_diffusion_draws_the_same(gpu, latent, exemplars):
    here = latent.draw(exemplars, 4, guidance=1.0, seed=3)
    alike(here, latent.to(gpu).draw(exemplars.to(gpu), 4, guidance=1.0, seed=3))


def test_pixel_diffusion_draws_the_same(gpu, pixel, exemplars):
    here = pixel.draw(exemplars, 2, guidance=0.5, steps=4)
    alike(here, pixel.to(gpu).draw(exemplars.to(gpu), 2, guidance=0.5, steps=4))


def test_drawings_score_the_same(gpu, exemplars):
    critics = [randomised(ConvCritic(48, features=layer)) for layer in ("embedding", "head")]
    noise = torch.rand(3, 12, 1, 48, 48, generator=torch.Generator().manual_seed(4)) > 0.97
    drawings = (exemplars[:, None] + noise).clamp(max=1)
    here = score(drawings, exemplars, *critics, threshold=0.5, trials=None)
    moved = [critic.to(gpu) for critic in critics]
    there = score(drawings, exemplars, *moved, threshold=0.5, trials=None)
    for name in ("diversity", "originality", "recognizability"):
        values = [getattr(scores, name).value for scores in (here, there)]
        assert values[0] == pytest.approx(values[1], rel=0.02), name
    assert embed(moved[0], drawings, 0.5).device == devices.HOST


def test_importance_maps_are_the_same(gpu, latent, pixel, exemplars):
    for maps, model, kind in ((latent_maps, latent, "guided"), (pixel_maps, pixel, "contrast")):
        options = {"variations": 2, "steps": 4}
        here = maps(model, exemplars, kind, **options)
        alike(here, maps(model.to(gpu), exemplars.to(gpu), kind, **options), share=0.05)


def test_a_whole_chain_is_made_from_drawings_to_scores(gpu, tmp_path):
    store = Store(tmp_path / "runs", tmp_path / "zoo", str(gpu))
    samples = replace(systems.samples("ldm", "glyphs", "smoke"), guidance=1.0)
    scores = store.get(presets.scores(samples))
    assert 0 <= scores.recognizability.value <= 100 and np.isfinite(scores.originality.value)
    card = store.metadata(samples)
    assert card["provenance"]["device"].startswith(gpu.type)
