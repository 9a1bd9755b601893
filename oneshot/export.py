"""Networks as ONNX files, for the browser and for any other runtime.

A model becomes a folder: its networks, and `model.json`, which says how to draw with
them; so do the critics of a data set, with `critics.json`. `onnx_files` holds each file against
torch before it is kept.
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from oneshot.device import HOST
from oneshot.diffusion.samplers import SPACING
from oneshot.metrics.features import folded
from oneshot.models.conditioning import spread
from oneshot.models.critics import Critic
from oneshot.models.generator import Network
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.models.vae_elastic import VaeElastic
from oneshot.onnx_files import ExportError, Graph, Session, encoded, write
from oneshot.training.checkpoint import write_atomic


def graphs(model: nn.Module, side: int) -> dict[str, Graph]:
    """Return the networks of a model of pages of `side` px, by the names of their files.

    A latent model has `encoder` (exemplars to standardised latents), `denoiser` and `decoder`
    (standardised latents to drawings in [0, 1]); a pixel model has a `denoiser` only. A denoiser
    takes `x` (N, ...), time steps `t` (N,), `condition` (N, ...) and `keep` (N,), which is 0 where
    guidance wants the prediction without the condition; of latents, `x` is (N, V, d), and V of them
    share a row's time and condition. VAE-Elastic has a `decoder` only, of exemplars and latents.
    Raises ExportError for a model of another family.
    """
    pages = torch.rand(2, 1, side, side)
    if isinstance(model, LatentDiffusion):
        latent = torch.randn(3, 2, len(model.latent_mean))
        return {
            "encoder": _graph(_Encoder(model), {"exemplars": pages}, "latents"),
            "denoiser": _denoiser(model.denoiser, latent, latent[:, 0], {0: "N", 1: "V"}),
            "decoder": _graph(_Decoder(model), {"latents": latent[:, 0]}, "drawings"),
        }
    if isinstance(model, PixelDiffusion) and model.condition == "stack":
        condition = torch.rand(3, 1, side, side)
        noise = torch.randn(3, 1, side, side)
        return {"denoiser": _denoiser(model.denoiser, noise, condition, {0: "N"})}
    if isinstance(model, VaeElastic):
        inputs = {"exemplars": pages, "latents": torch.randn(2, model.latent)}
        model.bend(*inputs.values())  # what is cached of it has to be there before it is traced
        return {"decoder": _graph(_Bent(model), inputs, "drawings")}
    raise ExportError(
        f"this {type(model).__name__} cannot be exported: ldm, cfgdm, ddpm and vae-elastic can, "
        "and no other system"
    )


def critic_graph(critic: Critic) -> Graph:
    """Return a critic as it scores: prepared pages (N, 1, side, side) to features (N, K).

    Batch norms are folded in, and matrices with nothing between them are multiplied.
    """
    network = _Judge(folded(critic).cpu())
    pages = (torch.rand(2, 1, critic.side, critic.side) > 0.5).float()
    return _graph(network, {"pages": pages}, "features")


def describe(
    model: LatentDiffusion | PixelDiffusion | VaeElastic, drawing: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how to draw with the networks of `model`, as JSON values.

    `drawing` are the guidance, sampler and steps of its recipe.
    """
    if isinstance(model, VaeElastic):
        return {"family": "bent", "shape": [model.latent], "spread": model.spread, "steps": 1}
    latent = isinstance(model, LatentDiffusion)
    guided = latent or model.dropout > 0
    return {
        "family": "latent" if latent else "pixels",
        "shape": [len(model.latent_mean)] if latent else None,
        "clip": None if latent else 1.0,
        "guided": guided,
        "spacing": SPACING,
        "alphas_cumprod": model.schedule.alphas_cumprod.tolist(),
        **drawing,
    }


class _Encoder(nn.Module):
    def __init__(self, model: LatentDiffusion):
        super().__init__()
        self.model = model

    def forward(self, exemplars: Tensor) -> Tensor:
        return self.model.encode(exemplars)


class _Decoder(nn.Module):
    def __init__(self, model: LatentDiffusion):
        super().__init__()
        self.model = model

    def forward(self, latents: Tensor) -> Tensor:
        return self.model.decode(latents)


class _Bent(nn.Module):
    def __init__(self, model: VaeElastic):
        super().__init__()
        self.model = model

    def forward(self, exemplars: Tensor, latents: Tensor) -> Tensor:
        return self.model.bend(exemplars, latents)


class _Judge(nn.Module):
    def __init__(self, critic: Critic):
        super().__init__()
        last = critic.embedding
        if critic.features == "head":
            last = nn.Linear(last.in_features, critic.head.out_features)
            last.weight.data = critic.head.weight @ critic.embedding.weight
            last.bias.data = critic.head.weight @ critic.embedding.bias + critic.head.bias
        self.encoder, self.last = critic.encoder, last

    def forward(self, pages: Tensor) -> Tensor:
        return self.last(self.encoder(pages))


class _Spread(nn.Module):
    """Calls a denoiser of rows with V images a row."""

    def __init__(self, rows: nn.Module):
        super().__init__()
        self.rows = rows

    def forward(self, x: Tensor, *shared: Tensor) -> Tensor:
        return self.rows(x.flatten(0, 1), *spread(x.shape[1], *shared)).view_as(x)


def _graph(network: nn.Module, inputs: dict[str, Tensor], output: str) -> Graph:
    return Graph(network.eval(), inputs, {name: {0: "N"} for name in inputs}, output)


def _denoiser(network: nn.Module, x: Tensor, condition: Tensor, many: dict[int, str]) -> Graph:
    inputs = {
        "x": x,
        "t": torch.tensor([400, 30, 1]),
        "condition": condition,
        "keep": torch.tensor([1.0, 0.0, 1.0]),
    }
    sizes = {"x": many} | {name: {0: "N"} for name in ("t", "condition", "keep")}
    return Graph(network.eval(), inputs, sizes, "eps")


def export_model(
    system: str, dataset: str, folder: Path, preset: str = "laptop", weights: str = "float32"
) -> dict[str, float]:
    """Write a system into `folder`; return how far each network is from torch in float32.

    Raises ExportError for a system that is not trained, or that `graphs` does not know.
    """
    from oneshot import store, systems
    from oneshot.recipes import presets

    recipe = systems.recipe(system, dataset, preset)
    if store.default().find(recipe) is None:
        asked = f"{system} {presets.options(dataset, preset)}"
        raise ExportError(f"{system} is not trained here; train it by `oneshot make {asked}`")
    model, drawing = _on_host(store.get(recipe)), getattr(recipe, "drawing", {})
    apart = _write_all(graphs(model, model.side), folder, weights)
    about = describe(model, drawing) | {"side": model.side, "key": recipe.key}
    write_atomic(folder / "model.json", json.dumps(about).encode())
    return apart


def export_critics(
    dataset: str, folder: Path, preset: str = "laptop", weights: str = "float32"
) -> dict[str, float]:
    """Write the critics of a data set into `folder`, and what they judge a drawing against.

    Returns how far each is from torch in float32.
    """
    from oneshot import store
    from oneshot.metrics.single import WAYS
    from oneshot.recipes.rivals import rivals

    recipe = rivals(dataset, preset)
    against = store.get(recipe)
    critics = {"originality": recipe.originality, "recognition": recipe.recognition}
    found = {name: critic_graph(store.get(critic)) for name, critic in critics.items()}
    apart = _write_all(found, folder, weights)
    about = {
        "names": list(against.names),
        "unit": against.unit,
        "ways": WAYS,
        "threshold": recipe.concepts.threshold,
    }
    write_atomic(folder / "critics.json", json.dumps(about).encode())
    write_atomic(folder / "rivals", against.features.numpy().astype("<f4").tobytes())
    return apart


def as_stored(model: Network, side: int, weights: str) -> Network:
    """Return a copy of a model that draws by its ONNX files with weights so stored."""
    runs = {name: Session(encoded(graph, weights)) for name, graph in graphs(model, side).items()}
    stored = copy.copy(model)
    if "denoiser" not in runs:
        vars(stored).update(bend=runs["decoder"].forward)
        return stored
    denoiser = runs["denoiser"] if "encoder" in runs else _Spread(runs["denoiser"])
    stored._modules = dict(model._modules) | {"denoiser": denoiser}
    if "encoder" in runs:
        decoder = runs["decoder"]
        vars(stored).update(
            encode=runs["encoder"].forward,
            decode=lambda z: decoder(z.flatten(0, -2)).unflatten(0, z.shape[:-1]),
        )
    return stored


def _write_all(found: Mapping[str, Graph], folder: Path, weights: str) -> dict[str, float]:
    return {name: write(graph, folder / f"{name}.onnx", weights) for name, graph in found.items()}


def _on_host(model: Network) -> Network:
    return model if next(model.parameters()).device == HOST else copy.deepcopy(model).to(HOST)
