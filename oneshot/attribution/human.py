"""People's importance maps: from the clicks of players to maps, and how well players agree.

In a game of the ClickMe kind (Linsley et al. 2019) players uncover parts of a drawing until it is
recognised. A participant's file is JSON:

    {"participant": "p1", "side": 48,
     "games": [{"exemplar": "door", "clicks": [[12, 30], [13, 33]]},
               {"exemplar": "pizza", "map": [[0, 0.5, ...], ...]}]}

Clicks are x, y in pixels of a page `side` wide, from its upper left corner; x grows to the right
and y downwards. A map is a list of rows. The book's own game saves such files.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional as F

from oneshot.attribution.agreement import spearman
from oneshot.drawings.errors import DataError
from oneshot.metrics.intervals import Array, Interval, bootstrap
from oneshot.rng import generator

SIGMA = 2.0  # px; how far a click speaks for its neighbours
Maps = dict[str, Array]
"""Name of each exemplar and the maps (P, H, W) of its participants, each with sum 1."""


def read(path: str | Path, side: int = 48, sigma: float = SIGMA) -> Maps:
    """Return the maps of all participants from a JSON file, or from all of a folder.

    Clicks are counted in the pixels of a page `side` wide and blurred by a Gaussian of `sigma` px;
    maps are resized to that page and taken as they are. Every participant of an exemplar has the
    same weight, whatever the number of clicks. Files of the same participant count as one.

    Raises DataError when there is no file, or one is not as described above.
    """
    path = Path(path).expanduser()
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path} holds no .json file; expected one for each participant")
    pages: dict[str, dict[str, Array]] = {}
    for file in files:
        for participant, exemplar, page in _games(file, side, sigma):
            told = pages.setdefault(exemplar, {})
            told[participant] = told.get(participant, 0) + page
    return {
        exemplar: np.stack([page / page.sum() for page in told.values()])
        for exemplar, told in sorted(pages.items())
    }


def _games(file: Path, side: int, sigma: float) -> Iterator[tuple[str, str, Array]]:
    """Yield participant, exemplar and map of each game of a file in which something was clicked."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        participant, games = str(told.get("participant", file.stem)), told["games"]
        for game in games:
            if "map" in game:
                page = _resized(np.asarray(game["map"], dtype=float), side)
            else:
                page = blurred(counted(game["clicks"], told["side"], side), sigma)
            if page.any():
                yield participant, str(game["exemplar"]), page
    except FileNotFoundError:
        raise DataError(
            f"no file {file}; give a .json file of clicks or a folder of them"
        ) from None
    except (
        ValueError, KeyError, TypeError, AttributeError, OSError, ArithmeticError, RecursionError
    ) as error:  # fmt: skip
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise DataError(
            f"{file} is not a file of clicks or maps ({told:.200}); expected "
            '{"side": 48, "games": [{"exemplar": "name", "clicks": [[x, y], ...]}]}'
        ) from None


def counted(clicks: list, wide: float, side: int = 48) -> Array:
    """Return how many clicks fell into each pixel, (side, side); clicks lie in [0, wide) squared.

    Raises ValueError for a click off the page.
    """
    places = np.asarray(clicks, dtype=float).reshape(-1, 2) * (side / wide)
    if not ((places >= 0) & (places < side)).all():
        raise ValueError(f"a click lies off the page, which is {wide} wide")
    page = np.zeros((side, side))
    x, y = places.astype(int).T
    np.add.at(page, (y, x), 1)
    return page


def blurred(pages: Array, sigma: float = SIGMA) -> Array:
    """Return pages (..., H, W) blurred by a Gaussian of `sigma` px, mirrored at the edges."""
    return ndimage.gaussian_filter(pages, sigma, axes=(-2, -1))


def _resized(page: Array, side: int) -> Array:
    if page.ndim != 2 or not np.isfinite(page).all() or (page < 0).any():
        raise ValueError("a map must be rows of equally many numbers, none below 0")
    if page.shape == (side, side):
        return page
    small = F.interpolate(
        torch.from_numpy(page)[None, None], (side, side), mode="bilinear", antialias=True
    )
    return small[0, 0].numpy()


@dataclass(frozen=True)
class Consistency:
    """How well people agree, and how well anything can agree with them.

    `halves` is the mean rank correlation over concepts of the maps of two halves of the
    participants, the figure that *Latent Representation Matters* (NeurIPS 2024) reports as 0.88.
    `ceiling` is the root of what the correlation of two groups as large as all of them would be, by
    Spearman and Brown: what a map without error would reach.
    """

    halves: Interval
    ceiling: Interval


def consistency(people: Mapping[str, Array], splits: int = 100) -> Consistency:
    """Return how consistent participants' maps (P, H, W) of each exemplar are.

    Participants are parted at random `splits` times, one of an odd number sitting out. Spearman and
    Brown's formula holds for linear correlations of halves alike; for ranks it is a close guess.

    Raises ValueError for fewer than two exemplars, or an exemplar of fewer than two participants.
    """
    few = [name for name, maps in people.items() if len(maps) < 2]
    if few:
        raise ValueError(f"{few[0]} has one participant; consistency needs 2 or more on each")
    items = enumerate(people.values())
    scores = np.array([_halves(maps, splits, number) for number, maps in items])

    def whole(weights: Array) -> Array:
        mean = np.clip(weights @ scores, 0, None)
        return 2 * mean / (1 + mean)

    return Consistency(
        halves=bootstrap(lambda w: w @ scores, len(scores)),
        ceiling=bootstrap(lambda w: np.sqrt(whole(w)), len(scores)),
    )


def _halves(maps: Array, splits: int, concept: int) -> float:
    """Return the mean rank correlation of the halves of participants (P, H, W)."""
    size = len(maps) // 2
    random = generator(0, concept)
    order = random.permuted(np.tile(np.arange(len(maps)), (splits, 1)), axis=1)
    first, second = maps[order[:, :size]].mean(1), maps[order[:, size : 2 * size]].mean(1)
    return float(spearman(first, second).mean())
