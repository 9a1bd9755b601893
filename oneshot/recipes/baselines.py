"""Recipes of the families without diffusion: VAE-STN, VAE-NS and DA-GAN."""

from dataclasses import dataclass
from pathlib import Path

import torch

from oneshot.drawings.augment import PAIRS
from oneshot.drawings.batches import Pairs, Sets
from oneshot.models.dagan import DaGan as DaGanModel
from oneshot.models.dagan import PairCritic
from oneshot.models.neural_statistician import NeuralStatistician as PublishedStatistician
from oneshot.models.neural_statistician import PatchNeuralStatistician, SetVae
from oneshot.models.vae_stn import VaeStn as VaeStnModel
from oneshot.objectives.gan import GanObjective
from oneshot.objectives.vae import NeuralStatisticianObjective, VaeObjective
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


@dataclass(frozen=True)
class VaeStn(NetworkRecipe[VaeStnModel]):
    """The sequential VAE with a spatial transformer; `beta` weighs its KL divergence."""

    concepts: Concepts
    plan: Plan
    latent: int = 80
    steps: int = 40
    hidden: int = 400
    beta: float = 1.0
    warmup: int = 0
    augment: str | None = None

    def __post_init__(self):
        check_number("beta", self.beta, 0)
        check_number("steps", self.steps, 1)
        check_number("warmup", self.warmup, 0)
        check_name("augment", self.augment, (None, *PAIRS))

    def network(self) -> VaeStnModel:
        """Return the untrained network."""
        return VaeStnModel(self.latent, self.steps, self.hidden, self.hidden // 4)

    def make(self, store: Getter, work: Path) -> Made:
        """Train on pairs of a variation and its exemplar."""
        batches = Pairs(store.get(self.concepts), self.plan.batch, self.plan.seed)
        torch.manual_seed(self.plan.seed)
        model = self.network()
        objective = VaeObjective(model, self.beta, self.warmup, self.augment)
        return trained(objective, model, batches, self.plan, work, store, "VAE-STN")


@dataclass(frozen=True)
class NeuralStatistician(NetworkRecipe[SetVae]):
    """The Neural Statistician, trained on sets of `set_size` drawings of a concept.

    `network_name` is "published", with four `widths` of `depth` layers, or "patch", with two.
    `beta` weighs both KL divergences, or that of z alone where `beta_context` is given.
    """

    concepts: Concepts
    plan: Plan
    set_size: int = 5
    latent: int = 16
    context: int = 512
    network_name: str = "published"
    widths: tuple[int, ...] = (32, 64, 128, 256)
    depth: int = 3
    beta: float = 1.0
    half_life: int = 230
    augment: str | None = None
    beta_context: float | None = None

    def __post_init__(self):
        check_name("network", self.network_name, NETWORKS)
        check_number("beta", self.beta, 0)
        check_number("set_size", self.set_size, 1)
        check_number("half_life", self.half_life, 1)
        if self.beta_context is not None:
            check_number("beta_context", self.beta_context, 0)
        check_name("augment", self.augment, (None, *PAIRS))

    def network(self) -> SetVae:
        """Return the untrained network."""
        if self.network_name == "patch":
            return PatchNeuralStatistician(self.latent, self.context, self.widths)
        side = self.concepts.drawings.side
        return PublishedStatistician(self.latent, self.context, side, self.widths, self.depth)

    def make(self, store: Getter, work: Path) -> Made:
        """Train on random sets of one training concept each."""
        concepts = store.get(self.concepts)
        batches = Sets(concepts, self.plan.batch, self.set_size, self.plan.seed)
        torch.manual_seed(self.plan.seed)
        model = self.network()
        objective = NeuralStatisticianObjective(
            model, self.half_life, self.beta, self.augment, self.beta_context
        )
        return trained(objective, model, batches, self.plan, work, store, "VAE-NS")


@dataclass(frozen=True)
class DaGan(NetworkRecipe[DaGanModel]):
    """A DA-GAN: generator UN with skips between encoder and decoder, RN without.

    The critic has `critic_steps` turns for one of the generator. `as_released` trains in the
    released, reversed direction, from a variation to its exemplar. With `mismatched` the critic
    also learns to tell a variation of the exemplar from one of another concept.
    """

    concepts: Concepts
    plan: Plan
    skips: bool = True
    latent: int = 128
    widths: tuple[int, ...] = (64, 64, 128, 128)
    critic_layers: int = 5
    critic_hidden: int = 1024
    drop: float = 0.5
    fold: int = 1
    critic_steps: int = 5
    as_released: bool = False
    augment: str | None = None
    mismatched: bool = False

    def __post_init__(self):
        check_share("drop", self.drop)
        check_number("critic_steps", self.critic_steps, 1)
        check_name("augment", self.augment, (None, *PAIRS))

    def network(self) -> DaGanModel:
        """Return the untrained generator."""
        side, layers = self.concepts.drawings.side, 3 if self.skips else 2
        return DaGanModel(self.latent, side, self.widths, layers, self.skips, self.drop, self.fold)

    def make(self, store: Getter, work: Path) -> Made:
        """Train generator and critic in turns; only the generator is kept."""
        batches = Pairs(store.get(self.concepts), self.plan.batch, self.plan.seed)
        torch.manual_seed(self.plan.seed)
        model = self.network()
        critic = PairCritic(
            self.concepts.drawings.side,
            self.widths,
            self.critic_layers,
            self.critic_hidden,
            self.drop,
            self.fold,
        )
        objective = GanObjective(
            model, critic, self.as_released, self.augment, self.critic_steps, self.mismatched
        )
        return trained(objective, model, batches, self.plan, work, store, "DA-GAN")
