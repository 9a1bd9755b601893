"""What the families share that draw in one pass: an exemplar and noise in, a drawing out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from oneshot.models.generator import accept, evaluating, refuse_guidance
from oneshot.rng import noise


class Direct(ABC):
    """A generator without guidance whose drawings are `decode`d one by one, each from its noise.

    A family gives `label`, what messages call it, `noise_shape`, that of the noise of one drawing,
    and `decode`; `prepare` where something of an exemplar serves all its variations.
    """

    label = "this model"
    noise_shape: tuple[int, ...]
    together = 512
    """Drawings decoded at once: bounds memory, does not change results."""

    def prepare(self, exemplars: Tensor) -> Tensor:
        """Return what `decode` is to know of each of `exemplars` (C, 1, H, W), by rows."""
        return exemplars

    @abstractmethod
    def decode(self, known: Tensor, z: Tensor) -> Tensor:
        """Return drawings (N, 1, H, W) in [0, 1] of rows of `prepare` and noise `z` (N, ...)."""

    @torch.no_grad()
    def draw(
        self,
        exemplars: Tensor,
        variations: int,
        *,
        guidance: float | None = None,
        seed: int = 0,
        concepts: Sequence[int] | None = None,
    ) -> Tensor:
        """Draw `variations` of each of `exemplars` (C, 1, H, W) in [0, 1]; returns (C, V, 1, H, W).

        The noise is N(0, I) and depends only on (seed, concept, variation).
        Raises ValueError if `guidance` is given, which there is not, and where `accept` does.
        """
        exemplars, concepts = accept(
            self, exemplars, variations, guidance=guidance, seed=seed, concepts=concepts
        )
        refuse_guidance(self.label, guidance)
        z = noise(seed, concepts, variations, self.noise_shape).flatten(0, 1).to(exemplars.device)
        with evaluating(self) if isinstance(self, nn.Module) else nullcontext():
            known = self.prepare(exemplars).repeat_interleave(variations, 0)
            pairs = zip(known.split(self.together), z.split(self.together), strict=True)
            drawn = torch.cat([self.decode(*pair) for pair in pairs])
        return drawn.unflatten(0, (len(exemplars), variations))
