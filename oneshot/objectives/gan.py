"""The Wasserstein loss with gradient penalty that trains the DA-GAN.

Sources: Gulrajani et al. 2017, *Improved Training of Wasserstein GANs* (NeurIPS); Boutin et al.
2022, *Diversity vs. Recognizability* (NeurIPS); Reed et al. 2016, *Generative Adversarial Text to
Image Synthesis* (ICML), section 4.2, for pairs that do not match.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from oneshot.drawings.augment import affine_pair
from oneshot.models.dagan import DaGan
from oneshot.training.objective import Objective

PENALTY = 10.0


def gradient_penalty(critic: nn.Module, exemplar: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    """Return the mean of (|gradient of the score| - 1)^2 between `real` and `fake`, in float32.

    Only the second image of the pair is interpolated (B, 1, H, W); the exemplar is given.
    """
    with torch.autocast(real.device.type, enabled=False):
        share = torch.rand(len(real), 1, 1, 1, device=real.device)
        between = (share * real.float() + (1 - share) * fake.float()).requires_grad_()
        score = critic(exemplar.float(), between).sum()
        (gradient,) = torch.autograd.grad(score, between, create_graph=True)
        # sqrt has no gradient at 0, where a critic that ignores the drawing would leave it.
        norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
        return (norm - 1).square().mean()


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Build a graph through `module` that does not lead to its parameters."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


class GanObjective(Objective):
    """WGAN-GP on pairs: the critic compares (exemplar, variation) with (exemplar, drawing).

    `critic_steps` steps of the critic, then one of the generator. `as_released` exchanges the
    exemplar and the variation of each pair, as the code of *Diversity vs. Recognizability* did: the
    generator then learns to turn any drawing into the exemplar, the reverse of the task it is
    tested on.
    `augment` transforms each pair alike: see `affine_pair`. With `mismatched`, half of what the
    critic learns to tell from real pairs are real variations beside another pair's exemplar.
    """

    def __init__(
        self,
        generator: DaGan,
        critic: nn.Module,
        as_released: bool = False,
        augment: str | None = None,
        critic_steps: int = 5,
        mismatched: bool = False,
    ):
        super().__init__()
        self.generator, self.critic, self.critic_steps = generator, critic, critic_steps
        self.mismatched = mismatched
        self.as_released, self.augment = as_released, augment

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters of the critic and of the generator, an optimiser each."""
        parts = {"critic": self.critic, "generator": self.generator}
        return {name: list(part.parameters()) for name, part in parts.items()}

    def turn(self, step: int) -> str:
        """Return whose turn step `step` is: the critic's first, then once the generator's."""
        last = step % (self.critic_steps + 1) == self.critic_steps
        return "generator" if last else "critic"

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return the loss of whose turn it is; `x` are variations, `y` exemplars (B, 1, H, W)."""
        target, given = batch["x"], batch["y"]
        if self.augment:
            target, given = affine_pair(target, given, self.augment)
        if self.as_released:
            target, given = given, target
        z = torch.randn(len(given), self.generator.latent, device=given.device)
        return getattr(self, f"_{self.turn(step)}")(given, target, z)

    def _critic(self, given: Tensor, target: Tensor, z: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            fake = self.generator(given, z)
        exemplars, drawings = [given, given], [target, fake]
        if self.mismatched:  # concepts come at random: a neighbour in the batch is of another
            exemplars, drawings = [*exemplars, given.roll(1, 0)], [*drawings, target]
        scores = self.critic(torch.cat(exemplars), torch.cat(drawings)).float()
        real, *wrong = (part.mean() for part in scores.chunk(len(drawings)))
        distance = real - sum(wrong) / len(wrong)
        penalty = gradient_penalty(self.critic, given, target, fake)
        loss = PENALTY * penalty - distance
        return {"loss": loss, "distance": distance.detach(), "penalty": penalty.detach()}

    def _generator(self, given: Tensor, target: Tensor, z: Tensor) -> dict[str, Tensor]:
        with frozen(self.critic):
            score = self.critic(given, self.generator(given, z)).float().mean()
        return {"loss": -score, "score": score.detach()}
