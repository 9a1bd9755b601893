"""Drawings side by side, ink on paper: figures for pages, small PNGs for sliders."""

import io
import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

PAPER = (253, 252, 247)
INK = (24, 26, 34)
GAP = (232, 228, 216)
ACCENT = (176, 74, 22)

# Palette of every picture made here: a ramp from paper to ink, then the two colours of lines.
_LEVELS = 48
_GAP, _ACCENT = _LEVELS, _LEVELS + 1
_RAMP = np.linspace(PAPER, INK, _LEVELS)
_PALETTE = np.vstack([_RAMP, GAP, ACCENT]).round().astype(np.uint8)


def grid(
    drawings: Tensor | np.ndarray,
    exemplars: Tensor | np.ndarray | None = None,
    *,
    scale: int = 1,
    gap: int = 2,
) -> Image.Image:
    """Return drawings on a grid as one palette image, a row of the grid for each row of drawings.

    `drawings` is (R, V, 1, H, W), or (N, 1, H, W), which is laid out nearly square; float in [0, 1]
    or uint8. `exemplars`, (R, 1, H, W), become a first column framed in the accent colour. Each
    drawing pixel covers `scale` by `scale` pixels; `gap` is the width of the lines in between.
    """
    pixels = _indices(drawings)
    if pixels.ndim == 3:
        columns = math.ceil(math.sqrt(1.6 * len(pixels)))
        blank = -len(pixels) % columns
        pixels = np.concatenate([pixels, np.zeros((blank, *pixels.shape[1:]), np.uint8)])
        pixels = pixels.reshape(-1, columns, *pixels.shape[1:])
    tiles = _framed(pixels, scale, gap, _GAP)
    if exemplars is not None:
        first = _framed(_indices(exemplars)[:, None], scale, gap, _ACCENT)
        tiles = np.concatenate([first, tiles], axis=1)
    rows, columns, height, width = tiles.shape
    sheet = tiles.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    image = Image.fromarray(sheet, mode="P")
    image.putpalette(_PALETTE.tobytes())
    return image


def png(image: Image.Image) -> bytes:
    """Return an image as the bytes of an optimised PNG."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def contact_sheet(
    drawings: Tensor | np.ndarray,
    exemplars: Tensor | np.ndarray | None = None,
    *,
    rows: Sequence[object] = (),
    columns: Sequence[object] = (),
    title: str = "",
) -> Figure:
    """Return a figure of drawings on a grid, with labels for its rows and columns.

    `drawings` and `exemplars` are those of `grid`. `rows` labels the rows from the left and
    `columns` the columns from above; the column of exemplars is labelled by itself.
    Raises ValueError when there are more or fewer labels than rows or columns.
    """
    image = grid(drawings, exemplars, scale=2, gap=3)
    shape = drawings.shape
    across = shape[1] if len(shape) == 5 else 0
    if (rows and len(rows) != shape[0]) or (columns and len(columns) != across):
        raise ValueError(
            f"{len(rows)} row and {len(columns)} column labels for drawings of shape {tuple(shape)}"
        )
    inches = image.width / 144
    top = 0.22 * bool(columns or exemplars is not None) + 0.32 * bool(title)
    left = 0.15 * bool(rows) + 0.075 * max((len(str(label)) for label in rows), default=0)
    figure = Figure(figsize=(inches + left + 0.1, image.height / 144 + top + 0.1), dpi=144)
    width, height = figure.get_size_inches()
    box = (left / width, 0.05 / height, inches / width, image.height / 144 / height)
    axes = figure.add_axes(box)
    axes.imshow(np.asarray(image.convert("RGB")), interpolation="nearest")
    axes.set_axis_off()
    _label(axes, image, rows, columns, exemplars is not None, shape)
    if title:
        figure.suptitle(title, x=box[0], y=1 - 0.08 / height, ha="left", va="top", fontsize=10)
    figure.patch.set_facecolor("white")
    return figure


def _label(axes, image, rows, columns, has_exemplars: bool, shape) -> None:
    names = ["exemplar"] * has_exemplars + [str(label) for label in columns]
    if names:
        step = image.width / (shape[1] + has_exemplars)
        for number, name in enumerate(names):
            place = {"x": (number + 0.5) * step, "y": -8, "ha": "center", "va": "bottom"}
            axes.text(s=name, fontsize=8, color="0.25", **place)
    for number, name in enumerate(rows):
        place = {"x": -12, "y": (number + 0.5) * image.height / len(rows), "va": "center"}
        axes.text(s=str(name), ha="right", fontsize=8, color="0.25", **place)


def _indices(drawings: Tensor | np.ndarray) -> np.ndarray:
    """Return drawings without their channel axis, as indices into the ramp."""
    values = drawings.detach().cpu().numpy() if isinstance(drawings, Tensor) else drawings
    full = 255 if values.dtype == np.uint8 else 1
    ramp = np.clip(values, 0, full) * ((_LEVELS - 1) / full)
    return np.rint(ramp).astype(np.uint8).squeeze(-3)


def _framed(pixels: np.ndarray, scale: int, gap: int, colour: int) -> np.ndarray:
    """Enlarge (R, C, H, W) indices `scale` times and put lines of `gap` pixels around each."""
    large = pixels.repeat(scale, axis=-1).repeat(scale, axis=-2)
    edge = (gap // 2, gap - gap // 2)
    return np.pad(large, ((0, 0), (0, 0), edge, edge), constant_values=colour)
