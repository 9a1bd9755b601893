"""Editions of Quick, Draw!-FS: the first keeps its keys, the second is a list and complete."""

import logging
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from drawings.conftest import ndjson

from oneshot import systems
from oneshot.drawings import listings
from oneshot.drawings.sources import SOURCES, root, source
from oneshot.recipes import Concepts, Drawings, OriginalityCritic, from_json, listing, presets
from oneshot.store import Store

FIRST = {
    presets.drawings: "317a436c742d",
    presets.originality_critic: "205596801eda",
    presets.concepts: "eca5f87354c6",
    presets.recognition_critic: "97a1f5bb572e",
}


@pytest.mark.parametrize("part", FIRST)
def test_the_first_edition_keeps_its_keys(part):
    assert part("quickdraw:1").key.startswith(FIRST[part])


@pytest.mark.parametrize("preset", ["smoke", "laptop", "paper"])
def test_one_line_moves_everything_to_the_second_edition(monkeypatch, preset):
    def keys(dataset):
        parts = presets.drawings, presets.concepts, presets.recognition_critic
        recipes = [part(dataset, preset) for part in parts]
        recipes += [systems.recipe(name, dataset, preset) for name in systems.SYSTEMS]
        recipes += [presets.scores(systems.samples("human", dataset, preset), "own")]
        recipes += [presets.scores(systems.samples("ldm", dataset, preset), "vit")]
        return [recipe.key for recipe in recipes]

    first, second = keys("quickdraw:1"), keys("quickdraw:2")
    assert keys("quickdraw") == first
    assert not set(first) & set(second)
    monkeypatch.setitem(listings.DEFAULT, "quickdraw", "2")
    assert keys("quickdraw") == second
    assert keys("quickdraw:1") == first


def test_the_second_edition_does_not_depend_on_what_else_is_there(monkeypatch):
    parts = (*FIRST, presets.second_critic)
    before = [part("quickdraw:2").key for part in parts]
    other = replace(source("quickdraw"), fingerprint=lambda *_: "others")
    monkeypatch.setitem(SOURCES, "quickdraw", other)
    assert presets.drawings("quickdraw:1").fingerprint == "others"
    assert [part("quickdraw:2").key for part in parts] == before


def test_recipes_of_an_edition_come_back_from_their_json():
    recipe = presets.scores(systems.samples("ldm", "quickdraw:2"), "vit")
    assert from_json(recipe.to_json()) == recipe


def test_an_unknown_edition_is_refused():
    with pytest.raises(ValueError, match=r"quickdraw:3.*quickdraw:2"):
        source("quickdraw:3")
    with pytest.raises(ValueError, match="unknown dataset 'glyphs:2'"):
        presets.drawings("glyphs:2")


def test_both_editions_are_of_the_same_files():
    assert root("quickdraw:2") == root("quickdraw:1") == root("quickdraw")


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Eight categories of four drawings, a store, and a second edition that lists them all."""
    folder = tmp_path / "data" / "quickdraw"
    for k in range(8):
        ndjson(folder / "simplified" / f"word {k}.ndjson", start=100 * k)
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path / "data"))
    store = Store(tmp_path / "cache", tmp_path / "zoo", "cpu")
    mark = source("quickdraw").fingerprint(folder, 0)
    drawn = store.get(Drawings("quickdraw", fingerprint=mark))
    found = listing.of(drawn, drawn, 0)
    monkeypatch.setattr(listings, "listing", lambda _: found)
    return SimpleNamespace(folder=folder, store=store, drawn=drawn, found=found, home=tmp_path)


def test_what_is_listed_is_what_was_clustered(made_up):
    there = made_up.store.get(Drawings("quickdraw:2"))
    for name in ("names", "pages", "members", "offsets", "exemplars", "splits"):
        assert np.array_equal(getattr(there, name), getattr(made_up.drawn, name)), name
    group = Concepts(Drawings("quickdraw:2"), OriginalityCritic(Drawings("quickdraw")))
    # the list says it all: no critic is trained to find concepts again
    made = group.make(made_up.store, made_up.home)
    assert made.tensors["exemplars"].tolist() == made_up.drawn.exemplars.tolist()


def test_missing_drawings_are_told(made_up, caplog):
    file = made_up.folder / "simplified" / "word 0.ndjson"
    lines = file.read_text().splitlines()
    file.write_text(lines[0] + "\n" + lines[1])  # two of four recognised ones
    (made_up.folder / "simplified" / "word 1.ndjson").unlink()
    recipe = Drawings("quickdraw:2")
    with caplog.at_level(logging.WARNING, "oneshot"):
        there = made_up.store.get(recipe)
    assert "6 of 32 listed drawings and 1 of 8 concepts are not in the files" in caplog.text
    assert len(there) == 7 and there.counts.tolist() == [2, *[4] * 6]
    assert made_up.store.metadata(recipe)["card"]["missing"] == {"drawings": 6, "concepts": 1}


def test_a_list_that_ships_is_never_replaced(made_up, monkeypatch):
    file = made_up.home / "list.safetensors"
    monkeypatch.setattr(listings, "file", lambda _: file)
    monkeypatch.setattr(presets, "clusters", lambda _: Clusters())
    monkeypatch.setattr(made_up.store, "get", lambda _: made_up.drawn)
    assert listing.make("quickdraw:2", made_up.store) == file
    written = file.read_bytes()
    assert listings.digest(listings.read(file)[0]) == listings.digest(made_up.found)
    listing.make("quickdraw:2", made_up.store)
    monkeypatch.setattr(listings, "listing", lambda _: made_up.found.some(0, 2))
    with pytest.raises(ValueError, match=r"stays as it is.*50.0% of whose drawings"):
        listing.make("quickdraw:2", made_up.store)
    assert file.read_bytes() == written


class Clusters:
    """A recipe of concepts, as far as a list tells of it."""

    drawings = Drawings("quickdraw")
    critic = OriginalityCritic(drawings)
    key = "clusters"
