"""Data sets fetched from a server on this machine, and checked: whole, damaged, wrong or absent."""

import hashlib
import json
from types import SimpleNamespace

import pytest

from oneshot.drawings import identity, omniglot, registry
from oneshot.drawings.errors import DataError

from .conftest import ALPHABETS, ndjson, omniglot_archive, record

CATEGORIES = ["cat", "the bus", "zebra"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where data sets are looked for."""
    for name in ("omniglot", "quickdraw"):
        (tmp_path / "data" / name).mkdir(parents=True)
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


# Omniglot


@pytest.fixture
def official(tmp_path, monkeypatch):
    """Two small archives that count as the official ones."""
    for folder in ALPHABETS:
        omniglot_archive(tmp_path / "official" / f"{folder}.zip", folder, characters=2)
    archives = sorted((tmp_path / "official").iterdir())
    monkeypatch.setattr(registry, "OMNIGLOT", {a.name: identity.sha256(a) for a in archives})
    monkeypatch.setattr(omniglot, "CHARACTERS", dict(zip(omniglot.ARCHIVES, (4, 2), strict=True)))
    return {archive.name: archive.read_bytes() for archive in archives}


def test_omniglot_is_fetched_once(server, home, official):
    server.files = official
    server.breaks = [3000]
    done = registry.fetch("omniglot", mirror=server.url.rstrip("/"))
    assert [line.split(" ")[0] for line in done] == ["fetched", "fetched"]
    assert sorted(p.name for p in (home / "omniglot").glob("[a-z]*")) == sorted(official)
    findings = list(registry.verify("omniglot"))
    assert [f.state for f in findings] == ["is the official archive"] * 2
    assert all(f.ok and f.bytes and len(f.sha256) == 64 for f in findings)
    asked = len(server.asked)
    assert registry.fetch("omniglot", mirror=server.url) == [f"{home / 'omniglot'} is complete"]
    assert len(server.asked) == asked
    assert registry.info("omniglot")["test"] == 6


def test_a_wrong_hash_is_refused_and_nothing_stays(server, home, official):
    server.files = {name: content + b"x" for name, content in official.items()}
    with pytest.raises(DataError, match=r"images_background\.zip has sha256 .*, expected") as error:
        registry.fetch("omniglot", mirror=server.url)
    found = hashlib.sha256(server.files["images_background.zip"]).hexdigest()
    assert found in str(error.value) and "\n" not in str(error.value)
    assert not list((home / "omniglot").glob("images*"))


def test_a_repacked_archive_is_whole_but_not_official(server, home, official):
    for folder in ALPHABETS:  # the same drawings, one more file
        archive = omniglot_archive(home / "omniglot" / f"{folder}.zip", folder, characters=2)
        archive.write_bytes(official[archive.name])
        with omniglot.zipfile.ZipFile(archive, "a") as opened:
            opened.writestr("README", "packed again")
    findings = list(registry.verify("omniglot"))
    assert [f.state for f in findings] == [
        "differs from the official archive but is whole and has the right layout"
    ] * 2
    assert all(f.ok for f in findings)
    assert registry.fetch("omniglot", mirror=server.url) == [f"{home / 'omniglot'} is complete"]
    assert server.asked == []


def test_a_damaged_archive_is_found_and_fetched_again(server, home, official):
    server.files = official
    registry.fetch("omniglot", mirror=server.url)
    archive = home / "omniglot" / "images_evaluation.zip"
    archive.write_bytes(archive.read_bytes()[:-50])
    good, bad = registry.verify("omniglot")
    assert good.ok and not bad.ok and "is not a whole zip file" in bad.state
    assert [line.split(" ")[0] for line in registry.fetch("omniglot", mirror=server.url)] == [
        str(home / "omniglot" / "images_background.zip"),
        "fetched",
    ]
    assert all(f.ok for f in registry.verify("omniglot"))


def test_missing_and_incomplete_archives_are_not_sound(home, official):
    bad = list(registry.verify("omniglot"))
    assert not any(f.ok for f in bad) and "is missing; run" in bad[0].state
    omniglot_archive(home / "omniglot" / "images_background.zip", "images_background", 1)
    assert (
        "holds 2 characters, 0 of them not with 20 drawings; expected 4"
        in next(registry.verify("omniglot")).state
    )
    about = registry.info("omniglot")
    assert not about["there"] and "images_evaluation.zip is missing" in about["problem"]


def test_flipped_bits_in_an_archive_are_found(home, official):
    for name, content in official.items():
        (home / "omniglot" / name).write_bytes(content)
    archive = home / "omniglot" / "images_background.zip"
    content = bytearray(archive.read_bytes())
    content[30 + len("images_background/Greek/character01/0001_01.png") + 20] ^= 0xFF
    archive.write_bytes(content)
    finding = next(registry.verify("omniglot"))
    assert not finding.ok and "is damaged; run `oneshot data fetch omniglot`" in finding.state


# Quick, Draw!


@pytest.fixture
def categories(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "categories", lambda: CATEGORIES)
    files = [ndjson(tmp_path / "official" / f"{name}.ndjson", 30) for name in CATEGORIES]
    return {file.name: file.read_bytes() for file in files}


def simplified(home):
    return {p.name: p.read_bytes() for p in (home / "quickdraw" / "simplified").iterdir()}


def test_quickdraw_is_fetched_as_far_as_asked_and_grows(server, home, categories):
    server.files = categories
    registry.fetch("quickdraw", 4, mirror=server.url)
    few = simplified(home)
    assert few.keys() == categories.keys()
    for name, content in few.items():
        assert categories[name].startswith(content) and content.count(b"\n") == 5
    lock = json.loads((home / "quickdraw" / "lock.json").read_text())
    assert lock["cat.ndjson"]["sha256"] == hashlib.sha256(few["cat.ndjson"]).hexdigest()
    assert lock["cat.ndjson"]["drawings"] == 4 and not lock["cat.ndjson"]["complete"]

    asked = len(server.asked)
    registry.fetch("quickdraw", 3, mirror=server.url)
    assert len(server.asked) == asked
    done = registry.fetch("quickdraw", 0, mirror=server.url)
    assert simplified(home) == categories
    assert done[0].startswith("fetched 3 categories")
    assert done[1].startswith("those that ship are of other drawings; models of these are trained")
    assert registry.models("quickdraw") == done[1]
    assert {start for _, start in server.asked[asked:]} == {
        f"bytes={len(content)}-" for content in few.values()
    }
    asked = len(server.asked)
    registry.fetch("quickdraw", 4000, mirror=server.url)
    assert len(server.asked) == asked


def test_an_interrupted_fetch_goes_on_with_the_file_it_was_at(server, home, categories):
    server.files = categories
    server.breaks = [0, 0, 2000, 10**6]
    with pytest.raises(DataError, match="run the same command again"):
        registry.fetch("quickdraw", 0, mirror=server.url)
    there = simplified(home)
    assert there["cat.ndjson"] == categories["cat.ndjson"]
    assert there["the bus.ndjson.part"] == categories["the bus.ndjson"][:2000]
    asked = len(server.asked)
    registry.fetch("quickdraw", 0, mirror=server.url)
    assert simplified(home) == categories
    assert server.asked[asked:] == [("the bus.ndjson", "bytes=2000-"), ("zebra.ndjson", None)]


def test_verify_compares_with_what_was_fetched_first(server, home, categories):
    server.files = categories
    registry.fetch("quickdraw", 0, mirror=server.url)
    assert all(f.ok and "what was fetched first" in f.state for f in registry.verify("quickdraw"))
    file = home / "quickdraw" / "simplified" / "cat.ndjson"
    file.write_bytes(file.read_bytes().replace(b'"US"', b'"DE"', 1))
    findings = list(registry.verify("quickdraw"))
    assert [f.ok for f in findings] == [False, True, True]
    assert "is not what was fetched; move it away" in findings[0].state


def test_files_of_ones_own_are_kept_read_and_not_overwritten(server, home, categories):
    server.files = categories
    own = ndjson(home / "quickdraw" / "simplified" / "cat.ndjson", 9).read_bytes()
    findings = list(registry.verify("quickdraw"))
    assert findings[0].ok and "(6 drawings); no checksum is known" in findings[0].state
    assert not findings[1].ok and "2 of 3 categories are missing" in findings[1].state
    registry.fetch("quickdraw", 0, mirror=server.url)
    assert simplified(home)["cat.ndjson"] == own
    ndjson(home / "quickdraw" / "simplified" / "cat.ndjson", word="dog")
    assert "the file is mislabelled" in next(registry.verify("quickdraw")).state


@pytest.mark.parametrize("content", [b"<html>Sorry</html>\n", (record("dog", 1) + "\n").encode()])
def test_a_server_that_gives_something_else(server, home, categories, content):
    server.files = {"cat.ndjson": content}
    with pytest.raises(DataError, match=r"cat\.ndjson does not give what it should") as error:
        registry.fetch("quickdraw", mirror=server.url)
    assert "\n" not in str(error.value)
    assert simplified(home) == {}
    assert registry.info("quickdraw")["there"] is False


def test_there_are_345_categories():
    names = registry.categories()
    assert len(names) == len(set(names)) == 345
    assert names == sorted(names) and "alarm clock" in names and "zigzag" in names


# The rest


def test_what_needs_no_download(tmp_path):
    assert registry.fetch("glyphs") == ["glyphs needs no download"]
    assert [f.state for f in registry.verify("glyphs")] == ["is built in: 1209 concepts"]
    with pytest.raises(ValueError, match="unknown dataset"):
        registry.fetch("mnist")
    (finding,) = registry.verify(f"folder:{tmp_path / 'none'}")
    assert not finding.ok and "is not a folder" in finding.state


def test_a_folder_that_cannot_be_written(home, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(home / "quickdraw"))

    monkeypatch.setattr(registry, "FileLock", refuse)
    with pytest.raises(DataError, match=r"quickdraw cannot be written \(Permission denied\)"):
        registry.fetch("quickdraw")


def test_the_real_archives_are_whole(real_data, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(real_data))
    findings = list(registry.verify("omniglot"))
    assert all(f.ok for f in findings) and len(findings) == 2
    for name in ("omniglot", "quickdraw", "glyphs"):
        models = registry.info(name)["models"]
        assert models == "the models and results that ship are of these drawings", name
    monkeypatch.setattr(registry, "models", lambda _: pytest.fail("a list reads no drawings"))
    about = {row["name"]: SimpleNamespace(**row) for row in registry.overview()}
    assert about["quickdraw"].concepts == 345 and about["omniglot"].test == 150
