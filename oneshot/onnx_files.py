"""A network as an ONNX file: traced, held against torch, and stored in fewer bits if asked for.

A file opens its own weights when it is loaded, so no runtime has to know how they are stored.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from oneshot.training.checkpoint import write_atomic

if TYPE_CHECKING:
    import onnx

OPSET = 18
CLOSE = 1e-4  # how near torch a file in float32 has to be
WEIGHTS = ("float32", "float16", "int8")
SMALL = 1024  # numbers; a tensor of fewer, or a vector, is never stored in fewer bits
_TALKATIVE = ("torch.onnx", "onnxscript", "onnx_ir")


class ExportError(ValueError):
    """A network cannot be exported, or does not do the same afterwards."""


@dataclass(frozen=True)
class Graph:
    """A network and what it is called with: names, examples, and which sizes may change."""

    network: nn.Module
    inputs: dict[str, Tensor]
    sizes: dict[str, dict[int, str]]
    output: str


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
    assert program is not None  # as it is with dynamo=True
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


def _needed(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise ExportError(
            f"exporting needs the package {name}: pip install 'oneshot[export]'"
        ) from None
