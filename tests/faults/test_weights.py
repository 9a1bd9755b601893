"""Weights that are not what they should be are named, and nothing in them is run."""

import hashlib
import logging
import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from oneshot.recipes.base import Made, NetworkRecipe
from oneshot.store import Store
from oneshot.training.checkpoint import read_tensors, write_tensors


@dataclass(frozen=True)
class Layer(NetworkRecipe):
    """The smallest network."""

    width: int = 3

    def make(self, store, work):
        torch.manual_seed(0)
        return Made(self.network().state_dict(), {})

    def network(self):
        return torch.nn.Linear(self.width, 64)


class Bomb:
    """What would do harm if a pickle of it were ever loaded."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


def flip(path):
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-10])


def reshape(path):
    _, metadata = read_tensors(path)
    write_tensors(path, torch.nn.Linear(5, 64).state_dict(), metadata)


def forget(path):
    tensors, metadata = read_tensors(path)
    tensors.pop("bias")
    write_tensors(path, tensors, metadata)


def resign(path):
    with safe_open(path, "pt") as file:
        note = file.metadata() | {"sha256": '"0"'}
    save_file(read_tensors(path)[0], path, note)


def grow(path):
    tensors, metadata = read_tensors(path)
    metadata["recipe"]["version"] = 99
    write_tensors(path, tensors, metadata)


def scribble(path):
    save_file(read_tensors(path)[0], path, {"recipe": "{not JSON"})


def poison(path):
    path.write_bytes(pickle.dumps(Bomb()))


def poison_as_torch(path):
    torch.save(Bomb(), path)


FAULTS = {
    flip: "is damaged: its sha256 is not that of what was written",
    truncate: "is not a whole safetensors file",
    reshape: "holds weights of another network: size mismatch for weight",
    forget: "holds weights of another network: Missing key",
    resign: "is damaged: its sha256 is not that of what was written",
    grow: "was made when the defaults of Layer",
    scribble: "was not written by this package",
    poison: "is not a whole safetensors file",
    poison_as_torch: "is not a whole safetensors file",
}
IN_ZOO = {
    truncate: "is damaged; restore it from git",
    scribble: "is damaged; restore it from git",
    poison: "is damaged; restore it from git",
    poison_as_torch: "is damaged; restore it from git",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    home = Store(tmp_path / "runs", tmp_path / "zoo")
    home.get(Layer())
    return Store(tmp_path / "runs", tmp_path / "zoo")


def shipped(home) -> Path:
    """Move the artefact into the zoo and list it."""
    home.zoo.mkdir()
    path = home.path(Layer()).rename(home.zoo / "layer.safetensors")
    listing(path)
    return path


def listing(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (path.parent / "SHA256SUMS").write_text(f"{digest}  {path.name}\n")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_among_the_runs(home, fault):
    path = home.path(Layer())
    fault(path)
    content = path.read_bytes()
    with pytest.raises(ValueError, match=FAULTS[fault]) as told:
        home.get(Layer())
    assert str(path) in str(told.value) and "\n" not in str(told.value)
    assert path.read_bytes() == content and not Path("harm").exists()


@pytest.mark.parametrize("listed", [False, True], ids=["as listed before", "listed anew"])
@pytest.mark.parametrize("fault", [f for f in FAULTS if f is not grow], ids=lambda f: f.__name__)
def test_in_the_zoo(home, fault, listed):
    path = shipped(home)
    fault(path)
    if listed:
        listing(path)
    wanted = IN_ZOO.get(fault, FAULTS[fault])
    if not listed and fault not in IN_ZOO:
        wanted = "is damaged: its sha256 is not that of SHA256SUMS; restore it from git"
    with pytest.raises(ValueError, match=wanted) as told:
        home.get(Layer())
    assert str(path) in str(told.value) and "\n" not in str(told.value)
    assert not home.path(Layer()).exists() and not Path("harm").exists()


def test_of_a_later_version_in_the_zoo(home, caplog):
    path = shipped(home)
    grow(path)
    listing(path)
    with caplog.at_level(logging.WARNING, "oneshot"):
        assert home.find(Layer()) is None
    assert "layer.safetensors is not usable: Layer is of version 99" in caplog.text
