"""The paper of a page: of one shade, or as the light on it falls.

A coarse grid of medians does not see thin lines. Squares of it that pass into each other without
an edge, the most of them at the border, are paper; what lies within ink is taken as well where it
is as the paper around would be. Between them the paper is smooth.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.sparse import coo_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

GRID = 48
STEP, LEAST = 0.08, 0.012
"""Neighbouring squares of paper differ by less than this share of them, or than this at all."""
EVEN = 0.05
"""Paper whose squares differ by less than this is of one shade."""
ALIKE, BRIGHTER = 0.12, 1.7
"""Paper within ink is darker or lighter than that around by this share; a spot of light falls on
rough paper, that of a photograph, only."""
GREY = 0.45
"""What is darker than this share of the paper is ink; what is lighter may lie in a shadow."""
NOISY = 0.004
LARGE = 0.05


@dataclass(frozen=True)
class Paper:
    """The paper under a picture: its colour (c,) or (h, w, c).

    `noise` (h, w) is how much a pixel of it differs from that, as a standard deviation, and `rough`
    whether that is so much that it was photographed or scanned; `shadow` says whether a part of it
    may lie in a shadow with an edge.
    """

    colour: np.ndarray
    noise: np.ndarray
    rough: bool
    shadow: bool = False

    @property
    def even(self) -> bool:
        """Say whether it is of one shade."""
        return self.colour.ndim == 1


def paper_of(colour: np.ndarray) -> Paper:
    """Return the paper of a picture, colour (h, w, c) in [0, 1]."""
    height, width, _ = colour.shape
    each = -(-max(height, width) // GRID)
    if min(height, width) < 8 * each or each < 3:
        return _of_one_shade(colour)
    grid = _medians(colour, each)
    labels = _without_edges(grid)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    seen = labels == np.bincount(border).argmax()
    smooth = _smooth(grid, seen)
    noise = _noise(colour, smooth, seen, each)
    rough = float(np.median(noise)) > NOISY
    for _ in range(3):
        ratio = (grid + 0.01) / (smooth + 0.01)
        most = BRIGHTER if rough else 1 + ALIKE
        alike = (ratio.min(-1) > 1 - ALIKE) & (ratio.max(-1) < most)
        inside = ~seen & alike & (_share(labels, alike) > 0.8)
        if not inside.any():
            break
        seen |= inside
        smooth = _smooth(grid, seen)
    shadow = _in_shadow(grid, smooth, labels, seen, border)
    spread = np.ptp(np.quantile(grid[seen], (0.02, 0.98), axis=0), axis=0).max()
    if spread < EVEN:
        shade = np.median(grid[seen], axis=0)
    else:
        shade = _upscaled(smooth, each, height, width)
    return Paper(shade, _upscaled(noise, each, height, width)[..., 0], rough, shadow)


def border_of(values: np.ndarray) -> np.ndarray:
    """Return the outermost fiftieth of a page, (n, ...) of values (h, w, ...)."""
    wide = max(1, round(min(values.shape[:2]) / 50))
    sides = values[:wide], values[-wide:], values[wide:-wide, :wide], values[wide:-wide, -wide:]
    return np.concatenate([side.reshape(-1, *values.shape[2:]) for side in sides])


def _of_one_shade(colour: np.ndarray) -> Paper:
    return Paper(
        np.median(border_of(colour), axis=0), np.zeros(colour.shape[:2], np.float32), False
    )


def _medians(colour: np.ndarray, each: int) -> np.ndarray:
    """Return the medians (gh, gw, c) of squares of `each` pixels; the last ones may be smaller."""
    height, width, channels = colour.shape
    pad = ((0, -height % each), (0, -width % each), (0, 0))
    whole = np.pad(colour, pad, mode="edge")
    squares = whole.reshape(whole.shape[0] // each, each, whole.shape[1] // each, each, channels)
    return np.median(squares, axis=(1, 3)).astype(np.float32)


def _neighbours(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of numbers of squares that lie side by side."""
    number = np.arange(shape[0] * shape[1]).reshape(shape)
    first = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    return first, np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])


def _without_edges(grid: np.ndarray) -> np.ndarray:
    """Return a label (gh, gw) for each square, the same for those that pass into each other."""
    one, other = _neighbours(grid.shape[:2])
    values = grid.reshape(-1, grid.shape[2])
    level = np.maximum(values[one], values[other]).max(-1)
    near = np.abs(values[one] - values[other]).max(-1) < np.maximum(LEAST, STEP * level)
    joined = coo_array((near[near], (one[near], other[near])), shape=(len(values),) * 2)
    return connected_components(joined, directed=False)[1].reshape(grid.shape[:2])


def _noise(colour: np.ndarray, smooth: np.ndarray, seen: np.ndarray, each: int) -> np.ndarray:
    """Return the standard deviation (gh, gw, 1) of the pixels of paper, of lines on it free."""
    away = np.abs(colour - _upscaled(smooth, each, *colour.shape[:2])).max(-1, keepdims=True)
    spread = _smooth(1.4826 * _medians(away, each), seen)
    return ndimage.percentile_filter(spread, 40, size=(7, 7, 1))


def _smooth(grid: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the grid where it is known, and between as smooth as can be (harmonic)."""
    one, other = _neighbours(known.shape)
    count = known.size
    both = np.concatenate([one, other]), np.concatenate([other, one])
    linked = coo_array((np.ones(len(both[0])), both), shape=(count, count)).tocsr()
    free = ~known.ravel()
    if not free.any():
        return grid
    values = grid.reshape(count, -1).astype(np.float64)
    laplacian = (diags_array(linked.sum(1)) - linked).tocsr()
    right = linked[free][:, ~free] @ values[~free]
    solved = np.asarray(spsolve(laplacian[free][:, free].tocsc(), right))
    values[free] = solved.reshape(right.shape)
    return values.reshape(grid.shape).astype(np.float32)


def _share(labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return for each square which share of those of its label is chosen."""
    size = np.bincount(labels.ravel())
    return (np.bincount(labels.ravel(), chosen.ravel()) / size)[labels]


def _in_shadow(grid, smooth, labels, seen, border) -> bool:
    """Say whether a large part that reaches the border is darker than the paper but not ink."""
    for label in np.unique(border):
        part = labels == label
        if seen[part].any() or part.mean() < LARGE:
            continue
        ratio = np.median(grid[part].max(-1) / np.maximum(smooth[part].max(-1), 1e-3))
        if GREY < ratio < 1 / GREY:
            return True
    return False


def _upscaled(grid: np.ndarray, each: int, height: int, width: int) -> np.ndarray:
    """Return a grid (gh, gw, c) as large as the page, bilinear between the middles of squares."""
    size = grid.shape[1] * each, grid.shape[0] * each
    layers = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(layer)).resize(size, Image.Resampling.BILINEAR)
        )
        for layer in np.moveaxis(grid, -1, 0)
    ]
    return np.stack(layers, -1)[:height, :width]
