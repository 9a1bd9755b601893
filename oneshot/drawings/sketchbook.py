"""Drawings of the project's own hand: things and characters that no data set here has."""

import json
from functools import cache

import numpy as np

from oneshot import shipped

FILE = shipped.DATA / "sketchbook.json"
EXTENT = 1000
"""The side of the pad that the strokes were drawn on."""


@cache
def drawings() -> dict[str, list[np.ndarray]]:
    """Return the strokes of each drawing by its name, float32 (points, 2) on a pad of `EXTENT`.

    None is a category of Quick, Draw! or a character of Omniglot or Hershey's alphabets; they come
    with the project's licence.
    """
    found = json.loads(FILE.read_text())["drawings"]
    return {one["name"]: [np.array(rows, np.float32).T for rows in one["strokes"]] for one in found}
