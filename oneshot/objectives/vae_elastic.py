"""The evidence bound that trains VAE-Elastic, with a distance between drawings that guides a bend.

Sources: Higgins et al. 2017, *beta-VAE* (ICLR), for the weight of the KL divergence. The objective
is the book's own: the likelihood of each pixel by itself says nothing about where a line that is
not yet met has to go.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from oneshot.drawings.augment import affine_pair
from oneshot.models.bending import warped
from oneshot.models.vae_elastic import Inference, VaeElastic
from oneshot.training.objective import Objective

SCALES = (1.0, 2.0, 4.0)
"""Standard deviations, in pixels, of the blurs through which two drawings are compared.

Lines that do not touch pull at each other only when both are blurred.
"""


class ElasticObjective(Objective):
    """How far the bent exemplar is from the variation, plus beta times the KL divergence.

    The distance is that of `blurred_distance`, in units of the variation's ink; `beta` weighs nats
    in the same unit. `stiffness` weighs the square of the displacements, which keeps the page from
    folding where there is no ink to say better. `augment` transforms each pair alike: see
    `affine_pair`.
    """

    def __init__(
        self,
        model: VaeElastic,
        inference: Inference,
        beta: float,
        stiffness: float,
        augment: str | None = None,
    ):
        super().__init__()
        self.model, self.inference = model, inference
        self.beta, self.stiffness, self.augment = beta, stiffness, augment

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return `loss`, `distance`, `kl` in nats and `bend` in square half pages, per drawing.

        `x` are the variations and `y` the exemplars (B, 1, H, W).
        """
        x, y = batch["x"], batch["y"]
        if self.augment:
            x, y = affine_pair(x, y, self.augment)
        mean, log_variance = self.inference(x, y)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        moves = self.model(y, z)
        with torch.autocast(x.device.type, enabled=False):
            distance = blurred_distance(warped(y.float(), moves), x.float()).mean()
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        bend = moves.square().sum((1, 2, 3)).mean()
        loss = distance + self.beta * kl + self.stiffness * bend
        parts = {"distance": distance, "kl": kl, "bend": bend}
        return {"loss": loss, **{name: value.detach() for name, value in parts.items()}}


def blurred_distance(drawings: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean over `SCALES` of the square distance of blurred drawings, each (N,).

    In units of what the blurred `wanted` (N, 1, H, W) is from blank paper.
    """
    total = torch.zeros(len(wanted), device=wanted.device)
    for sigma in SCALES:
        blurred = _blurred(wanted, sigma)
        apart = (_blurred(drawings, sigma) - blurred).square().sum((1, 2, 3))
        total = total + apart / blurred.square().sum((1, 2, 3)).clamp(min=1e-3)
    return total / len(SCALES)


def _blurred(images: Tensor, sigma: float) -> Tensor:
    reach = int(3 * sigma)
    places = torch.arange(-reach, reach + 1, device=images.device)
    weights = (-((places / sigma) ** 2) / 2).exp()
    weights = (weights / weights.sum()).view(1, 1, -1, 1)
    return F.conv2d(F.conv2d(images, weights, padding=(reach, 0)), weights.mT, padding=(0, reach))
