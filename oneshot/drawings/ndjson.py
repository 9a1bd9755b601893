"""Simplified drawings of Quick, Draw!: a JSON record a line, all of one word.

It does without torch, so that the processes that render many files start soon.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from oneshot.drawings.errors import DataError
from oneshot.drawings.raster import fit_square, render


def read_category(file: Path, side: int, limit: int = 0) -> np.ndarray:
    """Return the recognised drawings of one ndjson file, uint8 (n, side, side).

    The simplified format pushes every drawing into the top left corner; here it is centred.
    Raises DataError as `pages` does.
    """
    pages = [render(fit_square(strokes), side) for strokes in strokes_of(file, limit)]
    if not pages:
        raise DataError(f"{file} holds no recognised drawing; delete it or fetch it again")
    return np.stack(pages)


def strokes_of(file: Path, limit: int = 0, word: str = "") -> Iterator[list[np.ndarray]]:
    """Yield the strokes of each recognised drawing of a simplified ndjson file.

    At most `limit` are yielded (0: all). Raises DataError when the file is missing, or when a line
    is not a simplified drawing of `word`, by default what the file is named after.
    """
    taken, expected = 0, word or file.stem
    for number, line in enumerate(_lines(file), 1):
        if limit and taken == limit:
            return
        try:
            record = json.loads(line)
            word, recognised = record["word"], record["recognized"]
            strokes = [_stroke(stroke) for stroke in record["drawing"]]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise DataError(
                f"{file}: line {number} is not a simplified drawing ({error}); the file is "
                "truncated or of another format: delete it and fetch it again"
            ) from None
        if word != expected:
            raise DataError(
                f"{file}: line {number} is a drawing of {word!r}, expected {expected!r}; "
                "the file is mislabelled"
            )
        if recognised and strokes:
            taken += 1
            yield strokes


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as lines:
            yield from lines
    except OSError as error:
        raise DataError(
            f"{file} cannot be read ({error.strerror}); run `oneshot data fetch quickdraw`"
        ) from None


def _stroke(columns: list) -> np.ndarray:
    """Return (points, 2) of the x and y columns of a stroke; a third one, of times, is left out."""
    x, y = columns[:2]
    stroke = np.array([x, y], dtype=np.float32).T
    if stroke.ndim != 2 or not len(stroke) or not np.isfinite(stroke).all():
        raise ValueError("a stroke is not [[x, ...], [y, ...]]")
    return stroke
