"""Drawings from strokes, against a plain supersampled distance to every segment."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from oneshot import bench
from oneshot.drawings.raster import SUPERSAMPLING, Stroke, render

DRAWINGS, SIDE, EXTENT, PEN = 200, 48, 256.0, 9.0


def row() -> dict:
    """Return processor seconds to render 200 drawings both ways; the plain way is timed on 20."""
    drawings = [_scribble(np.random.default_rng(k)) for k in range(DRAWINGS)]
    some = drawings[: DRAWINGS // 10]
    different = np.mean([abs(render(d, SIDE) / 255 - _plain(d)).mean() for d in some])
    assert different < 0.02, f"the two ways draw differently: {different:.3f} of full ink"
    ours = bench.fastest(lambda: [render(d, SIDE) for d in drawings], 5)
    plain = bench.fastest(lambda: [_plain(d) for d in some], 2) * 10
    return bench.row(f"rasterising {DRAWINGS} drawings (one thread)", ours, plain, 20)


def _scribble(random: np.random.Generator) -> list[Stroke]:
    """As many strokes and points as a usual Quick, Draw! drawing has."""
    return [
        (random.uniform(20, 236, 2) + random.normal(0, 25, (9, 2)).cumsum(0)).clip(0, EXTENT)
        for _ in range(5)
    ]


def _plain(strokes: Sequence[Stroke]) -> np.ndarray:
    """Ink every supersample nearer to a segment than half a pen, then average, in [0, 1]."""
    steps = (np.arange(SIDE * SUPERSAMPLING) + 0.5) / (SIDE * SUPERSAMPLING)
    place = (steps * 8 / 7 - 1 / 14) * EXTENT
    x, y = place[None, :], place[:, None]
    ink = np.zeros((len(place), len(place)), dtype=bool)
    for stroke in strokes:
        for (ax, ay), (bx, by) in pairwise(stroke):
            dx, dy = bx - ax, by - ay
            along = ((x - ax) * dx + (y - ay) * dy) / max(dx**2 + dy**2, 1e-12)
            along = along.clip(0, 1)
            ink |= (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2 < (PEN / 2) ** 2
    return ink.reshape(SIDE, SUPERSAMPLING, SIDE, SUPERSAMPLING).mean((1, 3))


if __name__ == "__main__":
    print(row())
