"""Numbers of settings that the prose of the book states are those of the code."""

import inspect
import re

from small import ROOT

from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.recipes import presets


def deviations() -> str:
    return " ".join((ROOT / "book" / "deviations.md").read_text().split())


def test_deviations_state_the_default_sampler():
    told = re.search(r"by default in (\d+) steps on pixels and (\d+) on latents", deviations())
    for model, steps in zip((PixelDiffusion, LatentDiffusion), told.groups(), strict=True):
        default = inspect.signature(model.draw).parameters
        assert (default["sampler"].default, default["steps"].default) == (
            "dpm_solver_pp",
            int(steps),
        )


def test_deviations_state_how_many_drawings_are_scored():
    told = re.search(
        r"(\d+) drawings of a concept are scored at sizes `draft` and `laptop` where (\d+) were "
        r"published; at size `paper` it is (\d+)\. On Omniglot it is (\d+)",
        deviations(),
    )
    few, published, paper, omniglot = map(int, told.groups())
    assert presets.variations("quickdraw", "draft") == few
    assert presets.variations("quickdraw", "laptop") == few
    assert presets.variations("quickdraw", "paper") == paper == published
    assert presets.variations("omniglot", "laptop") == omniglot
