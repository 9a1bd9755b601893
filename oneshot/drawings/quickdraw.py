"""Quick, Draw!: the official simplified ndjson files, one a category."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from oneshot.drawings.errors import DataError
from oneshot.drawings.raster import render
from oneshot.drawings.splits import by_group

FOLDER = "simplified"


def names(root: Path) -> list[str]:
    """Return the categories that have a file `simplified/<category>.ndjson`, sorted.

    Raises DataError when there is none.
    """
    files = sorted((Path(root) / FOLDER).glob("*.ndjson"))
    if not files:
        raise DataError(
            f"{Path(root) / FOLDER} holds no <category>.ndjson; run `oneshot data fetch "
            "quickdraw`, or set ONESHOT_DATA to a folder that holds quickdraw/simplified/"
        )
    return [file.stem for file in files]


def pages(root: Path, wanted: Sequence[str], side: int, limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the recognised drawings of each wanted category, uint8 (n, side, side), ink = 255.

    At most `limit` drawings a category are taken (0: all). A process per core renders them.

    Raises DataError when a file is missing, truncated, mislabelled or not simplified ndjson.
    """
    files = [Path(root) / FOLDER / f"{name}.ndjson" for name in wanted]
    # A fresh interpreter per worker: forking after torch has started threads can deadlock.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(read_category, side=side, limit=limit), files)


def split(names: list[str]) -> np.ndarray:
    """Return a split by category, so that clusters of one category never part company.

    `names` are categories or "category/k" concepts; the published share of test concepts, 115 of
    665, is the share of categories here.
    """
    return by_group([name.split("/")[0] for name in names], validation=0.087, test=115 / 665)


def read_category(file: Path, side: int, limit: int = 0) -> np.ndarray:
    """Return the recognised drawings of one ndjson file, uint8 (n, side, side)."""
    pages = [render(strokes, side) for strokes in strokes_of(file, limit)]
    if not pages:
        raise DataError(f"{file} holds no recognised drawing; delete it or fetch it again")
    return np.stack(pages)


def strokes_of(file: Path, limit: int = 0) -> Iterator[list[np.ndarray]]:
    """Yield the strokes of each recognised drawing of a simplified ndjson file."""
    taken = 0
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if limit and taken == limit:
                return
            try:
                record = json.loads(line)
                word, recognised, drawing = record["word"], record["recognized"], record["drawing"]
                strokes = [np.array(stroke[:2], dtype=np.float32).T for stroke in drawing]
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise DataError(
                    f"{file}: line {number} is not a simplified drawing ({error}); the file is "
                    "truncated or of another format: delete it and fetch it again"
                ) from None
            if word != file.stem:
                raise DataError(
                    f"{file}: line {number} is a drawing of {word!r}, expected {file.stem!r}; "
                    "the file is mislabelled"
                )
            if recognised and strokes:
                taken += 1
                yield strokes
