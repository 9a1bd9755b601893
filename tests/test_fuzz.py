"""Every reader of drawings, given files that are nearly right."""

import gzip
import io
import json
import tempfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fuzz import Kind, finite_page, fuzz, watched
from PIL import Image, ImageDraw

from oneshot.drawings import omniglot
from oneshot.drawings.errors import DataError
from oneshot.drawings.ndjson import read_category
from oneshot.drawings.reading import read_drawing


def page(side=(40, 30), mode="L", seed=0) -> Image.Image:
    image = Image.new("L", side, 250)
    ends = np.random.default_rng(seed).integers(5, min(side) - 5, 6).tolist()
    ImageDraw.Draw(image).line(ends, fill=20, width=max(1, side[0] // 20))
    if mode == "I;16":
        return Image.fromarray(np.asarray(image).astype(np.uint16) * 256)
    return image.convert(mode)


def saved(image: Image.Image, format: str, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def pictures() -> list[bytes]:
    """One picture of each kind and mode, small for most: what is decided is in the headers."""
    modes = ("1", "L", "P", "RGB", "I;16", "RGBA")
    found = [saved(page(mode=mode, seed=k), "PNG") for k, mode in enumerate(modes)]
    found += [saved(page((200, 150), "RGBA"), "PNG"), saved(page(mode="LA"), "PNG", exif=exif(6))]
    found += [saved(page(mode=m), "JPEG", exif=exif(5)) for m in ("L", "RGB", "CMYK")]
    found += [saved(page((200, 160)), "JPEG", progressive=True)]
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate"):
        found += [saved(page(mode=m), "TIFF", compression=compression) for m in ("L", "I;16")]
    found += [saved(page(), "GIF"), saved(page(), "GIF", save_all=True, append_images=[page()])]
    found += [saved(page(), "WEBP", lossless=True), saved(page(mode="RGBA"), "WEBP")]
    found += [
        saved(page(mode=m), kind) for m in ("1", "L", "RGB") for kind in ("BMP", "PPM", "PCX")
    ]
    found += [saved(page((32, 32), "RGBA"), "ICO"), saved(page(mode="RGBA"), "ICNS")]
    found += [saved(page(mode="RGB"), "TGA", compression="tga_rle"), saved(page(), "SGI")]
    found += [saved(page(), "AVIF"), saved(page(), "JPEG2000"), saved(page(mode="RGB"), "QOI")]
    return [*found, b"P2\n4 4\n255\n" + b"255 " * 5 + b"0 0 " + b"255 " * 9]


def records() -> list[bytes]:
    drawing = [[[0, 100, 200], [0, 200, 0]], [[5, 9], [7, 7]]]
    raw = [[[0.5, 1e2, 200], [0, 200, 0], [0, 15, 33]]]
    values = [
        {"word": "drawing", "countrycode": "US", "recognized": True, "drawing": drawing},
        {"word": "drawing", "recognized": "True", "drawing": raw},
        {"strokes": drawing, "guidance": 1.5},
        drawing,
        [[[0, 0], [100, 200], [150, 20]]],
        [[{"x": 1, "y": 2}, {"x": 3, "y": 9}]],
        [{"x": [0, 4, 9], "y": [3, 3, 1]}],
        [[0, 0, 0], [5, 9, 0], [2, -4, 1]],
        [[0, 0, 1, 0, 0], [5, 9, 1, 0, 0], [2, -4, 0, 0, 1]],
    ]
    return [json.dumps(value, indent=k % 2 or None).encode() for k, value in enumerate(values)]


def lines() -> list[bytes]:
    return [json.dumps(json.loads(one)).encode() + b"\n" for one in records()[:3]]


def arrays() -> list[bytes]:
    bitmap = np.zeros((28, 28), np.uint8)
    bitmap[4:9, 3:20] = 255
    pen = np.array([[0, 0, 0], [5, 9, 0], [2, -4, 1]])
    values = [bitmap, bitmap.reshape(1, 784), bitmap[None], bitmap[None, None], bitmap / 255, pen,
              pen.astype(np.float32), np.asfortranarray(bitmap), bitmap.astype(">u2"), bitmap > 3,
              np.asarray(page(mode="RGB")), np.eye(5)[[0, 0, 1, 2]].astype(np.int16)]  # fmt: skip
    return [npy(value) for value in values]


def npy(value: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, value, allow_pickle=False)
    return content.getvalue()


def packed() -> list[bytes]:
    found = []
    for k, value in enumerate(arrays()[:8]):
        content = io.BytesIO()
        method = [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED][k % 2]
        with zipfile.ZipFile(content, "w", method) as archive:
            archive.writestr("arr_0.npy", value)
        found.append(content.getvalue())
    return found


def vectors() -> list[bytes]:
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'viewBox="0 0 90 90">'
    )
    bodies = [
        '<path d="M 10 10 C 20 20, 40 20, 50 10 S 60 1 70 5 Q 1 2 3 4 T 9 9 z m 5 5 h 9 v -4"/>',
        '<g transform="translate(5,6) rotate(30) scale(2)"><path d="M1,1a5,4 30 1 0 9,9"/></g>',
        '<path d="M3-4A1-2.5e1 0 0 1 3 4L.5.6"/><circle cx="9" cy="8" r="7"/>',
        '<ellipse rx="3" ry="9" style="fill:none;stroke:#000"/><rect x="1" width="9" height="8"/>',
        '<polyline points="1,2 3,4 9,1" stroke="red"/><polygon points="1 2 3 4 5 9"/>',
        '<defs><path id="a" d="M0 0L9 9"/></defs><use xlink:href="#a" x="5"/><use href="#a"/>',
        '<style>.a{fill:none;stroke:black}</style><path class="a" d="M0 0 5 5 9 1"/>',
        '<line x1="1" y1="2" x2="9" y2="3%"/><text>a</text><g visibility="hidden"/>',
    ]
    return [f"{head}{body}</svg>".encode() for body in bodies]


def archive() -> list[bytes]:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for drawer in range(1, 3):
            opened.writestr(
                f"images_background/Greek/character01/0001_{drawer:02}.png",
                saved(page((105, 105), "1", drawer), "PNG"),
            )
    return [content.getvalue()]


def one(file):
    finite_page(read_drawing(file))


def category(file):
    pages = read_category(file, 48)
    assert pages.shape[1:] == (48, 48) and pages.max() > 50


def characters(file):
    names = [name for name in omniglot.names(file.parent) if not name.startswith("Angelic")]
    for pages in omniglot.pages(file.parent, names, 48):
        assert pages.shape[1:] == (48, 48)


def kinds() -> list[Kind]:
    own = (DataError,)
    packed_lines = [gzip.compress(one, mtime=0) for one in lines()]
    return [
        Kind("pictures", "drawing.png", pictures(), one, errors=own),
        Kind("json", "drawing.json", records(), one, text=True, errors=own),
        Kind("ndjson", "drawing.ndjson", [b"".join(lines())], category, text=True, errors=own),
        Kind("npy", "drawing.npy", arrays(), one, errors=own),
        Kind("npz", "drawing.npz", packed(), one, errors=own),
        Kind("svg", "drawing.svg", vectors(), one, text=True, errors=own),
        Kind("gzip", "drawing.ndjson.gz", packed_lines, one, errors=own),
        Kind("omniglot", "images_background.zip", archive(), characters, errors=own),
    ]


KINDS = {kind.name: kind for kind in kinds()}


@pytest.fixture
def folder(monkeypatch):
    """A folder, in memory where there is one, with the other archive of Omniglot in it.

    A character has two drawings.
    """
    monkeypatch.setattr(omniglot, "DRAWERS", 2)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        with zipfile.ZipFile(Path(name) / "images_evaluation.zip", "w") as opened:
            opened.writestr("images_evaluation/Angelic/character01/0001_01.png", b"")
        yield Path(name)


def test_what_a_reader_opens_elsewhere_is_seen_and_what_other_threads_open_is_not(folder, tmp_path):
    inside, outside = folder / "inside", tmp_path / "outside"
    inside.touch(), outside.touch()
    with watched(folder) as seen:
        inside.read_bytes()
        other = threading.Thread(target=outside.read_bytes)
        other.start()
        other.join()
        assert seen == []
        outside.read_bytes()
        inside.write_bytes(b"")
    assert [(event, path) for event, path, _ in seen] == [
        ("open", str(outside)),
        ("open", str(inside)),
    ]


@pytest.mark.parametrize("name", KINDS)
def test_files_that_are_nearly_right(name, folder):
    fuzz(KINDS[name], folder, 2_000)


@pytest.mark.soak
@pytest.mark.parametrize("name", KINDS)
def test_very_many_files_that_are_nearly_right(name, folder, record_property):
    record_property("inputs", 50_000)
    fuzz(KINDS[name], folder, 50_000)
