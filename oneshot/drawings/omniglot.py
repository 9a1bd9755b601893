"""Omniglot: the two official archives, read straight from their zip files."""

import hashlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from oneshot.drawings import identity
from oneshot.drawings.errors import DataError, said
from oneshot.drawings.paper import border_of
from oneshot.drawings.splits import TEST, TRAIN, VALIDATION

ARCHIVES = ("images_background.zip", "images_evaluation.zip")
MEMBER = re.compile(r"(images_\w+)/([^/]+)/(character\d+)/\d+_\d+\.png$")
OFFICIAL = {
    "images_background.zip": "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
    "images_evaluation.zip": "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
}
DRAWINGS = "ec55b9261971f71d2abec4164ababa7b971b0e01225a54dddcc0f88422a4f8e0"
"""Fingerprint of the drawings in the official archives, however they are packed."""
DRAWERS = 20
LARGEST, WIDEST, WHOLE = 1 << 20, 1024, 1 << 28
"""Most bytes and pixels a side of a drawing, and bytes of an archive; the official ones have some
hundred, 105, and ten million."""
CHARACTERS = {"images_background.zip": 964, "images_evaluation.zip": 659}


def names(root: Path) -> list[str]:
    """Return "Alphabet.character01" of every character in the two archives, sorted.

    Raises DataError when an archive is missing, damaged or not Omniglot.
    """
    return sorted(_members(Path(root)))


def pages(root: Path, wanted: Sequence[str], side: int, limit: int = 0) -> Iterator[np.ndarray]:
    """Yield the drawings of each wanted character, uint8 (20, side, side), ink = 255.

    A drawing is resized bilinearly from 105 px, inverted to ink = 1 and binarised at 0.5, as in
    *Diversity vs. Recognizability* (NeurIPS 2022). `root` holds the official zip files. A character
    whose pages have light ink on dark paper at most of their borders is turned round.
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
            greys = [_grey(opened[archive], archive, name, side) for archive, name in files]
            if _inverted(greys):
                greys = [1 - grey for grey in greys]
            yield np.stack([_drawing(grey) for grey in greys[: limit or None]])
    finally:
        for archive in opened.values():
            archive.close()


def fingerprint(root: Path, limit: int = 0) -> str:
    """Return what tells these drawings from others, "" when they are the published ones.

    That is also said when an archive is missing. How an archive is packed, and what else is in it,
    does not matter. `limit` does not either.
    """
    archives = [Path(root) / name for name in ARCHIVES]
    if not all(archive.is_file() for archive in archives):
        return ""
    digests = (identity.cached(identity.sha256, archive) for archive in archives)
    if all(digest == OFFICIAL[name] for digest, name in zip(digests, ARCHIVES, strict=True)):
        return ""
    found = identity.fingerprint(((archive.name, archive) for archive in archives), _packed)
    return "" if found == DRAWINGS else found


def _packed(archive: Path) -> str:
    """Return the sha256 of the names, sizes and checksums of the drawings in an archive.

    They are checked when a drawing is read. Of what is no archive, all bytes count.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            drawings = sorted(
                f"{found[1]}/{found[2]}/{found[3]} {member.filename.rsplit('/')[-1]} "
                f"{member.file_size} {member.CRC:08x}\n"
                for member in opened.infolist()
                if (found := MEMBER.search(member.filename))
            )
    except (zipfile.BadZipFile, EOFError, ValueError):
        return identity.sha256(archive)
    return hashlib.sha256("".join(drawings).encode()).hexdigest()


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
            large = [i.filename for i in opened.infolist() if i.file_size > LARGEST]
            broken = large[0] if large else opened.testzip()
        except Exception as error:  # zip and PNG files that are damaged end in any
            broken = f"a drawing of it ({said(error)})"
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
        if archive.stat().st_size > WHOLE:
            raise ValueError(f"{archive.stat().st_size:,} bytes are more than it has")
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except Exception as error:  # zip and PNG files that are damaged end in any
        raise DataError(
            f"{archive} is not a whole zip file ({said(error)}); move it away and run "
            "`oneshot data fetch omniglot`"
        ) from None
    folders = {found[1] for name in names if (found := MEMBER.search(name))}
    if folders != {archive.stem}:
        raise DataError(
            f"{archive} holds {', '.join(sorted(folders)) or 'no drawings'}; expected "
            f"{archive.stem}/<alphabet>/characterNN/*.png, the official Omniglot layout"
        )
    return names


def _grey(archive: zipfile.ZipFile, path: Path, name: str, side: int) -> np.ndarray:
    """Return a page as float32 (side, side), 0 to 1, from black to white of this page."""
    try:
        if archive.getinfo(name).file_size > LARGEST:
            raise ValueError(f"{archive.getinfo(name).file_size:,} bytes are no drawing")
        with Image.open(io.BytesIO(archive.read(name)), formats=["PNG"]) as image:
            if max(image.size) > WIDEST:
                raise ValueError(f"{image.size[0]} x {image.size[1]} pixels are no drawing")
            page = image.convert("L").resize((side, side), Image.Resampling.BILINEAR)
    except Exception as error:  # zip and PNG files that are damaged end in any
        raise DataError(
            f"{path}: {name} cannot be read ({said(error)}); fetch the archive again with "
            "`oneshot data fetch omniglot`"
        ) from None
    grey = np.asarray(page, dtype=np.float32)
    return (grey - grey.min()) / max(grey.max() - grey.min(), 1)


def _drawing(paper: np.ndarray) -> np.ndarray:
    return np.where(1 - paper > 0.5, 255, 0).astype(np.uint8)


def _inverted(greys: list[np.ndarray]) -> bool:
    """Say whether the paper of a character, what lies at the border of its pages, is dark."""
    return float(np.mean([border_of(grey).mean() for grey in greys])) < 0.5
