"""Pictures of any kind that Pillow reads, made small and told as colour and opacity."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from oneshot.drawings.errors import DataError, said
from oneshot.drawings.opening import seekable

WORKING = 1024
"""Pixels of the longer side, at most, at which a picture is looked at."""
MEMORY = 800 << 20
"""Bytes that a picture may take while it is decoded."""
DEFLATED = 1032
"""Most bytes that one byte of a PNG can become."""
HUGE = 1e30
STRIP = 4 << 20
UNREAD = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"}
"""Kinds that Pillow names but leaves to other programs, or does not read at all."""
TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT, "mirrored"),
    3: (Image.Transpose.ROTATE_180, "turned upside down"),
    4: (Image.Transpose.FLIP_TOP_BOTTOM, "mirrored"),
    5: (Image.Transpose.TRANSPOSE, "turned and mirrored"),
    6: (Image.Transpose.ROTATE_270, "turned to the right"),
    7: (Image.Transpose.TRANSVERSE, "turned and mirrored"),
    8: (Image.Transpose.ROTATE_90, "turned to the left"),
}
ORIENTATION = 0x0112
_lock = Lock()


@dataclass(frozen=True)
class Picture:
    """A picture of at most 1024 px: `colour` (h, w, c) and `opacity` (h, w) or None, in [0, 1].

    `size` is its width and height before it was made small; `notes` say what was done to it.
    """

    colour: np.ndarray
    opacity: np.ndarray | None
    size: tuple[int, int]
    notes: tuple[str, ...] = ()


def formats() -> list[str]:
    """Return the names of the formats that are read."""
    Image.init()
    return sorted(set(Image.OPEN) - UNREAD)


def suffixes() -> set[str]:
    """Return the suffixes of the files that are read, in small letters with the dot."""
    known = formats()
    return {end for end, format in Image.registered_extensions().items() if format in known}


def read(file: Path) -> Picture:
    """Return the picture in a file, the first one where it holds several.

    What would take more than `MEMORY` once decoded is refused before; in colour that is above 209
    million pixels, and decoding one just below takes Pillow some seconds. Raises DataError for it,
    and for a picture that is damaged or of another kind.
    """
    with seekable(file) as stream:
        return _decoded(stream, str(file))


def from_image(image: Image.Image) -> Picture:
    """Return the picture that Pillow holds; raise DataError as `read` does."""
    with _damage("the picture"):
        return _picture(image, "the picture")


def from_array(array: np.ndarray, name: str = "the array") -> Picture:
    """Return the picture in an array (h, w), (h, w, c) or (1, h, w), c being 1 to 4 channels.

    Integers run to the largest of their type, or are 0 and 1; floats run from 0 to 1, to 255, or
    from -1 to 1. Raises DataError for another shape or type, or what is not finite.
    """
    if array.ndim == 4 and len(array) == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] > 4:
        array = np.moveaxis(array, 0, -1)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or not array.size:
        raise DataError(f"{name} has the shape {array.shape}, expected (height, width) of a page")
    if array.dtype.kind not in "buif":
        raise DataError(f"{name} holds {array.dtype}, expected numbers")
    if array.nbytes > MEMORY:
        raise DataError(f"{name} is too large, {array.nbytes >> 20} MiB; make it smaller first")
    size = array.shape[1], array.shape[0]
    values = _unit(_shrunk(array, math.ceil(max(size) / WORKING)), array, name)
    channels = values.shape[2]
    opacity = values[..., -1] if channels in (2, 4) else None
    return Picture(values[..., : channels - (opacity is not None)], opacity, size)


def _decoded(stream: BinaryIO, name: str) -> Picture:
    with _damage(name), _large(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        length = stream.seek(0, SEEK_END)
        stream.seek(0)
        with Image.open(stream, formats=formats()) as image:
            size = image.size
            if image.format in ("JPEG", "MPO"):
                image.draft(image.mode, (2 * WORKING, 2 * WORKING))
            _check_memory(image, size, name)
            _check_length(image, length, name)
            image.load()
            found = _picture(image, name)
        return Picture(found.colour, found.opacity, size, found.notes)


def _check_memory(image: Image.Image, size: tuple[int, int], name: str) -> None:
    """Refuse a picture, or a bomb, before it is decoded."""
    width, height = image.size
    each = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    needed = width * height * each
    if image.format in ("JPEG", "MPO") and image.info.get("progressive"):
        needed += size[0] * size[1] * 6  # its coefficients are kept whole, however small it gets
    if image.format in ("WEBP", "AVIF", "JPEG2000", "GIF", "ICO", "ICNS", "PSD", "TIFF"):
        needed *= 2 if image.format == "TIFF" else 3
    if needed > MEMORY:
        raise DataError(
            f"{name} is {size[0]:,} x {size[1]:,} pixels, which would take {needed >> 20:,} MiB to "
            f"read (at most {MEMORY >> 20}); scan it at 300 dpi or make it smaller"
        )


def _check_length(image: Image.Image, length: int, name: str) -> None:
    """Refuse a PNG of `length` bytes that cannot hold one bit for each pixel it tells of."""
    width, height = image.size
    if image.format == "PNG" and width * height > 8 * DEFLATED * length:
        raise DataError(
            f"{name} is damaged: {length:,} bytes cannot hold {width:,} x {height:,} pixels"
        )


def _picture(image: Image.Image, name: str) -> Picture:
    image.load()
    notes = []
    if (frames := getattr(image, "n_frames", 1)) > 1:
        notes.append(f"the first of {frames} pictures in it")
    factor = math.ceil(max(image.size) / WORKING)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        colour = _unit(_shrunk(values[..., None], factor), values, name)
        opacity = None
    else:
        mode = "RGBA" if image.has_transparency_data else "L" if image.mode in "1L" else "RGB"
        small = _small(image, mode, factor)
        opacity = small[..., 3] if mode == "RGBA" else None
        colour = small[..., :3]
    turn = TURNS.get(_orientation(image))
    if turn:
        notes.append(turn[1])
        colour = _turned(colour, turn[0])
        opacity = None if opacity is None else _turned(opacity[..., None], turn[0])[..., 0]
    return Picture(colour, opacity, image.size, tuple(notes))


def _small(image: Image.Image, mode: str, factor: int) -> np.ndarray:
    """Return a picture in a mode, shrunk strip by strip, so that no second copy is needed."""
    width, height = image.size
    rows = max(1, STRIP // (width * factor)) * factor
    strips = []
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        strip = strip if strip.mode == mode else strip.convert(mode)
        values = np.asarray(strip)
        values = values[..., None] if values.ndim == 2 else values
        if mode == "RGBA":
            strips.append(_shrunk_with_opacity(values, factor))
        else:
            strips.append(_shrunk(values, factor) / np.float32(255))
    return np.concatenate(strips)


def _shrunk_with_opacity(values: np.ndarray, factor: int) -> np.ndarray:
    """Shrink colours in the measure of their opacity: what cannot be seen has no colour."""
    opacity = values[..., 3:].astype(np.float32)
    weight = _shrunk(opacity, factor)
    colour = _shrunk(values[..., :3] * opacity, factor) / np.maximum(weight, 1e-3)
    return np.concatenate([colour, weight], -1) / np.float32(255)


def _shrunk(values: np.ndarray, factor: int) -> np.ndarray:
    """Return means over squares of `factor` pixels, float32; the last ones may be smaller."""
    if factor <= 1:
        return values.astype(np.float32)
    down = np.arange(0, values.shape[0], factor)
    across = np.arange(0, values.shape[1], factor)
    sums = np.stack(
        [np.add.reduce(values[top : top + factor], axis=0, dtype=np.float64) for top in down]
    )
    sums = np.add.reduceat(sums, across, axis=1)
    heights = np.minimum(factor, values.shape[0] - down)
    widths = np.minimum(factor, values.shape[1] - across)
    return (sums / (heights[:, None, None] * widths[None, :, None])).astype(np.float32)


def _unit(small: np.ndarray, values: np.ndarray, name: str) -> np.ndarray:
    """Return values between 0 and 1, by their type and by what the whole of them reach."""
    low, high = float(values.min()), float(values.max())
    if not (low > -HUGE and high < HUGE):
        raise DataError(f"{name} holds NaN or infinity, or numbers that no page has")
    if values.dtype.kind == "b" or (low >= 0 and high <= 1):
        return small
    if low >= 0 and high <= 255:
        return small / np.float32(255)
    if low >= -1 and high <= 1:
        return (small + 1) / 2
    depths = [float((1 << bits) - 1) for bits in (10, 12, 14, 16)]
    top = next((depth for depth in depths if low >= 0 and high <= depth), None)
    return small / np.float32(top) if top else ((small - low) / (high - low)).astype(np.float32)


def _turned(values: np.ndarray, turn: Image.Transpose) -> np.ndarray:
    layers = [
        np.asarray(Image.fromarray(layer).transpose(turn)) for layer in np.moveaxis(values, -1, 0)
    ]
    return np.stack(layers, -1)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:
        return 1  # what is said about the picture is damaged, not the picture


@contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except Image.DecompressionBombError as error:
        raise DataError(f"{name} is too large to be a drawing ({error})") from None
    except UnidentifiedImageError:
        raise DataError(f"{name} is not a picture: it is none of the kinds that are read") from None
    except DataError:
        raise
    except Exception as error:  # each reader of Pillow ends in its own way
        raise DataError(f"{name} is not a picture that can be read ({said(error)})") from None


@contextmanager
def _large() -> Iterator[None]:
    """Let Pillow open pictures that it would take for bombs; `_check_memory` looks at each."""
    with _lock:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MEMORY
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before
