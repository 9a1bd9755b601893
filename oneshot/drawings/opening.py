"""Files as they are given: plain or gzipped, never more of one than fits."""

import gzip
import io
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from oneshot.drawings.errors import DataError, said

MOST = 256 << 20
"""Bytes of one file, unpacked, that are taken into memory."""
LINE = 16 << 20
"""Bytes of one line; a drawing of people has some thousands."""


@contextmanager
def opened(file: Path) -> Iterator[io.BufferedIOBase]:
    """Open a regular file, gunzipped where its name ends in .gz or .svgz.

    Raises DataError for what is no file, cannot be read or breaks off in the middle.
    """
    if not file.is_file():
        raise DataError(f"{file} is {'not a file' if file.exists() else 'missing'}")
    try:
        with gzip.open(file) if gzipped(file) else file.open("rb") as stream:
            yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{file} is not a whole gzip file ({said(error)}); pack it again") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror or error})") from None


def content(file: Path) -> bytes:
    """Return all of a file, unpacked; raise DataError where that is more than 256 MiB."""
    with opened(file) as stream:
        found = stream.read(MOST + 1)
    if len(found) > MOST:
        raise DataError(f"{file} is larger than {MOST >> 20} MiB; divide it into smaller files")
    return found


def seekable(file: Path) -> BinaryIO:
    """Return a stream of a file that can go back; the caller closes it."""
    with opened(file):
        return io.BytesIO(content(file)) if gzipped(file) else file.open("rb")


def lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not blank, numbered from 1, without their ends.

    Raises DataError for a line of more than 16 MiB.
    """
    with opened(file) as stream:
        number = 0
        while line := stream.readline(LINE + 1):
            number += 1
            if len(line) > LINE:
                raise DataError(f"{file}: line {number} is longer than {LINE >> 20} MiB")
            if line.strip():
                yield number, line.removeprefix(b"\xef\xbb\xbf").strip()


def gzipped(file: Path) -> bool:
    """Say whether a file is gzipped, by its name."""
    return file.suffix.lower() in (".gz", ".svgz")


def kind(file: Path) -> str:
    """Return the suffix of a file in small letters, of what is inside when it is gzipped."""
    if file.suffix.lower() == ".svgz":
        return ".svg"
    return (Path(file.stem) if file.suffix.lower() == ".gz" else file).suffix.lower()


def stem(file: Path) -> str:
    """Return the name of a file without its suffixes."""
    return Path(file.stem).stem if file.suffix.lower() == ".gz" else file.stem


def composed(name: str) -> str:
    """Return a name in composed Unicode: file systems and files need not agree."""
    return unicodedata.normalize("NFC", name)
