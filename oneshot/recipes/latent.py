"""Recipes of the latent track: the regularized autoencoder and diffusion on its latents."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from oneshot.device import same_randomness_after
from oneshot.diffusion.schedules import SCHEDULES
from oneshot.drawings.augment import PAIRS, affine_pair
from oneshot.drawings.batches import Epochs, Pairs
from oneshot.drawings.concepts import ConceptSet
from oneshot.models.autoencoder import Autoencoder as PublishedAutoencoder
from oneshot.models.autoencoder import VectorAutoencoder
from oneshot.models.latent_denoiser import AttentionDenoiser, ResidualDenoiser
from oneshot.models.latent_diffusion import GUIDANCE, SAMPLER, STEPS
from oneshot.models.latent_diffusion import LatentDiffusion as LatentDiffusionModel
from oneshot.models.patch_autoencoder import PatchAutoencoder
from oneshot.objectives.autoencoder import AUGMENTS, AutoencoderObjective
from oneshot.objectives.diffusion import DiffusionObjective
from oneshot.objectives.regularizers import bottleneck
from oneshot.progress import tqdm
from oneshot.recipes.base import (
    Artefact,
    Getter,
    Made,
    NetworkRecipe,
    Recipe,
    check_name,
    check_number,
    check_share,
    count_parameters,
    load_weights,
    train_card,
    trained,
)
from oneshot.recipes.data import Concepts
from oneshot.rng import step_seed
from oneshot.training.loop import Plan, train

AUTOENCODERS = {"published": PublishedAutoencoder, "patch": PatchAutoencoder}
DENOISERS = {"attention": AttentionDenoiser, "residual": ResidualDenoiser}
ENCODE_BATCH = 1024
SEED_STRIDE = 2**20  # more than there are copies, so that no two training seeds share a map


@dataclass(frozen=True)
class Autoencoder(NetworkRecipe[VectorAutoencoder]):
    """A regularized autoencoder; `regularizers` maps names to beta.

    `{"prototype": 100, "barlow": 30}` may be given as a mapping; it is kept as sorted pairs.

    Raises ValueError for a name that is not known and for a number that cannot be.
    """

    concepts: Concepts
    plan: Plan
    regularizers: Mapping[str, float] | tuple[tuple[str, float], ...] = ()
    latent: int = 128
    network_name: str = "published"
    augment: str | None = "gentle"
    as_released: bool = False
    revive: int = 0

    def __post_init__(self):
        pairs = self.regularizers
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        weights = tuple(sorted((name, float(beta)) for name, beta in items))
        object.__setattr__(self, "regularizers", weights)
        bottleneck(dict(weights))
        for name, beta in weights:
            check_number(f"the beta of {name!r}", beta, 0)
        check_name("network", self.network_name, AUTOENCODERS)
        check_name("augment", self.augment, (None, *AUGMENTS))
        check_number("latent", self.latent, 1)
        check_number("revive", self.revive, 0)

    @property
    def betas(self) -> dict[str, float]:
        """The regularizers as a mapping from name to beta."""
        return dict(self.regularizers)

    def network(self) -> VectorAutoencoder:
        """Return the untrained autoencoder with the bottleneck its regularizers need."""
        return AUTOENCODERS[self.network_name](self.latent, bottleneck(self.betas))

    def make(self, store: Getter, work: Path) -> Made:
        """Train on pairs of a variation and its exemplar."""
        batches = Pairs(store.get(self.concepts), self.plan.batch, self.plan.seed)
        torch.manual_seed(self.plan.seed)
        objective = AutoencoderObjective(
            self.network(),
            self.betas,
            batches.classes,
            self.augment,
            self.as_released,
            self.revive,
        )
        network = objective.autoencoder
        return trained(objective, network, batches, self.plan, work, store, "autoencoder")


@dataclass(frozen=True)
class LatentDiffusion(Recipe[LatentDiffusionModel]):
    """Diffusion on the latents of an autoencoder, conditioned on the latent of the exemplar.

    The training set is encoded once as it is and `copies` times under random affine maps, the same
    for a variation and its exemplar, which multiplies the concepts the denoiser learns from.

    Raises ValueError for a name that is not known and for a number that cannot be.
    """

    drawing: ClassVar[dict[str, Any]] = {
        "guidance": GUIDANCE,
        "sampler": SAMPLER,
        "steps": STEPS,
    }
    """What `draw` is told unless `Samples` says otherwise."""

    autoencoder: Autoencoder
    plan: Plan
    denoiser: str = "residual"
    width: int = 768
    schedule: str = "scaled_linear"
    diffusion_steps: int = 1000
    dropout: float = 0.1
    copies: int = 3
    augment: str = "gentle"

    def __post_init__(self):
        check_name("denoiser", self.denoiser, DENOISERS)
        check_name("noise schedule", self.schedule, SCHEDULES)
        check_name("augment", self.augment, PAIRS)
        check_number("diffusion_steps", self.diffusion_steps, 1)
        check_share("dropout", self.dropout)
        check_number("copies", self.copies, 0)

    @property
    def concepts(self) -> Concepts:
        """The concepts the model was trained on and is to draw."""
        return self.autoencoder.concepts

    def network(self, autoencoder: VectorAutoencoder) -> LatentDiffusionModel:
        """Return the untrained model around an autoencoder."""
        denoiser = DENOISERS[self.denoiser](self.autoencoder.latent, self.width)
        return LatentDiffusionModel(autoencoder, denoiser, self.schedule, self.diffusion_steps)

    def make(self, store: Getter, work: Path) -> Made:
        """Encode the training set, standardise it, and train the denoiser."""
        autoencoder = store.get(self.autoencoder)
        latents = encode_pairs(
            autoencoder,
            store.get(self.concepts),
            self.copies,
            self.augment,
            self.plan.seed,
            store.device,
        )
        torch.manual_seed(self.plan.seed)
        model = self.network(autoencoder).to(store.device)
        model.standardise_to(latents["x"].float())
        for name in ("x", "condition"):
            latents[name] = model.standardise(latents[name].to(store.device)).cpu()
        objective = DiffusionObjective(
            model.denoiser,
            model.schedule,
            lambda batch: (batch["x"], batch["condition"]),
            self.dropout,
        )
        epochs = Epochs(len(latents["x"]), self.plan.batch, self.plan.seed)

        def batches(step: int) -> dict[str, Tensor]:
            rows = torch.from_numpy(epochs(step))
            return {name: value[rows] for name, value in latents.items()}

        took = train(objective, batches, self.plan, work, store.device, name="latent diffusion")
        parameters = count_parameters(model.denoiser)
        card = train_card(took, work) | {"parameters": parameters}
        tensors = {f"denoiser.{k}": v for k, v in model.denoiser.state_dict().items()}
        tensors |= {"latent_mean": model.latent_mean, "latent_std": model.latent_std}
        return Made(tensors, card)

    def load(self, store: Getter, artefact: Artefact) -> LatentDiffusionModel:
        """Return the model, autoencoder included, in eval mode on the store's device."""
        model = self.network(store.get(self.autoencoder))
        weights = {f"autoencoder.{k}": v for k, v in model.autoencoder.state_dict().items()}
        load_weights(model, weights | artefact.tensors, artefact)
        model.side = self.concepts.drawings.side
        return model.eval().requires_grad_(False).to(store.device)


@torch.no_grad()
def encode_pairs(
    autoencoder: VectorAutoencoder,
    concepts: ConceptSet,
    copies: int,
    augment: str,
    seed: int,
    device: torch.device,
) -> dict[str, Tensor]:
    """Return latents {"x": (N, d), "condition": (N, d)} of all training pairs and their copies.

    Copy 0 is the training set as it is; the others see variation and exemplar under the same
    random affine map, a function of (seed, copy, place).
    """
    rows, owners = concepts.pairs("train")
    partners = concepts.exemplars[owners]
    found: dict[str, list[Tensor]] = {"x": [], "condition": []}
    starts = range(0, len(rows), ENCODE_BATCH)
    bar = tqdm(total=(1 + copies) * len(starts), desc="encoding", unit="batch", mininterval=1.0)
    with same_randomness_after(device):
        for copy in range(1 + copies):
            for start in starts:
                x = _images(concepts, rows[start : start + ENCODE_BATCH], device)
                y = _images(concepts, partners[start : start + ENCODE_BATCH], device)
                if copy:
                    torch.manual_seed(step_seed(seed * SEED_STRIDE + copy, start))
                    x, y = affine_pair(x, y, augment)
                both = autoencoder.encode(torch.cat((x, y))).float().cpu()
                found["x"].append(both[: len(x)])
                found["condition"].append(both[len(x) :])
                bar.update()
    bar.close()
    return {name: torch.cat(parts) for name, parts in found.items()}


def _images(concepts: ConceptSet, rows: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(concepts.pages[rows]).to(device).unsqueeze(1).float() / 255
