"""Pictures of lines (SVG), as strokes: what is drawn, not how thick or in which colour."""

from pathlib import Path

import numpy as np

from oneshot.drawings.errors import DataError
from oneshot.drawings.opening import content

SEGMENTS = 50_000
"""Lines and curves of one drawing; a drawing of a hand has some hundreds."""
BYTES = 4 << 20
CURVE = np.linspace(0, 1, 17)[1:]
"""Where on a curve it is looked at: sixteen straight lines each."""


def strokes_of(file: Path) -> list[np.ndarray]:
    """Return the visible paths, lines and shapes of an SVG file, float32 (points, 2) each.

    Groups, transforms and references are followed; text and pictures inside are not drawn. Raises
    DataError when it is not SVG, when it is too large, or when nothing is drawn in it.
    """
    import io

    from svgelements import SVG, Shape

    text = content(file)
    if len(text) > BYTES:
        raise DataError(
            f"{file} is larger than {BYTES >> 20} MiB, too large for a drawing of lines"
        )
    if b"<svg" not in text.lower():
        raise DataError(f"{file} is not an SVG file: there is no <svg> in it")
    try:
        elements = [e for e in SVG.parse(io.BytesIO(text)).elements() if isinstance(e, Shape)]
        strokes = _sampled([element for element in elements if _visible(element)])
    except DataError:
        raise
    except Exception as error:  # svgelements has no error of its own: bad input ends in any
        raise DataError(f"{file} is not SVG that can be read ({_short(error)})") from None
    if not strokes:
        raise DataError(f"{file} has no paths, lines or shapes that can be seen")
    return strokes


def _sampled(shapes: list) -> list[np.ndarray]:
    from svgelements import Move, Path

    strokes, points, count = [], [], 0
    for shape in shapes:
        for segment in Path(shape):
            count += 1
            if count > SEGMENTS:
                raise DataError(f"more than {SEGMENTS:,} lines and curves are in one drawing")
            if isinstance(segment, Move):
                strokes.append(points := [])
                if segment.end is not None:
                    points.append(tuple(segment.end))
            else:
                points += _along(segment)
    found = [np.array(points, np.float64).reshape(-1, 2) for points in strokes if points]
    if not all(np.isfinite(stroke).all() and np.abs(stroke).max() < 1e9 for stroke in found):
        raise ValueError("a place on the page is not finite")
    return [np.float32(stroke) for stroke in found]


def _along(segment) -> list[tuple[float, float]]:
    from svgelements import Close, Line

    if segment.end is None:
        return []
    if isinstance(segment, Line | Close):
        return [tuple(segment.end)]
    return [tuple(segment.point(t)) for t in CURVE]


def _visible(shape) -> bool:
    """Say whether a shape leaves ink: it has a line or a filling, and is not hidden."""
    values = shape.values
    if values.get("visibility") == "hidden" or values.get("display") == "none":
        return False
    if any(_zero(values.get(name)) for name in ("opacity",)):
        return False
    return values.get("stroke", "none") != "none" or values.get("fill", "") != "none"


def _zero(value: str | None) -> bool:
    try:
        return value is not None and float(value) == 0
    except (TypeError, ValueError):
        return False


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:100] or type(error).__name__
