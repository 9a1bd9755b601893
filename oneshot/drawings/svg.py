"""Pictures of lines (SVG), as strokes: what is drawn, not how thick or in which colour."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from oneshot.drawings.errors import BlankPage, DataError, said
from oneshot.drawings.opening import content

BYTES = 1 << 20
NUMBERS = 50_000
DEPTH = 100
"""Most bytes, numbers (references followed, an element counting as `EACH`), and groups within
groups of one drawing; a drawing of a hand has some hundreds."""
EACH = 6
CURVE = np.linspace(0, 1, 17)[1:]
"""Where on a curve it is looked at: sixteen straight lines each."""
NUMBER = re.compile(r"\d+|[a-zA-Z]")
SIDE = re.compile(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*")
UNDRAWN = {"clipPath", "mask", "marker", "pattern", "filter", "linearGradient", "radialGradient",
           "foreignObject", "metadata", "script", "image", "text", "title", "desc"}  # fmt: skip
"""Elements that are no lines themselves, and what is in them is not either."""


def strokes_of(file: Path) -> list[np.ndarray]:
    """Return the visible paths, lines and shapes of an SVG file, float32 (points, 2) each.

    Groups, transforms and references are followed; of a filled shape its outline is drawn, but for
    a filling of the whole page. Text and pictures inside are not drawn. Raises DataError when it is
    not SVG, when it is too large, or when nothing is drawn in it.
    """
    from svgelements import SVG, Shape

    text = content(file)
    if len(text) > BYTES:
        raise DataError(f"{file} is too large for a drawing of lines: more than {BYTES >> 20} MiB")
    try:
        tree = ElementTree.fromstring(text)
        if _tag(tree) != "svg":
            raise DataError(f"{file} is XML, but not SVG")
        _check(tree, str(file))
        _with_view_box(tree)
        parsed = SVG.parse(io.BytesIO(ElementTree.tostring(tree)))
        shapes = [e for e in parsed.elements() if isinstance(e, Shape) and _visible(e, parsed)]
        strokes = list(_sampled(shapes))
    except DataError:
        raise
    except Exception as error:  # svgelements has no error of its own: bad input ends in any
        raise DataError(f"{file} is not SVG that can be read ({said(error)})") from None
    if not strokes:
        raise BlankPage(f"{file} has no paths, lines or shapes that can be seen")
    return strokes


def _check(tree: ElementTree.Element, name: str) -> None:
    """Take out what is not drawn; raise DataError where references multiply without end."""
    pending = [(tree, 0)]
    while pending:
        element, depth = pending.pop()
        if depth > DEPTH:
            raise DataError(f"{name} has more than {DEPTH} groups within groups")
        for child in list(element):
            if _tag(child) in UNDRAWN:
                element.remove(child)
            else:
                pending.append((child, depth + 1))
    named = {element.get("id"): element for element in tree.iter() if element.get("id")}
    counts: dict[ElementTree.Element, int] = {}

    def count(element: ElementTree.Element, above: tuple) -> int:
        if element in above or len(above) > 2 * DEPTH:
            raise DataError(f"{name} has a reference to itself")
        if element not in counts:
            within = sum(count(child, (*above, element)) for child in element)
            target = named.get(_reference(element)) if _tag(element) == "use" else None
            counts[element] = (
                EACH
                + _numbers(element)
                + within
                + (count(target, (*above, element)) if target is not None else 0)
            )
        return counts[element]

    if count(tree, ()) > NUMBERS:
        raise DataError(f"{name} has more than {NUMBERS:,} numbers, too many for a drawing")


def _with_view_box(tree: ElementTree.Element) -> None:
    """Say how large the page is where only its sides do: svgelements takes one for the other."""
    width, height = (SIDE.fullmatch(tree.get(name, "")) for name in ("width", "height"))
    if tree.get("viewBox") is None and width and height:
        tree.set("viewBox", f"0 0 {width[1]} {height[1]}")


def _numbers(element: ElementTree.Element) -> int:
    return sum(len(NUMBER.findall(element.get(name, ""))) for name in ("d", "points", "transform"))


def _reference(element: ElementTree.Element) -> str:
    found = (value for key, value in element.attrib.items() if key.rpartition("}")[2] == "href")
    return next(found, "").removeprefix("#")


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _sampled(shapes: list) -> Iterator[np.ndarray]:
    from svgelements import Move, Path

    strokes = []
    for shape in shapes:
        # Each has a stroke of its own, even where a damaged path does not begin with a move.
        strokes.append(points := [])
        for segment in Path(shape):
            if isinstance(segment, Move):
                strokes.append(points := [])
            points += _along(segment)
    for points in filter(None, strokes):
        stroke = np.array(points, np.float64)
        if not (np.isfinite(stroke).all() and np.abs(stroke).max() < 1e9):
            raise ValueError("a place on the page is not finite or beyond a thousand million")
        yield stroke.astype(np.float32)


def _along(segment) -> list[tuple[float, float]]:
    from svgelements import Close, Line, Move

    if segment.end is None:
        return []
    if isinstance(segment, Line | Close | Move):
        return [tuple(segment.end)]
    return [tuple(segment.point(t)) for t in CURVE]


def _visible(shape, page) -> bool:
    """Say whether a shape leaves ink: it has a line or a filling, and is not hidden."""
    values = shape.values
    if values.get("visibility") in ("hidden", "collapse") or _is_zero(values.get("opacity")):
        return False
    if values.get("stroke", "none") != "none":
        return True
    return values.get("fill", "") != "none" and not _covers(shape, page)


def _covers(shape, page) -> bool:
    """Say whether a shape fills the whole page: it is the paper."""
    box = shape.bbox()
    if box is None:
        return False
    width, height = (float(side or 0) for side in (page.width, page.height))
    near = 0.01 * max(width, height)
    return (
        min(width, height) > 0
        and max(box[0], box[1]) <= near
        and box[2] >= width - near
        and box[3] >= height - near
    )


def _is_zero(value: str | None) -> bool:
    return value is not None and re.fullmatch(r"\s*0*\.?0*%?\s*", value) is not None
