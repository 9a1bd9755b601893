"""Six ways to shape the latent space of an autoencoder, after *Latent Representation Matters*.

Each regularizer is a module with the heads it needs, from the `Latents` of a batch to a scalar.
`needs` names the latents that must be made for it beside those of the variation; `bottleneck` is
the kind of latent it presupposes, if any. Boutin et al. (NeurIPS 2024), section 3 and appendix.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from oneshot.objectives.critics import nt_xent


@dataclass(frozen=True)
class Latents:
    """Latents (B, d) of one batch, in float32; what no regularizer asked for is None.

    `x` are the variations, with `mean`, `logvar` and `codes` as in `models.autoencoder.Encoding`;
    `y` their exemplars; `view1` and `view2` two views of the variations; `slow2` the second view as
    the momentum encoder sees it; `label` (B,) the concepts.
    """

    x: Tensor
    label: Tensor
    mean: Tensor | None = None
    logvar: Tensor | None = None
    codes: Tensor | None = None
    y: Tensor | None = None
    view1: Tensor | None = None
    view2: Tensor | None = None
    slow2: Tensor | None = None


class Regularizer(nn.Module, ABC):
    """A loss on latents, with its own heads."""

    needs: ClassVar[frozenset[str]] = frozenset()
    bottleneck: ClassVar[str | None] = None

    def __init__(self, latent: int, classes: int, as_released: bool):
        super().__init__()

    @abstractmethod
    def forward(self, latents: Latents) -> Tensor:
        """Return the loss, a scalar."""


class KL(Regularizer):
    """Divergence of the Gaussian code from a standard normal, summed over dimensions."""

    bottleneck = "gaussian"

    def forward(self, latents: Latents) -> Tensor:
        mean, logvar = latents.mean, latents.logvar
        assert mean is not None and logvar is not None
        return 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1).mean()


class VQ(Regularizer):
    """Codebook and commitment loss; the released code puts the weight on the codebook instead."""

    bottleneck = "quantized"

    def __init__(self, latent: int, classes: int, as_released: bool):
        super().__init__(latent, classes, as_released)
        self.codebook, self.commitment = (2.5, 1.0) if as_released else (1.0, 0.25)

    def forward(self, latents: Latents) -> Tensor:
        mean, codes = latents.mean, latents.codes
        assert mean is not None and codes is not None
        codebook = F.mse_loss(codes, mean.detach())
        commitment = F.mse_loss(mean, codes.detach())
        return self.codebook * codebook + self.commitment * commitment


class Classification(Regularizer):
    """Cross-entropy of a linear classifier of the training concepts."""

    def __init__(self, latent: int, classes: int, as_released: bool):
        super().__init__(latent, classes, as_released)
        self.head = nn.Linear(latent, classes)

    def forward(self, latents: Latents) -> Tensor:
        return F.cross_entropy(self.head(latents.x), latents.label)


class Prototype(Regularizer):
    """One-shot classification inside the batch: each variation must find its own exemplar.

    Other exemplars of the same concept are not counted as mistakes; in the released code they are.
    """

    needs = frozenset({"y"})

    def __init__(self, latent: int, classes: int, as_released: bool):
        super().__init__(latent, classes, as_released)
        self.projector = _projector(latent, 128)
        self.spare_same_concept = not as_released

    def forward(self, latents: Latents) -> Tensor:
        query, support = self.projector(latents.x), self.projector(latents.y)
        # |q - s|^2 without |q|^2, which the softmax over supports cancels
        logits = 2 * query @ support.T - support.square().sum(1)
        if self.spare_same_concept:
            same = latents.label[:, None] == latents.label
            same.fill_diagonal_(False)
            logits = logits.masked_fill(same, -torch.inf)
        return F.cross_entropy(logits, torch.arange(len(query), device=query.device))


class SimCLR(Regularizer):
    """NT-Xent between a view and the other one seen by a slow encoder; without a projector."""

    needs = frozenset({"view1", "slow2"})
    temperature = 0.5
    momentum = 0.99  # of the encoder of the second view, per step

    def forward(self, latents: Latents) -> Tensor:
        assert latents.view1 is not None and latents.slow2 is not None
        return nt_xent(latents.view1, latents.slow2, self.temperature)


class Barlow(Regularizer):
    """Cross-correlation of the projected views, pulled towards the identity matrix."""

    needs = frozenset({"view1", "view2"})
    redundancy = 0.005

    def __init__(self, latent: int, classes: int, as_released: bool):
        super().__init__(latent, classes, as_released)
        self.projector = _projector(latent, latent)

    def forward(self, latents: Latents) -> Tensor:
        first, second = (
            F.batch_norm(self.projector(view), None, None, training=True)
            for view in (latents.view1, latents.view2)
        )
        correlation = first.T @ second / len(first)
        on_diagonal = (correlation.diagonal() - 1).square().sum()
        off_diagonal = correlation.square().sum() - correlation.diagonal().square().sum()
        return on_diagonal + self.redundancy * off_diagonal


REGULARIZERS: dict[str, type[Regularizer]] = {
    "kl": KL,
    "vq": VQ,
    "classification": Classification,
    "prototype": Prototype,
    "simclr": SimCLR,
    "barlow": Barlow,
}


def build(
    weights: Iterable[str], latent: int, classes: int, as_released: bool = False
) -> nn.ModuleDict:
    """Return the named regularizers, with fresh heads for `latent` dimensions and `classes`.

    `weights` is a mapping from name to beta, or just names. Raises ValueError for a name that is
    not one of `REGULARIZERS`.
    """
    _check(weights)
    return nn.ModuleDict(
        {name: REGULARIZERS[name](latent, classes, as_released) for name in weights}
    )


def bottleneck(names: Iterable[str]) -> str:
    """Return the kind of bottleneck an autoencoder needs for the named regularizers.

    Raises ValueError for a name that is not one of `REGULARIZERS`, and for both kl and vq.
    """
    _check(names)
    kinds = (REGULARIZERS[name].bottleneck for name in names)
    wanted = {kind for kind in kinds if kind is not None}
    if len(wanted) > 1:
        raise ValueError("kl samples the latent and vq quantizes it: choose one of the two")
    return wanted.pop() if wanted else "plain"


def _check(names: Iterable[str]) -> None:
    unknown = sorted(set(names) - set(REGULARIZERS))
    if unknown:
        raise ValueError(f"unknown regularizer {unknown[0]!r}: use some of {list(REGULARIZERS)}")


def _projector(latent: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(latent, outputs, bias=False),
        nn.BatchNorm1d(outputs),
        nn.ReLU(inplace=True),
        nn.Linear(outputs, outputs, bias=False),
    )
