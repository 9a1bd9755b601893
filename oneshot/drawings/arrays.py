"""Arrays of NumPy as drawings: bitmaps, pages and the pen offsets of sketch-rnn, never pickles.

| shape | is |
|---|---|
| `(n, 3)`, `(n, 5)` | one drawing: stroke-3, stroke-5 |
| `(n, 784)` | bitmaps of 28 x 28, as Quick, Draw! has them |
| `(n, h, w)`, `(n, 1, h, w)` | pages |
| `(h, w)`, `(h, w, 3)`, `(h, w, 4)` | one page |

Each array of an `.npz` file is read so. What reads headers and packed members has no error of its
own: damage ends in any.
"""

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from oneshot.drawings import pictures, strokes
from oneshot.drawings.errors import DataError, said
from oneshot.drawings.opening import MOST, kind, seekable
from oneshot.drawings.pictures import Picture

BITMAP = 28


def drawings_in(file: Path) -> Iterator[Picture | list[np.ndarray]]:
    """Yield the drawings of an `.npy` or `.npz` file.

    Raises DataError when it is damaged, holds Python objects or has a shape that is none of those
    above.
    """
    with seekable(file) as stream:
        if kind(file) == ".npy":
            yield from _guarded(stream, str(file), file)
            return
        try:
            archive = zipfile.ZipFile(stream)
        except Exception as error:
            raise DataError(f"{file} is not a whole .npz file ({said(error)})") from None
        with archive:
            for member in archive.infolist():
                if member.filename.endswith(".npy"):
                    name = f"{file}: {member.filename.removesuffix('.npy')}"
                    try:
                        inside = archive.open(member)
                    except Exception as error:
                        raise DataError(f"{name} is damaged ({said(error)})") from None
                    with inside:
                        yield from _guarded(inside, name, file)


def of_array(array: np.ndarray, name: str = "the array") -> Picture | list[np.ndarray]:
    """Return the one drawing in an array; raise DataError where it is none, or several."""
    if array.ndim == 2 and array.shape[1] in (3, 5) and array.dtype.kind in "iuf":
        try:
            return strokes.from_offsets(array)
        except ValueError as error:
            raise DataError(f"{name} is no drawing: {error}") from None
    return pictures.from_array(array, name)


def _guarded(stream: IO[bytes], name: str, file: Path) -> Iterator[Picture | list[np.ndarray]]:
    try:
        yield from _from_npy(stream, name, file)
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{name} is not a whole NumPy array ({said(error)})") from None


def _from_npy(stream: IO[bytes], name: str, file: Path) -> Iterator[Picture | list[np.ndarray]]:
    version = npy.read_magic(stream)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = header(stream)
    if dtype.hasobject:
        raise DataError(
            f"{name} holds Python objects, which only a pickle keeps, and pickles run code: they "
            "are not loaded. If you trust where it is from, write it anew, each drawing an array: "
            f"d = numpy.load({file.name!r}, allow_pickle=True, encoding='latin1'); "
            "numpy.savez('drawings.npz', *d['train'])"
        )
    if dtype.kind not in "buif":
        raise DataError(f"{name} holds {dtype}, expected numbers")
    each, several = _each(shape, name)
    if not several:
        yield of_array(_read(stream, shape, fortran, dtype, name), name)
        return
    if fortran:
        for array in _read(stream, shape, fortran, dtype, name):
            yield of_array(array.reshape(each), name)
        return
    for number in range(shape[0]):
        array = _read(stream, each, False, dtype, f"{name}, drawing {number + 1}")
        yield of_array(array, f"{name}, drawing {number + 1}")


def _each(shape: tuple[int, ...], name: str) -> tuple[tuple[int, ...], bool]:
    """Return the shape of one drawing, and whether there are several of it."""
    if len(shape) == 2 and shape[1] == BITMAP * BITMAP:
        return (BITMAP, BITMAP), True
    if len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4)):
        return shape, False
    if len(shape) == 3:
        return shape[1:], True
    if len(shape) == 4 and 1 in (shape[1], shape[3]):
        return (shape[1:3] if shape[3] == 1 else shape[2:]), True
    raise DataError(
        f"{name} has the shape {shape}, expected bitmaps (n, 784), pages (n, height, width) or pen "
        "offsets (n, 3)"
    )


def _read(stream: IO[bytes], shape, fortran: bool, dtype: np.dtype, name: str) -> np.ndarray:
    count = math.prod(shape)
    size = count * dtype.itemsize
    if size > MOST:
        raise DataError(f"{name} is larger than {MOST >> 20} MiB; divide it into smaller arrays")
    found = stream.read(size)
    if len(found) < size:
        raise DataError(f"{name} is truncated: {len(found):,} bytes of {size:,} are there")
    return np.frombuffer(found, dtype).reshape(shape, order="F" if fortran else "C")
