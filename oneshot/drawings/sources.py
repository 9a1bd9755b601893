"""The four sources of drawings, each read into the same shape.

A source yields `(concept name, drawings)` in sorted order, drawings uint8 (n, side, side) with
ink = 255, and says which concepts are held out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oneshot.drawings import folder, glyphs, omniglot, quickdraw

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Source:
    """Where drawings come from and how their concepts are split."""

    name: str
    describe: str
    licence: str
    read: Callable[[Path, int], Iterator[tuple[str, np.ndarray]]]
    split: Callable[[list[str]], np.ndarray]
    needs_files: bool = True


SOURCES = {
    source.name: source
    for source in (
        Source(
            "glyphs",
            "Hershey vector glyphs drawn by a synthetic hand; nothing to download",
            "Hershey fonts: free to use and redistribute",
            glyphs.read,
            glyphs.split,
            needs_files=False,
        ),
        Source(
            "omniglot",
            "1,623 characters of 50 alphabets, drawn 20 times each",
            "MIT",
            omniglot.read,
            omniglot.split,
        ),
        Source(
            "quickdraw",
            "345 categories of Quick, Draw!, clustered into visual concepts",
            "CC-BY 4.0",
            quickdraw.read,
            quickdraw.split,
        ),
        Source(
            "folder",
            "your own drawings: <concept>/*.png or <concept>/*.ndjson",
            "yours",
            folder.read,
            folder.split,
        ),
    )
}


def source(name: str) -> Source:
    """Return the source called `name`; raise ValueError naming the known ones."""
    if name not in SOURCES:
        raise ValueError(f"unknown dataset {name!r}; known: {', '.join(SOURCES)}")
    return SOURCES[name]
