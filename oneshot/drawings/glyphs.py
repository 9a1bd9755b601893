"""The embedded source: Hershey vector glyphs, drawn by a synthetic hand.

The book and the tests run on it offline. Its "human" drawings are synthetic: an affine slant and
scale per drawing, an offset and a turn per stroke, smooth noise on the control points, and a pen
width, all addressed by (glyph, drawing).
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from HersheyFonts import HersheyFonts

from oneshot.drawings.raster import fit_square, render
from oneshot.drawings.splits import by_group
from oneshot.rng import generator

DRAWINGS = 20
STEP = 12.0
"""The most that points of a stroke are apart before a hand moves them."""
SEED = 20


def names(root: Path | None = None) -> list[str]:
    """Return "font.65" for every distinct glyph, sorted; `root` is not used."""
    return sorted(_glyphs())


def pages(
    root: Path | None, wanted: Sequence[str], side: int, limit: int = 0
) -> Iterator[np.ndarray]:
    """Yield the drawings of each wanted glyph, uint8 (20, side, side), ink = 255."""
    glyphs = _glyphs()
    number = {name: index for index, name in enumerate(names())}
    for name in wanted:
        hands = (generator(SEED, number[name], k) for k in range(limit or DRAWINGS))
        yield np.stack(
            [render(_draw(glyphs[name], hand), side, pen=hand.uniform(8, 12)) for hand in hands]
        )


def split(names: list[str]) -> np.ndarray:
    """Return a split by character code: no font shows in training what another font tests."""
    return by_group([int(name.rsplit(".", 1)[1]) for name in names], validation=0.08, test=0.13)


@cache
def _glyphs() -> dict[str, list[np.ndarray]]:
    found: dict[tuple, str] = {}
    fonts = HersheyFonts()
    for font in fonts.default_font_names:
        fonts.load_default_font(font)
        for letter, glyph in fonts.all_glyphs.items():
            strokes = tuple(
                tuple(map(tuple, stroke)) for stroke in glyph.strokes if len(stroke) > 1
            )
            if sum(map(len, strokes)) >= 4:
                found.setdefault(strokes, f"{font}.{ord(letter)}")
    return {
        name: fit_square([np.array(stroke, dtype=float) for stroke in strokes])
        for strokes, name in found.items()
    }


def _draw(strokes: list[np.ndarray], hand: np.random.Generator) -> list[np.ndarray]:
    turn, slant = hand.normal(0, 0.09), hand.normal(0, 0.16)
    width, height = hand.normal(1, 0.13, 2).clip(0.6, 1.4)
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    whole = rotate @ np.array([[width, slant], [0, height]])
    drawn = []
    for stroke in strokes:
        points = _dense(stroke) - 128
        points = points @ whole.T
        middle = points.mean(0)
        small = hand.normal(0, 0.06)
        turned = np.array([[1, -small], [small, 1]]) * hand.normal(1, 0.06)
        points = (points - middle) @ turned.T + middle + hand.normal(0, 6, 2)
        drawn.append(points + _wander(len(points), hand))
    return fit_square(drawn, 240) if hand.random() < 0.5 else _inside(drawn)


def _dense(stroke: np.ndarray) -> np.ndarray:
    """Return the polyline with points no further than `STEP` apart."""
    lengths = np.linalg.norm(np.diff(stroke, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(lengths)])
    where = np.linspace(0, along[-1], max(2, int(along[-1] / STEP) + 1))
    where = np.union1d(where, along)
    return np.stack([np.interp(where, along, stroke[:, axis]) for axis in (0, 1)], axis=1)


def _wander(points: int, hand: np.random.Generator) -> np.ndarray:
    """Return smooth noise (points, 2): a few low-frequency sines with random phase."""
    time = np.linspace(0, 1, points)[:, None]
    waves = np.arange(1, 4)
    size = hand.normal(0, 5, (2, 3)) / waves
    phase = hand.uniform(0, 2 * np.pi, (2, 3))
    return (size * np.sin(np.pi * waves * time[..., None] + phase)).sum(-1)


def _inside(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Return strokes shrunk onto the page when they leave it, else only centred."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    shrink = min(1.0, 250 / max(float((high - low).max()), 1e-9))
    return [(stroke - (low + high) / 2) * shrink + 128 for stroke in strokes]
