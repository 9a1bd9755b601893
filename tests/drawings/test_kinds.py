"""Every kind of file that people have, and which of its pixels are ink."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from kinds import POINTS, bitmaps, concepts, npy, read, saved, sheet, shows
from PIL import Image, ImageDraw

from oneshot.drawings import files, folder, omniglot, registry
from oneshot.drawings.errors import DataError
from oneshot.drawings.reading import read_drawing

from .conftest import ALPHABETS, ndjson


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


def test_a_small_file_that_tells_of_a_large_page_is_refused_at_once(tmp_path, monkeypatch):
    held = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", 14_000, 14_000, 8, 0, 0, 0, 0)
    for name, content in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")):
        held += struct.pack(">I", len(content)) + name + content
        held += struct.pack(">I", zlib.crc32(name + content))
    (tmp_path / "a.png").write_bytes(held)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(DataError, match=f"{len(held)} bytes cannot hold 14,000 x 14,000 pixels"):
        read_drawing(tmp_path / "a.png")


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
