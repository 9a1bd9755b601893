"""What a model family must say of itself to be trained by the one loop."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Objective(nn.Module, ABC):
    """Networks together with the loss that trains them.

    A family subclasses this, keeps its networks as sub-modules and implements `losses`. Families
    with one optimiser need nothing else; an adversarial family names its parameter groups and whose
    turn each step is.
    """

    @abstractmethod
    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return scalar losses; `"loss"` is minimised, the others are logged.

        Images in `batch` are float in [0, 1] on the device of the parameters. The default random
        generators are seeded from (seed, step) before each call.
        """

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the groups of parameters to train, each of which gets an optimiser of its own."""
        return {"all": [p for p in self.parameters() if p.requires_grad]}

    def networks_to_compile(self) -> list[nn.Module]:
        """Return the networks that may be compiled where a training is; none unless said."""
        return []

    def turn(self, step: int) -> str:
        """Return the name of the group that step `step` updates."""
        return "all"
