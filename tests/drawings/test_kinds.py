"""Every kind of file that people have, and which of its pixels are ink."""

import gzip
import io
import json
import struct
import unicodedata
import zipfile
import zlib

import numpy as np
import pytest
import torch.nn.functional as F
from PIL import Image, ImageDraw

from oneshot.drawings import files, folder, omniglot, registry
from oneshot.drawings.errors import DataError
from oneshot.drawings.reading import read_drawing

from .conftest import ALPHABETS, ndjson, record

POINTS = [(60, 50), (120, 190), (220, 60), (180, 50)]


def sheet(size=(300, 240), pen=8, paper=255, ink=0, mode="L", points=POINTS) -> Image.Image:
    """A page with an uneven hook on it."""
    image = Image.new(mode, size, paper)
    ImageDraw.Draw(image).line(points, fill=ink, width=pen, joint="curve")
    return image


def wanted() -> np.ndarray:
    return read_drawing({"strokes": [list(zip(*POINTS, strict=True))]})[0, 0].numpy() > 0.5


def shows(source) -> bool:
    """Say whether the ink of a drawing is that of the hook, to a pixel."""
    page = read_drawing(source)
    others = read_drawing({"strokes": [list(zip(*POINTS, strict=True))]})
    ink, hook = page > 0.5, others > 0.5
    near_ink, near_hook = (F.max_pool2d(one.float(), 3, 1, 1) > 0 for one in (ink, hook))
    return not ((ink & ~near_hook) | (hook & ~near_ink)).any()


def saved(image, format, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


def concepts(root, **of_house):
    """Write six concepts of four pages each; those of the first are given by name."""
    for name in ("house", "tree", "umbrella", "vase", "wheel", "yacht"):
        (root / name).mkdir(parents=True)
        if name != "house" or not of_house:
            for k in range(4):
                sheet(pen=5 + k).save(root / name / f"{k}.png")
    for name, content in of_house.items():
        (root / "house" / name.replace("__", ".")).write_bytes(content)
    return root


def read(root, concept="house", **options) -> np.ndarray:
    return next(folder.pages(root, [concept], 48, **options))


# Pictures


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.PNG", "PNG"), ("a.jpg", "JPEG"), ("a.Jpeg", "JPEG"), ("a.webp", "WEBP"), ("a.bmp", "BMP"),
     ("a.tif", "TIFF"), ("a.TIFF", "TIFF"), ("a.gif", "GIF"), ("a.ppm", "PPM"), ("a.tga", "TGA"),
     ("a.avif", "AVIF"), ("a.jp2", "JPEG2000"), ("a.pcx", "PCX"), ("a.ico", "ICO")],
)  # fmt: skip
def test_every_kind_of_picture_is_read_whatever_the_case_of_its_name(tmp_path, name, format):
    image = sheet((256, 250)) if format == "ICO" else sheet()
    (tmp_path / name).write_bytes(saved(image, format))
    assert shows(tmp_path / name)


def test_what_is_left_out_is_named(tmp_path, caplog):
    root = concepts(tmp_path)
    for name in ("photo.heic", "notes.txt", "Thumbs.db", ".DS_Store", "desktop.ini"):
        (root / "house" / name).write_text("no drawing")
    (root / "readme.md").touch()
    (root / "house" / "more").mkdir()
    (root / "house" / "gone.png").symlink_to(root / "nothing.png")
    named = {one.path.name: one.why for one in files.left_out(root)}
    assert sorted(named) == ["gone.png", "more", "notes.txt", "photo.heic", "readme.md"]
    assert "save it as JPEG or PNG" in named["photo.heic"]
    assert len(read(root)) == 4
    assert "5 files of" in caplog.text and "readme.md" in caplog.text


@pytest.mark.parametrize("size", [(900, 240), (300, 1000), (300, 240)])
def test_a_page_that_is_not_square_keeps_its_shape(size):
    assert shows(sheet(size))


@pytest.mark.parametrize("top", [255, 1023, 4095, 65535])
@pytest.mark.parametrize("inverted", [False, True])
def test_grey_of_16_bits(tmp_path, top, inverted):
    grey = np.asarray(sheet()).astype(float) / 255
    values = np.round((1 - grey if inverted else grey) * top).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert shows(tmp_path / "a.png") and shows(values)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_picture_is_turned_as_its_camera_was(tmp_path, orientation, format):
    back = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = sheet() if back is None else sheet().transpose(back)
    tags = Image.Exif()
    tags[0x0112] = orientation
    (tmp_path / "a").write_bytes(saved(stored, format, exif=tags))
    assert shows(tmp_path / "a")


def test_ink_is_what_is_not_at_the_border_however_thick_the_pen():
    thin, thick = (read_drawing(sheet(pen=pen)) for pen in (3, 90))
    assert thin.mean() < 0.12 and thick.mean() > 0.4
    assert thick[0, 0, 30, 20] == 1 and thick[0, 0, 0].max() == 0
    for page, pen in ((thin, 3), (thick, 90)):
        assert abs(read_drawing(sheet(pen=pen, paper=0, ink=255)) - page).max() < 0.01


def test_a_page_in_doubt_is_read_as_the_others_of_its_concept(tmp_path):
    full = Image.new("L", (300, 240), 0)  # a drawing that fills its page but for a white disc
    ImageDraw.Draw(full).ellipse((20, 10, 280, 230), fill=255)
    pages = {f"{k}__png": saved(sheet(pen=6), "PNG") for k in range(4)}
    root = concepts(tmp_path, **pages, z__png=saved(full, "PNG"))
    found = read(root)
    assert found[0].mean() < 60 and found[4, 24, 24] == 0 and found[4, 9, 4] > 200
    assert read_drawing(full)[0, 0, 24, 24] == 1  # alone, its border is paper
    said = {one.file.name: one.ways for one in folder.report(root)}
    assert said["z.png"] == {"ink dark on light, as the others of its concept": 1}
    assert said["0.png"] == {"ink dark on light": 1}


def lit(light: np.ndarray) -> Image.Image:
    """A photograph of a hook under some light, with noise."""
    page = np.asarray(sheet((900, 720), 14, 245, 60, points=[(3 * x, 3 * y) for x, y in POINTS]))
    noise = np.random.default_rng(0).normal(0, 4, page.shape)
    photo = np.clip(page * light + noise, 0, 255).astype(np.uint8)
    return Image.open(io.BytesIO(saved(Image.fromarray(photo), "JPEG", quality=80)))


def test_light_that_falls_off_over_a_photograph_is_no_ink():
    down, across = np.mgrid[0:1:720j, 0:1:900j]
    assert shows(lit(1 - 0.6 * across))
    assert shows(lit(0.3 + 0.7 * np.exp(-((across - 0.5) ** 2 + (down - 0.4) ** 2) / 0.1)))
    assert shows(lit(np.full_like(down, 0.9)))


def test_a_shadow_with_an_edge_is_refused_with_what_to_do():
    down, across = np.mgrid[0:1:720j, 0:1:900j]
    with pytest.raises(DataError, match=r"has a shadow .*; photograph the paper"):
        read_drawing(lit(np.where(across + 0.2 * down > 0.8, 0.6, 1.0)))


@pytest.mark.parametrize("ink", [(255, 255, 255, 255), (0, 0, 0, 255), (200, 30, 30, 255)])
def test_transparency_is_the_drawing_where_the_colour_is_constant(ink):
    for hidden in (0, 255):
        assert shows(sheet(mode="RGBA", paper=(hidden, hidden, hidden, 0), ink=ink))


def test_a_yellow_pen_is_ink():
    assert shows(sheet(mode="RGB", paper="white", ink=(255, 255, 60)))


def test_a_very_large_scan_is_read_and_a_larger_one_refused(tmp_path):
    large = Image.new("1", (14_000, 14_000), 1)
    ImageDraw.Draw(large).line([(20 * x, 30 * y) for x, y in POINTS], fill=0, width=60)
    large.save(tmp_path / "a.png", compress_level=1)
    page = read_drawing(tmp_path / "a.png")
    assert 0.04 < page.mean() < 0.2 and page.max() == 1
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n"
    for name, content in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        sum_of = struct.pack(">I", zlib.crc32(name + content))
        bomb += struct.pack(">I", len(content)) + name + content + sum_of
    (tmp_path / "b.png").write_bytes(bomb)
    with pytest.raises(DataError, match=r"60,000 x 60,000 pixels|too large") as caught:
        read_drawing(tmp_path / "b.png")
    assert "\n" not in str(caught.value)


def test_inverted_archives_of_omniglot_are_turned_round(omniglot_root):
    names = omniglot.names(omniglot_root)
    before = np.stack(list(omniglot.pages(omniglot_root, names, 48)))
    for name in ALPHABETS:
        path = omniglot_root / f"{name}.zip"
        with zipfile.ZipFile(path) as archive:
            pages = {member: archive.read(member) for member in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in pages.items():
                inverted = Image.open(io.BytesIO(content)).convert("L").point(lambda v: 255 - v)
                archive.writestr(member, saved(inverted, "PNG"))
    after = np.stack(list(omniglot.pages(omniglot_root, names, 48)))
    assert before.mean() / 255 < 0.2 and np.mean(before != after) < 0.01


def test_a_bomb_in_an_archive_is_refused(omniglot_root):
    path = omniglot_root / "images_evaluation.zip"
    with zipfile.ZipFile(path) as archive:
        pages = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k, (member, content) in enumerate(pages.items()):
            archive.writestr(member, content if k else bytes(5 << 20))
    with pytest.raises(DataError, match=r"5,242,880 bytes are no drawing"):
        list(omniglot.pages(omniglot_root, ["Angelic.character01"], 48))


# Strokes


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


def bitmaps(count=5) -> np.ndarray:
    small = 255 - np.asarray(sheet((280, 280)).resize((28, 28), Image.Resampling.BOX))
    return np.stack([small.reshape(784)] * count)


def npy(array) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


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


def test_verify_says_of_each_file_how_it_was_read_or_why_not(tmp_path):
    tags = Image.Exif()
    tags[0x0112] = 6
    clear = sheet(mode="RGBA", paper=(0, 0, 0, 0), ink=(255, 255, 255, 255))
    root = concepts(
        tmp_path,
        a__png=saved(sheet(), "PNG"),
        b__JPG=saved(sheet().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=tags),
        c__webp=saved(clear, "WEBP", lossless=True),
        d__npy=npy(bitmaps(2)),
        e__png=b"no picture",
        f__txt=b"notes",
    )
    ndjson(root / "house" / "g.ndjson", count=6)
    found = {f.file.rpartition("house/")[2]: f for f in registry.verify(f"folder:{root}")}
    assert {name: (f.ok, f.state) for name, f in found.items() if len(name) < 9} == {
        "a.png": (True, "1 drawing, ink dark on light"),
        "b.JPG": (True, "1 drawing, ink dark on light; turned to the right"),
        "c.webp": (True, "1 drawing, ink from its transparency"),
        "d.npy": (True, "2 drawings, ink light on dark"),
        "e.png": (
            False,
            f"{root / 'house' / 'e.png'} is not a picture: it is none of the kinds that are read",
        ),
        "f.txt": (True, "is left out: drawings are not kept so"),
        "g.ndjson": (True, "4 drawings, strokes; 2 drawings left out, not recognised"),
    }


def test_verify_says_so_of_each_file_where_there_are_too_few_concepts(tmp_path):
    for name in ("house", "tree"):
        (tmp_path / "own" / name).mkdir(parents=True)
        (tmp_path / "own" / name / "a.png").write_bytes(saved(sheet(), "PNG"))
    (tmp_path / "own" / "tree" / "b.txt").touch()
    *files, whole = registry.verify(f"folder:{tmp_path / 'own'}")
    ways = ["1 drawing, ink dark on light"] * 2 + ["is left out: drawings are not kept so"]
    assert [f.state for f in files] == ways and all(f.ok for f in files)
    assert not whole.ok and "2 concepts are in" in whole.state


def test_info_says_what_is_read_and_how(tmp_path):
    root = concepts(tmp_path)
    (root / "tree" / "notes.txt").touch()
    about = registry.info(f"folder:{root}")
    assert about["drawings"] == 24 and about["read"] == {"ink dark on light": 24}
    assert about["left out"] == [str(root / "tree" / "notes.txt")]
    (root / "tree" / "0.png").write_bytes(b"")
    assert "0.png is not a picture" in registry.info(f"folder:{root}")["problem"]
