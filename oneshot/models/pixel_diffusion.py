"""Diffusion on pixels: DDPM and CFGDM see the exemplar stacked, FSDM as a set of one."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from oneshot.diffusion.drawing import sample_groups
from oneshot.diffusion.samplers import Callback
from oneshot.diffusion.schedules import make_schedule
from oneshot.models.conditioning import FromVelocity
from oneshot.models.generator import PageNetwork, accept, evaluating

GUIDANCE = {"stack": 1.0, "set": 4.0}
"""By how a model is given its exemplar; see `own_guidance`."""
CONDITIONS = tuple(GUIDANCE)
SAMPLER, STEPS = "ddpm", 20
"""How it draws unless it is told otherwise.

Chosen on validation concepts: new noise at each step mends what a small network does wrong, where
`dpm_solver_pp` leaves strokes ragged. More steps change little.
"""
TOGETHER = 128  # images drawn together: the published U-Net needs about 10 MB for each


class PixelDiffusion(PageNetwork):
    """A denoiser of images, and how it is given the exemplar.

    With `condition` "stack" the denoiser takes exemplars (N, 1, H, W), with "set" sets
    (N, S, 1, H, W). `dropout` is the probability with which training drops the condition: DDPM is
    stack and 0, CFGDM stack and 0.1, FSDM set and 0, or 0.1 to be guided, which is not published.
    Boutin et al., *Diffusion Models as Artists* (ICML 2023), with the 500 linear steps of its
    released code, but images in [-1, 1].
    With `velocity` the network predicts v instead of the noise: see `FromVelocity`.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        condition: str = "stack",
        dropout: float = 0.1,
        schedule: str = "linear",
        steps: int = 500,
        velocity: bool = False,
    ):
        super().__init__()
        if condition not in CONDITIONS:
            raise ValueError(f"unknown condition {condition!r}: expected one of {CONDITIONS}")
        self.schedule = make_schedule(schedule, steps)
        self.denoiser = FromVelocity(denoiser, self.schedule) if velocity else denoiser
        self.condition, self.dropout, self.velocity = condition, dropout, velocity

    @torch.no_grad()
    def draw(
        self,
        exemplars: Tensor,
        variations: int,
        *,
        guidance: float | None = None,
        seed: int = 0,
        concepts: Sequence[int] | None = None,
        sampler: str = SAMPLER,
        steps: int = STEPS,
        callback: Callback | None = None,
    ) -> Tensor:
        """Return `variations` drawings of each exemplar (C, 1, H, W), (C, V, 1, H, W) in [0, 1].

        The noise of drawing (c, v) depends only on (seed, concepts[c], v), so neither the number of
        variations nor the company of other exemplars changes it. `guidance` None is that of
        `own_guidance`.
        `callback` sees every `Step` of each group drawn together, `x` (c, v, 1, H, W) with ink at 1
        and paper at -1. Draw under bf16 autocast where bf16 is fast.

        Raises ValueError for guidance of a model that was trained without condition dropout, an
        unknown sampler, steps that the schedule has not, and where `accept` does.
        """
        exemplars, concepts = accept(
            self, exemplars, variations, guidance=guidance, seed=seed, concepts=concepts
        )
        if guidance is None:
            guidance = own_guidance(self.condition, self.dropout)
        if guidance and not self.dropout:
            raise ValueError(
                f"guidance {guidance} needs a model trained with condition dropout, and this one "
                "always saw its exemplar: draw with guidance 0, or from a CFGDM"
            )
        with evaluating(self):
            conditions = 2 * exemplars - 1
            groups = sample_groups(
                self.denoiser,
                conditions if self.condition == "stack" else conditions[:, None],
                exemplars.shape[1:],
                variations,
                self.schedule,
                together=TOGETHER,
                guidance=guidance,
                seed=seed,
                concepts=concepts,
                sampler=sampler,
                steps=steps,
                callback=callback,
                clip=1.0,
            )
            drawn = torch.cat([group.flatten(0, 1) for group in groups])
        return ((drawn + 1) / 2).clamp(0, 1).unflatten(0, (len(exemplars), variations))


def own_guidance(condition: str, dropout: float) -> float:
    """Return the guidance of a model that is not told any: 0 if it always saw its exemplar.

    With the exemplar stacked it is 1, as published of CFGDM. With a set it is what validation
    concepts of Omniglot chose (`sweep.study`), and was not chosen anew for other drawings: FSDM is
    published without guidance, but as small as a laptop can train it, heeds its set too little.
    """
    return GUIDANCE[condition] if dropout else 0.0
