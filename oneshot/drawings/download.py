"""Downloads that go on where they stopped, also after the process or the machine died."""

import http.client
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from oneshot.drawings.errors import DataError
from oneshot.progress import tqdm

CHUNK = 1 << 18
TRIES = 3
PAUSE = 1.0
"""Seconds before the second try; each further one waits twice as long."""
TIMEOUT = 30.0
RECOGNISED = re.compile(rb'"recognized":\s*true')


class Enough:
    """Count the recognised drawings in a stream of ndjson, to cut it after the last one wanted."""

    def __init__(self, drawings: int):
        self.drawings, self.found, self.end, self.tail = drawings, 0, 0, b""

    def feed(self, chunk: bytes) -> bool:
        """Take the next bytes; say whether they hold enough. `end` is then where to cut."""
        *lines, self.tail = (self.tail + chunk).split(b"\n")
        for line in lines:
            if self.drawings and self.found == self.drawings:
                break
            self.end += len(line) + 1
            self.found += bool(RECOGNISED.search(line))
        return bool(self.drawings) and self.found == self.drawings


def download(url: str, part: Path, drawings: int = 0) -> None:
    """Complete `part`, the first bytes of the file at `url` or nothing yet.

    A server that can is asked only for the missing bytes. With `drawings` above 0 the file is
    ndjson and `part` ends with the line that holds so many recognised drawings, or earlier where
    the file ends.

    Raises DataError when the file is not there, or when three tries in a row bring no byte; what
    has come stays in `part` for the next call.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    failures = 0
    while True:
        before = _size(part)
        try:
            if _continue(url, part, Enough(drawings)):
                return
            problem = "the connection broke off"
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise DataError(f"{url} answers {error.code} {error.reason}") from None
            problem = f"the server answers {error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
        failures = 1 if _size(part) > before else failures + 1
        if failures == TRIES:
            raise DataError(
                f"{url} could not be fetched: {problem}; {_size(part):,} bytes are kept in {part}, "
                "run the same command again to go on from there"
            )
        time.sleep(PAUSE * 2 ** (failures - 1))


def _continue(url: str, part: Path, enough: Enough) -> bool:
    """Append what is missing, in one request; say whether the file is complete."""
    if _feed(part, enough):
        return True
    have = _size(part)
    try:
        response = urllib.request.urlopen(_request(url, have), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        # Nothing lies beyond the part: it is the file, or no part of this file.
        if error.headers.get("Content-Range", "").endswith(f"/{have}"):
            return True
        part.unlink()
        return False
    with response:
        if have and response.status != 206:
            part.unlink()
            have, enough = 0, Enough(enough.drawings)
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        return _append(response, part, have, total, enough)


def _append(response, part: Path, have: int, total: int | None, enough: Enough) -> bool:
    name = part.name.removesuffix(".part")
    bar = tqdm(total=total, initial=have, desc=name, unit="B", unit_scale=True, leave=False)
    with bar, part.open("ab") as file:
        while chunk := response.read(CHUNK):
            file.write(chunk)
            have += len(chunk)
            bar.update(len(chunk))
            if enough.feed(chunk):
                file.truncate(enough.end)
                return True
    return total is None or have >= total


def _feed(part: Path, enough: Enough) -> bool:
    """Count what a part already holds; cut it and say so when that is enough."""
    if not (enough.drawings and part.exists()):
        return False
    with part.open("rb+") as file:
        while chunk := file.read(CHUNK):
            if enough.feed(chunk):
                file.truncate(enough.end)
                return True
    return False


def _request(url: str, have: int) -> urllib.request.Request:
    # A compressed answer would make byte positions meaningless.
    headers = {"User-Agent": "oneshot", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    return urllib.request.Request(quote(url, safe=":/%?=&~"), headers=headers)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
