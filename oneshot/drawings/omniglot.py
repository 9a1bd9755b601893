"""Omniglot: the two official archives, read straight from their zip files."""

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from oneshot.drawings.errors import DataError
from oneshot.drawings.splits import TEST, TRAIN, VALIDATION

ARCHIVES = ("images_background.zip", "images_evaluation.zip")
MEMBER = re.compile(r"(images_\w+)/([^/]+)/(character\d+)/\d+_\d+\.png$")
DRAWERS = 20
CHARACTERS = {"images_background.zip": 964, "images_evaluation.zip": 659}


def names(root: Path) -> list[str]:
    """Return "Alphabet.character01" of every character in the two archives, sorted.

    Raises DataError when an archive is missing, damaged or not Omniglot.
    """
    return sorted(_members(Path(root)))


def pages(root: Path, wanted: Sequence[str], side: int, limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the drawings of each wanted character, uint8 (20, side, side), ink = 255.

    A drawing is resized bilinearly from 105 px, inverted to ink = 1 and binarised at 0.5, as in
    *Diversity vs. Recognizability* (NeurIPS 2022). `root` holds the official zip files.
    """
    members = _members(Path(root))
    opened = {Path(root) / name: zipfile.ZipFile(Path(root) / name) for name in ARCHIVES}
    try:
        for concept in wanted:
            files = sorted(members[concept], key=lambda page: page[1])
            if len(files) != DRAWERS:
                raise DataError(
                    f"{files[0][0]}: {concept} has {len(files)} drawings, expected {DRAWERS}; "
                    "fetch the archive again with `oneshot data fetch omniglot`"
                )
            yield np.stack([_drawing(opened[a], a, n, side) for a, n in files[: limit or None]])
    finally:
        for archive in opened.values():
            archive.close()


def split(names: list[str]) -> np.ndarray:
    """Return the weak split: characters 01-03 of each alphabet test, 04-05 validation.

    The published split has no validation concepts; ours come out of its training characters.
    """
    number = np.array([int(name.rsplit("character", 1)[1]) for name in names])
    return np.where(number <= 3, TEST, np.where(number <= 5, VALIDATION, TRAIN)).astype(np.uint8)


def check(archive: Path) -> None:
    """Raise DataError unless an archive is whole and has the official characters and drawings."""
    found = filter(None, map(MEMBER.search, _listing(archive)))
    counts = Counter(member.group(2, 3) for member in found)
    wrong = sum(count != DRAWERS for count in counts.values())
    if wrong or len(counts) != CHARACTERS[archive.name]:
        raise DataError(
            f"{archive} holds {len(counts)} characters, {wrong} of them not with {DRAWERS} "
            f"drawings; expected {CHARACTERS[archive.name]}"
        )
    with zipfile.ZipFile(archive) as opened:
        try:
            broken = opened.testzip()
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
            broken = f"a drawing of it ({error})"
    if broken:
        raise DataError(f"{archive}: {broken} is damaged; run `oneshot data fetch omniglot`")


def _members(root: Path) -> dict[str, list[tuple[Path, str]]]:
    members: dict[str, list[tuple[Path, str]]] = {}
    for archive in (root / name for name in ARCHIVES):
        for name in _listing(archive):
            if found := MEMBER.search(name):
                members.setdefault(f"{found[2]}.{found[3]}", []).append((archive, name))
    return members


def _listing(archive: Path) -> list[str]:
    if not archive.exists():
        raise DataError(
            f"{archive} is missing; run `oneshot data fetch omniglot`, or set ONESHOT_DATA to a "
            "folder that holds omniglot/images_background.zip and omniglot/images_evaluation.zip"
        )
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise DataError(
            f"{archive} is not a whole zip file ({error}); delete it and run "
            "`oneshot data fetch omniglot`"
        ) from None
    folders = {found[1] for name in names if (found := MEMBER.search(name))}
    if folders != {archive.stem}:
        raise DataError(
            f"{archive} holds {', '.join(sorted(folders)) or 'no drawings'}; expected "
            f"{archive.stem}/<alphabet>/characterNN/*.png, the official Omniglot layout"
        )
    return names


def _drawing(archive: zipfile.ZipFile, path: Path, name: str, side: int) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(archive.read(name))) as image:
            page = image.convert("L").resize((side, side), Image.Resampling.BILINEAR)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, SyntaxError, ValueError) as error:
        raise DataError(
            f"{path}: {name} cannot be read ({error}); fetch the archive again with "
            "`oneshot data fetch omniglot`"
        ) from None
    grey = np.asarray(page, dtype=np.float32)
    paper = (grey - grey.min()) / max(grey.max() - grey.min(), 1)
    return np.where(1 - paper > 0.5, 255, 0).astype(np.uint8)
