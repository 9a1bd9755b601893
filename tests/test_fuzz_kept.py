"""Every reader of what this package keeps, given files that are nearly right."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from fuzz import Kind, fuzz
from safetensors.torch import save

from oneshot import systems
from oneshot.drawings.concepts import memory_map
from oneshot.evaluations import lines
from oneshot.evaluations import table as evaluations
from oneshot.evaluations.record import Record
from oneshot.recipes import Recipe, from_json, presets
from oneshot.store import Store
from oneshot.training.checkpoint import read_metadata, read_tensors, write_tensors
from oneshot.zoo import ZooError

RECIPE = presets.drawings("glyphs", "smoke")
OWN = (ValueError,)


def artefacts() -> list[bytes]:
    """Files of one artefact: as the store writes them, and bare."""
    tensors = {"pages": torch.zeros(2, 4, 4, dtype=torch.uint8), "offsets": torch.tensor([0, 1, 2])}
    note = {"recipe": RECIPE.to_json(), "card": {"names": ["a", "b"]}, "provenance": {"data": {}}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.safetensors"
        write_tensors(file, tensors, note)
        return [file.read_bytes(), save(tensors), save(tensors, {"recipe": "null"})]


def tensors(file: Path) -> None:
    read_metadata(file)
    found, note = read_tensors(file)
    assert isinstance(note, dict) and all(isinstance(t, torch.Tensor) for t in found.values())


def mapped(file: Path) -> None:
    pages, offsets = memory_map(file, "pages"), memory_map(file, "offsets", "I64")
    assert isinstance(pages, np.memmap) and int(pages.sum()) >= 0 and offsets.dtype == np.int64


def zoo(file: Path) -> None:
    for key, path in Store(file.parent / "runs", file.parent, "cpu").zoo_files.items():
        assert len(key) == 64 and path == file


def recipes() -> list[bytes]:
    found = [
        RECIPE,
        systems.recipe("ldm", "glyphs", "smoke"),
        systems.samples("cfgdm", "glyphs", "smoke"),
    ]
    return [json.dumps(recipe.to_json()).encode() for recipe in found]


def recipe(file: Path) -> None:
    try:
        value = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    read = from_json(value)
    assert isinstance(read, Recipe) and len(read.key) == 64


def rows() -> list[bytes]:
    kept = (evaluations.SHIPPED / evaluations.NAME).read_bytes().splitlines(keepends=True)
    return [kept[0], kept[len(kept) // 2]]


def table(file: Path) -> None:
    for row in lines.read(file, Record):
        assert row.to_json()


KINDS = {
    kind.name: kind
    for kind in (
        Kind("safetensors", "a.safetensors", artefacts(), tensors, errors=OWN),
        Kind("map", "a.safetensors", artefacts(), mapped, errors=OWN),
        Kind("zoo", "a.safetensors", artefacts(), zoo, errors=(*OWN, ZooError)),
        Kind("recipe", "a.json", recipes(), recipe, text=True, errors=OWN),
        Kind("table", "a.jsonl", rows(), table, text=True, errors=OWN),
    )
}


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        yield Path(name)


@pytest.mark.parametrize("name", KINDS)
def test_files_that_are_nearly_right(name, folder):
    fuzz(KINDS[name], folder, 2_000)


@pytest.mark.soak
@pytest.mark.parametrize("name", KINDS)
def test_very_many_files_that_are_nearly_right(name, folder, record_property):
    record_property("inputs", 50_000)
    fuzz(KINDS[name], folder, 50_000)
