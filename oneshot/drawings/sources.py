"""The four sources of drawings, each read into the same shape.

A source lists its concepts, yields their drawings as uint8 (n, side, side) with ink = 255, and says
which concepts are held out.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from oneshot.drawings import folder, glyphs, listings, omniglot, quickdraw
from oneshot.drawings.errors import DataError
from oneshot.drawings.listings import EDITIONS


@dataclass(frozen=True)
class Source:
    """Where drawings come from and how their concepts are split."""

    name: str
    label: str
    describe: str
    licence: str
    names: Callable[[Path], list[str]]
    pages: Callable[[Path, Sequence[str], int, int], Iterator[np.ndarray]]
    split: Callable[[list[str]], np.ndarray]
    threshold: float
    """Ink above this is ink when a drawing is binarised for the critics."""
    variations: int = 20
    """Drawings of a concept that are asked of a model at size laptop."""
    people: int | None = None
    """Drawings of a concept that people made, None where they are not counted."""
    copies: int = 3
    """Augmented copies of the training latents at size laptop."""
    fingerprint: Callable[..., str] = lambda _, limit=0: ""
    """Tells drawings apart that are called the same, by their place and the most of a concept.

    It is "" for those that are the same on every machine, and for those that are not here.
    """


SOURCES = {
    source.name: source
    for source in (
        Source(
            "glyphs",
            "Letters by a synthetic hand",
            "Hershey vector glyphs drawn by a synthetic hand; nothing to download",
            "Hershey fonts: free to use and redistribute",
            glyphs.names,
            glyphs.pages,
            glyphs.split,
            threshold=0.3,
            variations=40,
            people=20,
        ),
        Source(
            "omniglot",
            "Omniglot",
            "1,623 characters of 50 alphabets, drawn 20 times each",
            "MIT",
            omniglot.names,
            omniglot.pages,
            omniglot.split,
            threshold=0.5,
            variations=20,
            people=20,
            copies=7,
            fingerprint=omniglot.fingerprint,
        ),
        Source(
            "quickdraw",
            "Quick, Draw!",
            "345 categories of Quick, Draw!, clustered into visual concepts",
            "CC-BY 4.0",
            quickdraw.names,
            quickdraw.pages,
            quickdraw.split,
            threshold=0.3,
            variations=50,
            people=100,
            fingerprint=quickdraw.fingerprint,
        ),
        Source(
            "folder",
            "Your own drawings",
            "your own drawings: a folder a concept, of pictures, strokes or arrays",
            "yours",
            folder.names,
            folder.pages,
            folder.split,
            threshold=0.3,
            fingerprint=folder.fingerprint,
        ),
    )
}


def source(dataset: str) -> Source:
    """Return the source of a dataset; raise ValueError naming the known ones."""
    name, mark, edition = dataset.partition(":")
    editions = EDITIONS.get(name, ())
    if name not in SOURCES or (mark and name != "folder" and edition not in editions):
        known = ", ".join([*SOURCES, *(f"{name}:{k}" for name in EDITIONS for k in EDITIONS[name])])
        raise ValueError(
            f"unknown dataset {dataset!r:.100}; known: {known} (folder as folder:PATH)"
        )
    return SOURCES[name]


def resolved(dataset: str) -> str:
    """Return the one name of a data set, which its recipes and its rows of results have.

    A folder's says where it is from the root, without links; an edition's is `listings.named`.
    Raises ValueError as `source` and `root` do.
    """
    if source(dataset).name == "folder":
        return f"folder:{root(dataset)}"
    return listings.named(dataset)


def placeless(dataset: str) -> str:
    """Return what of the name of a data set says what it is: not where a folder of drawings lies.

    Which drawings are in it, its fingerprint tells. Raises ValueError for what is no text.
    """
    if not isinstance(dataset, str):
        raise ValueError(f"the name of a data set is text, not {dataset!r}")
    return "folder" if dataset.startswith("folder:") else dataset


def root(dataset: str) -> Path:
    """Return where the files of a dataset are looked for.

    "folder:PATH" names its own place; otherwise `$ONESHOT_DATA/<dataset>` when there is such a
    folder, else the place where `oneshot data fetch` puts them. Raises ValueError for "folder"
    without a path and DataError when ONESHOT_DATA names no folder.
    """
    if dataset in ("folder", "folder:"):
        raise ValueError("say which folder: folder:PATH")
    if dataset.startswith("folder:"):
        return Path(dataset.removeprefix("folder:")).expanduser().resolve()
    dataset = dataset.partition(":")[0]  # editions are of the same files
    if named := os.environ.get("ONESHOT_DATA"):
        local = Path(named).expanduser()
        if not local.is_dir():
            raise DataError(f"ONESHOT_DATA is {named}, which is not a folder; correct or unset it")
        if (local / dataset).is_dir():
            return local / dataset
    return user_cache_path("oneshot") / "data" / dataset
