"""The loss of a regularized autoencoder."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from oneshot.drawings.augment import PAIRS, affine_pair, views
from oneshot.models.autoencoder import VectorAutoencoder
from oneshot.objectives.regularizers import REGULARIZERS, Latents, SimCLR, build
from oneshot.training.objective import Objective

AUGMENTS = (*PAIRS, "view")


class AutoencoderObjective(Objective):
    """Squared error summed over pixels, plus beta times each regularizer.

    `regularizers` maps names to beta; an empty mapping is the control without any. `augment`
    changes the drawings themselves before anything else: "gentle" or "class" moves variation and
    exemplar alike, "view" replaces the variation by a contrastive view (alone, the control that
    tells augmentation from regularization), None leaves them. Every `revive` steps the entries of a
    codebook that the batch does not use are moved to where it would; 0 leaves them, as published.

    Views made for a regularizer serve only the regularizer: the reconstruction is of the drawing
    they come from. With `as_released`, the first view also takes the drawing's place, so that two
    images are encoded of each drawing instead of three, and the regularizers are the released ones.
    Boutin et al., *Latent Representation Matters* (NeurIPS 2024).
    """

    def __init__(
        self,
        autoencoder: VectorAutoencoder,
        regularizers: Mapping[str, float],
        classes: int,
        augment: str | None = "gentle",
        as_released: bool = False,
        revive: int = 0,
    ):
        super().__init__()
        self.autoencoder = autoencoder
        self.betas = dict(regularizers)
        self.regularizers = build(regularizers, autoencoder.latent, classes, as_released)
        for name, regularizer in self.regularizers.items():
            if regularizer.bottleneck not in (None, autoencoder.bottleneck.kind):
                raise ValueError(
                    f"regularizer {name!r} needs a {regularizer.bottleneck!r} bottleneck, not "
                    f"{autoencoder.bottleneck.kind!r}: build the autoencoder with it"
                )
        if augment not in (None, *AUGMENTS):
            raise ValueError(f"unknown augment {augment!r}: use {', '.join(AUGMENTS)} or None")
        if revive and autoencoder.bottleneck.codebook is None:
            raise ValueError("revive is for a codebook: use it with the regularizer vq")
        self.augment, self.as_released, self.revive = augment, as_released, revive
        self.needs = frozenset[str]().union(*(REGULARIZERS[name].needs for name in regularizers))
        self.slow: nn.Module | None = None
        if "slow2" in self.needs:
            self.slow = copy.deepcopy(self._encoder()).requires_grad_(False)

    def losses(self, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        """Return "loss", "reconstruction" and each regularizer before its beta.

        `batch` holds "x" and "y" (B, 1, H, W) and "label" (B,).
        """
        drawings = self._drawings(batch)
        latents, z = self._latents(drawings, batch["label"])
        due = self.training and self.revive and step % self.revive == 0
        if due and latents.mean is not None:
            self.autoencoder.bottleneck.revive(latents.mean)
        drawn = self.autoencoder.decode(z)
        losses = {"reconstruction": (drawn - drawings["x"]).square().sum() / len(drawn)}
        with torch.autocast(drawn.device.type, enabled=False):
            for name, regularizer in self.regularizers.items():
                losses[name] = regularizer(latents)
        total = losses["reconstruction"] + sum(
            beta * losses[name] for name, beta in self.betas.items()
        )
        return {"loss": total, **{name: value.detach() for name, value in losses.items()}}

    def _drawings(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the images of this step: "x", "y" and, where needed, two views of "x"."""
        x, y = batch["x"], batch["y"]
        if self.augment == "view":
            x = views(x)
        elif self.augment:
            x, y = affine_pair(x, y, self.augment)
        drawings = {"x": x, "y": y}
        if self.needs & {"view1", "view2", "slow2"}:
            drawings |= {"view1": views(x), "view2": views(x)}
            if self.as_released:
                drawings["x"] = drawings["view1"]
        return drawings

    def _latents(self, drawings: dict[str, Tensor], label: Tensor) -> tuple[Latents, Tensor]:
        """Encode as one batch, with shared batch statistics, whatever the regularizers need."""
        given = {"view1"} if self.as_released else set()  # which takes the place of "x"
        names = ["x", *(name for name in ("y", "view1", "view2") if name in self.needs - given)]
        encoding = self.autoencoder(torch.cat([drawings[name] for name in names]))
        parts = dict(zip(names, encoding.z.chunk(len(names)), strict=True))
        for name in ("mean", "logvar", "codes"):
            value = getattr(encoding, name)
            parts[name] = None if value is None else value[: len(label)]
        for name in given & self.needs:
            parts[name] = parts["x"]
        if self.slow is not None:
            parts["slow2"] = self._follow(self.slow, drawings["view2"])
        return Latents(label=label, **parts), parts["x"]

    def _encoder(self) -> nn.Module:
        return nn.Sequential(self.autoencoder.encoder, self.autoencoder.bottleneck)

    @torch.no_grad()
    def _follow(self, slow: nn.Module, view: Tensor) -> Tensor:
        """Move the slow encoder towards the encoder and encode with it."""
        if self.training:
            fast = [p.detach() for p in self._encoder().parameters()]
            weight = 1 - SimCLR.momentum
            torch._foreach_lerp_(list(slow.parameters()), fast, weight)  # pyright: ignore[reportPrivateImportUsage]
        return slow(view).z
