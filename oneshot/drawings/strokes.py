"""Strokes in the forms that people keep them in, told apart and turned into one.

A drawing is a list of strokes, each float32 (points, 2) of x, y with y downwards.

| form | of whom |
|---|---|
| `[[[x, ...], [y, ...]], ...]`, a third row of times or not | Quick, Draw!, the book |
| `[[[x, y], ...], ...]`, a third column (time, pressure) or not | drawing pads |
| `[[{"x": x, "y": y}, ...], ...]`, `[{"x": [...], "y": [...]}, ...]` | drawing pads |
| `[[dx, dy, lifted], ...]` (stroke-3), `[[dx, dy, p1, p2, p3], ...]` (stroke-5) | sketch-rnn |

Where each stroke could be read as rows of x and y and as two points, it is rows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np


@dataclass(frozen=True)
class Skipped:
    """What stands where a drawing could, but is none, and why it is left out."""

    why: str


FIELDS = ("drawing", "strokes", "image")
POINTS = 1_000_000
"""A drawing of more points than this is none of a hand's."""


def drawing_of(value: Any) -> list[np.ndarray]:
    """Return the strokes of a JSON value or an array, empty ones left out; [] for a blank page.

    Raises ValueError, which says what is wrong, when it is in none of the forms above or not
    finite.
    """
    if isinstance(value, dict):
        value = _field(value)
    if isinstance(value, np.ndarray):
        return from_offsets(value)
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise ValueError(f"the drawing is {_kind(value)}, not a list of strokes")
    if value and all(_is_row(row) for row in value):
        return from_offsets(_finite(value))
    return [stroke.astype(np.float32) for stroke in _strokes([_listed(one) for one in value])]


def from_offsets(rows: np.ndarray) -> list[np.ndarray]:
    """Return the strokes of (n, 3) rows dx, dy, lifted or (n, 5) rows dx, dy, p1, p2, p3.

    `lifted` (p2) says that the pen leaves the page after the point, p3 that the drawing has ended.
    Raises ValueError for another shape.
    """
    if rows.ndim != 2 or rows.shape[1] not in (3, 5):
        raise ValueError(f"offsets of a pen are (n, 3) or (n, 5), these are {rows.shape}")
    rows = _finite(rows)
    states = rows[:, 2:]
    if not np.isin(states, (0, 1)).all():
        raise ValueError("the states of the pen are 0 or 1, these are not")
    if rows.shape[1] == 5:
        ended = np.flatnonzero(states[:, 2])
        rows = rows[: ended[0]] if len(ended) else rows
        lifted = rows[:, 3]
    else:
        lifted = rows[:, 2]
    places = np.float32(rows[:, :2].cumsum(0))
    ends = np.flatnonzero(lifted) + 1
    return [stroke for stroke in np.split(places, ends) if len(stroke)]


def recognised(record: dict[str, Any]) -> bool:
    """Say whether a record counts as recognised: true, also as text, or not said."""
    said = record.get("recognized", True)
    if isinstance(said, str) and said.strip().lower() in ("true", "false"):
        return said.strip().lower() == "true"
    if isinstance(said, bool | int) and said in (0, 1):
        return bool(said)
    raise ValueError(f"recognized is {json.dumps(said)}, expected true or false")


def _field(record: dict[str, Any]) -> Any:
    for name in FIELDS:
        if name in record:
            return record[name]
    if {"x", "y"} <= record.keys():
        return [record]
    raise ValueError(f"there is none of {', '.join(FIELDS)} in it")


def _is_row(row: Any) -> bool:
    """Say whether this is a row of offsets and no stroke: numbers, not lists of them."""
    return (isinstance(row, Sequence) and not isinstance(row, str) and len(row) in (3, 5)) and all(
        isinstance(number, int | float) for number in row
    )


def _listed(stroke: Any) -> list:
    """Return a stroke as rows or as points, without names."""
    if isinstance(stroke, dict):
        if "points" in stroke:
            return _listed(stroke["points"])
        if not {"x", "y"} <= stroke.keys():
            _no_stroke(stroke)
        return _listed([stroke["x"], stroke["y"]])
    if isinstance(stroke, np.ndarray):
        return _listed(stroke.tolist())
    if not isinstance(stroke, Sequence) or isinstance(stroke, str | bytes):
        _no_stroke(stroke)
    if stroke and all(isinstance(p, dict) and {"x", "y"} <= p.keys() for p in stroke):
        return [[p["x"] for p in stroke], [p["y"] for p in stroke]]
    if not all(
        isinstance(row, Sequence | np.ndarray) and not isinstance(row, str) for row in stroke
    ):
        _no_stroke(stroke)
    return list(stroke)


def _strokes(strokes: list[list]) -> list[np.ndarray]:
    """Return strokes (points, 2), as rows where all of them can be, else as points."""
    strokes = [stroke for stroke in strokes if any(len(row) for row in stroke)]
    if sum(len(row) for stroke in strokes for row in stroke) > 3 * POINTS:
        raise ValueError(f"the drawing has more than {POINTS:,} points")
    if all(map(_are_rows, strokes)):
        return [_finite(rows[:2]).T for rows in strokes]
    if {len(point) for stroke in strokes for point in stroke} in ({2}, {3}, {4}):
        return [_finite([point[:2] for point in stroke]) for stroke in strokes]
    raise ValueError("a stroke is neither [[x, ...], [y, ...]] nor [[x, y], ...]")


def _are_rows(rows: list) -> bool:
    """Say whether these are x, y and perhaps times, which do not run back."""
    if len(rows) not in (2, 3) or len({len(row) for row in rows}) > 1:
        return False
    return len(rows) == 2 or bool((np.diff(_finite(rows[2])) >= 0).all())


def _finite(numbers: Any) -> np.ndarray:
    try:
        found = np.array(numbers)
        if found.dtype.kind not in "iuf":
            raise TypeError
        found = found.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a place on the page is not a number") from None
    if not (np.isfinite(found).all() and np.abs(found).max(initial=0) < 1e9):
        raise ValueError("a place on the page is not finite or beyond a thousand million")
    return found


def _kind(value: Any) -> str:
    names = {str: "text", dict: "an object", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "something")


def _no_stroke(stroke: Any) -> NoReturn:
    raise ValueError(f"a stroke is {_kind(stroke)}, neither [[x, ...], [y, ...]] nor [[x, y], ...]")
