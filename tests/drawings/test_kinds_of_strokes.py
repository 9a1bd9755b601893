"""Every kind of strokes and bitmaps that the field has is read as it was meant, or refused."""

import gzip
import json
import unicodedata
import zipfile

import numpy as np
import pytest
from kinds import POINTS, bitmaps, concepts, npy, read, saved, sheet, shows
from PIL import Image

from oneshot.drawings import folder
from oneshot.drawings.errors import DataError
from oneshot.drawings.reading import read_drawing

from .conftest import record


def test_blank_lines_empty_strokes_and_what_was_not_recognised_are_left_out(tmp_path):
    lines = [
        record("house", 1),
        "",
        json.dumps({"word": "house", "recognized": "False", "drawing": [[[1, 2], [3, 4]]]}),
        json.dumps(
            {"word": "house", "recognized": "true", "drawing": [[[1, 9], [3, 4]], [[], []]]}
        ),
        json.dumps({"word": "house", "recognized": True, "drawing": []}),
        "   ",
        json.dumps({"drawing": [[[1, 5], [3, 9]]]}),
        record("house", 2),
    ]
    root = concepts(tmp_path, house__ndjson="\r\n".join(lines).encode())
    assert len(read(root)) == 4
    (said, *_) = folder.report(root)
    assert said.ways == {"strokes": 4}
    assert said.skipped == {"not recognised": 1, "without a stroke": 1}


def test_words_match_however_their_letters_are_composed(tmp_path):
    word = "café"
    file = tmp_path / f"{unicodedata.normalize('NFD', word)}.ndjson"
    file.write_text(record(unicodedata.normalize("NFC", word), 1))
    assert read_drawing(file).max() == 1


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        ("[[[1, 2], [3, 4]]]", "the drawing is text, not a list of strokes"),
        ([[[1, 2], [3]]], "neither"),
        ([[[1, 2], [3, "x"]]], "not a number"),
        ([[[1, 2], [3, 1e300]]], "beyond a thousand million"),
        (None, "the drawing is null"),
    ],
)
def test_what_is_no_stroke_is_said_and_nobody_is_told_to_delete(tmp_path, drawing, message):
    file = tmp_path / "cat.ndjson"
    file.write_text(json.dumps({"word": "cat", "drawing": drawing}))
    with pytest.raises(DataError, match=message) as caught:
        read_drawing(file)
    assert str(caught.value).startswith(f"{file}: line 1") and "delete" not in str(caught.value)


def test_raw_drawings_with_times(tmp_path):
    x, y = zip(*POINTS, strict=True)
    raw = {"word": "a", "drawing": [[[v + 0.25 for v in x], [v - 0.5 for v in y], [0, 16, 33, 51]]]}
    (tmp_path / "a.ndjson").write_text(json.dumps(raw))
    assert shows(tmp_path / "a.ndjson")


# Arrays, lines, and gzip of any


def offsets() -> np.ndarray:
    steps = np.diff(np.array([(0, 0), *POINTS]), axis=0)
    return np.concatenate([steps, [[0], [0], [0], [1]]], 1).astype(np.int16)


def test_bitmaps_of_quick_draw(tmp_path):
    root = concepts(tmp_path, house__npy=npy(bitmaps()))
    pages = read(root)
    assert len(pages) == 5 and (pages[0] == pages[4]).all()
    Image.fromarray(pages[0]).save(tmp_path / "a.png")
    assert shows(tmp_path / "a.png")
    assert next(folder.report(root)).ways == {"ink light on dark": 5}


@pytest.mark.parametrize("rows", [offsets(), offsets().astype(np.float32)])
def test_drawings_of_sketch_rnn_that_need_no_pickle(tmp_path, rows):
    np.savez(tmp_path / "one.npz", rows)
    assert shows(tmp_path / "one.npz")
    root = concepts(tmp_path / "all")
    np.savez(root / "tree" / "more.npz", *[rows] * 7)
    assert len(read(root, "tree")) == 11


def test_a_pickle_is_not_loaded_and_how_to_convert_it_is_said(tmp_path):
    class Trap:
        def __reduce__(self):
            return (print, ("loaded",))

    held = np.empty(1, dtype=object)
    held[0] = Trap()
    np.savez(tmp_path / "a.npz", train=held)
    with pytest.raises(DataError, match=r"they are not loaded.*numpy\.savez\('drawings\.npz'"):
        read_drawing(tmp_path / "a.npz")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="240">{}</svg>'


@pytest.mark.parametrize(
    "body",
    [
        '<path fill="none" stroke="#000" d="M60 50L120 190L220 60L180 50"/>',
        '<rect width="100%" height="100%" fill="white"/><path d="m60 50 60 140 100-130-40-10"/>',
        '<g transform="translate(10 20)"><polyline points="50,30 110,170 210,40 170,30"/></g>',
        '<defs><path id="a" d="M60 50 120 190 220 60 180 50"/></defs><use href="#a"/>',
        '<path d="M60 50 120 190 220 60 180 50"/><g display="none"><path d="M0 0 L300 240"/></g>',
        '<path d="M60 50 120 190 220 60 180 50"/><mask><path d="M0 0 L300 240"/></mask>',
        '<path d="M60 50 120 190 220 60 180 50"/><text x="9" y="9">no ink</text>',
    ],
)
def test_lines_of_svg(tmp_path, body):
    (tmp_path / "a.svg").write_text(SVG.format(body))
    assert shows(tmp_path / "a.svg")


def test_curves_of_svg_are_round(tmp_path):
    (tmp_path / "a.svg").write_text(SVG.format('<circle cx="100" cy="90" r="50"/>'))
    page = read_drawing(tmp_path / "a.svg")[0, 0]
    down, across = np.mgrid[0:48, 0:48] - 23.5
    assert (abs(np.hypot(down, across)[page.numpy() > 0.5] - 21) < 1.6).all()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<g id="a"><use href="#a"/></g>', "a reference to itself"),
        ("<g>" * 200 + "</g>" * 200, "more than 100 groups"),
        (f'<path d="M0 0 {"1 2 " * 40_000}"/>', "more than 50,000 numbers"),
        ("<text>a</text>", "no paths, lines or shapes that can be seen"),
        ("<path", "is not SVG that can be read"),
    ],
)
def test_svg_that_is_refused(tmp_path, body, message):
    (tmp_path / "a.svg").write_text(SVG.format(body))
    with pytest.raises(DataError, match=message):
        read_drawing(tmp_path / "a.svg")


def test_gzip_of_any_of_these(tmp_path):
    x, y = zip(*POINTS, strict=True)
    strokes = json.dumps({"word": "a", "drawing": [[x, y]]}).encode()
    lines = SVG.format('<path d="M60 50 120 190 220 60 180 50"/>').encode()
    kinds = {
        "a.png.gz": saved(sheet(), "PNG"), "a.ndjson.gz": strokes, "a.json.GZ": strokes,
        "a.svg.gz": lines, "a.svgz": lines, "a.npy.gz": npy(offsets()),
    }  # fmt: skip
    for name, content in kinds.items():
        (tmp_path / name).write_bytes(gzip.compress(content))
        assert shows(tmp_path / name), name
        (tmp_path / name).write_bytes(gzip.compress(content)[:-9])
        with pytest.raises(DataError, match="not a whole gzip file"):
            read_drawing(tmp_path / name)


def test_a_bomb_of_gzip_is_refused(tmp_path):
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(bytes(300 << 20), 1))
    with pytest.raises(DataError, match="larger than 256 MiB"):
        read_drawing(tmp_path / "a.json.gz")


# What is said of all of them


@pytest.mark.parametrize(
    "stroke", [{"x": 3, "y": [1, 2]}, {"x": [1, 2], "y": None}, {"x": 1, "y": 2}]
)
def test_named_coordinates_that_are_no_lists_are_no_stroke(stroke, tmp_path):
    file = tmp_path / "drawing.json"
    file.write_text(json.dumps([stroke]))
    with pytest.raises(DataError, match="neither"):
        read_drawing(file)


def test_an_error_is_one_line_whatever_an_array_is_called(tmp_path):
    file = tmp_path / "drawing.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a\nb.npy", b"no array")
    with pytest.raises(DataError, match=r"a\\nb") as caught:
        read_drawing(file)
    assert len(str(caught.value).splitlines()) == 1
