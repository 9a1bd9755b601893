"""Drawings kept beside the table of results, two bits a pixel, without their exemplars.

They let a page show real drawings where neither the models nor the data set are at hand. Exemplars
are human drawings, which are not the project's to ship: their concepts are kept by name.
"""

import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from oneshot.evaluations.record import Record
from oneshot.training.checkpoint import read_tensors, write_tensors

BITS = 2  # a pixel of the drawings kept
KINDS = {"spread": (20, 11), "guidance": (12, 11), "speed": (8, 6), "sheet": (16, 10)}
"""Concepts, and drawings of each, that are kept for a kind of figure.

Of "spread" they stand for all drawings of a concept, the farther from the exemplar the later; of
the others they are the first ones, whose noise is the same in every record.
"""


@dataclass(frozen=True)
class Shown:
    """Drawings that were kept: uint8 (C, V, 1, H, W), ink = 255, of the named concepts.

    `concepts` (C,) are their ids in the data set's concepts, `originality` (C, V) how far each
    drawing is from its exemplar, None where that was not kept.
    """

    drawings: np.ndarray
    names: tuple[str, ...]
    concepts: np.ndarray
    originality: np.ndarray | None = None


def path(folder: Path, record: Record, kind: str) -> Path:
    """Return where drawings of a record are kept beside the table in `folder`."""
    return folder / "drawings" / kind / f"{record.slug}.safetensors"


def keep(folder: Path, record: Record, kind: str, shown: Shown) -> Record:
    """Keep drawings of a record beside the table in `folder`; return the record that says so."""
    save(path(folder, record, kind), shown, BITS, record.recipes)
    return replace(record, kept=tuple(sorted({*record.kept, kind})))


def read(folder: Path, record: Record, kind: str) -> Shown | None:
    """Return the drawings kept of a record, None unless there are some of this very one."""
    if kind not in record.kept:
        return None
    return load(path(folder, record, kind), samples=record.recipes.get("samples"))


def save(file: Path, shown: Shown, bits: int, recipes: dict[str, str]) -> None:
    """Write drawings with 2^bits levels of grey, atomically; `recipes` says what they are of."""
    top = 2**bits - 1
    levels = np.rint(shown.drawings * (top / 255)).astype(np.uint8)
    planes = levels[..., None] >> np.arange(bits, dtype=np.uint8)[::-1] & 1
    packed = zlib.compress(np.packbits(planes).tobytes(), 9)
    tensors = {"bits": torch.frombuffer(bytearray(packed), dtype=torch.uint8)}
    if shown.originality is not None:
        tensors["originality"] = torch.from_numpy(np.asarray(shown.originality, np.float32))
    note = {
        "names": list(shown.names),
        "concepts": [int(k) for k in shown.concepts],
        "shape": list(levels.shape),
        "bits": bits,
        "recipes": recipes,
    }
    write_tensors(file, tensors, note)


def load(file: Path, **recipes: str | None) -> Shown | None:
    """Return the drawings in a file, None when there is none or it is of other recipes.

    `recipes` maps parts to the keys that are wanted. Raises ValueError for a file of another kind.
    """
    if not file.exists():
        return None
    tensors, note = read_tensors(file)
    try:
        if any(note["recipes"].get(part) != key for part, key in recipes.items()):
            return None
        names, concepts = tuple(note["names"]), np.array(note["concepts"])
        originality = tensors["originality"].numpy() if "originality" in tensors else None
        return Shown(_unpack(tensors, note), names, concepts, originality)
    except (KeyError, TypeError, AttributeError, ValueError, zlib.error) as error:
        raise ValueError(f"{file} does not hold kept drawings ({error!r}); delete it") from None


def _unpack(tensors: dict[str, torch.Tensor], note: dict[str, Any]) -> np.ndarray:
    bits, shape = note["bits"], note["shape"]
    packed = np.frombuffer(zlib.decompress(tensors["bits"].numpy().tobytes()), np.uint8)
    planes = np.unpackbits(packed, count=int(np.prod(shape)) * bits).reshape(*shape, bits)
    levels = planes @ (1 << np.arange(bits, dtype=np.uint8)[::-1])
    return (levels * (255 // (2**bits - 1))).astype(np.uint8)
