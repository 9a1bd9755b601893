"""Checkpoints: one safetensors file, written whole or not at all."""

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor


def write_atomic(path: Path, *parts: bytes) -> None:
    """Write `parts` to `path` so that a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict) -> None:
    """Write named tensors and JSON metadata to a safetensors file, atomically."""
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    note = {name: json.dumps(value, sort_keys=True) for name, value in metadata.items()}
    write_atomic(Path(path), *_sorted(save(plain, note or None)))


def _sorted(content: bytes) -> tuple[bytes, bytes, memoryview]:
    """Return the parts of a safetensors file with its metadata, which come in any order, sorted.

    The same artefact is then the same bytes, with the same sha256.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little"), text, memoryview(content)[start:]


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict]:
    """Return the tensors and the JSON metadata of a safetensors file.

    Raises ValueError when the file is not whole.
    """
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, _metadata(file)


def read_metadata(path: Path) -> dict:
    """Return only the JSON metadata of a safetensors file; raise ValueError if it is not whole."""
    with _opened(path) as file:
        return _metadata(file)


def _opened(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error}); delete it") from None


def _metadata(file: safe_open) -> dict:
    return {name: json.loads(value) for name, value in (file.metadata() or {}).items()}


def optimizer_tensors(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """Return the state of `optimizer` as named tensors."""
    state = optimizer.state_dict()["state"]
    return {
        f"{prefix}.{index}.{name}": torch.as_tensor(value)
        for index, slots in state.items()
        for name, value in slots.items()
    }


def load_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], prefix: str
) -> None:
    """Put tensors of `optimizer_tensors` back, in the memory layout of the parameters."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for key, value in tensors.items():
        if not key.startswith(prefix + "."):
            continue
        index, name = key.removeprefix(prefix + ".").split(".", 1)
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:
            value = torch.empty_like(parameter).copy_(value)
        elif optimizer.defaults.get("fused"):
            value = value.to(parameter.device)
        optimizer.state[parameter][name] = value.clone()
