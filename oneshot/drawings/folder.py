"""Your own drawings: a folder per concept, with pictures, strokes or arrays of them.

| in `<concept>/` | what it holds |
|---|---|
| `*.png`, `*.jpg`, ... | a picture of any kind that Pillow reads |
| `*.ndjson`, `*.jsonl`, `*.json` | strokes: Quick, Draw! simplified or raw, or of `strokes.py` |
| `*.svg` | lines |
| `*.npy`, `*.npz` | bitmaps, pages or pen offsets, of `arrays.py` |

Each may be gzipped (`*.gz`), and is read as `read_drawing` reads one.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from oneshot.drawings import files, identity
from oneshot.drawings.errors import BlankPage, DataError
from oneshot.drawings.files import ARRAYS
from oneshot.drawings.opening import composed, kind
from oneshot.drawings.raster import SIDE
from oneshot.drawings.reading import Page, drawings_in, page_of
from oneshot.drawings.splits import by_group
from oneshot.drawings.strokes import Skipped

LEAST = 4
log = logging.getLogger("oneshot")


@dataclass(frozen=True)
class Read:
    """What came of a file: how many drawings were read in which way, how many skipped and why.

    `fault` says why a file could not be read, `left_out` why it was not looked at.
    """

    file: Path
    ways: Counter
    skipped: Counter
    fault: str = ""
    left_out: str = ""


def names(root: Path) -> list[str]:
    """Return the names of the folders in `root`, sorted; raise DataError for fewer than six.

    Hidden folders and files, such as those of an editor, are not looked at, here or elsewhere.
    """
    return list(files.drawing_files(root))


def pages(root: Path, wanted: Sequence[str], side: int, limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the drawings of each wanted folder, uint8 (n, side, side), ink = 255.

    What is ink, dark or light, is decided by the border of each page, and where that leaves a doubt
    by the pages of its concept. What is not read is named in the log.

    Raises DataError when a concept has fewer than four drawings or a file cannot be read.
    """
    of_concept = files.drawing_files(root)
    _report(root)
    for concept in wanted:
        drawn = [
            page.page
            for _, page in _decided(of_concept[concept], side, limit and max(limit, LEAST))
        ]
        if len(drawn) < LEAST:
            raise DataError(
                f"{Path(root) / concept} holds {len(drawn)} drawings; at least {LEAST} are needed, "
                "such as *.png or lines of *.ndjson"
            )
        yield np.stack(drawn[: limit or None])


def report(root: Path) -> Iterator[Read]:
    """Yield for each file of a folder how it is read, and for each that is not why.

    Raises DataError when `root` is no folder with folders in it.
    """
    for found in files.drawing_files(root, enough=False).values():
        skipped: dict[Path, Counter] = {file: Counter() for file in found}
        faults: dict[Path, str] = {}
        ways: dict[Path, Counter] = {file: Counter() for file in found}
        for file, page in _decided(found, SIDE, skipped=skipped, faults=faults):
            ways[file]["; ".join(page.notes)] += 1
        for file in found:
            yield Read(file, ways[file], skipped[file], faults.get(file, ""))
    for one in files.left_out(root):
        yield Read(one.path, Counter(), Counter(), left_out=one.why)


def fingerprint(root: Path, limit: int = 0) -> str:
    """Return a digest of the names and contents of all files that are read, as they are read.

    Where the folder lies, and what else lies in it, does not matter; neither does `limit`, for the
    pages of a concept decide together what is ink. Raises DataError as `names` does, and when a
    file cannot be read.
    """
    return identity.fingerprint(
        (f"{concept}/{composed(file.name)}", file)
        for concept, found in files.drawing_files(root).items()
        for file in found
    )


def split(names: list[str]) -> np.ndarray:
    """Return a seeded split: 15 % of the concepts test, 10 % validation, each at least two."""
    return by_group(names, validation=0.1, test=0.15)


def _decided(
    found: list[Path],
    side: int,
    limit: int = 0,
    *,
    skipped: dict[Path, Counter] | None = None,
    faults: dict[Path, str] | None = None,
) -> list[tuple[Path, Page]]:
    """Return the pages of the files of one concept, at most `limit` (0: all), and whose each is.

    A page whose border leaves a doubt is read as most of the others of its concept are, those
    beyond the limit among them. With `faults`, files that cannot be read are put there and the
    others are read.
    """
    read = _read(found, side, limit, skipped or {}, faults)
    if limit and any(page.other for _, page in read):
        everything = _read(found, side, 0, skipped or {}, faults)
        dark = _mostly_dark([page for _, page in everything])
    else:
        dark = _mostly_dark([page for _, page in read])
    return [
        (file, _as_others(page.other) if page.other and page.dark != dark else page)
        for file, page in read
    ]


def _as_others(page: Page) -> Page:
    way, *notes = page.notes
    return replace(page, notes=(f"{way}, as the others of its concept", *notes))


def _read(
    found: list[Path],
    side: int,
    limit: int,
    skipped: dict[Path, Counter],
    faults: dict[Path, str] | None,
) -> list[tuple[Path, Page]]:
    read: list[tuple[Path, Page]] = []
    for file in found:
        try:
            for page in _pages_in(file, side, skipped.get(file, Counter())):
                read.append((file, page))
                if limit and len(read) == limit:
                    return read
        except DataError as error:
            if faults is None:
                raise
            faults[file] = str(error)
    return read


def _pages_in(file: Path, side: int, skipped: Counter) -> Iterator[Page]:
    for number, drawing in enumerate(drawings_in(file), 1):
        if isinstance(drawing, Skipped):
            skipped[drawing.why] += 1
            continue
        try:
            yield page_of(drawing, side, str(file) if number == 1 else f"{file}, {number}")
        except BlankPage:
            if kind(file) not in ARRAYS:
                raise
            skipped["without ink"] += 1


def _mostly_dark(pages: list[Page]) -> bool:
    """Say whether the ink of a concept is dark, by the pages that leave no doubt if there are."""
    asked = [(page.dark, page.other is None) for page in pages if page.dark is not None]
    votes = [dark for dark, sure in asked if sure] or [dark for dark, _ in asked]
    return 2 * sum(votes) >= len(votes)


def _report(root: Path) -> None:
    """Say in the log what lies in a folder and is not read."""
    others = files.left_out(root)
    if others:
        log.warning(
            "%s of %s and what it holds are left out, such as %s: %s; `oneshot data verify "
            "folder:%s` names them all",
            f"{len(others)} files" if len(others) > 1 else "1 file", root, others[0].path.name,
            others[0].why, root,
        )  # fmt: skip
