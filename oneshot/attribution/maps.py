"""Importance maps of guided diffusion: where on the page the exemplar speaks while a model draws.

At each step of a drawing the denoiser predicts the noise with the exemplar and without it. What it
says there, weighted by the noise level of that very step and averaged over variations, is a map;
the sum over steps is the importance map of the exemplar. Three things can be read off a step:

* contrast: the size of the difference that the exemplar makes, |eps_cond - eps_uncond|
* guided: the size of the guided prediction, |(1 + guidance) eps_cond - guidance eps_uncond|
* signed: eps_uncond - eps_cond, positive where the exemplar asks for ink, negative for paper

Boutin et al., *Diffusion Models as Artists* (ICML 2023), fig. 5, show such maps without stating
which; *Latent Representation Matters* (NeurIPS 2024) uses the guided one, in latents.
"""

from collections.abc import Callable, Sequence
from math import sqrt

import torch
from torch import Tensor

from oneshot.diffusion.samplers import Step
from oneshot.models.pixel_diffusion import PixelDiffusion

READINGS = ("contrast", "guided", "signed")
"""What can be read off a step."""
PATH = "dpm_solver_pp"
"""The sampler whose steps are asked: on its path, nothing that is said is of noise added since."""


def pixel_maps(
    model: PixelDiffusion,
    exemplars: Tensor,
    reading: str = "contrast",
    *,
    variations: int = 10,
    guidance: float = 1.0,
    seed: int = 0,
    concepts: Sequence[int] | None = None,
    steps: int = 50,
) -> Tensor:
    """Return what each step of drawing `exemplars` (C, 1, H, W) says of each pixel, (S, C, H, W).

    Step 0 is the noisiest; the sum over steps is the importance map. Every step counts once,
    whatever stretch of time it stands for. The mean is taken over `variations` drawings, the very
    ones that `model.draw` makes with the same arguments and the sampler `PATH`.

    Raises ValueError for an unknown reading, and where `draw` does; also for a reading that
    compares with the prediction without exemplar, if the model never learned to make one.
    """
    check(reading)
    if reading != "guided" and not model.dropout:
        raise ValueError(
            f"a {reading} map compares predictions with and without the exemplar, but this model "
            "was trained without condition dropout: use reading='guided' with guidance 0, or a "
            "CFGDM"
        )

    def page(step: Step) -> Tensor:
        return magnitude(statement(step, reading), reading).squeeze(-3)

    mean = StepMeans(page, len(exemplars), variations)
    model.draw(
        exemplars,
        variations,
        guidance=guidance,
        seed=seed,
        concepts=concepts,
        sampler=PATH,
        steps=steps,
        callback=mean,
    )
    return mean.result()


def statement(step: Step, reading: str) -> Tensor:
    """Return what a step says in the space of the diffusion, weighted by its own noise level."""
    said = step.eps
    if reading != "guided":
        with_it, without = step.eps_cond, step.eps_uncond
        assert with_it is not None and without is not None  # which a callback is given
        said = with_it - without if reading == "contrast" else without - with_it
    return sqrt(1 - step.alpha_cumprod) * said


def magnitude(said: Tensor, reading: str) -> Tensor:
    """Return the size of what was said, or itself when the reading keeps the sign."""
    return said if reading == "signed" else said.abs()


class StepMeans:
    """A callback of `draw` that averages a page of each step over the variations of a concept.

    `page` maps a step to images (c, v, H, W). The groups that `draw` works through may hold several
    concepts or some variations of one, as `oneshot.diffusion.drawing.sample_groups` cuts them.
    """

    def __init__(self, page: Callable[[Step], Tensor], concepts: int, variations: int):
        self.page, self.concepts, self.variations = page, concepts, variations
        self.sums: list[Tensor] = []
        self.row = self.seen = 0

    def __call__(self, step: Step) -> None:
        """Add the pages of a step of the group that is being drawn."""
        pages = self.page(step)
        rows, columns = pages.shape[:2]
        if step.index == 0:
            self.row = self.seen // self.variations
            self.seen += rows * columns
        if step.index == len(self.sums):
            self.sums.append(pages.new_zeros(self.concepts, *pages.shape[2:]))
        self.sums[step.index][self.row : self.row + rows] += pages.sum(1)

    def result(self) -> Tensor:
        """Return the means (S, C, H, W) when everything has been drawn."""
        return torch.stack(self.sums) / self.variations


def check(reading: str) -> None:
    """Raise ValueError when `reading` is not one of `READINGS`."""
    if reading not in READINGS:
        raise ValueError(f"unknown kind of map {reading!r}: expected one of {', '.join(READINGS)}")
