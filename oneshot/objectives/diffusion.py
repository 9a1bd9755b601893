"""The loss that trains every denoiser, whatever it denoises, and what it may be fed."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from oneshot.diffusion.schedules import Schedule
from oneshot.drawings.augment import affine_pair, pair_matrices, warp
from oneshot.training.objective import Objective

Prepare = Callable[[dict[str, Tensor]], tuple[Tensor, Tensor]]


class DiffusionObjective(Objective):
    """The squared error of the predicted noise, at uniformly drawn time steps.

    `denoiser(x, t, condition, keep)` is trained on data and conditions that `prepare(batch)` brings
    to the scale of diffusion. Each row loses its condition with probability `dropout`, so that the
    network also learns to predict without it (classifier-free guidance, Ho & Salimans 2022; 0.1 for
    guided models, 0 for a plain conditional DDPM). With `velocity` the error is that of v, which
    is the error of the noise divided by sqrt(abar_t): it weighs high noise, where the exemplar
    decides what is drawn, up to 1 / abar_t more.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        schedule: Schedule,
        prepare: Prepare,
        dropout: float = 0.1,
        velocity: bool = False,
    ):
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"condition dropout is a probability below 1, got {dropout}")
        self.denoiser, self.schedule = denoiser, schedule
        self.prepare, self.dropout, self.velocity = prepare, dropout, velocity

    def networks_to_compile(self) -> list[nn.Module]:
        """Return the denoiser, which is nearly all there is to compute."""
        return [self.denoiser]

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return `loss`, the mean squared error over the N rows that `prepare(batch)` gives."""
        x0, condition = self.prepare(batch)
        t = torch.randint(self.schedule.steps, (len(x0),), device=x0.device)
        keep = (torch.rand(len(x0), device=x0.device) >= self.dropout).float()
        eps = torch.randn_like(x0)
        predicted = self.denoiser(self.schedule.noised(x0, eps, t), t, condition, keep)
        error = predicted.float() - eps
        if self.velocity:
            error = error / self.schedule.scales(t, x0)[0]
        return {"loss": error.square().mean()}


def pixel_pairs(augment: str | None = None) -> Prepare:
    """Return what prepares pairs, `x` variations and `y` exemplars (B, 1, H, W) in [0, 1].

    Both are scaled to [-1, 1], the variation is the data and the exemplar its condition. `augment`
    transforms each pair alike: see `affine_pair`.
    """

    def prepare(batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        x, y = batch["x"], batch["y"]
        if augment:
            x, y = affine_pair(x, y, augment)
        return 2 * x - 1, 2 * y - 1

    return prepare


def leave_one_out(augment: str | None = None) -> Prepare:
    """Return what prepares sets, `set` (B, S, 1, H, W) in [0, 1], for few-shot diffusion.

    Every drawing is data once, conditioned on the S - 1 others of its set: data (B S, 1, H, W) and
    conditions (B S, S - 1, 1, H, W), scaled to [-1, 1] (Giannone et al. 2022). `augment` transforms
    all drawings of a set alike. Preparing raises ValueError for sets of one.
    """

    def prepare(batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        sets = batch["set"]
        size = sets.shape[1]
        if size < 2:
            raise ValueError("leaving one out of a set needs sets of two drawings or more, got one")
        if augment:
            drawings = sets.flatten(1, 2)
            sets = warp(drawings, pair_matrices(drawings, augment)).view_as(sets)
        places = torch.arange(size, device=sets.device)
        others = places.expand(size, size)[places[:, None] != places].view(size, size - 1)
        return 2 * sets.flatten(0, 1) - 1, 2 * sets[:, others].flatten(0, 1) - 1

    return prepare
