"""One rasteriser for every source of strokes: polylines in, anti-aliased grey drawings out."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

SIDE = 48
"""Height and width in pixels of the pages of the data sets."""
EXTENT = 256.0
SUPERSAMPLING = 4

Stroke = np.ndarray
"""A polyline, float (points, 2) of x, y; y grows downwards."""


def render(strokes: Sequence[Stroke], side: int = SIDE, *, pen: float = 9.0) -> np.ndarray:
    """Return a drawing of polylines, uint8 (side, side), ink = 255, background = 0.

    `strokes` live in the square [0, EXTENT] x [0, EXTENT], around which a margin of a sixteenth of
    the page is left; `pen` is the line diameter in the same units. At 48 px the defaults give a
    margin of 3 px and lines of 1.5 px, as in the exemplars of *Diffusion Models as Artists* (ICML
    2023, fig. 5). Lines are drawn four times too large and averaged down, which anti-aliases them.

    Raises ValueError when a stroke is not a finite (points, 2) array of at least one point.
    """
    big = side * SUPERSAMPLING
    margin = EXTENT / 14
    scale = big / (EXTENT + 2 * margin)
    width = max(1, round(pen * scale))
    radius = width / 2
    canvas = Image.new("L", (big, big), 0)
    draw = ImageDraw.Draw(canvas)
    for stroke in strokes:
        points = np.asarray(stroke, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 2 or not len(points):
            raise ValueError(f"a stroke must be (points, 2) with a point, got {points.shape}")
        if not np.isfinite(points).all():
            raise ValueError("a stroke must be finite; it holds NaN or infinity")
        points = (points + margin) * scale
        if len(points) > 1:
            draw.line(points.ravel().tolist(), fill=255, width=width, joint="curve")
        for x, y in points[[0, -1]]:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(canvas.reduce(SUPERSAMPLING))


def fit_square(strokes: Sequence[Stroke], extent: float = EXTENT) -> list[Stroke]:
    """Return strokes moved and scaled, aspect kept, to the middle of [0, extent] x [0, extent]."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = extent / max(float((high - low).max()), 1e-9)
    shift = (extent - (high - low) * scale) / 2
    return [(np.asarray(stroke) - low) * scale + shift for stroke in strokes]
