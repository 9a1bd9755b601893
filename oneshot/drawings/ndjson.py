"""Drawings of Quick, Draw!: a JSON record a line, all of one word.

It does without torch, so that the processes that render many files start soon.
"""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from oneshot.drawings.errors import DataError
from oneshot.drawings.opening import lines, stem
from oneshot.drawings.raster import fit_square, render
from oneshot.drawings.strokes import drawing_of, recognised


def read_category(file: Path, side: int, limit: int = 0) -> np.ndarray:
    """Return the recognised drawings of one ndjson file, uint8 (n, side, side).

    The simplified format pushes every drawing into the top left corner; here it is centred.
    Raises DataError as `pages` does.
    """
    if not file.is_file():
        raise DataError(f"{file} is missing; run `oneshot data fetch quickdraw`")
    pages = [render(fit_square(strokes), side) for strokes in strokes_of(file, limit)]
    if not pages:
        raise DataError(f"{file} holds no recognised drawing")
    return np.stack(pages)


def strokes_of(file: Path, limit: int = 0, word: str | None = None) -> Iterator[list[np.ndarray]]:
    """Yield the strokes of each recognised drawing of a file, simplified or raw (with times).

    At most `limit` are yielded (0: all). Empty strokes and drawings are left out, and so are blank
    lines. Raises DataError when the file is missing, or when a line is no drawing of `word`, by
    default what the file is named after; a line may do without a word.
    """
    taken, expected = 0, _composed(word or stem(file))
    for number, line in lines(file):
        if limit and taken == limit:
            return
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("it is not a JSON object")
            found, drawn = record.get("word"), recognised(record)
            strokes = drawing_of(record)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{file}: line {number} is not a drawing ({error})") from None
        if found is not None and _composed(str(found)) != expected:
            raise DataError(
                f"{file}: line {number} is a drawing of {found!r}, expected {expected!r}; "
                "the file is mislabelled"
            )
        if drawn and strokes:
            taken += 1
            yield strokes


def _composed(word: str) -> str:
    """Return a word in composed Unicode: file systems and files need not agree."""
    return unicodedata.normalize("NFC", word)
