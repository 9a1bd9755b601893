"""Quick, Draw!: the official simplified ndjson files, one a category."""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from oneshot.drawings.errors import DataError
from oneshot.drawings.ndjson import read_category
from oneshot.drawings.splits import by_group

FOLDER = "simplified"
CATEGORIES = 345
FEW = 5000
"""So few drawings are rendered sooner than other processes have started."""


def names(root: Path) -> list[str]:
    """Return the categories that have a file `simplified/<category>.ndjson`, sorted.

    Raises DataError when there is none.
    """
    found = _categories(root)
    if not found:
        raise DataError(
            f"{Path(root) / FOLDER} holds no <category>.ndjson; run `oneshot data fetch "
            "quickdraw`, or set ONESHOT_DATA to a folder that holds quickdraw/simplified/"
        )
    return found


def fingerprint(root: Path) -> str:
    """Return a digest of the categories that are there, "" when it is all of them or none.

    Some of them are divided otherwise than all: what was trained on all may have seen their test
    concepts, and is not to be taken for a model of these.
    """
    found = _categories(root)
    if len(found) in (0, CATEGORIES):
        return ""
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def pages(root: Path, wanted: Sequence[str], side: int, limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the recognised drawings of each wanted category, uint8 (n, side, side), ink = 255.

    At most `limit` drawings a category are taken (0: all). When they are many, a process per core
    renders them.

    Raises DataError when a file is missing, truncated, mislabelled or not simplified ndjson.
    """
    files = [Path(root) / FOLDER / f"{name}.ndjson" for name in wanted]
    read = partial(read_category, side=side, limit=limit)
    if 0 < limit * len(files) <= FEW or len(files) == 1:
        yield from map(read, files)
        return
    # A fresh interpreter per worker: forking after torch has started threads can deadlock.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        with _main_hidden():
            found = pool.map(read, files)
        yield from found


def split(names: list[str]) -> np.ndarray:
    """Return a split by category, so that clusters of one category never part company.

    `names` are categories or "category/k" concepts; the published share of test concepts, 115 of
    665, is the share of categories here.
    """
    return by_group([name.split("/")[0] for name in names], validation=0.087, test=115 / 665)


def _categories(root: Path) -> list[str]:
    return sorted(file.stem for file in (Path(root) / FOLDER).glob("[!.]*.ndjson"))


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Keep workers from importing the program they are started from.

    The import is only of use to work that the program itself defines. A script without a
    `__main__` guard would run a second time in it, and wait for its own first run.
    """
    main = sys.modules["__main__"]
    kept = {
        name: main.__dict__.pop(name) for name in ("__file__", "__spec__") if name in vars(main)
    }
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(kept)
