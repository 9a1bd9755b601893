"""Checkpoints: one safetensors file, written whole or not at all, that knows its own sha256."""

import contextlib
import hashlib
import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from oneshot import shipped


def write_atomic(path: Path, *parts: bytes | memoryview) -> None:
    """Write `parts` to `path` so that a reader sees the old file or the new one, never half.

    Raises OSError, naming the file, when it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        if isinstance(error, OSError):
            why = error.strerror or error
            raise OSError(f"{path} could not be written: {why}; nothing was changed") from error
        raise


def remove_unfinished(path: Path) -> None:
    """Remove what killed processes were writing to `path`; only for whoever holds its lock."""
    for stale in path.parent.glob(f".{path.name}.*"):
        stale.unlink()


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict) -> None:
    """Write named tensors and JSON metadata to a safetensors file, atomically."""
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    note = {name: json.dumps(value, sort_keys=True) for name, value in metadata.items()}
    write_atomic(Path(path), *_signed(save(plain, note or None)))


def _signed(content: bytes) -> tuple[bytes, bytes, memoryview]:
    """Return the parts of a safetensors file with its metadata sorted and the sha256 of its data.

    The metadata come in any order; sorted, the same artefact is the same bytes.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    sha256 = hashlib.sha256(memoryview(content)[start:]).hexdigest()
    note = header.get("__metadata__", {}) | {"sha256": json.dumps(sha256)}
    header["__metadata__"] = dict(sorted(note.items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little"), text, memoryview(content)[start:]


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict]:
    """Return the tensors and the JSON metadata of a safetensors file.

    Raises ValueError when the file is not whole, or its data are not those that were written.
    """
    with _opened(path) as file:
        note = _metadata(path, file)
        if note.pop("sha256", None) not in (None, _data_sha256(path)):
            raise ValueError(f"{path} is damaged: its sha256 is not that of what was written")
        return {name: file.get_tensor(name) for name in file.keys()}, note  # noqa: SIM118


def read_metadata(path: Path) -> dict:
    """Return only the JSON metadata of a safetensors file; raise ValueError if it is not whole."""
    with _opened(path) as file:
        note = _metadata(path, file)
    note.pop("sha256", None)
    return note


def _data_sha256(path: Path) -> str:
    with Path(path).open("rb") as file:
        file.seek(8 + int.from_bytes(file.read(8), "little"))
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        shipped.refuse_pointer(Path(path))
        raise ValueError(f"{path} is not a whole safetensors file ({error}); delete it") from None


def _metadata(path: Path, file: safe_open) -> dict:
    try:
        return {name: json.loads(value) for name, value in (file.metadata() or {}).items()}
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} was not written by this package ({error})") from None


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
