"""Your own drawings: a folder per concept, with PNG pages or one-drawing-a-line ndjson."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from oneshot.drawings.errors import DataError
from oneshot.drawings.quickdraw import strokes_of
from oneshot.drawings.raster import fit_square, render
from oneshot.drawings.splits import by_group

LEAST = 4


def read(root: Path, side: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (folder name, uint8 (n, side, side)) for `<concept>/*.png` and `<concept>/*.ndjson`.

    PNG pages may be of any size, dark on light or light on dark (the rarer shade is ink); ndjson
    lines are Quick, Draw! simplified drawings, each file named after its word.

    Raises DataError when a concept has fewer than four drawings or a file cannot be read.
    """
    folders = (
        sorted(path for path in Path(root).iterdir() if path.is_dir())
        if Path(root).is_dir()
        else []
    )
    if not folders:
        raise DataError(f"{root} holds no folders; expected <concept>/*.png or <concept>/*.ndjson")
    for concept in folders:
        pages = [_page(file, side) for file in sorted(concept.glob("*.png"))]
        for file in sorted(concept.glob("*.ndjson")):
            pages += [render(fit_square(strokes), side) for strokes in strokes_of(file)]
        if len(pages) < LEAST:
            raise DataError(
                f"{concept} holds {len(pages)} drawings; at least {LEAST} *.png or lines of "
                "*.ndjson are needed"
            )
        yield concept.name, np.stack(pages)


def split(names: list[str]) -> np.ndarray:
    """Return a seeded split: 15 % of the concepts test, 10 % validation."""
    return by_group(names, validation=0.1, test=0.15)


def _page(file: Path, side: int) -> np.ndarray:
    try:
        with Image.open(file) as image:
            grey = np.asarray(
                image.convert("L").resize((side, side), Image.Resampling.BILINEAR), np.float32
            )
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{file} is not a readable PNG ({error})") from None
    if np.ptp(grey) == 0:
        raise DataError(f"{file} is a blank page")
    ink = (grey - grey.min()) / np.ptp(grey)
    if ink.mean() > 0.5:
        ink = 1 - ink
    return np.round(ink * 255).astype(np.uint8)
