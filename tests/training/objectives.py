"""Objectives small enough to train in a moment, with everything that makes resuming hard."""

import torch
import torch.nn.functional as F
from torch import nn

from oneshot.training.objective import Objective


class Blurry(Objective):
    """Reconstruct drawings through convolution, batch norm and dropout, with noise on top."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.net = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Conv2d(4, 1, 3, padding=1),
        )

    def losses(self, batch, step):
        x = batch["x"]
        out = self.net(x + 0.1 * torch.randn_like(x)).float()
        return {"loss": F.mse_loss(out, x), "size": out.abs().mean().detach()}


class Duel(Objective):
    """Two networks that take turns: three steps of one, then one of the other."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(6)
        self.left, self.right = nn.Linear(4, 4), nn.Linear(4, 4)

    def groups(self):
        return {"left": [*self.left.parameters()], "right": [*self.right.parameters()]}

    def turn(self, step):
        return "right" if step % 4 == 3 else "left"

    def losses(self, batch, step):
        x = batch["x"].flatten(1)[:, :4]
        sign = -1 if self.turn(step) == "right" else 1
        return {"loss": sign * self.right(torch.tanh(self.left(x))).square().mean()}


class Slope(Objective):
    """One weight whose gradient is always 1."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def losses(self, batch, step):
        return {"loss": self.weight * 1.0}


def batches(step):
    """Random drawings, uint8 (6, 1, 8, 8), a function of the step."""
    random = torch.Generator().manual_seed(step)
    return {"x": torch.randint(0, 256, (6, 1, 8, 8), dtype=torch.uint8, generator=random)}
