"""Recipes of diffusion on pixels: DDPM, CFGDM and FSDM."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from oneshot.diffusion.schedules import SCHEDULES
from oneshot.drawings.augment import PAIRS
from oneshot.drawings.batches import Pairs, Sets
from oneshot.models.modulated_unet import PatchUNet
from oneshot.models.pixel_diffusion import SAMPLER, STEPS, own_guidance
from oneshot.models.pixel_diffusion import PixelDiffusion as PixelDiffusionModel
from oneshot.models.set_encoder import CONDITIONINGS, POOLINGS, SetDenoiser, SetEncoder, check_place
from oneshot.models.unet import UNet
from oneshot.objectives.diffusion import DiffusionObjective, leave_one_out, pixel_pairs
from oneshot.recipes.base import (
    NETWORKS,
    Getter,
    Made,
    NetworkRecipe,
    check_name,
    check_number,
    check_share,
    trained,
)
from oneshot.recipes.data import Concepts
from oneshot.training.loop import Plan

FAST: dict[str, Any] = {"sampler": SAMPLER, "steps": STEPS}


@dataclass(frozen=True)
class PixelDiffusion(NetworkRecipe[PixelDiffusionModel]):
    """A U-Net that sees noise and exemplar stacked: DDPM, or CFGDM when `dropout` is above 0.

    `network_name` is "patch", which a laptop can train, or "published", of base width `width`.
    `as_released` tells the published network (t + 1) / T instead of t. Of the patch network, the
    levels in `attention` attend, and with `tokens` also to the tokens of an encoder of the
    exemplar, of that width.

    Raises ValueError for a name that is not known and for a number that cannot be.
    """

    concepts: Concepts
    plan: Plan
    dropout: float = 0.1
    network_name: str = "patch"
    width: int = 48
    schedule: str = "linear"
    diffusion_steps: int = 500
    velocity: bool = False
    as_released: bool = False
    augment: str | None = None
    attention: tuple[int, ...] = (2,)
    tokens: int = 0

    @property
    def drawing(self) -> dict[str, Any]:
        """How the model draws unless it is told otherwise."""
        return {"guidance": own_guidance("stack", self.dropout)} | FAST

    def __post_init__(self):
        check_name("network", self.network_name, NETWORKS)
        check_share("dropout", self.dropout)
        _check(self)

    def network(self) -> PixelDiffusionModel:
        """Return the untrained model."""
        if self.network_name == "patch":
            denoiser = PatchUNet(
                tokens=self.tokens,
                side=self.concepts.drawings.side,
                widths=(self.width, 2 * self.width, 4 * self.width),
                attention=self.attention,
            )
        else:
            time = self.diffusion_steps if self.as_released else None
            denoiser = UNet(self.width, as_released_time=time)
        return PixelDiffusionModel(
            denoiser, "stack", self.dropout, self.schedule, self.diffusion_steps, self.velocity
        )

    def make(self, store: Getter, work: Path) -> Made:
        """Train on pairs of a variation and its exemplar."""
        batches = Pairs(store.get(self.concepts), self.plan.batch, self.plan.seed)
        torch.manual_seed(self.plan.seed)
        return _trained(self.network(), batches, pixel_pairs(self.augment), self.plan, work, store)


@dataclass(frozen=True)
class SetDiffusion(NetworkRecipe[PixelDiffusionModel]):
    """FSDM: a U-Net that knows the concept from a set, encoded by a vision transformer.

    It learns from sets of `set_size` drawings, each from all the others, and draws from a set of
    one. `encoder` are the width, depth, heads and patch of the transformer. With `dropout` above 0
    it learns to draw without its set too, and is guided; the published FSDM is not.

    Raises ValueError for a name that is not known and for a number that cannot be.
    """

    concepts: Concepts
    plan: Plan
    set_size: int = 5
    conditioning: str = "film"
    pooling: str = "mean"
    encoder: tuple[int, int, int, int] = (256, 6, 12, 8)
    widths: tuple[int, ...] = (64, 128, 192, 256)
    blocks: int = 2
    patch: int = 1
    attention: tuple[int, ...] = (2, 3)
    drop: float = 0.2
    schedule: str = "linear"
    diffusion_steps: int = 500
    velocity: bool = False
    augment: str | None = None
    dropout: float = 0.0

    @property
    def drawing(self) -> dict[str, Any]:
        """How the model draws unless it is told otherwise."""
        return {"guidance": own_guidance("set", self.dropout)} | FAST

    def __post_init__(self):
        check_name("conditioning", self.conditioning, CONDITIONINGS)
        check_name("pooling", self.pooling, POOLINGS)
        check_number("set_size", self.set_size, 2)
        check_share("drop", self.drop)
        check_share("dropout", self.dropout)
        check_place(self.conditioning, self.pooling)
        _check(self)

    def network(self) -> PixelDiffusionModel:
        """Return the untrained model."""
        width, depth, heads, patch = self.encoder
        side = self.concepts.drawings.side
        denoiser = SetDenoiser(
            SetEncoder(side, patch, width, depth, heads, self.drop, self.pooling),
            self.conditioning,
            widths=self.widths,
            blocks=self.blocks,
            patch=self.patch,
            attention=self.attention,
            dropout=self.drop,
        )
        return PixelDiffusionModel(
            denoiser, "set", self.dropout, self.schedule, self.diffusion_steps, self.velocity
        )

    def make(self, store: Getter, work: Path) -> Made:
        """Train on random sets of one training concept each; a batch is `plan.batch` sets."""
        concepts = store.get(self.concepts)
        batches = Sets(concepts, self.plan.batch, self.set_size, self.plan.seed)
        torch.manual_seed(self.plan.seed)
        return _trained(
            self.network(), batches, leave_one_out(self.augment), self.plan, work, store
        )


def _check(recipe: PixelDiffusion | SetDiffusion) -> None:
    check_name("noise schedule", recipe.schedule, SCHEDULES)
    check_number("diffusion_steps", recipe.diffusion_steps, 1)
    check_name("augment", recipe.augment, (None, *PAIRS))


def _trained(model, batches, prepare, plan: Plan, work: Path, store) -> Made:
    objective = DiffusionObjective(
        model.denoiser, model.schedule, prepare, model.dropout, model.velocity
    )
    return trained(objective, model, batches, plan, work, store, "pixel diffusion")
