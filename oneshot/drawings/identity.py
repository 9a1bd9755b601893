"""Which drawings these are: a hash of each, and a fingerprint over exactly the files that are read.

It does not matter where files lie, when they were written, or what lies beside them. It does
without torch, for the processes that render drawings.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from oneshot.drawings.errors import DataError


def content_hash(parts: Sequence[np.ndarray]) -> int:
    """Return 8 bytes of BLAKE2 of what is drawn, as a signed integer.

    `parts` are the strokes of a drawing, (points, 2), or the pixels of a page that has none. How a
    file spells or orders its records does not matter, nor does how a drawing is rendered.
    """
    total = hashlib.blake2b(digest_size=8)
    for part in parts:
        total.update(np.array(np.shape(part), np.int64).tobytes())
        total.update(np.ascontiguousarray(part, dtype="<f4").tobytes())
    return int.from_bytes(total.digest(), "little", signed=True)


def sha256(path: str | Path) -> str:
    """Return the sha256 of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(
    files: Iterable[tuple[str, str | Path]], digest: Callable[..., str] = sha256, **options: int
) -> str:
    """Return the sha256 of the names and contents of files, in their order.

    `files` are pairs of the name that counts and where the file is; `digest(path, **options)` says
    what of a file counts, all of it by default. Raises DataError when a file cannot be read.
    """
    total = hashlib.sha256()
    for name, path in files:
        total.update(f"{name}\0{cached(digest, path, **options)}\n".encode())
    return total.hexdigest()


def cached(digest: Callable[..., str], path: str | Path, **options: int) -> str:
    """Return `digest(path, **options)`, from memory while size, times and place on disk are equal.

    Raises DataError when the file cannot be read.
    """
    try:
        now = os.stat(path)  # noqa: PTH116, of many files, for each recipe
        seen = now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_dev, now.st_ino
        return _cached(digest, path, tuple(options.items()), seen)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from None


@lru_cache(maxsize=1 << 16)
def _cached(digest: Callable[..., str], path: str | Path, options: tuple, seen: tuple) -> str:
    return digest(path, **dict(options))
