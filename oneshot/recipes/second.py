"""The recipe of the second recognition critic: another architecture, trained another way."""

from dataclasses import dataclass, field
from pathlib import Path

import torch

from oneshot.drawings.batches import Episodes
from oneshot.models.vit import VitCritic
from oneshot.objectives.critics import PairsObjective
from oneshot.recipes.base import (
    Getter,
    Made,
    NetworkRecipe,
    trained,
)
from oneshot.recipes.data import Concepts, Drawings
from oneshot.training.loop import Plan


@dataclass(frozen=True)
class SecondCritic(NetworkRecipe[VitCritic]):
    """A vision transformer to which two drawings of a concept look alike: names a drawing by it.

    It has seen neither exemplars nor the other critics. It judges as a prototypical network does:
    the nearest exemplar is the answer. A step of its plan sees two drawings of `plan.batch`
    concepts; `drawings` are concepts where those of the drawings alone are not what is meant.
    """

    drawings: Drawings | Concepts
    plan: Plan = field(default_factory=lambda: Plan(steps=1500, batch=64))

    def network(self) -> VitCritic:
        """Return the untrained network."""
        drawings = self.drawings.drawings if isinstance(self.drawings, Concepts) else self.drawings
        return VitCritic(drawings.side)

    def make(self, store: Getter, work: Path) -> Made:
        """Train on pairs of drawings of the training concepts."""
        concepts = store.get(self.drawings)
        torch.manual_seed(self.plan.seed)
        network = self.network()
        objective = PairsObjective(network, self.drawings.threshold)
        batches = Episodes(concepts, self.plan.batch, 2, self.plan.seed)
        return trained(objective, network, batches, self.plan, work, store, "second critic")
