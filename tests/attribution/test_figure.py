"""A figure is drawn from known maps and read back."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms
from scipy import ndimage

from oneshot.attribution import figure
from oneshot.drawings.errors import DataError

CELLS, ROWS, COLUMNS = 14, 2, 3
CELL, GAP, PANELS_APART = 3.39, 8.4, 31.0


@pytest.fixture(scope="module")
def truth():
    """Ink and two maps of six tiles, on 256 levels; the ink of a map is another tile's."""
    random = np.random.default_rng(0)
    shape = (ROWS * COLUMNS, CELLS, CELLS)
    ink = ndimage.gaussian_filter(random.random(shape) > 0.8, (0, 0.5, 0.5), output=float)
    maps = ndimage.gaussian_filter(random.random((2, *shape)), (0, 0, 2, 2))
    span = maps.max((2, 3), keepdims=True) - maps.min((2, 3), keepdims=True)
    maps = (maps - maps.min((2, 3), keepdims=True)) / span
    return np.rint(255 * ink / ink.max()).astype(int), np.rint(255 * maps).astype(int)


def blend(ink, heat):
    """The colours of levels of ink under levels of a map, as matplotlib blends them."""
    return (figure.INK[ink] + figure.HEAT[heat]) / 2


@pytest.fixture(scope="module")
def picture(truth) -> Image.Image:
    """Both panels on white paper, with cells of an odd size, letters, and a noisy screen."""
    ink, maps = truth
    side = CELLS * CELL
    width = int(2 * COLUMNS * (side + GAP) + PANELS_APART + 20)
    page = np.full((int(ROWS * (side + GAP) + 40), width, 3), 255.0)
    y, x = np.mgrid[: page.shape[0], : page.shape[1]] + 0.5
    for panel, heat in enumerate(maps):
        for tile in range(ROWS * COLUMNS):
            row, column = divmod(tile, COLUMNS)
            left = 9.3 + (panel * COLUMNS + column) * (side + GAP) + panel * PANELS_APART
            top = 21.7 + row * (side + GAP)
            i, j = np.floor((y - top) / CELL).astype(int), np.floor((x - left) / CELL).astype(int)
            inside = (i >= 0) & (i < CELLS) & (j >= 0) & (j < CELLS)
            at = i[inside], j[inside]
            page[inside] = blend(ink[tile][at], heat[tile][at])
    page[4:14, 3:9] = 0  # a letter
    page += np.random.default_rng(1).normal(0, 0.8, page.shape)
    return Image.fromarray(page.clip(0, 255).round().astype(np.uint8))


@pytest.fixture(scope="module")
def found(picture, tmp_path_factory):
    path = tmp_path_factory.mktemp("figure") / "Fig5.png"
    picture.save(path)
    return figure.read(path, CELLS)


def test_maps_and_ink_come_back(truth, found):
    ink, maps = truth
    for read, known in ((found.model, maps[0]), (found.human, maps[1])):
        error = np.abs(read.numpy() - known / 255)
        assert np.median(error) < 0.005
        assert error[found.certain.numpy()].max() < figure.SPREAD
    assert np.abs(found.exemplars[:, 0].numpy() - ink / 255).mean() < 0.01
    assert found.certain.float().mean() > 0.97
    assert found.origin == "read off a figure" and found.names[-1] == "tile 6"


def test_ink_does_not_leak_into_maps(truth, found):
    ink, maps = truth
    on = (ink > 127) & found.certain.numpy()
    assert on.sum() > 50
    assert abs((found.human.numpy() - maps[1] / 255)[on].mean()) < 0.003


def test_without_noise_the_reading_is_exact():
    random = np.random.default_rng(3)
    ink, maps = random.integers(256, size=40), random.integers(256, size=(2, 40))
    read, heat, certain = figure.unmix(blend(ink, maps))
    # jet is flat between two of its levels, and viridis moves by less than a unit at places
    assert np.abs(heat - maps / 255)[:, certain].max() < 0.02
    assert np.abs(read - ink / 255)[certain].max() < 0.02
    assert certain.mean() > 0.9


def test_colours_that_no_blend_makes_are_not_certain():
    green = np.full((2, 1, 3), (0, 255, 0))
    assert not figure.unmix(green)[2].any()


def swapped_profile() -> bytes:
    """The sRGB profile with the colours of its red and green channels exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    entries = {bytes(profile[132 + 12 * k : 136 + 12 * k]): 132 + 12 * k for k in range(count)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_colours_are_read_through_the_profile():
    buffer = io.BytesIO()
    pure = Image.new("RGB", (2, 2), (200, 30, 60))
    pure.save(buffer, "PNG", icc_profile=swapped_profile())
    with Image.open(buffer) as image:
        seen = np.asarray(figure.srgb(image))[0, 0].astype(int)
    assert np.abs(seen - (30, 200, 60)).max() <= 2
    assert np.asarray(figure.srgb(pure))[0, 0].tolist() == [200, 30, 60]


def test_a_picture_without_panels_is_refused(tmp_path, picture):
    path = tmp_path / "odd.png"
    picture.crop((0, 0, picture.width * 5 // 6, picture.height)).save(path)
    with pytest.raises(DataError, match="5 columns"):
        figure.read(path, CELLS)
    Image.new("RGB", (20, 20), "white").save(path)
    with pytest.raises(DataError, match="found 0 tiles"):
        figure.read(path)
    path.write_text("no picture")
    with pytest.raises(DataError, match="not a picture"):
        figure.read(path)


def test_the_missing_figure_says_where_it_comes_from(tmp_path):
    with pytest.raises(DataError, match=r"diffusion_as_artist.*Fig5\.png"):
        figure.published(tmp_path)
    (tmp_path / figure.ARRAYS).write_bytes(b"not arrays")
    with pytest.raises(DataError, match="does not hold the maps"):
        figure.published(tmp_path)
