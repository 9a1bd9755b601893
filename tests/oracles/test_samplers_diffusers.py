"""Our samplers against the schedulers of diffusers, step by step."""

import pytest
import torch

from oneshot.diffusion import samplers
from oneshot.diffusion.samplers import ddim, ddpm, dpm_solver_pp
from oneshot.diffusion.schedules import make_schedule

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SCHEDULES = {
    "linear": {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02},
    "scaled_linear": {"beta_schedule": "scaled_linear", "beta_start": 0.0015, "beta_end": 0.0195},
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
}
STEPS = [8, 20, 50]


@pytest.fixture(autouse=True)
def even_spacing(monkeypatch):
    """What diffusers calls trailing: the one spacing that all its schedulers can follow."""
    monkeypatch.setattr(samplers, "SPACING", 1.0)


def eps(x, t):
    """A made-up denoiser with a nonlinearity and a dependence on time."""
    return 0.9 * torch.tanh(x + 0.3 * x.roll(1, -1)) + 1e-4 * t[:, None]


def noise(index):
    generator = torch.Generator().manual_seed(index)
    return torch.randn(5, 16, generator=generator, dtype=torch.float64)


def compare(sampler, theirs, name, steps, clip=None, options=None, step_options=None):
    """Run our sampler and their scheduler side by side; they must hold the same at every step."""
    schedule, held, x = make_schedule(name), [], noise(-1)
    end = sampler(
        eps,
        x,
        schedule,
        steps,
        noise=noise,
        callback=lambda step: held.append(step.x),
        clip=clip,
        **(options or {}),
    )
    # Their tables are float32 (test_schedules compares them); here only the updates matter.
    theirs.alphas_cumprod = schedule.alphas_cumprod
    theirs.set_timesteps(steps)
    for ours, t in zip(held, theirs.timesteps, strict=True):
        torch.testing.assert_close(ours, x, atol=1e-5, rtol=1e-5)
        x = theirs.step(eps(x, t.expand(len(x))), t, x, **(step_options or {})).prev_sample
    torch.testing.assert_close(end, x, atol=1e-5, rtol=1e-5)


def scheduler(kind, name, **options):
    return getattr(diffusers, kind)(1000, **SCHEDULES[name], timestep_spacing="trailing", **options)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_schedules(name):
    theirs = scheduler("DDPMScheduler", name)
    ours = make_schedule(name)
    torch.testing.assert_close(ours.betas.float(), theirs.betas, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(
        ours.alphas_cumprod.float(), theirs.alphas_cumprod, atol=1e-6, rtol=1e-4
    )


@pytest.mark.parametrize("clip", [None, 1.0])
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_ddim(name, steps, clip):
    theirs = scheduler("DDIMScheduler", name, clip_sample=clip is not None)
    compare(ddim, theirs, name, steps, clip, step_options={"use_clipped_model_output": True})


@pytest.mark.parametrize("eta", [0.4, 1.0])
def test_ddim_with_noise(eta):
    theirs = scheduler("DDIMScheduler", "linear", clip_sample=False)
    added = iter(range(20))
    step = theirs.step
    theirs.step = lambda *args, **options: step(*args, variance_noise=noise(next(added)), **options)
    compare(ddim, theirs, "linear", 20, options={"eta": eta}, step_options={"eta": eta})


@pytest.mark.parametrize("clip", [None, 1.0])
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_ddpm(name, steps, clip, monkeypatch):
    theirs = scheduler("DDPMScheduler", name, clip_sample=clip is not None)
    added = iter(range(steps))
    monkeypatch.setattr(
        "diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *_, **__: noise(next(added))
    )
    compare(ddpm, theirs, name, steps, clip)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_dpm_solver_pp(name, steps):
    theirs = scheduler("DPMSolverMultistepScheduler", name, final_sigmas_type="zero")
    compare(dpm_solver_pp, theirs, name, steps)
