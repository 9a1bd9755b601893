"""Which parts of a picture are ink: by its border, by its opacity, on paper made even.

What is ink is not decided by the rarer shade, which a thick pen turns round, but by the border of
the page: paper is what lies there. Where a page is transparent and has one colour, its opacity is
the drawing.
"""

from dataclasses import dataclass

import numpy as np

from oneshot.drawings.errors import BlankPage
from oneshot.drawings.pictures import Picture

SAME = 0.06
"""Shades that are nearer each other than this are one."""
FAINT = 0.04
"""Ink differs from the paper by more than this."""
HALF = 0.5
"""Where more of a page than this would be ink, it may be the paper."""
CLEAR = 0.75
"""Share of the border that must be of one shade for it to say what the paper is."""


@dataclass(frozen=True)
class Ink:
    """The ink of a page, float32 (h, w) in [0, 1].

    `dark` says whether it is darker than the paper (None: taken from the opacity), `share` which
    part of the border is paper, `clear` whether that leaves no doubt.
    """

    ink: np.ndarray
    dark: bool | None
    share: float
    clear: bool
    notes: tuple[str, ...]


def ink_of(picture: Picture, name: str, dark: bool | None = None) -> Ink:
    """Return the ink of a picture, darker or lighter than the paper; by default its border decides.

    Raises BlankPage where there is none.
    """
    if picture.opacity is not None and np.ptp(picture.opacity) > SAME:
        if _one_colour(picture):
            return Ink(
                _scaled(picture.opacity, name), None, 1.0, True, ("ink from its transparency",)
            )
        colour = picture.colour * picture.opacity[..., None] + 1 - picture.opacity[..., None]
    else:
        colour = picture.colour
    paper, share = _paper(colour)
    by_border = _darker(colour, paper)
    if dark is None:
        dark = by_border
    elif dark != by_border:
        paper = np.quantile(colour.reshape(-1, colour.shape[2]), 0.98 if dark else 0.02, axis=0)
    ink = _scaled((paper - colour if dark else colour - paper).max(-1), name)
    clear = share >= CLEAR and float((ink > 0.5).mean()) < HALF
    return Ink(ink, dark, share, clear, ("ink dark on light" if dark else "ink light on dark",))


def _one_colour(picture: Picture) -> bool:
    seen = picture.colour[picture.opacity > 0.25]
    low, high = np.quantile(seen, (0.01, 0.99), axis=0) if len(seen) else (0, 0)
    return float(np.max(high - low)) < 0.1


def _paper(colour: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the colour (c,) of the border and the share of the border that has it."""
    wide = max(1, round(min(colour.shape[:2]) / 50))
    border = np.concatenate([
        part.reshape(-1, colour.shape[2])
        for part in (colour[:wide], colour[-wide:], colour[:, :wide], colour[:, -wide:])
    ])  # fmt: skip
    paper = np.median(border, axis=0)
    return paper, float((np.abs(border - paper).max(-1) < SAME).mean())


def _darker(colour: np.ndarray, paper: np.ndarray) -> bool:
    """Say whether what differs from the paper is darker than it, more than lighter."""
    away = (paper - colour).mean(-1)
    return bool(away[away > FAINT].sum() >= -away[away < -FAINT].sum())


def _scaled(away: np.ndarray, name: str) -> np.ndarray:
    most = float(away.max(initial=0))
    if most <= FAINT:
        raise BlankPage(f"{name} is a blank page")
    return np.clip(away / most, 0, 1).astype(np.float32)
