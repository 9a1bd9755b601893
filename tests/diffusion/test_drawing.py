import pytest
import torch

from oneshot.diffusion.drawing import sample_groups
from oneshot.diffusion.schedules import make_schedule

SCHEDULE = make_schedule("linear", 50)
CONDITIONS = torch.arange(6.0).view(3, 2)


class Drawer:
    """A denoiser of vectors of three numbers; remembers the shapes it was called with."""

    def __init__(self):
        self.shapes = []

    def __call__(self, x, t, condition, keep):
        self.shapes.append(tuple(x.shape))
        row = (keep * condition.sum(1) + 0.01 * t)[:, None, None]
        return torch.tanh(x + 0.1 * row)


def draw(conditions=CONDITIONS, variations=5, denoiser=None, **options):
    defaults = {"together": 100, "guidance": 1.0, "seed": 3, "concepts": range(len(conditions))}
    options = {**defaults, "sampler": "ddpm", "steps": 4, **options}
    groups = sample_groups(denoiser or Drawer(), conditions, (3,), variations, SCHEDULE, **options)
    return torch.cat([group.flatten(0, 1) for group in groups]).unflatten(
        0, (len(conditions), variations)
    )


@pytest.mark.parametrize("sampler", ["ddpm", "ddim", "dpm_solver_pp"])
@pytest.mark.parametrize("together", [1, 2, 5, 7, 10])
def test_samples_do_not_depend_on_the_grouping(sampler, together):
    torch.testing.assert_close(
        draw(sampler=sampler, together=together), draw(sampler=sampler), atol=1e-6, rtol=1e-5
    )


def test_groups_hold_as_many_as_asked():
    shapes = {}
    for together in (4, 10, 100):
        denoiser = Drawer()
        draw(together=together, denoiser=denoiser, guidance=0, steps=1)
        shapes[together] = denoiser.shapes
    assert shapes[4] == [(1, 4, 3), (1, 1, 3)] * 3
    assert shapes[10] == [(2, 5, 3), (1, 5, 3)]
    assert shapes[100] == [(3, 5, 3)]


def test_samples_do_not_depend_on_how_many_are_drawn():
    torch.testing.assert_close(draw(variations=2), draw()[:, :2])


def test_samples_do_not_depend_on_company():
    alone = draw(CONDITIONS[2:], concepts=[2])
    torch.testing.assert_close(alone, draw()[2:])
    named = draw(concepts=[10, 11, 12])
    torch.testing.assert_close(draw(CONDITIONS[1:2], concepts=[11]), named[1:2])


def test_seed_concept_and_variation_all_change_the_noise():
    same = CONDITIONS[:1].expand(3, 2)
    drawn = draw(same).flatten(0, 1)
    assert torch.pdist(torch.cat([drawn, draw(same, seed=4).flatten(0, 1)])).min() > 1e-3


def test_guidance_changes_the_drawings():
    assert not torch.allclose(draw(guidance=0), draw(guidance=1))


def test_callback_sees_every_step_and_both_branches():
    seen = []
    draw(guidance=0, callback=seen.append)
    assert [step.index for step in seen] == [0, 1, 2, 3]
    assert all(step.x.shape == step.eps_uncond.shape == (3, 5, 3) for step in seen)
    assert not torch.equal(seen[0].eps_cond[1], seen[0].eps_uncond[1])


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"'euler'.*ddim"):
        draw(sampler="euler")
