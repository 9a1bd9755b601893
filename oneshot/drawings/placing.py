"""Ink on a page of any size, placed on a page of the models as the drawings of Quick, Draw! are.

The ink, not the page it was drawn on, is centred and scaled so that its longer side leaves the
margin that strokes leave (`raster.render`). A page that has the size already stays as it is.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

SPAN = 43.5 / 48
"""Share of the page that the ink spans: 42 of 48 pixels and a pen of 1.5."""
PEN = 1.5 / 48
SOLID = 0.25


def place(ink: np.ndarray, side: int) -> np.ndarray:
    """Return ink (h, w) in [0, 1] as a page, uint8 (side, side), ink = 255.

    Lines thinner than the pen of the data sets, which would fade, are drawn as thick as that pen.
    """
    if ink.shape != (side, side):
        ink = _square(ink)
        ink = _square(np.maximum(ink, _thickened(ink, PEN * len(ink))))
        filter = Image.Resampling.HAMMING if len(ink) > side else Image.Resampling.BILINEAR
        ink = np.asarray(Image.fromarray(ink).resize((side, side), filter))
        ink = ink / max(float(ink.max()), 1e-6)
    return np.round(np.clip(ink, 0, 1) * 255).astype(np.uint8)


def _square(ink: np.ndarray) -> np.ndarray:
    """Return the square of a page around its ink, with the margin, padded with paper."""
    solid = ink > SOLID
    down, across = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    top, bottom, left, right = down[0], down[-1] + 1, across[0], across[-1] + 1
    wide = int(np.ceil(max(bottom - top, right - left) / SPAN))
    page = np.zeros((wide, wide), np.float32)
    y, x = (wide - (bottom - top)) // 2, (wide - (right - left)) // 2
    page[y : y + bottom - top, x : x + right - left] = ink[top:bottom, left:right]
    return page


def _thickened(ink: np.ndarray, pen: float) -> np.ndarray:
    """Return the lines that are thinner than `pen` pixels, as thick as that."""
    solid = np.pad(ink > SOLID, 1)
    inner = _depth(solid) > pen / 2
    thick = _depth(~inner) <= pen / 2 + 1 if inner.any() else inner
    thin = solid & ~thick
    edges = thin & ~np.asarray(ndimage.binary_erosion(thin), bool)
    if not thin.any():
        return np.zeros_like(ink)
    grow = (pen - 2 * thin.sum() / edges.sum()) / 2
    if grow < 0.5:
        return np.zeros_like(ink)
    return (_depth(~thin) <= grow)[1:-1, 1:-1].astype(np.float32)


def _depth(solid: np.ndarray) -> np.ndarray:
    """Return how many pixels each is from the nearest that is not solid."""
    return np.asarray(ndimage.distance_transform_edt(solid))
