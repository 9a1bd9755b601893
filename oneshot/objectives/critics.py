"""The losses of the critics: NT-Xent on two views, one-shot prototypes, and pairs."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from oneshot.drawings.augment import jitter, pair_matrices, views, warp
from oneshot.models.critics import Critic
from oneshot.training.objective import Objective


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """Return the normalised temperature-scaled cross entropy of two views (N, d) each.

    Each vector must find its partner among the 2N - 1 others by cosine (Chen et al. 2020, eq. 1).
    """
    vectors = F.normalize(torch.cat((first, second)).float(), dim=1)
    logits = vectors @ vectors.T / temperature
    logits.fill_diagonal_(float("-inf"))
    count = len(first)
    partner = torch.arange(2 * count, device=logits.device).roll(count)
    return F.cross_entropy(logits, partner)


class SimCLRObjective(Objective):
    """Train the originality critic: two views of a drawing agree after the projection head.

    The views are binarised at `threshold`, as in *Diversity vs. Recognizability* (NeurIPS 2022),
    because the critic will only see binary drawings.
    """

    def __init__(self, critic: Critic, threshold: float, strength: str = "normal"):
        super().__init__()
        self.critic, self.threshold, self.strength = critic, threshold, strength

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return the NT-Xent loss of `batch["x"]` (B, 1, H, W)."""
        both = torch.cat([views(batch["x"], self.strength) for _ in range(2)])
        both = (both > self.threshold).float()
        first, second = self.critic.head(self.critic.embed(both)).chunk(2)
        return {"loss": nt_xent(first, second)}


class ProtoNetObjective(Objective):
    """Train the recognition critic: a query is nearest to the exemplar of its own concept.

    Each concept of an episode has one support, its exemplar (Snell et al. 2017 with one shot).
    `augment` names how queries are transformed (see `jitter`), severely for the published Quick,
    Draw! critic; `classes` how all drawings of a concept are transformed alike (see
    `pair_matrices`), which makes another concept of it.
    """

    def __init__(
        self,
        critic: Critic,
        threshold: float,
        augment: str | None = None,
        classes: str | None = None,
    ):
        super().__init__()
        self.critic, self.threshold = critic, threshold
        self.augment, self.classes = augment, classes

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return cross entropy and accuracy of `batch["query"]` (W, Q, 1, H, W)."""
        ways, count = batch["query"].shape[:2]
        support, query = batch["support"], batch["query"]
        if self.classes:
            together = torch.cat((support, query.flatten(1, 2)), 1)
            together = warp(together, pair_matrices(together, self.classes))
            support, query = together[:, :1], together[:, 1:].unflatten(1, (count, 1))
        query = query.flatten(0, 1)
        if self.augment:
            query = jitter(query, self.augment)
        images = (torch.cat((support, query)) > self.threshold).float()
        features = self.critic(images).float()
        logits = -torch.cdist(features[ways:], features[:ways]).square()
        label = torch.arange(ways, device=logits.device).repeat_interleave(count)
        accuracy = (logits.argmax(1) == label).float().mean()
        return {"loss": F.cross_entropy(logits, label), "accuracy": accuracy.detach()}


class PairsObjective(Objective):
    """Train the second recognition critic: two drawings of a concept agree, others do not.

    Supervised contrastive learning (Khosla et al. 2020) with one positive, by the cosine of
    features. Drawings are moved as `jitter` does, "mild". Exemplars have no part in it.
    """

    temperature = 0.1

    def __init__(self, critic: nn.Module, threshold: float):
        super().__init__()
        self.critic, self.threshold = critic, threshold

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return the NT-Xent loss of `batch["query"]` (W, 2, 1, H, W), two drawings a concept."""
        both = jitter(batch["query"].transpose(0, 1).flatten(0, 1), "mild")
        first, second = self.critic((both > self.threshold).float()).chunk(2)
        return {"loss": nt_xent(first, second, self.temperature)}
