"""The loss that trains every denoiser, whatever it denoises, and what it may be fed."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from oneshot.diffusion.schedules import Schedule
from oneshot.training.objective import Objective

Prepare = Callable[[dict[str, Tensor]], tuple[Tensor, Tensor]]


class DiffusionObjective(Objective):
    """The squared error of the predicted noise, at uniformly drawn time steps.

    `denoiser(x, t, condition, keep)` is trained on data and conditions that `prepare(batch)` brings
    to the scale of diffusion. Each row loses its condition with probability `dropout`, so that the
    network also learns to predict without it (classifier-free guidance, Ho & Salimans 2022; 0.1 for
    guided models, 0 for a plain conditional DDPM).
    """

    def __init__(
        self, denoiser: nn.Module, schedule: Schedule, prepare: Prepare, dropout: float = 0.1
    ):
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"condition dropout is a probability below 1, got {dropout}")
        self.denoiser, self.schedule = denoiser, schedule
        self.prepare, self.dropout = prepare, dropout

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return `loss`, the mean squared error over the N rows that `prepare(batch)` gives."""
        x0, condition = self.prepare(batch)
        t = torch.randint(self.schedule.steps, (len(x0),), device=x0.device)
        keep = (torch.rand(len(x0), device=x0.device) >= self.dropout).float()
        eps = torch.randn_like(x0)
        predicted = self.denoiser(self.schedule.noised(x0, eps, t), t, condition, keep)
        return {"loss": F.mse_loss(predicted.float(), eps)}
