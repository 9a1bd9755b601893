"""Drawings side by side, ink on paper: figures for pages, small images for sliders."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from oneshot.widgets.rows import Rows

Images = Tensor | np.ndarray
"""Drawings, float in [0, 1] or uint8, ink high; their last three axes are (1, H, W)."""

PAPER = (253, 252, 247)
INK = (24, 26, 34)
GAP = (232, 228, 216)
ACCENT = (176, 74, 22)

# Palette of every picture made here: a ramp from paper to ink, then the two colours of lines.
_LEVELS = 8  # of more a reader sees little, and pages weigh a third more
_GAP, _ACCENT = _LEVELS, _LEVELS + 1
_RAMP = np.linspace(PAPER, INK, _LEVELS)
_PALETTE = np.vstack([_RAMP, GAP, ACCENT]).round().astype(np.uint8)


class Sheet(Rows, Figure):
    """A figure of drawings, shown by notebooks as a PNG with sharp pixels, with rows of numbers."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def grid(
    drawings: Images, exemplars: Images | None = None, *, scale: int = 1, gap: int = 2
) -> Image.Image:
    """Return drawings (R, V, 1, H, W) on a grid as one palette image, row by row.

    `exemplars` (R, 1, H, W) become a first column framed in the accent colour. Each drawing pixel
    covers `scale` by `scale` pixels; `gap` is the width of the lines in between.
    """
    tiles = _framed(_indices(drawings), scale, gap, _GAP)
    if exemplars is not None:
        first = _framed(_indices(exemplars)[:, None], scale, gap, _ACCENT)
        tiles = np.concatenate([first, tiles], axis=1)
    return _image(tiles)


def page(
    drawings: Images, exemplar: Images | None = None, *, columns: int = 5, scale: int = 1
) -> Image.Image:
    """Return drawings (N, 1, H, W) of one concept as an image, `columns` to a row.

    `exemplar` (1, H, W) comes first, framed in the accent colour; the last row is filled up with
    blank paper.
    """
    pixels = _indices(drawings)
    count = len(pixels) + (exemplar is not None)
    blank = np.zeros((-count % columns, *pixels.shape[1:]), np.uint8)
    tiles = _framed(np.concatenate([pixels, blank]), scale, 2, _GAP)
    if exemplar is not None:
        tiles = np.concatenate([_framed(_indices(exemplar)[None], scale, 2, _ACCENT), tiles])
    return _image(tiles.reshape(-1, columns, *tiles.shape[1:]))


def joined(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Return palette images of one size as one, each row beneath the last.

    Raises ValueError for images of different sizes.
    """
    width, height = rows[0][0].size
    if any(image.size != (width, height) for row in rows for image in row):
        raise ValueError(f"frames of different sizes: {sorted({i.size for r in rows for i in r})}")
    sheet = Image.new("P", (len(rows[0]) * width, len(rows) * height))
    palette = rows[0][0].getpalette()
    assert palette is not None
    sheet.putpalette(palette)
    for down, row in enumerate(rows):
        for across, image in enumerate(row):
            sheet.paste(image, (across * width, down * height))
    return sheet


def png(image: Image.Image) -> bytes:
    """Return an image as the bytes of an optimised PNG."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def webp(image: Image.Image) -> bytes:
    """Return an image as the bytes of a WebP that loses nothing: a fifth smaller than a PNG."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, format="WEBP", lossless=True, quality=80, method=4)
    return buffer.getvalue()


def contact_sheet(
    drawings: Images,
    exemplars: Images | None = None,
    *,
    rows: Sequence[object] = (),
    columns: Sequence[object] = (),
) -> Sheet:
    """Return a figure of drawings (R, V, 1, H, W) on a grid, with labels for rows and columns.

    `exemplars` (R, 1, H, W) become a first column, labelled by itself. `rows` labels the rows from
    the left and `columns` the columns from above.
    Raises ValueError when there are more or fewer labels than rows or columns.
    """
    shape = tuple(drawings.shape[:2])
    if len(rows) not in (0, shape[0]) or len(columns) not in (0, shape[1]):
        raise ValueError(
            f"{len(rows)} row and {len(columns)} column labels for {shape[0]} x {shape[1]} drawings"
        )
    image = grid(drawings, exemplars, scale=2, gap=3)
    names = ["exemplar"] * (exemplars is not None) + [str(name) for name in columns]
    left = max((_wide(str(name)) for name in rows), default=0) + 26 * bool(rows)
    top = 32 * bool(names)
    figure = Sheet(figsize=((left + image.width) / 144, (top + image.height) / 144), dpi=144)
    size = np.array([left + image.width, top + image.height])
    axes = figure.add_axes((left / size[0], 0, image.width / size[0], image.height / size[1]))
    axes.imshow(np.asarray(image.convert("RGB")), interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    step = image.width / (shape[1] + (exemplars is not None))
    style = {"fontsize": 10, "color": "0.3"}
    for number, name in enumerate(names):
        axes.text((number + 0.5) * step, -7, name, ha="center", va="bottom", **style)
    for number, name in enumerate(rows):
        middle = (number + 0.5) * image.height / len(rows)
        axes.text(-12, middle, str(name), ha="right", va="center", **style)
    figure.patch.set_facecolor("white")
    return figure


def label(name: str, longest: int = 24) -> str:
    """Return the name of a concept as a person would write it, such as "Burmese (Myanmar) 01"."""
    plain = name.replace("_", " ").replace(".character", " ").replace(".", " ").replace("/", " ")
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def nameplate(name: str, side: int = 48) -> np.ndarray:
    """Return the name of a concept as an image, uint8 (1, side, side), in place of its exemplar."""
    plate = Image.new("L", (side, side))
    pen, font, words = ImageDraw.Draw(plate), ImageFont.load_default(side * 0.19), label(name, 60)
    widest = max((pen.textlength(word, font) for word in words.split()), default=0)
    if widest > side - 2:
        font = ImageFont.load_default(side * 0.19 * (side - 2) / widest)
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if pen.textlength(longer, font) <= side - 2:
            lines[-1] = longer
        else:
            lines.append(word)
    lines = [line for line in lines if line][:4]
    middle = (side // 2, side // 2)
    pen.multiline_text(middle, "\n".join(lines), 190, font, "mm", spacing=2, align="center")
    return np.asarray(plate)[None]


def _wide(text: str) -> float:
    """Return about how many pixels a label takes at 10 points and 144 dpi."""
    return 12.8 * len(text) + 3 * sum(map(str.isupper, text))


def _indices(drawings: Images) -> np.ndarray:
    """Return drawings without their channel axis, as indices into the ramp."""
    values = drawings.detach().cpu().numpy() if isinstance(drawings, Tensor) else drawings
    full = 255 if values.dtype == np.uint8 else 1
    ramp = np.clip(values, 0, full) * ((_LEVELS - 1) / full)
    return np.rint(ramp).astype(np.uint8).squeeze(-3)


def _framed(pixels: np.ndarray, scale: int, gap: int, colour: int) -> np.ndarray:
    """Enlarge indices (..., H, W) `scale` times and put lines of `gap` pixels around each."""
    large = pixels.repeat(scale, axis=-1).repeat(scale, axis=-2)
    edge = (gap // 2, gap - gap // 2)
    around = [(0, 0)] * (pixels.ndim - 2) + [edge, edge]
    return np.pad(large, around, constant_values=colour)


def _image(tiles: np.ndarray) -> Image.Image:
    """Return indices (R, C, H, W) as one palette image."""
    rows, columns, height, width = tiles.shape
    sheet = tiles.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    image = Image.fromarray(sheet, mode="P")
    image.putpalette(_PALETTE.tobytes())
    return image
