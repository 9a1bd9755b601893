"""Networks as ONNX files, for the browser and for any other runtime.

A diffusion model becomes a folder: its networks, and `model.json`, which says how to draw with
them; so do the critics of a data set, with `critics.json`. Each file is held against torch before
it is kept. Weights may be stored in fewer bits; a file opens its own weights when it is loaded, so
no runtime has to know of it.
"""

import copy
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from oneshot.device import HOST
from oneshot.diffusion.samplers import SPACING
from oneshot.metrics.features import folded
from oneshot.models.conditioning import spread
from oneshot.models.critics import Critic
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.training.checkpoint import write_atomic

if TYPE_CHECKING:
    import onnx

OPSET = 18
CLOSE = 1e-4  # how near torch a file in float32 has to be
WEIGHTS = ("float32", "float16", "int8")
_TALKATIVE = ("torch.onnx", "onnxscript", "onnx_ir")
SMALL = 1024  # numbers; a tensor of fewer, or a vector, is never stored in fewer bits


class ExportError(ValueError):
    """A network cannot be exported, or does not do the same afterwards."""


@dataclass(frozen=True)
class Graph:
    """A network and what it is called with: names, examples, and which sizes may change."""

    network: nn.Module
    inputs: dict[str, Tensor]
    sizes: dict[str, dict[int, str]]
    output: str


def graphs(model: nn.Module, side: int) -> dict[str, Graph]:
    """Return the networks of a diffusion model of pages of `side` px, by the names of their files.

    A latent model has `encoder` (exemplars to standardised latents), `denoiser` and `decoder`
    (standardised latents to drawings in [0, 1]); a pixel model has a `denoiser` only. A denoiser
    takes `x` (N, ...), time steps `t` (N,), `condition` (N, ...) and `keep` (N,), which is 0 where
    guidance wants the prediction without the condition; of latents, `x` is (N, V, d), and V of them
    share a row's time and condition.
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
    raise ExportError(
        f"this {type(model).__name__} cannot be exported: ldm, cfgdm and ddpm can, and no other "
        "system"
    )


def critic_graph(critic: Critic) -> Graph:
    """Return a critic as it scores: prepared pages (N, 1, side, side) to features (N, K).

    Batch norms are folded in, and matrices with nothing between them are multiplied.
    """
    network = _Judge(folded(critic).cpu())
    pages = (torch.rand(2, 1, critic.side, critic.side) > 0.5).float()
    return _graph(network, {"pages": pages}, "features")


def describe(model: nn.Module, drawing: Mapping[str, Any]) -> dict[str, Any]:
    """Return how to draw with the networks of `model`, as JSON values.

    `drawing` are the guidance, sampler and steps of its recipe.
    """
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


def write(graph: Graph, path: Path, weights: str = "float32") -> float:
    """Write a network as an ONNX file; return how far it is from torch, before `weights`.

    `weights` is one of `WEIGHTS`. Raises ExportError when that is more than `CLOSE` in float32,
    and for weights of another kind.
    """
    made = _traced(graph)
    apart = gap(graph, made.SerializeToString())
    if not apart <= CLOSE:
        raise ExportError(f"{path.name} is {apart:.2g} from torch, which is more than {CLOSE:g}")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, _stored(made, weights).SerializeToString())
    return apart


def encoded(graph: Graph, weights: str) -> bytes:
    """Return the ONNX file of a network whose weights are stored as one of `WEIGHTS`."""
    return _stored(_traced(graph), weights).SerializeToString()


def gap(graph: Graph, data: bytes) -> float:
    """Return the greatest difference between an ONNX file and torch, of outputs of order one."""
    inputs = {name: _longer(value, graph.sizes[name]) for name, value in graph.inputs.items()}
    with torch.no_grad():
        expected = graph.network(*inputs.values())
    found = Session(data)(*inputs.values())
    return ((found - expected).abs() / expected.abs().clamp(min=1)).max().item()


class Session(nn.Module):
    """An ONNX file as a module of torch, so that it draws and scores like what it came from."""

    def __init__(self, data: bytes, side: int | None = None):
        super().__init__()
        ort = _needed("onnxruntime")
        options = ort.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self.names = [value.name for value in self.session.get_inputs()]
        self.side = side
        # Metrics ask a critic for the device of its weights.
        self.place = nn.Parameter(torch.zeros(1), requires_grad=False)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the output for inputs in the order of the file."""
        given = {name: value.numpy() for name, value in zip(self.names, inputs, strict=True)}
        return torch.from_numpy(self.session.run(None, given)[0])

    def __deepcopy__(self, memo: dict) -> "Session":
        return self


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


def _longer(value: Tensor, sizes: dict[int, str]) -> Tensor:
    """Return an example one row longer wherever it may be, as the file was not traced with."""
    for axis in sizes:
        value = torch.cat([value, value.narrow(axis, 0, 1)], dim=axis)
    return value


def _traced(graph: Graph) -> "onnx.ModelProto":
    _needed("onnxscript")
    dims = {
        name: torch.export.Dim(name) for sizes in graph.sizes.values() for name in sizes.values()
    }
    shapes = tuple(
        {axis: dims[n] for axis, n in graph.sizes[name].items()} for name in graph.inputs
    )
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            graph.network,
            tuple(graph.inputs.values()),
            input_names=list(graph.inputs),
            output_names=[graph.output],
            dynamic_shapes=shapes,
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
        )
    made = program.model_proto
    # Where each node came from in our source is half of a small file, and of one machine.
    for node in (*made.graph.node, *made.graph.input, *made.graph.output, *made.graph.value_info):
        del node.metadata_props[:]
        node.doc_string = ""
    del made.graph.metadata_props[:], made.graph.value_info[:], made.metadata_props[:]
    return made


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide what the exporter tells of its own work, and of packages that are not needed here."""
    logs = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


def _stored(made: "onnx.ModelProto", weights: str) -> "onnx.ModelProto":
    """Store large tensors in fewer bits, and open them by nodes that runtimes run once."""
    from onnx import TensorProto, helper, numpy_helper

    if weights not in WEIGHTS:
        raise ExportError(f"unknown weights {weights!r}; known: {', '.join(WEIGHTS)}")
    if weights == "float32":
        return made
    opening, kept = [], []
    for tensor in made.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < SMALL:
            kept.append(tensor)
            continue
        name = tensor.name
        if weights == "float16":
            kept.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            opening.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
            continue
        steps, scale = quantised(values)
        kept += [
            numpy_helper.from_array(steps, f"{name}.steps"),
            numpy_helper.from_array(scale, f"{name}.scale"),
        ]
        opening += [
            helper.make_node("Cast", [f"{name}.steps"], [f"{name}.whole"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.whole", f"{name}.scale"], [name]),
        ]
    nodes = [*opening, *made.graph.node]
    del made.graph.initializer[:], made.graph.node[:]
    made.graph.initializer.extend(kept)
    made.graph.node.extend(nodes)
    return made


def quantised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int8 steps and float32 scales whose product is near `values`.

    There is one scale for each place on the first axis, or on the second, whichever is nearer.
    """
    best = None
    for axis in (0, 1):
        others = tuple(k for k in range(values.ndim) if k != axis)
        scale = np.abs(values).max(others, keepdims=True) / 127
        scale = np.where(scale > 0, scale, 1).astype(np.float32)
        steps = np.rint(values / scale).astype(np.int8)
        lost = float(np.square(steps * scale - values).sum())
        if best is None or lost < best[0]:
            best = lost, steps, scale
    return best[1:]


def export_model(
    system: str, dataset: str, folder: Path, preset: str = "laptop", weights: str = "float32"
) -> dict[str, float]:
    """Write a system into `folder`; return how far each network is from torch in float32.

    Raises ExportError for a system that is not trained, or is not a diffusion model.
    """
    from oneshot import store, systems
    from oneshot.recipes import presets

    recipe = systems.recipe(system, dataset, preset)
    if store.default().find(recipe) is None:
        asked = f"{system} {presets.options(dataset, preset)}"
        raise ExportError(f"{system} is not trained here; train it by `oneshot make {asked}`")
    model, side = _on_host(store.get(recipe)), recipe.concepts.drawings.side
    apart = _write_all(graphs(model, side), folder, weights)
    about = describe(model, recipe.drawing) | {"side": side, "key": recipe.key}
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


def as_stored(model: nn.Module, side: int, weights: str) -> nn.Module:
    """Return a copy of a diffusion model that draws by its ONNX files with weights so stored."""
    runs = {name: Session(encoded(graph, weights)) for name, graph in graphs(model, side).items()}
    stored = copy.copy(model)
    denoiser = runs["denoiser"] if "encoder" in runs else _Spread(runs["denoiser"])
    stored._modules = dict(model._modules) | {"denoiser": denoiser}
    if "encoder" in runs:
        decoder = runs["decoder"]
        stored.encode = runs["encoder"].forward
        stored.decode = lambda z: decoder(z.flatten(0, -2)).unflatten(0, z.shape[:-1])
    return stored


def _write_all(found: Mapping[str, Graph], folder: Path, weights: str) -> dict[str, float]:
    return {name: write(graph, folder / f"{name}.onnx", weights) for name, graph in found.items()}


def _on_host(model: nn.Module) -> nn.Module:
    return model if next(model.parameters()).device == HOST else copy.deepcopy(model).to(HOST)


def _needed(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise ExportError(
            f"exporting needs the package {name}: pip install 'oneshot[export]'"
        ) from None
