"""One reader of drawings, for folders of them and for a single one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from oneshot.drawings import arrays, ndjson, pictures, strokes, svg
from oneshot.drawings.errors import DataError
from oneshot.drawings.ink import ink_of
from oneshot.drawings.opening import content, kind
from oneshot.drawings.pictures import Picture
from oneshot.drawings.placing import place
from oneshot.drawings.raster import fit_square, render

SIDE = 48
STROKES = {".ndjson", ".jsonl", ".json"}
ARRAYS = {".npy", ".npz"}
LINES = {".svg"}

Strokes = list[np.ndarray]


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
    if isinstance(drawing, Picture):
        page = place(ink_of(drawing, name).ink, SIDE)
    elif drawing:
        page = render(fit_square(drawing), SIDE)
    else:
        raise DataError(f"{name} is a blank page: it has no strokes")
    return torch.tensor(page).float().div_(255)[None, None]


def drawings_in(file: Path, word: str | None = None) -> Iterator[Picture | Strokes]:
    """Yield the drawings in a file, of `word` where its records say whose they are.

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
        yield from ndjson.strokes_of(file, word=word)
    else:
        yield pictures.read(file)


def _one(source: Any) -> tuple[Picture | Strokes, str]:
    """Return the one drawing that a source is, and what to call it."""
    if isinstance(source, str | Path):
        file = Path(source).expanduser()
        several = drawings_in(file)
        drawing = next(several, None)
        if drawing is None:
            raise DataError(f"{file} holds no drawing")
        if next(several, None) is not None:
            raise DataError(f"{file} holds several drawings; give it one")
        return drawing, str(file)
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
        raise DataError(f"{name} cannot be read: {error}") from None


def _from_json(file: Path) -> Iterator[Strokes]:
    try:
        value = json.loads(content(file))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is not JSON ({error})") from None
    several = isinstance(value, list) and value and all(map(_is_record, value))
    for record in value if several else [value]:
        yield _strokes(record, str(file))


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and any(name in value for name in strokes.FIELDS)
