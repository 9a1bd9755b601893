"""Tiny archives in the official layouts, a server of files, and the faults of a source."""

import http.server
import io
import json
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from oneshot.drawings import download
from oneshot.drawings.errors import DataError

ALPHABETS = {"images_background": ("Greek", "Latin"), "images_evaluation": ("Angelic",)}


def png(seed: int, side: int = 105) -> bytes:
    """A black line on white paper, as in Omniglot; where it lies depends on the seed."""
    page = Image.new("1", (side, side), 1)
    ends = np.random.default_rng(seed).integers(10, side - 10, 4).tolist()
    ImageDraw.Draw(page).line(ends, fill=0, width=3)
    content = io.BytesIO()
    page.save(content, "PNG")
    return content.getvalue()


def omniglot_archive(path: Path, folder: str, characters: int = 6, drawers: int = 20) -> Path:
    """Write one of the two archives of Omniglot with a few characters."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for alphabet in ALPHABETS[folder]:
            for character in range(1, characters + 1):
                number += 1
                for drawer in range(1, drawers + 1):
                    name = f"{number:04}_{drawer:02}.png"
                    place = f"{folder}/{alphabet}/character{character:02}/{name}"
                    archive.writestr(place, png(1000 * number + drawer))
    return path


@pytest.fixture
def omniglot_root(tmp_path) -> Path:
    """A folder with two whole archives: 3 alphabets of 6 characters, 20 drawings each."""
    root = tmp_path / "omniglot"
    for folder in ALPHABETS:
        omniglot_archive(root / f"{folder}.zip", folder)
    return root


def record(word: str, seed: int, recognised: bool = True) -> str:
    """One line of a simplified ndjson file: two strokes."""
    random = np.random.default_rng(seed)
    drawing = [random.integers(0, 256, (2, count)).tolist() for count in (2, 5)]
    return json.dumps(
        {
            "word": word,
            "countrycode": "US",
            "timestamp": "2017-03-02 23:25:10.07453 UTC",
            "recognized": recognised,
            "key_id": str(seed),
            "drawing": drawing,
        },
        separators=(",", ":"),
    )


def ndjson(path: Path, count: int = 6, word: str | None = None, start: int = 0) -> Path:
    """Write a category file; every third drawing is not recognised."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record(word or path.stem, start + k, k % 3 != 2) for k in range(count)]
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.fixture
def quickdraw_root(tmp_path) -> Path:
    """A folder with three categories of 6 drawings, 4 of them recognised."""
    root = tmp_path / "quickdraw"
    for name in ("cat", "the bus", "zebra"):
        ndjson(root / "simplified" / f"{name}.ndjson")
    return root


def fault_of(source, root: Path, **options) -> str:
    """The one line that reading all drawings in `root` gives, `source` being a module."""
    with pytest.raises(DataError) as caught:
        list(source.pages(root, source.names(root), 48, **options))
    message = str(caught.value)
    assert "\n" not in message
    return message


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
def server(monkeypatch):
    """A server of files in memory, with `url`, `asked`, and how it misbehaves."""
    monkeypatch.setattr(download, "PAUSE", 0)
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.files, served.asked, served.errors, served.breaks = {}, [], [], []
    served.ranges = True
    served.url = f"http://127.0.0.1:{served.server_port}/files/"
    threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()
