"""The recipe of VAE-Elastic, and its sizes."""

from dataclasses import dataclass
from pathlib import Path

import torch

from oneshot.drawings.augment import PAIRS
from oneshot.drawings.batches import Pairs
from oneshot.drawings.listings import named
from oneshot.drawings.sources import source
from oneshot.models.vae_elastic import Inference
from oneshot.models.vae_elastic import VaeElastic as VaeElasticModel
from oneshot.objectives.vae_elastic import ElasticObjective
from oneshot.recipes import presets
from oneshot.recipes.base import (
    Getter,
    Made,
    NetworkRecipe,
    check_name,
    check_number,
    trained,
)
from oneshot.recipes.data import Concepts
from oneshot.training.loop import Plan

STEPS = {"glyphs": 3000, "omniglot": 6000, "quickdraw": 4000}
"""Training steps at size laptop by kind of data, of others as of the first."""

SPREAD = {"glyphs": 1.326, "omniglot": 1.281, "quickdraw:2": 1.499}
"""Spread of the latents by data set or kind of it, as `evaluations.amplitude.spread` found it."""


@dataclass(frozen=True)
class VaeElastic(NetworkRecipe[VaeElasticModel]):
    """The elastic VAE: an exemplar bent as people bend; `beta` weighs its KL divergence.

    `stiffness` weighs how far it bends: see `ElasticObjective`. `spread` is that of the latents it
    draws from, in training always 1.
    """

    concepts: Concepts
    plan: Plan
    latent: int = 32
    widths: tuple[int, int] = (48, 96)
    beta: float = 0.003
    stiffness: float = 0.05
    spread: float = 1.0
    augment: str | None = "gentle"

    def __post_init__(self):
        check_number("latent", self.latent, 1)
        check_number("beta", self.beta, 0)
        check_number("stiffness", self.stiffness, 0)
        check_number("spread", self.spread, 0)
        check_name("augment", self.augment, (None, *PAIRS))

    def network(self) -> VaeElasticModel:
        """Return the untrained network."""
        return VaeElasticModel(self.latent, self.widths, self.spread)

    def make(self, store: Getter, work: Path) -> Made:
        """Train on pairs of a variation and its exemplar; only what draws is kept."""
        batches = Pairs(store.get(self.concepts), self.plan.batch, self.plan.seed)
        torch.manual_seed(self.plan.seed)
        model, inference = self.network(), Inference(self.latent, self.widths)
        objective = ElasticObjective(model, inference, self.beta, self.stiffness, self.augment)
        return trained(objective, model, batches, self.plan, work, store, "VAE-Elastic")


def vae_elastic(dataset: str, preset: str = "laptop") -> VaeElastic:
    """Return the elastic VAE of a data set; no paper has it, so "paper" is wider and longer."""
    group = presets.concepts(dataset, preset)
    if preset == "smoke":
        return VaeElastic(group, plan(10, 8), 8, (8, 16))
    steps, spread = STEPS.get(source(dataset).name, STEPS["glyphs"]), spread_of(dataset)
    if preset == "paper":
        return VaeElastic(group, plan(4 * steps, 128), 64, (96, 192), spread=spread)
    if preset == "draft":
        steps //= 4
    return VaeElastic(group, plan(steps, 64), spread=spread)


def spread_of(dataset: str) -> float:
    """Return the spread of the latents on a data set; that of the embedded one where not known."""
    return SPREAD.get(named(dataset)) or SPREAD.get(source(dataset).name, SPREAD["glyphs"])


def plan(steps: int, batch: int) -> Plan:
    """Return how it is trained."""
    return Plan(steps, batch, "adamw", 1e-3, weight_decay=0.01, warmup=min(100, steps), clip=1.0)
