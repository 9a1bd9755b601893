"""The samplers against Gaussians, whose optimal denoiser is known.

For data N(m, S) the best eps(x, t) is affine in x, so a sampler is an affine map of all the noise
it is given. Feeding it unit noise, one coordinate of one step at a time, gives the exact mean and
covariance of what it draws, without Monte Carlo error.
"""

import numpy as np
import pytest
import torch

from oneshot.diffusion.guidance import guided
from oneshot.diffusion.samplers import SAMPLERS, ddim, ddpm, dpm_solver_pp, timesteps
from oneshot.diffusion.schedules import make_schedule

SCHEDULE = make_schedule("scaled_linear")
MEAN = torch.tensor([1.5, -0.5], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.5, 0.3], [0.3, 0.8]], dtype=torch.float64)


def gaussian_eps(mean, covariance):
    """Return the noise that is expected given x, for data N(mean, covariance)."""

    def eps(x, t):
        alpha = SCHEDULE.alphas_cumprod[t[0]]
        marginal = alpha * covariance + (1 - alpha) * torch.eye(2, dtype=torch.float64)
        return (1 - alpha).sqrt() * torch.linalg.solve(marginal, (x - alpha.sqrt() * mean).mT).mT

    return eps


def moments(sampler, eps, steps, **options):
    """Return the exact mean and covariance of what an affine sampler draws."""
    x = torch.cat([torch.zeros(1, 2), torch.eye(2), torch.zeros(2 * steps, 2)]).double()

    def noise(index):
        unit = torch.zeros_like(x)
        unit[3 + 2 * index : 5 + 2 * index] = torch.eye(2)
        return unit

    drawn = sampler(eps, x, SCHEDULE, steps, noise=noise, **options)
    mean, deviations = drawn[0], drawn[1:] - drawn[0]
    return mean, deviations.mT @ deviations


@pytest.mark.parametrize(
    ("sampler", "steps", "options", "tolerance"),
    [
        (ddpm, 1000, {}, 0.012),
        (ddpm, 250, {}, 0.03),
        (ddim, 1000, {}, 0.012),
        (ddim, 250, {"eta": 1.0}, 0.03),
        (ddim, 250, {"eta": 0.5}, 0.03),
        (dpm_solver_pp, 20, {}, 0.015),
        (dpm_solver_pp, 100, {}, 0.012),
    ],
)
def test_gaussian_is_sampled_to_its_mean_and_covariance(sampler, steps, options, tolerance):
    mean, covariance = moments(sampler, gaussian_eps(MEAN, COVARIANCE), steps, **options)
    torch.testing.assert_close(mean, MEAN, atol=tolerance, rtol=0)
    torch.testing.assert_close(covariance, COVARIANCE, atol=tolerance, rtol=0)


@pytest.mark.parametrize("guidance", [0.0, 1.0, 2.5])
@pytest.mark.parametrize(("sampler", "steps"), [(ddpm, 500), (ddim, 500), (dpm_solver_pp, 50)])
def test_guidance_moves_a_conditional_gaussian_away_from_the_unconditional(
    sampler, steps, guidance
):
    """With one covariance for both, the guided score is that of the extrapolated mean."""
    away = torch.tensor([-1.0, 0.25], dtype=torch.float64)

    def denoiser(x, t, condition, keep):
        mean = torch.where(keep[:, None] == 1, condition, away)
        return gaussian_eps(mean, COVARIANCE)(x, t)

    x = MEAN.expand(3 + 2 * steps, 2)
    eps = guided(denoiser, x, guidance)
    # float64 in, so that float32 rounding of the branches is all that is lost
    mean, covariance = moments(sampler, lambda x, t: eps(x, t).double(), steps)
    expected = (1 + guidance) * MEAN - guidance * away
    torch.testing.assert_close(mean, expected, atol=0.02 * (1 + guidance), rtol=0)
    torch.testing.assert_close(covariance, COVARIANCE, atol=0.015, rtol=0)


def test_fast_sampler_is_of_second_order():
    """Twice the steps bring it at least three times closer; ddim only gains its factor of two."""

    def error(sampler, steps):
        _, covariance = moments(sampler, gaussian_eps(MEAN, COVARIANCE), steps)
        return (covariance - COVARIANCE).norm().item()

    assert error(dpm_solver_pp, 10) > 3 * error(dpm_solver_pp, 20)
    assert error(ddim, 10) < 3 * error(ddim, 20)
    assert error(dpm_solver_pp, 20) < error(ddim, 200)


@pytest.mark.parametrize("steps", [1, 3, 7, 16, 30, 999, 1000])
def test_timesteps_fall_from_the_noisiest_without_repeats(steps):
    visited = timesteps(1000, steps)
    assert len(visited) == steps
    assert visited[0] == 999
    assert visited[-1] >= 0
    assert (np.diff(visited) < 0).all()


def test_timesteps_refuse_more_than_there_are():
    with pytest.raises(ValueError, match="1 to 10"):
        timesteps(10, 11)
    with pytest.raises(ValueError, match="1 to 10"):
        timesteps(10, 0)


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_callback_sees_every_step_before_its_update(name):
    seen = []
    x = torch.randn(4, 2).double()
    eps = gaussian_eps(MEAN, COVARIANCE)
    drawn = SAMPLERS[name](eps, x, SCHEDULE, 8, callback=seen.append)
    assert [step.index for step in seen] == list(range(8))
    assert [step.t for step in seen] == timesteps(1000, 8)
    torch.testing.assert_close(seen[0].x, x)
    for step, following in zip(seen, [*seen[1:], None], strict=True):
        assert step.alpha_cumprod == SCHEDULE.alphas_cumprod[step.t].item()
        torch.testing.assert_close(step.eps, eps(step.x, torch.full((4,), step.t)))
        rebuilt = step.alpha_cumprod**0.5 * step.x0 + (1 - step.alpha_cumprod) ** 0.5 * step.eps
        torch.testing.assert_close(rebuilt, step.x)
        assert step.alpha_cumprod_next == (following.alpha_cumprod if following else 1.0)
    torch.testing.assert_close(drawn, seen[-1].x0)


@pytest.mark.parametrize("guidance", [0.0, 1.0])
def test_callback_sees_both_branches_of_guidance(guidance):
    seen = []

    def denoiser(x, t, condition, keep):
        return x * 0.1 + keep[:, None] * condition

    condition = torch.ones(3, 2)
    eps = guided(denoiser, condition, guidance, both=True)
    ddim(eps, torch.randn(3, 2), SCHEDULE, 4, callback=seen.append)
    for step in seen:
        torch.testing.assert_close(step.eps_cond - step.eps_uncond, condition)
        torch.testing.assert_close(
            step.eps, (1 + guidance) * step.eps_cond - guidance * step.eps_uncond
        )


def test_branches_are_absent_where_there_is_no_guidance():
    seen = []
    ddim(gaussian_eps(MEAN, COVARIANCE), torch.randn(1, 2).double(), SCHEDULE, 2,
         callback=seen.append)  # fmt: skip
    assert seen[0].eps_cond is None
    assert seen[0].eps_uncond is None


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_clip_bounds_the_predicted_data(name):
    far, seen = gaussian_eps(MEAN * 10, COVARIANCE), []
    start = torch.randn(16, 2).double()
    drawn = SAMPLERS[name](far, start, SCHEDULE, 20, clip=1.0, callback=seen.append)
    assert all(step.x0.abs().max() <= 1 for step in seen)
    torch.testing.assert_close(drawn, seen[-1].x0)
    unbounded = SAMPLERS[name](far, start, SCHEDULE, 20)
    assert unbounded.abs().max() > 2


def test_without_noise_the_ancestral_sampler_draws_from_torch():
    eps = gaussian_eps(MEAN, COVARIANCE)
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(ddpm(eps, torch.zeros(1, 2).double(), SCHEDULE, 5))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
