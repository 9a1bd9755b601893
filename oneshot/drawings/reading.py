"""One reader of drawings, for folders of them and for a single one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from oneshot.drawings import arrays, ndjson, pictures, strokes, svg
from oneshot.drawings.errors import BlankPage, DataError, said
from oneshot.drawings.files import ARRAYS, LINES, STROKES
from oneshot.drawings.ink import ink_of
from oneshot.drawings.opening import content, kind
from oneshot.drawings.pictures import Picture
from oneshot.drawings.placing import place
from oneshot.drawings.raster import SIDE, fit_square, render
from oneshot.drawings.strokes import Skipped

DOUBT = 0.6
"""Where less of the border than this is of one shade, it does not say what the paper is."""

Strokes = list[np.ndarray]
Drawing = Picture | Strokes


@dataclass(frozen=True)
class Page:
    """A drawing as uint8 (side, side), ink = 255, and what was done to read it.

    `dark` says whether its ink is darker than its paper, None where that is no question, and
    `share` how much of its border says so. `other` is the page when it is the other way round.
    """

    page: np.ndarray
    notes: tuple[str, ...] = ()
    dark: bool | None = None
    share: float = 1.0
    other: "Page | None" = None


def read_drawing(source: Any) -> Tensor:
    """Return a drawing as a page of the models, float32 (1, 1, 48, 48) in [0, 1], ink high.

    `source` is the path of a file, a Pillow image, an array or tensor (height, width) or with
    channels, or strokes in any form of `drawings.strokes`, also as a record that holds them. A
    file may be a picture of any kind that Pillow reads, SVG, JSON or a line of ndjson with
    strokes, `.npy` or `.npz`, each gzipped or not.

    What lies at the border is paper. The drawing is cropped to its ink and placed as those of
    Quick, Draw! are: where it was on its page, and how large, is not kept, unless the page has 48
    x 48 pixels already.

    Raises DataError, in one sentence, for anything else: a blank page, several drawings, damage.
    """
    drawing, name = _one(source)
    read = page_of(drawing, SIDE, name)
    if read.share < DOUBT:
        raise DataError(
            f"{name} does not show what is paper: its border is not of one shade; cut it to the "
            "paper, with paper all around the drawing"
        )
    return torch.tensor(read.page).float().div_(255)[None, None]


def page_of(drawing: Drawing, side: int, name: str) -> Page:
    """Return a drawing as a page; of a picture whose border leaves a doubt, both ways round.

    Raises DataError, which calls it `name`, when it is blank.
    """
    if not isinstance(drawing, Picture):
        if not drawing:
            raise BlankPage(f"{name} is a blank page: it has no strokes")
        return Page(render(fit_square(drawing), side), ("strokes",))
    found = ink_of(drawing, name)
    notes = (*found.notes, *drawing.notes)
    page = Page(place(found.ink, side), notes, found.dark, found.share)
    if found.clear:
        return page
    try:
        turned = ink_of(drawing, name, dark=not found.dark)
    except DataError:
        return page
    other = Page(place(turned.ink, side), (*turned.notes, *drawing.notes), turned.dark)
    return replace(page, other=other)


def drawings_in(file: Path) -> Iterator[Drawing | Skipped]:
    """Yield the drawings in a file, and what of it counts as none.

    Raises DataError when the file cannot be read.
    """
    ending = kind(file)
    if ending in LINES:
        yield svg.strokes_of(file)
    elif ending in ARRAYS:
        yield from arrays.drawings_in(file)
    elif ending == ".json":
        yield from _from_json(file)
    elif ending in STROKES:
        yield from ndjson.drawings_in(file)
    else:
        yield pictures.read(file)


def _one(source: Any) -> tuple[Drawing, str]:
    """Return the one drawing that a source is, and what to call it."""
    if isinstance(source, str | Path):
        file = Path(source).expanduser()
        found = (drawing for drawing in drawings_in(file) if not isinstance(drawing, Skipped))
        several = list(islice(found, 2))
        if len(several) != 1:
            held = "several drawings" if several else "no drawing, or none that is recognised"
            raise DataError(f"{file} holds {held}; give it one")
        return several[0], str(file)
    if isinstance(source, Image.Image):
        return pictures.from_image(source), "the picture"
    if isinstance(source, Tensor):
        source = source.detach().cpu().numpy()
    if isinstance(source, np.ndarray) and source.dtype != object:
        drawing, name = arrays.of_array(source), "the array"
    else:
        drawing, name = _strokes(source, "the drawing"), "the drawing"
    return drawing, name


def _strokes(value: Any, name: str) -> Strokes:
    try:
        return strokes.drawing_of(value)
    except ValueError as error:
        raise DataError(f"{name} cannot be read: {said(error)}") from None


def _from_json(file: Path) -> Iterator[Strokes]:
    try:
        value = json.loads(content(file))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is not JSON ({said(error)})") from None
    several = isinstance(value, list) and value and all(map(_is_record, value))
    for record in value if several else [value]:
        yield _strokes(record, str(file))


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and any(name in value for name in strokes.FIELDS)
