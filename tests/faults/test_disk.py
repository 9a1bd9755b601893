"""A full disk, a read-only store, a clock that goes back: one sentence, and nothing lost."""

import os
import resource
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import torch
from kills import Line, Pages, Trained, child, end, lines, objectives

from oneshot import store as stores
from oneshot.recipes.base import Made, Recipe
from oneshot.store import Store
from oneshot.training import loop
from oneshot.training.checkpoint import read_tensors

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SMALL = Pages(4)
LARGE = Pages(40)
ROOM = 100_000
"""Bytes: more than the small drawings and the table need, less than the large ones."""


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


def told(function, *arguments) -> str:
    """Return the sentence with which a function fails in a process of its own."""
    reader, writer = os.pipe()

    def fail():
        try:
            function(*arguments)
        except (OSError, ValueError) as error:
            os.write(writer, str(error).encode())

    assert end(child(fail)) == 0
    os.close(writer)
    with os.fdopen(reader) as heard:
        return heard.read()


def in_little_room(function, *arguments):
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
    function(*arguments)


def test_a_full_disk_is_told_and_the_same_command_goes_on(tmp_path):
    home = Store(tmp_path, tmp_path / "zoo")
    home.runs.mkdir(parents=True)
    assert told(in_little_room, home.get, SMALL) == ""
    before = names(tmp_path)
    message = told(in_little_room, home.get, LARGE)
    assert message.startswith(f"{home.path(LARGE)} could not be written: File too large")
    assert names(tmp_path) == before
    assert home.get(LARGE).shape[0] == 40
    assert not list(tmp_path.rglob("*.work"))


def test_a_table_on_a_full_disk_stays_as_it_was(tmp_path):
    file = tmp_path / "table.jsonl"

    def put(name):
        lines.put(file, [Line(name, 1.0)], Line, lambda row: row.name)

    put("a")
    before = file.read_bytes()
    message = told(in_little_room, put, "b" * ROOM)
    assert message == f"{file} could not be written: File too large; nothing was changed"
    assert file.read_bytes() == before and names(tmp_path) == ["table.jsonl"]


def test_a_training_that_fills_the_disk_goes_on_to_the_same_bits(tmp_path):
    recipe = Trained(loop.Plan(6, lr=0.01))

    def train(folder, limit=0):
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        Store(folder, folder / "zoo").get(recipe)

    assert end(child(train, tmp_path / "whole")) == 0
    message = told(train, tmp_path / "full", 2000)
    assert "checkpoint.safetensors could not be written: File too large" in message
    assert end(child(train, tmp_path / "full")) == 0
    whole, full = (
        read_tensors(Store(tmp_path / name, tmp_path / "zoo").path(recipe))[0]
        for name in ("whole", "full")
    )
    assert all(torch.equal(whole[name], full[name]) for name in whole)


@pytest.fixture
def locked_up():
    """A store with one artefact that nobody may write, which a process that is not root opens."""
    folder = Path(tempfile.mkdtemp())
    home = Store(folder, folder / "zoo")
    home.runs.mkdir(parents=True)
    home.get(SMALL)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield home
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        path.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_store_is_read_and_says_that_it_cannot_keep(locked_up):
    def ask(recipe):
        if os.getuid() == 0:
            os.setuid(65534)
        Store(locked_up.runs.parent, locked_up.zoo).get(recipe)

    before = names(locked_up.runs)
    assert told(ask, SMALL) == ""
    assert told(ask, LARGE) == (
        f"nothing can be kept in {locked_up.runs} (Permission denied); set ONESHOT_CACHE to a "
        "folder that can be written"
    )
    assert names(locked_up.runs) == before


class Past(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(1970, 1, 2, tzinfo=tz)


@dataclass(frozen=True)
class Halved(Recipe):
    """A training that stops half-way the first time."""

    def make(self, store, work):
        objective, half = objectives.Blurry(), work / "half"
        plan = loop.Plan(8, lr=0.01)

        def batches(step):
            if step == 4 and not half.exists():
                half.touch()
                raise KeyboardInterrupt
            return objectives.batches(step)

        loop.train(objective, batches, plan, work, store.device, checkpoint_seconds=0)
        return Made(objective.state_dict(), {})

    def load(self, store, artefact):
        return artefact.tensors


def test_a_clock_that_goes_back_changes_no_artefact(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "probe", lambda *_: loop.Precision())
    found = []
    for name, back in (("steady", False), ("back", True)):
        home = Store(tmp_path / name, tmp_path / "zoo")
        with pytest.raises(KeyboardInterrupt):
            home.get(Halved())
        if back:
            monkeypatch.setattr(stores, "datetime", Past)
            monkeypatch.setattr("time.time", lambda: 1e5)
            for path in home.runs.rglob("*"):
                os.utime(path, (4e9, 4e9))
        found.append(home.get(Halved()))
        assert names(home.runs) == [home.path(Halved()).name]
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    assert home.metadata(Halved())["provenance"]["created"].startswith("1970-01-02")
