"""Which parts of a picture are ink: by its border, by its opacity, on paper made even.

What is ink is not decided by the rarer shade, which a thick pen turns round, but by the border of
the page: paper is what lies there. Where a page is transparent and has one colour, its opacity is
the drawing. Light that falls off over a photograph is divided out.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from oneshot.drawings.errors import BlankPage, DataError
from oneshot.drawings.paper import Paper, border_of, paper_of
from oneshot.drawings.pictures import Picture

SAME = 0.06
"""Shades that are nearer each other than this are one."""
FAINT = 0.04
"""Ink differs from the paper by more than this."""
ROUGH = 5.0
"""Standard deviations of the paper; what differs from it by more is ink."""
HALF = 0.5
"""Where more of a page than this would be ink, it may be the paper."""
CLEAR = 0.75
"""Share of the border that must be paper for it to leave no doubt."""


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

    Raises BlankPage where there is none, and DataError where the light hides what is ink.
    """
    colour = picture.colour
    if picture.opacity is not None and np.ptp(picture.opacity) > SAME:
        if _one_colour(colour, picture.opacity):
            ink = _clean(picture.opacity, name)
            return Ink(ink, None, 1.0, True, ("ink from its transparency",))
        colour = colour * picture.opacity[..., None] + 1 - picture.opacity[..., None]
    paper = paper_of(colour)
    by_border = _darker(colour, paper)
    dark = by_border if dark is None else dark
    if dark != by_border:
        shade = np.quantile(colour.reshape(-1, colour.shape[2]), 0.98 if dark else 0.02, axis=0)
        paper = replace(paper, colour=shade)
    away, threshold = _away(colour, paper, dark)
    rough = paper.rough or not paper.even
    ink = _rough(away, threshold, paper, name) if rough else _clean(away, name)
    share = float(border_of(np.abs(away) < np.maximum(SAME, threshold)).mean())
    clear = share >= CLEAR and float((ink > 0.5).mean()) < HALF
    notes = ["ink dark on light" if dark else "ink light on dark"]
    return Ink(ink, dark, share, clear, (*notes, *([] if paper.even else ["light made even"])))


def _one_colour(colour: np.ndarray, opacity: np.ndarray) -> bool:
    seen = colour[opacity > 0.25]
    low, high = np.quantile(seen, (0.01, 0.99), axis=0) if len(seen) else (0, 0)
    return float(np.max(high - low)) < 0.1


def _darker(colour: np.ndarray, paper: Paper) -> bool:
    """Say whether what differs from the paper is darker than it, more than lighter."""
    away = (paper.colour - colour).mean(-1)
    least = np.maximum(FAINT, ROUGH * paper.noise)
    return bool(away[away > least].sum() >= -away[away < -least].sum())


def _away(colour: np.ndarray, paper: Paper, dark: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return how much darker than the paper, or lighter, the page is, and what of it is noise.

    Both (h, w) are shares of the most that there can be under that light. Of the channels the one
    counts that differs most: a yellow pen is seen in blue.
    """
    if dark:
        most = np.maximum(paper.colour.max(-1), 0.05)
        away = (paper.colour - colour).max(-1) / most
    else:
        most = np.maximum(1 - paper.colour.min(-1), 0.05)
        away = (colour - paper.colour).max(-1) / most
    return away, np.maximum(FAINT, ROUGH * paper.noise / most)


def _clean(away: np.ndarray, name: str) -> np.ndarray:
    most = float(away.max(initial=0))
    if most <= FAINT:
        raise BlankPage(f"{name} is a blank page")
    return np.clip(away / most, 0, 1).astype(np.float32)


def _rough(away: np.ndarray, threshold: np.ndarray, paper: Paper, name: str) -> np.ndarray:
    """Return the ink of a photograph or scan, freed of what is only the roughness of the paper."""
    count = max(8, away.size // 4000)
    top = np.partition(away, -count, axis=None)[-count]
    if top <= 1.5 * np.median(threshold):
        if top <= 2 * FAINT:
            raise BlankPage(f"{name} is a blank page")
        raise DataError(
            f"{name} is too rough, dark or unevenly lit to tell its ink from its paper; scan it, "
            "or photograph it in even light"
        )
    if paper.shadow:
        raise DataError(
            f"{name} has a shadow or another thing in it that may be taken for ink; photograph the "
            "paper alone and in even light"
        )
    level = float(np.quantile(away[away > 0.5 * top], 0.75))
    low = np.maximum(threshold, 0.2 * level)
    ink = np.clip((away - low) / np.maximum(0.8 * level - low, 0.1 * level), 0, 1)
    return _without_specks(ink.astype(np.float32))


def _without_specks(ink: np.ndarray) -> np.ndarray:
    """Return ink without spots that are small against what is drawn, such as dust and noise."""
    labels = np.zeros(ink.shape, np.int32)
    ndimage.label(ink > 0.1, np.ones((3, 3)), labels)
    if labels.max() < 2:
        return ink
    sizes = np.asarray(ndimage.sum_labels(ink, labels, np.arange(labels.max() + 1)))
    kept = sizes >= max(4.0, 0.005 * sizes.max())
    kept[0] = True
    return np.where(kept[labels], ink, 0)
