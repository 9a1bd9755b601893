"""Which drawings these are: one fingerprint over exactly the files that are read, by content.

It does not matter where files lie, when they were written, or what lies beside them.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from oneshot.drawings.errors import DataError


def fingerprint(
    files: Iterable[tuple[str, str | Path]], digest: Callable[[str | Path], str] | None = None
) -> str:
    """Return the sha256 of the names and contents of files, in their order.

    `files` are pairs of the name that counts and where the file is; `digest` says what of a file
    counts, all of it by default. Raises DataError when a file cannot be read.
    """
    total = hashlib.sha256()
    for name, path in files:
        total.update(f"{name}\0{(digest or content)(path)}\n".encode())
    return total.hexdigest()


def content(path: str | Path) -> str:
    """Return the sha256 of a file; it is read again only when the system says that it changed.

    Raises DataError when it cannot be read.
    """
    return cached(_content, path)


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


def _content(path: str | Path) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
