"""Drawings of Quick, Draw!: a JSON record a line, all of one word.

It does without torch, so that the processes that render many files start soon.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from oneshot.drawings.errors import DataError, said
from oneshot.drawings.identity import content_hash
from oneshot.drawings.opening import composed, lines, stem
from oneshot.drawings.raster import fit_square, render
from oneshot.drawings.strokes import Skipped, drawing_of, recognised


def read_category(file: Path, side: int, limit: int = 0) -> np.ndarray:
    """Return the recognised drawings of one ndjson file, uint8 (n, side, side).

    The simplified format pushes every drawing into the top left corner; here it is centred.
    Raises DataError when there is none, and as `drawings_in` does.
    """
    if not file.is_file():
        raise DataError(f"{file} is missing; run `oneshot data fetch quickdraw`")
    pages = [render(fit_square(strokes), side) for strokes in strokes_of(file, limit)]
    if not pages:
        raise DataError(f"{file} holds no recognised drawing")
    return np.stack(pages)


def read_listed(job: tuple[Path, np.ndarray], side: int) -> dict[int, np.ndarray]:
    """Return the pages, uint8 (side, side), of the drawings of a file with some content hashes.

    `job` are the file and the hashes. A drawing may be anywhere in the file; those that are not
    there are left out, all of them when there is no file. Raises DataError when it is damaged.
    """
    file, hashes = job
    wanted, found = set(hashes.tolist()), {}
    if not file.is_file():
        return found
    for strokes in strokes_of(file):
        if (mark := content_hash(strokes)) in wanted:
            found[mark] = render(fit_square(strokes), side)
            wanted.remove(mark)
            if not wanted:
                break
    return found


def hashes_of(file: Path, limit: int = 0) -> np.ndarray:
    """Return the content hashes (n,) of what `read_category` renders, in its order."""
    return np.array([content_hash(strokes) for strokes in strokes_of(file, limit)])


def strokes_of(file: Path, limit: int = 0, word: str | None = None) -> Iterator[list[np.ndarray]]:
    """Yield the strokes of the recognised drawings of a file, at most `limit` (0: all).

    Raises DataError as `drawings_in` does.
    """
    found = (d for d in drawings_in(file, word) if not isinstance(d, Skipped))
    return islice(found, limit or None)


def drawings_in(file: Path, word: str | None = None) -> Iterator[list[np.ndarray] | Skipped]:
    """Yield the strokes of each drawing of a file, simplified or raw (with times).

    Blank lines and empty strokes are nothing; drawings without ink and those that were not
    recognised are skipped. Raises DataError when the file is missing, or when a line is no drawing
    of `word`, by default what the file is named after; a line may do without a word.
    """
    expected = composed(word or stem(file))
    for number, line in lines(file):
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("it is not a JSON object")
            found, drawn = record.get("word"), recognised(record)
            strokes = drawing_of(record)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{file}: line {number} is not a drawing ({said(error)})") from None
        if found is not None and composed(str(found)) != expected:
            raise DataError(
                f"{file}: line {number} is a drawing of {found!r}, expected {expected!r}; "
                "the file is mislabelled"
            )
        if not drawn:
            yield Skipped("not recognised")
        else:
            yield strokes or Skipped("without a stroke")
