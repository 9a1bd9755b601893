import dataclasses
import json
import logging
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch

from oneshot import store as stores
from oneshot import systems
from oneshot.drawings.errors import DataError
from oneshot.recipes import base, presets
from oneshot.recipes.base import Made, Recipe, from_json
from oneshot.recipes.data import Concepts, Drawings, OriginalityCritic, RecognitionCritic
from oneshot.store import Store
from oneshot.training.checkpoint import write_tensors
from oneshot.training.loop import Plan

PROVENANCE = {"commit", "created", "device", "versions", "seconds", "seed", "data"}


@dataclass(frozen=True)
class Number(Recipe):
    """A recipe made of a number and of other numbers."""

    value: float
    parts: tuple["Number", ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(steps=5))
    made: ClassVar[list] = []

    def make(self, store, work):
        Number.made.append(self.value)
        torch.manual_seed(3)
        total = self.value + sum(store.get(part) for part in self.parts)
        return Made({"total": torch.tensor(total)}, {"data": {f"n{self.value}": "hash"}})

    def load(self, store, artefact):
        return artefact.tensors["total"].item()


@dataclass(frozen=True)
class Doubled(Recipe):
    """Quicker made than stored."""

    ephemeral: ClassVar[bool] = True
    number: Number

    def make(self, store, work):
        return Made({}, {"total": 2 * store.get(self.number)})

    def load(self, store, artefact):
        return artefact.card["total"]


@dataclass(frozen=True)
class Quadrupled(Recipe):
    """Stored, but made from something that is not."""

    doubled: Doubled

    def make(self, store, work):
        return Made({"total": torch.tensor(2 * store.get(self.doubled))}, {})

    def load(self, store, artefact):
        return artefact.tensors["total"].item()


@pytest.fixture
def store(tmp_path):
    Number.made.clear()
    return Store(tmp_path / "runs", tmp_path / "zoo")


def again(store):
    """The same folders as a new process would see them."""
    return Store(store.runs.parent, store.zoo)


def test_recipes_know_nothing_of_the_store():
    code = "import sys, oneshot.recipes; sys.exit('oneshot.store' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_artefact_is_made_once_and_then_found(store):
    assert store.get(Number(2.0)) == 2
    assert store.get(Number(2.0)) == again(store).get(Number(2.0)) == 2
    assert Number.made == [2]


def test_upstream_is_made_first_and_its_data_are_named(store):
    recipe = Number(1.0, (Number(2.0), Number(3.0, (Number(4.0),))))
    assert store.get(recipe) == 10
    assert sorted(Number.made) == [1, 2, 3, 4]
    provenance = store.metadata(recipe)["provenance"]
    assert provenance.keys() == PROVENANCE
    assert provenance["data"] == {f"n{k}.0": "hash" for k in (1, 2, 3, 4)}
    assert provenance["seed"] == 0 and provenance["seconds"] >= 0
    assert provenance["versions"].keys() == {"oneshot", "python", "torch", "numpy"}


def test_what_is_quicker_made_than_stored_leaves_no_file_but_its_data(store):
    recipe = Quadrupled(Doubled(Number(2.0)))
    assert store.get(recipe) == 8
    assert not (store.runs / "Doubled").exists()
    assert store.metadata(recipe)["provenance"]["data"] == {"n2.0": "hash"}


def test_only_the_artefact_and_its_lock_are_left(store):
    store.get(Number(2.0))
    assert sorted(p.suffix for p in (store.runs / "Number").iterdir()) == [".lock", ".safetensors"]


def test_what_a_killed_process_left_beside_a_finished_artefact_is_removed(store):
    store.get(Number(2.0))
    work = store.path(Number(2.0)).with_suffix(".work")
    work.mkdir()
    (work / "checkpoint").touch()
    assert again(store).get(Number(2.0)) == 2
    assert not work.exists()


def test_the_zoo_is_looked_at_second_and_never_written(store):
    elsewhere = Store(store.runs.parent / "elsewhere", store.zoo)
    elsewhere.get(Number(2.0, (Number(1.0),)))
    store.zoo.mkdir()
    shutil.copy(elsewhere.path(Number(2.0, (Number(1.0),))), store.zoo / "two.safetensors")
    before = [(p.name, p.stat().st_mtime_ns) for p in store.zoo.iterdir()]
    Number.made.clear()
    fresh = again(store)
    assert fresh.get(Number(2.0, (Number(1.0),))) == 3
    assert not fresh.runs.exists() and Number.made == []
    fresh.get(Number(5.0))
    assert [(p.name, p.stat().st_mtime_ns) for p in store.zoo.iterdir()] == before
    assert Number.made == [5]


def test_runs_go_before_the_zoo(store):
    store.get(Number(2.0))
    store.zoo.mkdir()
    shutil.copy(store.path(Number(2.0)), store.zoo / "two.safetensors")
    assert again(store).find(Number(2.0)) == store.path(Number(2.0))


def test_a_zoo_file_of_another_version_is_left_out_with_a_warning(store, caplog):
    write_tensors(store.zoo / "old.safetensors", {}, {"recipe": {"kind": "Gone", "version": 1}})
    write_tensors(store.zoo / "plain.safetensors", {}, {})
    with caplog.at_level(logging.WARNING, "oneshot"):
        assert store.zoo_files == {}
    assert [r.getMessage().split(" is not usable")[0] for r in caplog.records] == [
        f"the zoo file {name}.safetensors" for name in ("old", "plain")
    ]


def test_a_damaged_zoo_file_stops_what_would_train_it_anew(store):
    store.zoo.mkdir(parents=True, exist_ok=True)
    (store.zoo / "half.safetensors").write_bytes(b"1234")
    with pytest.raises(ValueError, match=r"half\.safetensors is damaged; restore it from git"):
        store.get(Number(2.0))


def test_a_truncated_artefact_is_called_so(store):
    store.get(Number(2.0))
    path = store.path(Number(2.0))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match=r"is not a whole safetensors file .*; delete it") as error:
        again(store).get(Number(2.0))
    assert str(path) in str(error.value)
    assert path.exists()


def test_an_artefact_made_with_other_defaults_is_not_taken_for_this_one(store, monkeypatch):
    store.get(Number(2.0))
    path = store.path(Number(2.0))
    monkeypatch.setattr(Plan.__dataclass_fields__["lr"], "default", 5.0)
    other = Number(2.0, plan=Plan(5, lr=5.0))
    assert store.path(other) == path
    with pytest.raises(ValueError, match=r"the defaults of Number, .* raise the `version`"):
        again(store).get(other)


def test_making_that_fails_leaves_nothing_that_looks_made(store, tmp_path, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    (tmp_path / "omniglot").mkdir()
    with pytest.raises(DataError, match=r"images_background\.zip is missing"):
        store.get(Drawings("omniglot"))
    assert not list(store.runs.rglob("*.safetensors"))


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"nothing can be kept in .*file.*; set ONESHOT_CACHE"):
        Store(tmp_path / "file", tmp_path / "zoo").get(Number(2.0))


def test_the_callers_random_numbers_are_not_disturbed(store):
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    store.get(Number(2.0))
    store.metadata(Number(3.0))
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_share_a_store_and_may_be_killed(tmp_path):
    script = Path(__file__).with_name("races.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["two_ask_at_once", "killed_while_making", "killed_while_writing"]


def test_the_environment_names_the_folders_and_the_device(monkeypatch, tmp_path):
    monkeypatch.setenv("ONESHOT_CACHE", str(tmp_path / "here"))
    monkeypatch.setenv("ONESHOT_ZOO", str(tmp_path / "there"))
    monkeypatch.setenv("ONESHOT_DEVICE", "abacus")
    with pytest.raises(ValueError, match="unknown device 'abacus'; known: auto"):
        Store()
    monkeypatch.delenv("ONESHOT_DEVICE")
    assert (Store().runs, Store().zoo) == (tmp_path / "here" / "runs", tmp_path / "there")


# Keys


def golden() -> OriginalityCritic:
    plan = Plan(steps=100, batch=64, lr=0.002)
    return OriginalityCritic(Drawings("omniglot", limit=7), plan, widths=(8, 16))


def test_a_key_is_stable():
    """Trained artefacts are found by it: it may change only when their meaning does."""
    assert golden().key == "b33153efa538eb11e2cbba33f52b5c955eba1783622739b2e9bb1a2950d16c4b"


def test_a_key_is_that_of_the_canonical_json_of_what_is_not_default():
    assert json.dumps(base._encode(golden(), full=False), sort_keys=True) == json.dumps(
        {
            "drawings": {"dataset": "omniglot", "kind": "Drawings", "limit": 7, "version": 1},
            "kind": "OriginalityCritic",
            "plan": {"batch": 64, "kind": "Plan", "lr": 0.002, "steps": 100, "version": 1},
            "version": 1,
            "widths": [8, 16],
        }
    )


def test_every_field_every_upstream_field_and_every_version_changes_the_key(monkeypatch):
    recipe = golden()
    others = [
        dataclasses.replace(recipe, stem="pooled"),
        dataclasses.replace(recipe, drawings=Drawings("glyphs", limit=7)),
        dataclasses.replace(recipe, drawings=Drawings("omniglot", limit=8)),
        dataclasses.replace(recipe, plan=Plan(steps=100, batch=64, lr=0.002, seed=1)),
    ]
    keys = {recipe.key, *(other.key for other in others)}
    monkeypatch.setattr(Drawings, "version", 2)
    keys.add(golden().key)
    assert len(keys) == 6


def test_a_field_added_with_a_default_keeps_old_keys():
    idle = {"make": None, "load": None}  # of no concern to a key
    first = dataclasses.make_dataclass(
        "Grown", [("a", int)], bases=(Recipe,), namespace=idle, frozen=True
    )(1)
    second = dataclasses.make_dataclass(
        "Grown", [("a", int), ("b", int, 0)], bases=(Recipe,), namespace=idle, frozen=True
    )
    assert first.key == second(1).key != second(1, 5).key


DEFAULTS = {
    Plan: {
        "batch": 128,
        "optimizer": "adam",
        "lr": 0.001,
        "betas": (0.9, 0.999),
        "weight_decay": 0.0,
        "schedule": "cosine",
        "warmup": 0,
        "ema": 0.0,
        "clip": 0.0,
        "seed": 0,
    },
    Drawings: {"side": 48, "limit": 0, "concepts": 0, "fingerprint": ""},
    OriginalityCritic: {"widths": (64, 64, 64, 64), "stem": "strided", "strength": "normal"},
    Concepts: {"clusters": 1, "inner": 1.0, "least": 1, "most": 0, "spread": 0.0, "seed": 0},
    RecognitionCritic: {"queries": 4, "network_name": "conv", "stem": "strided", "augment": None},
}


@pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
def test_defaults_are_part_of_a_version(kind):
    """A default is not in the key: whoever changes one raises `version` and this list."""
    fields = {f.name: f.default for f in dataclasses.fields(kind)}
    assert {name: fields[name] for name in DEFAULTS[kind]} == DEFAULTS[kind]
    assert getattr(kind, "version", 1) == 1


@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("dataset", ["glyphs", "omniglot", "quickdraw"])
def test_recipes_come_back_from_json(dataset, preset):
    for make in (
        presets.concepts,
        presets.recognition_critic,
        *(row.recipe for row in systems.SYSTEMS.values()),
    ):
        recipe = make(dataset, preset)
        found = from_json(json.loads(json.dumps(recipe.to_json())))
        assert found == recipe and found.key == recipe.key


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Potion"}, "unknown kind of recipe 'Potion'"),
        ({"version": 99}, "Drawings is of version 99, not known here"),
        ({"sides": 4}, r"Drawings has no field \['sides'\]"),
    ],
)
def test_json_of_another_package_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        from_json(Drawings("glyphs").to_json() | change)


def test_json_that_is_no_recipe_is_refused():
    with pytest.raises(ValueError, match="not a recipe"):
        from_json(Plan(3) and {"kind": "Plan", "version": 1, "steps": 3})


def test_a_recipe_holds_only_json():
    with pytest.raises(TypeError, match="not ndarray"):
        _ = Number(np.zeros(3)).key


# The smallest real artefacts


def test_smoke_critics_and_concepts_are_made(smoke):
    concepts = smoke.get(presets.concepts("glyphs", "smoke"))
    assert len(concepts) == 60 and concepts.pages.dtype == np.uint8
    assert isinstance(concepts.pages, np.memmap) or isinstance(concepts.pages.base, np.memmap)
    features = smoke.get(presets.originality_critic("glyphs", "smoke"))(
        concepts.exemplar_images([0, 1])
    )
    assert features.shape == (2, 256) and torch.isfinite(features).all()
    for k in (0, 31):
        assert concepts.exemplars[k] in concepts.rows(k)
    metadata = smoke.metadata(presets.recognition_critic("glyphs", "smoke"))
    assert metadata["card"]["steps"] == 30 and metadata["card"]["parameters"] > 0
    assert metadata["provenance"]["data"].keys() == {"glyphs"}


def test_the_exemplar_is_the_member_nearest_the_centroid(smoke):
    recipe = presets.concepts("glyphs", "smoke")
    concepts, critic = smoke.get(recipe), smoke.get(recipe.critic)
    for k in (3, 40):
        rows = np.sort(concepts.rows(k))
        pages = torch.from_numpy(concepts.pages[rows]).unsqueeze(1)
        features = critic((pages > 255 * recipe.threshold).float())
        nearest = (features - features.mean(0)).norm(dim=1).argmin()
        assert rows[nearest] == concepts.exemplars[k]


def test_get_and_metadata_of_the_module_use_the_default_store(smoke):
    recipe = presets.drawings("glyphs", "smoke")
    assert stores.get(recipe) is smoke.get(recipe)
    assert stores.metadata(recipe)["card"]["drawings"] == 1200
