"""Which files of a folder of drawings are read, and which are not and why."""

import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from oneshot.drawings.errors import DataError
from oneshot.drawings.opening import composed, kind
from oneshot.drawings.splits import check_enough

STROKES = {".ndjson", ".jsonl", ".json"}
ARRAYS = {".npy", ".npz"}
LINES = {".svg"}
EXPECTED = (
    "expected a folder that holds <concept>/ with pictures, such as *.png, or strokes, such as "
    "*.ndjson"
)
JUNK = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin",
        "system volume information"}  # fmt: skip
"""What systems put into folders; hidden files are their own business as well."""
HINTS = {
    ".heic": "save it as JPEG or PNG",
    ".heif": "save it as JPEG or PNG",
    ".pdf": "save its pages as PNG",
    ".eps": "save it as SVG or PNG",
    ".ps": "save it as SVG or PNG",
    ".ai": "save it as SVG or PNG",
    ".zip": "unpack it",
    ".bin": "take the ndjson of the same drawings",
    ".pkl": "it may run code; write the drawings as .npy",
    ".mat": "write the drawings as .npy",
}


@dataclass(frozen=True)
class LeftOut:
    """A file or folder that is not read, and why."""

    path: Path
    why: str


def drawing_files(root: Path, enough: bool = True) -> dict[str, list[Path]]:
    """Return the files that are read of each concept of a folder, all in the order of their names.

    A concept is a folder in `root` or a link to one, called by its name in composed Unicode; its
    files are those in it whose names say that they are drawings, links to such files among them.
    Nothing of them is read here.

    Raises DataError when `root` is no folder, when two concepts have the same name, and, with
    `enough`, when it holds fewer than six.
    """
    return {name: _sorted_out(folder)[0] for name, folder in _concepts(root, enough).items()}


def left_out(root: Path) -> list[LeftOut]:
    """Return what of a folder is not read, but for hidden files and those of the system.

    Raises DataError as `drawing_files` does, but not where there are few concepts.
    """
    concepts = _concepts(root, enough=False)
    beside = [
        LeftOut(path, "it lies beside the folders of the concepts, not in one")
        for path in _seen(Path(root))
        if not path.is_dir()
    ]
    return beside + [one for folder in concepts.values() for one in _sorted_out(folder)[1]]


@cache
def suffixes() -> frozenset[str]:
    """Return the suffixes that drawings have, in small letters with the dot."""
    from oneshot.drawings import pictures

    return frozenset(STROKES | ARRAYS | LINES | pictures.suffixes())


def _concepts(root: Path, enough: bool) -> dict[str, Path]:
    if not Path(root).is_dir():
        raise DataError(f"{root} is not a folder; {EXPECTED}")
    folders = [path for path in _seen(Path(root)) if path.is_dir()]
    if not folders:
        raise DataError(f"{root} holds no folders; {EXPECTED}")
    if enough:
        check_enough(len(folders), f"are in {root}")
    concepts = {composed(path.name): path for path in folders}
    if len(concepts) < len(folders):
        raise DataError(
            f"{root} holds two folders whose names look the same (one in decomposed Unicode); "
            "rename one of them"
        )
    return dict(sorted(concepts.items()))


def _sorted_out(folder: Path) -> tuple[list[Path], list[LeftOut]]:
    found, others = [], []
    for path in _seen(folder):
        why = _why_not(path)
        if why is None:
            found.append(path)
        else:
            others.append(LeftOut(path, why))
    return found, others


def _why_not(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return f"it is a link to nothing ({error.strerror})"
    if stat.S_ISDIR(mode):
        return "it is a folder within a concept; folders are one level deep"
    if not stat.S_ISREG(mode):
        return "it is no file"
    if kind(path) in suffixes():
        return None
    hint = HINTS.get(kind(path))
    return f"drawings are not kept so{': ' + hint if hint else ''}"


def _seen(folder: Path) -> list[Path]:
    """Return what is in a folder and neither hidden nor junk of the system, sorted by name."""
    try:
        found = list(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder} cannot be read ({error.strerror})") from None
    seen = (p for p in found if not p.name.startswith(".") and p.name.lower() not in JUNK)
    return sorted(seen, key=lambda path: composed(path.name))
