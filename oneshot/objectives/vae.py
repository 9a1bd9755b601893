"""The evidence bounds that train the two variational families, VAE-STN and VAE-NS.

Source: Boutin et al. 2022, *Diversity vs. Recognizability* (NeurIPS); the weight beta of the KL
divergence is that of Higgins et al. 2017, *beta-VAE* (ICLR).
"""

import torch.nn.functional as F
from torch import Tensor

from oneshot.drawings.augment import affine_pair, pair_matrices, warp
from oneshot.models.neural_statistician import SetVae
from oneshot.models.vae_stn import VaeStn
from oneshot.training.objective import Objective


def summed_cross_entropy(logits: Tensor, images: Tensor) -> Tensor:
    """Return -log p(images | logits) of independent Bernoulli pixels, all summed, in nats."""
    return F.binary_cross_entropy_with_logits(logits.float(), images.float(), reduction="sum")


class VaeObjective(Objective):
    """Binary cross-entropy plus beta times the KL divergence, both summed, in nats.

    With `warmup` steps beta rises linearly from 0.2 of its value, which keeps the latents in use
    while the drawing is still poor. `augment` transforms each pair alike: see `affine_pair`.
    """

    def __init__(
        self, model: VaeStn, beta: float = 1.0, warmup: int = 0, augment: str | None = None
    ):
        super().__init__()
        self.model, self.beta, self.warmup, self.augment = model, beta, warmup, augment

    def beta_at(self, step: int) -> float:
        """Return the weight of the KL divergence at a training step."""
        done = min(1.0, step / self.warmup) if self.warmup else 1.0
        return self.beta * (0.2 + 0.8 * done)

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return `loss`, `reconstruction` and `kl` of pairs: nats per drawing.

        `x` are the variations and `y` the exemplars (B, 1, H, W).
        """
        x, y = batch["x"], batch["y"]
        if self.augment:
            x, y = affine_pair(x, y, self.augment)
        logits, kl = self.model(x, y)
        kl = kl.mean()
        reconstruction = summed_cross_entropy(logits, x) / len(x)
        loss = reconstruction + self.beta_at(step) * kl
        return {"loss": loss, "reconstruction": reconstruction.detach(), "kl": kl.detach()}


class NeuralStatisticianObjective(Objective):
    """(1 + alpha) times the cross-entropy plus beta / (1 + alpha) times the KL divergences.

    alpha is 1 at first and halves every `half_life` steps (an epoch, as published), so that the
    context learns to matter before it is regularised (Edwards and Storkey 2017). The divergence of
    the context has a weight of its own where `beta_context` is given: its nats are shared by all
    drawings of a set, and at the same weight it is the first to collapse. `augment` transforms all
    drawings of a set alike: see `affine_pair`.
    """

    def __init__(
        self,
        model: SetVae,
        half_life: int,
        beta: float = 1.0,
        augment: str | None = None,
        beta_context: float | None = None,
    ):
        super().__init__()
        self.model, self.half_life, self.beta, self.augment = model, half_life, beta, augment
        self.beta_context = beta if beta_context is None else beta_context

    def alpha_at(self, step: int) -> float:
        """Return the extra weight of the cross-entropy at a training step."""
        return 0.5 ** (step // self.half_life)

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return `loss`, `reconstruction`, `kl_context` and `kl`: nats per drawing.

        `set` (B, S, 1, H, W) are sets of S drawings of one concept each.
        """
        sets = batch["set"]
        if self.augment:
            together = sets.flatten(1, 2)
            sets = warp(together, pair_matrices(together, self.augment)).view_as(sets)
        logits, kl_context, kl = self.model(sets)
        drawings = sets.shape[0] * sets.shape[1]
        reconstruction = summed_cross_entropy(logits, sets) / drawings
        kl_context, kl = kl_context.sum() / drawings, kl.sum() / drawings
        weight = 1 + self.alpha_at(step)
        divergence = self.beta_context * kl_context + self.beta * kl
        loss = weight * reconstruction + divergence / weight
        parts = {"reconstruction": reconstruction, "kl_context": kl_context, "kl": kl}
        return {"loss": loss, **{name: value.detach() for name, value in parts.items()}}
