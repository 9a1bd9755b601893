"""Quick, Draw!: the official simplified ndjson files, one a category."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from oneshot.drawings import identity
from oneshot.drawings.errors import DataError
from oneshot.drawings.listings import Listing
from oneshot.drawings.ndjson import hashes_of, read_category, read_listed
from oneshot.drawings.splits import by_group
from oneshot.progress import tqdm

FOLDER = "simplified"
SHIPPED = "87942d0e753ad722d1dd7a249d43ccdd1e5149da7c5a6af9751017413c2a6a97"
"""Fingerprint of the drawings that the models which ship were trained on."""
SHIPPED_LIMIT = 500
"""Drawings of a category that they, at size laptop, have seen at most."""
SURE, DRAWN, NOTHING = b'"recognized":true', b'"drawing":[[[', b'"drawing":[[[]'
"""How a line holds a recognised drawing, and how one that begins with nothing."""
VALIDATION, TEST = 0.087, 115 / 665
"""Shares of the concepts that are held out; the papers have no validation concepts."""
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


def fingerprint(root: Path, limit: int = SHIPPED_LIMIT) -> str:
    """Return what tells these drawings from others, "" when they are those that models ship for.

    That is also said of no drawings at all. Of each category count the first `limit` recognised
    drawings (0: all), and the categories that there are: some of them are divided otherwise than
    all, and what was trained on all may have seen their test concepts.

    Raises DataError when a file cannot be read.
    """
    limits = [SHIPPED_LIMIT] * (0 < limit <= SHIPPED_LIMIT) + [limit]
    found = ""
    for most in limits:
        found = _digest(root, most)
        if found in ("", SHIPPED):
            return ""
    return found


def _digest(root: Path, limit: int) -> str:
    # Texts, not paths: this is asked for each recipe, of hundreds of files.
    folder = os.fspath(Path(root) / FOLDER)
    files = [(name, f"{folder}/{name}.ndjson") for name in _categories(root)]
    return identity.fingerprint(files, _first, limit=limit) if files else ""


def _first(file: str, limit: int) -> str:
    """Return the sha256 of the lines up to the one with the last drawing that is wanted.

    A line counts when it surely holds a recognised drawing. Where one is written otherwise, more
    lines are looked at than will be read, never fewer.
    """
    total, found = hashlib.sha256(), 0
    with Path(file).open("rb") as lines:
        for line in filter(None, map(bytes.strip, lines)):
            total.update(line + b"\n")
            found += SURE in line and DRAWN in line and NOTHING not in line
            if found == limit > 0:
                break
    return total.hexdigest()


def pages(root: Path, wanted: Sequence[str], side: int, limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the recognised drawings of each wanted category, uint8 (n, side, side), ink = 255.

    At most `limit` drawings a category are taken (0: all). When they are many, a process per core
    renders them.

    Raises DataError when a file is missing, truncated, mislabelled or not simplified ndjson.
    """
    read = partial(read_category, side=side, limit=limit)
    files = [_file(root, name) for name in wanted]
    yield from _each(read, files, few=0 < limit * len(files) <= FEW)


def listed_pages(root: Path, found: Listing, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the drawings of a list that are there, in its order, and which of it they are.

    The pages are uint8 (n, side, side), ink = 255; the truth values are (N,), n of them true.
    Raises DataError when none is there or a file is damaged.
    """
    wanted = found.categories()
    read = partial(read_listed, side=side)
    jobs = [(_file(root, name), hashes) for name, hashes in wanted.items()]
    pages: dict[int, np.ndarray] = {}
    few = sum(len(hashes) for hashes in wanted.values()) <= FEW
    for part in tqdm(_each(read, jobs, few), desc="looking up drawings", total=len(jobs)):
        pages |= part
    there = np.array([mark in pages for mark in found.hashes.tolist()])
    if not there.any():
        raise DataError(
            f"{Path(root) / FOLDER} holds none of the {len(there):,} drawings that are listed; run "
            "`oneshot data fetch quickdraw`, or name the first edition: quickdraw:1"
        )
    return np.stack([pages[mark] for mark in found.hashes[there].tolist()]), there


def hashes(root: Path, wanted: Sequence[str], limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the content hashes (n,) of what `pages` yields, category by category."""
    files = [_file(root, name) for name in wanted]
    yield from _each(partial(hashes_of, limit=limit), files, few=0 < limit * len(files) <= FEW)


def _each(read: Callable, jobs: Sequence, few: bool) -> Iterator:
    """Yield what `read` makes of each job; when they are many, in a process per core."""
    if few or len(jobs) == 1:
        yield from map(read, jobs)
        return
    # A fresh interpreter per worker: forking after torch has started threads can deadlock.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        with _main_hidden():
            found = pool.map(read, jobs)
        yield from found


def split(names: list[str]) -> np.ndarray:
    """Return a split by category, so that clusters of one category never part company.

    `names` are categories or "category/k" concepts; the published share of test concepts, 115 of
    665, is the share of categories here.
    """
    return by_group([name.split("/")[0] for name in names], VALIDATION, TEST)


def _file(root: Path, name: str) -> Path:
    return Path(root) / FOLDER / f"{name}.ndjson"


def _categories(root: Path) -> list[str]:
    try:
        with os.scandir(Path(root) / FOLDER) as entries:
            found = [entry.name for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []
    ending = ".ndjson"
    seen = (name for name in found if name.endswith(ending) and not name.startswith("."))
    return sorted(name.removesuffix(ending) for name in seen)


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
