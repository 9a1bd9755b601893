"""Fetching from a server on this machine that is whole, flaky, old-fashioned, wrong or absent."""

import hashlib
import http.server
import json
import threading
from types import SimpleNamespace

import pooch
import pytest

from oneshot.drawings import download as downloads
from oneshot.drawings import omniglot, registry
from oneshot.drawings.download import Enough, download
from oneshot.drawings.errors import DataError

from .conftest import ALPHABETS, ndjson, omniglot_archive, record

CATEGORIES = ["cat", "the bus", "zebra"]


class Handler(http.server.BaseHTTPRequestHandler):
    """Serve `server.files`, misbehaving as `server` says."""

    def do_GET(self):
        server, name = self.server, self.path.rsplit("/", 1)[1].replace("%20", " ")
        asked = self.headers.get("Range")
        server.asked.append((name, asked))
        if server.errors:
            return self.send_error(server.errors.pop())
        if name not in server.files:
            return self.send_error(404)
        content = server.files[name]
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        stop = start + server.breaks.pop() if server.breaks else len(content)
        self.wfile.write(content[start:stop])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server of files in memory, with `url`, `asked`, and how it misbehaves."""
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.files, served.asked, served.errors, served.breaks = {}, [], [], []
    served.ranges = True
    served.url = f"http://127.0.0.1:{served.server_port}/files/"
    threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(downloads, "PAUSE", 0)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where data sets are looked for."""
    for name in ("omniglot", "quickdraw"):
        (tmp_path / "data" / name).mkdir(parents=True)
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


CONTENT = bytes(range(256)) * 4000


# One file


def test_a_file_comes_whole(server, tmp_path):
    server.files["x"] = CONTENT
    download(server.url + "x", tmp_path / "new" / "x.part")
    assert (tmp_path / "new" / "x.part").read_bytes() == CONTENT
    assert server.asked == [("x", None)]


def test_a_broken_connection_goes_on_where_it_stopped(server, tmp_path):
    server.files["x"] = CONTENT
    server.breaks = [0, 700_000, 300_000]
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT
    assert server.asked[1:3] == [("x", "bytes=300000-"), ("x", "bytes=1000000-")]


def test_a_killed_download_goes_on_where_it_stopped(server, tmp_path):
    server.files["x"] = CONTENT
    (tmp_path / "x.part").write_bytes(CONTENT[:1000])
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT
    assert server.asked == [("x", "bytes=1000-")]


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.files["x"], server.ranges = CONTENT, False
    server.breaks = [500_000]
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_complete_part_is_not_fetched_again(server, tmp_path):
    server.files["x"] = CONTENT
    (tmp_path / "x.part").write_bytes(CONTENT)
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(server, tmp_path):
    server.files["x"] = CONTENT
    (tmp_path / "x.part").write_bytes(CONTENT + b"more")
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_server_that_gives_up_keeps_what_came(server, tmp_path):
    server.files["x"] = CONTENT
    server.breaks = [0, 0, 0, 0, 5000]
    with pytest.raises(
        DataError, match=r"the connection broke off; 5,000 bytes are kept in .*x\.part"
    ):
        download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT[:5000]
    assert len(server.asked) == 3


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.files["x"], server.errors = CONTENT, [503, 500]
    download(server.url + "x", tmp_path / "x.part")
    assert (tmp_path / "x.part").read_bytes() == CONTENT
    server.errors = [503] * 3
    with pytest.raises(DataError, match="the server answers 503"):
        download(server.url + "x", tmp_path / "y.part")


def test_a_missing_file_is_not_asked_for_again(server, tmp_path):
    with pytest.raises(DataError, match=r"/x answers 404 Not Found$"):
        download(server.url + "x", tmp_path / "x.part")
    assert len(server.asked) == 1 and not (tmp_path / "x.part").exists()


def test_no_network(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(
        DataError, match=r"could not be fetched: .*refused.*0 bytes are kept"
    ) as error:
        download(server.url + "x", tmp_path / "x.part")
    assert "\n" not in str(error.value)


# The first drawings of a file


def lines(count):
    """Of each three lines, two are of recognised drawings."""
    return [(record("cat", k, k % 3 != 2) + "\n").encode() for k in range(count)]


@pytest.mark.parametrize(("wanted", "taken"), [(1, 1), (2, 2), (3, 4), (6, 8), (40, 59)])
@pytest.mark.parametrize("chunk", [7, 1 << 18])
def test_a_file_is_cut_after_the_last_drawing_wanted(
    server, tmp_path, monkeypatch, wanted, taken, chunk
):
    monkeypatch.setattr(downloads, "CHUNK", chunk)
    server.files["cat.ndjson"] = b"".join(lines(60))
    server.breaks = [100]
    download(server.url + "cat.ndjson", tmp_path / "x.part", wanted)
    assert (tmp_path / "x.part").read_bytes() == b"".join(lines(60)[:taken])


def test_a_longer_cut_asks_only_for_the_rest(server, tmp_path):
    server.files["cat.ndjson"] = b"".join(lines(60))
    for wanted, taken in ((2, 2), (10, 14), (500, 60)):
        download(server.url + "cat.ndjson", tmp_path / "x.part", wanted)
        assert (tmp_path / "x.part").read_bytes() == b"".join(lines(60)[:taken])
    starts = [0, *(len(b"".join(lines(k))) for k in (2, 14))]
    assert [asked for _, asked in server.asked] == [None, *(f"bytes={k}-" for k in starts[1:])]


def test_enough_counts_across_chunks():
    enough = Enough(2)
    text = b'{"recognized":true}\n{"recognized":false}\n{"recognized": true}\n{"recognized":true}\n'
    fed = [enough.feed(text[k : k + 5]) for k in range(0, len(text), 5)]
    assert fed == [5 * k + 5 >= enough.end for k in range(len(fed))]
    assert text[: enough.end].count(b"\n") == 3


# Omniglot


@pytest.fixture
def official(tmp_path, monkeypatch):
    """Two small archives that count as the official ones."""
    for folder in ALPHABETS:
        omniglot_archive(tmp_path / "official" / f"{folder}.zip", folder, characters=2)
    archives = sorted((tmp_path / "official").iterdir())
    monkeypatch.setattr(registry, "OMNIGLOT", {a.name: pooch.file_hash(a) for a in archives})
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
    assert "is not what was fetched; delete it" in findings[0].state


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
    about = {row["name"]: SimpleNamespace(**row) for row in registry.listing()}
    assert about["quickdraw"].concepts == 345 and about["omniglot"].test == 150
