"""Lists of concepts: what they tell apart, that places do not matter, and what is missing."""

from dataclasses import fields, replace

import numpy as np
import pytest

from oneshot.drawings import listings, quickdraw, registry
from oneshot.drawings.errors import DataError
from oneshot.drawings.identity import content_hash
from oneshot.drawings.listings import Listing

from .conftest import ndjson

WORDS = ("cat", "dog", "hen", "the bus", "yak", "zebra")
SHIPPED = "884bd5789108dc4e22868e569708fe46de68cc792cf5a6b0ceae51456214829d"
COUNT = 9  # of which a third is not recognised


@pytest.fixture
def root(tmp_path):
    """Six categories of six recognised drawings each, no two alike."""
    for k, name in enumerate(WORDS):
        ndjson(tmp_path / "simplified" / f"{name}.ndjson", COUNT, start=100 * k)
    return tmp_path


@pytest.fixture
def listing(root):
    """The list of every second drawing of each category, whose second one is the exemplar."""
    marks = [marks[::2] for marks in quickdraw.hashes(root, WORDS)]
    offsets = np.cumsum([0, *map(len, marks)])
    splits = np.array([0, 0, 1, 1, 2, 2], dtype=np.uint8)
    names = tuple(f"{word}/1" for word in WORDS)
    return Listing(names, offsets, np.concatenate(marks), offsets[:-1] + 1, splits)


def same(one, other):
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def test_names_of_editions(monkeypatch):
    assert listings.named("quickdraw") == listings.named("quickdraw:1") == "quickdraw"
    assert listings.named("quickdraw:2") == "quickdraw:2"
    assert listings.named("omniglot") == "omniglot"
    monkeypatch.setitem(listings.DEFAULT, "quickdraw", "2")
    assert listings.named("quickdraw") == "quickdraw:2"
    for name in ("quickdraw:1", "quickdraw:2", "glyphs", "folder:x"):
        assert listings.named(listings.spelled(listings.named(name))) == listings.named(name)


def test_a_hash_is_of_what_is_drawn():
    strokes = [np.array([[0, 1], [2, 3]]), np.array([[4, 5]])]
    mark = content_hash(strokes)
    assert mark == content_hash([stroke.astype(np.float32) for stroke in strokes])
    assert mark == content_hash([np.asfortranarray(stroke) for stroke in strokes])
    others = [strokes[::-1], strokes[:1], [np.concatenate(strokes)], [s.T for s in strokes]]
    assert len({mark, *map(content_hash, others)}) == 5
    assert mark == -3860545121716351515


def test_listed_drawings_are_found_wherever_they_are(root, listing):
    pages, there = quickdraw.listed_pages(root, listing, 48)
    assert there.all()
    expected = [page[::2] for page in quickdraw.pages(root, WORDS, 48)]
    assert np.array_equal(pages, np.concatenate(expected))
    for word in WORDS:
        file = root / "simplified" / f"{word}.ndjson"
        lines = file.read_text().splitlines()
        file.write_text("\n".join(np.random.default_rng(0).permutation(lines)) + "\n")
    moved, there = quickdraw.listed_pages(root, listing, 48)
    assert there.all() and np.array_equal(moved, pages)


def test_missing_drawings_are_left_out(root, listing):
    file = root / "simplified" / "cat.ndjson"
    lines = file.read_text().splitlines()
    exemplar = quickdraw.hashes(root, ["cat"])
    place = int(np.flatnonzero(next(exemplar) == listing.hashes[1])[0])
    recognised = [k for k in range(COUNT) if k % 3 != 2]
    file.write_text("\n".join(line for k, line in enumerate(lines) if k != recognised[place]))
    pages, there = quickdraw.listed_pages(root, listing, 48)
    assert len(pages) == len(there) - 1 and not there[1]
    left, places = listing.present(there)
    assert left.names == listing.names
    assert np.array_equal(places, np.delete(np.arange(len(there)), 1))
    assert left.hashes[left.exemplars[0]] == listing.hashes[0]  # the next nearest to the middle
    assert np.array_equal(left.hashes[left.exemplars[1:]], listing.hashes[listing.exemplars[1:]])


def test_concepts_without_most_of_their_drawings_are_left_out(listing):
    more = replace(listing, splits=np.array([0, 0, 1, 1, 2, 2], dtype=np.uint8))
    there = np.ones(len(listing.hashes), dtype=bool)
    there[:2] = False
    with pytest.raises(DataError, match=r"5 have their drawings here.*quickdraw:1"):
        more.present(there)
    wider = replace(more, splits=np.array([0, 0, 0, 1, 1, 2], dtype=np.uint8))
    with pytest.raises(DataError):
        wider.present(np.ones_like(there))  # a split of one concept tells nothing


def test_none_of_the_drawings_is_there(root, listing):
    with pytest.raises(DataError, match=r"none of the 18 drawings.*data fetch quickdraw"):
        quickdraw.listed_pages(root, replace(listing, hashes=listing.hashes + 1), 48)


def test_some_of_a_list(listing):
    some = listing.some(concepts=4, limit=2)
    assert some.names == tuple(listing.names[k] for k in (0, 1, 3, 5))
    assert np.diff(some.offsets).tolist() == [2] * 4
    chosen = listing.hashes[listing.exemplars[[0, 1, 3, 5]]]
    assert np.array_equal(some.hashes[some.exemplars], chosen)
    assert same(listing.some(0, 0), listing)


def test_a_list_comes_back_from_its_file(tmp_path, listing):
    file = tmp_path / "list.safetensors"
    listings.write(file, listing, {"edition": "quickdraw:9"})
    found, told = listings.read(file)
    assert same(found, listing)
    assert told["edition"] == "quickdraw:9"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match="sha256"):
        listings.read(file)
    file.write_bytes(content[:40])
    with pytest.raises(DataError, match="no whole list"):
        listings.read(file)
    with pytest.raises(DataError, match="missing"):
        listings.read(tmp_path / "none.safetensors")


def test_an_edition_without_a_list():
    with pytest.raises(ValueError, match="quickdraw:2"):
        listings.file("quickdraw")


def test_the_list_that_ships():
    found, told = listings.read(listings.file("quickdraw:2"))
    assert told["sha256"] == SHIPPED == listings.digest(found)
    assert set(np.diff(found.offsets)) == {60}
    assert np.array_equal(found.exemplars // 60, np.arange(len(found.names)))
    assert len(set(found.names)) == len(found.names) > 400
    categories = registry.categories()
    split = dict(zip(categories, quickdraw.split(categories), strict=True))
    assert [split[name.split("/")[0]] for name in found.names] == found.splits.tolist()
    assert listings.file("quickdraw:2").stat().st_size < 400_000
