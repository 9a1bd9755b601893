"""Importance maps read off a printed figure, where the authors' arrays are not available.

Fig. 5 of Boutin et al., *Diffusion Models as Artists* (ICML 2023), shows 25 exemplars with the maps
of a model (left panel) and of people (right panel). Each tile is an even blend of two matplotlib
pictures, viridis of the drawing and jet of the map, so a cell's colour is

    colour = (viridis(ink) + jet(map)) / 2.

Ink is the same in both panels: two colours, six numbers, for three unknowns. Every pair of levels
is tried; the best is taken. What is found is a reading, of 8 bits and rescaled in each tile: only
ranks and shapes in it mean something.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib import colormaps
from PIL import Image, ImageCms, UnidentifiedImageError
from scipy import ndimage
from scipy.spatial import KDTree
from torch import Tensor

from oneshot.drawings.errors import DataError
from oneshot.drawings.sources import root
from oneshot.progress import tqdm

ORIGIN = "read off a figure"
ARRAYS, PICTURE = "clickme_fig5.npz", "Fig5.png"
LEVELS = np.arange(256) / 255
INK, HEAT = (255 * colormaps[name](LEVELS)[:, :3] for name in ("viridis", "jet"))
TOGETHER = 1024  # cells unmixed at once
PAPER = 240  # a pixel lighter than this in every channel is the paper around the tiles
RESIDUAL, SLACK, SPREAD = 4.0, 0.5, 0.1


@dataclass(frozen=True)
class FigureMaps:
    """Exemplars of a figure with two panels of maps, rescaled to [0, 1] each.

    `exemplars` are (C, 1, H, W) in [0, 1], ink = 1; `model` and `human` are (C, H, W). `certain`
    (C, H, W) is where the colours allow one reading only. `origin` is to be said beside any number
    computed from them.
    """

    exemplars: Tensor
    model: Tensor
    human: Tensor
    certain: Tensor
    names: tuple[str, ...]
    origin: str = ORIGIN


def published(folder: Path | None = None) -> FigureMaps:
    """Return the maps of fig. 5 from the data folder, `$ONESHOT_DATA/clickme` by default.

    They come from `clickme_fig5.npz` when it is there, else from the figure itself as `Fig5.png`.
    Raises DataError when neither is there or they are not what they should be.
    """
    folder = Path(folder) if folder else root("clickme")
    if (folder / ARRAYS).exists():
        return _arrays(folder / ARRAYS)
    if (folder / PICTURE).exists():
        return read(folder / PICTURE)
    raise DataError(
        f"{folder} has neither {ARRAYS} nor {PICTURE}; save fig. 5 of Diffusion Models as Artists "
        f"(image/Fig5.png of the authors' repository diffusion_as_artist) as {folder / PICTURE}"
    )


def _arrays(path: Path) -> FigureMaps:
    try:
        with np.load(path, allow_pickle=False) as file:
            names = ("exemplar", "cfgdm", "human", "pixel_ok")
            pages, model, human, certain = (torch.from_numpy(file[name]) for name in names)
            labels = tuple(str(name) for name in file["category"])
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path} does not hold the maps of the figure: {error}") from None
    return FigureMaps(pages[:, None], model, human, certain, labels)


def read(path: str | Path, cells: int = 48) -> FigureMaps:
    """Return the maps of a figure file of two panels side by side, the model's and the human one.

    The colours are first brought to sRGB by the profile in the file: a screenshot has that of its
    screen. Tiles are numbered row by row in each panel, `cells` by `cells` each.

    Raises DataError when the file is no picture, or shows no such panels.
    """
    try:
        with Image.open(path) as image:
            picture = np.asarray(srgb(image))
    except (FileNotFoundError, UnidentifiedImageError) as error:
        raise DataError(f"{path} is not a picture that can be read: {error}") from None
    boxes = tiles(picture)
    if boxes.shape[1] % 2:
        raise DataError(
            f"{path} shows {boxes.shape[1]} columns of tiles; expected two panels of equally many"
        )
    model, human = (half.reshape(-1, 4) for half in np.split(boxes, 2, axis=1))
    colours = np.stack([_cells(picture, part, cells) for part in (model, human)])
    ink, maps, certain = unmix(colours.reshape(2, -1, 3))
    shape = (len(model), cells, cells)
    pages = torch.from_numpy(ink.reshape(shape)[:, None])
    first, second = (torch.from_numpy(m.reshape(shape)) for m in maps)
    numbers = tuple(f"tile {number + 1}" for number in range(len(model)))
    return FigureMaps(pages, first, second, torch.from_numpy(certain.reshape(shape)), numbers)


def srgb(image: Image.Image) -> Image.Image:
    """Return an image in the colours that its embedded profile means, as sRGB."""
    profile = image.info.get("icc_profile")
    image = image.convert("RGB")
    if not profile:
        return image
    meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    shown = ImageCms.profileToProfile(image, meant, ImageCms.createProfile("sRGB"))
    assert shown is not None  # as it is when an image is changed in place
    return shown


def tiles(picture: np.ndarray) -> np.ndarray:
    """Return left, top, right and bottom (R, C, 4) of the tiles of a picture (H, W, 3) on paper.

    Tiles are the large coloured rectangles; letters around them are not. Raises DataError when they
    do not make full rows and columns.
    """
    patches = np.zeros(picture.shape[:2], np.int32)
    ndimage.label((picture < PAPER).any(-1), output=patches)
    spans = ndimage.find_objects(patches)
    found = np.array([(x.start, y.start, x.stop, y.stop) for y, x in spans]).reshape(-1, 4)
    sizes = (found[:, 2:] - found[:, :2]).min(1) if len(found) else np.zeros(0)
    found = found[sizes > sizes.max(initial=0) / 2]
    lefts, tops = (_groups(found[:, axis], sizes.max(initial=0) / 2) for axis in (0, 1))
    columns, rows = lefts.max(initial=-1) + 1, tops.max(initial=-1) + 1
    if len({*zip(tops, lefts, strict=True)}) != rows * columns or len(found) < 2:
        raise DataError(
            f"found {len(found)} tiles in {rows} rows and {columns} columns; expected a grid of "
            "separate tiles on white paper: give the whole figure, not cropped, and nothing else"
        )
    return found[np.lexsort((lefts, tops))].reshape(rows, columns, 4)


def _groups(places: np.ndarray, apart: float) -> np.ndarray:
    """Return the number of the group of each place; groups lie at least `apart` apart."""
    order = np.argsort(places)
    jumps = np.diff(places[order], prepend=places[order[:1]]) > apart
    groups = np.empty(len(places), dtype=int)
    groups[order] = np.cumsum(jumps)
    return groups


def _cells(picture: np.ndarray, boxes: np.ndarray, cells: int) -> np.ndarray:
    """Return the colours (T, cells, cells, 3) of the pixels nearest to the middles of cells."""
    middle = (np.arange(cells) + 0.5) / cells
    x, y = (
        (boxes[:, [axis]] + middle * (boxes[:, [axis + 2]] - boxes[:, [axis]])).astype(int)
        for axis in (0, 1)
    )
    return picture[y[:, :, None], x[:, None, :]]


def unmix(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ink (N,), maps (P, N), both float32 in [0, 1], and certainty (N,) of blended colours.

    `colours` is (P, N, 3) in 0..255: cell n of each of P panels, with the same ink in all. A cell
    is certain when its best reading is within 4 of the colours (rms) and all readings that are
    nearly as good agree on the maps.
    """
    panels = len(colours)
    rows = np.moveaxis(np.asarray(colours, dtype=float), 0, 1).reshape(-1, panels * 3)
    unique, back = np.unique(rows, axis=0, return_inverse=True)
    unique = unique.reshape(-1, panels, 3)
    starts = range(0, len(unique), TOGETHER)
    bar = tqdm(starts, desc="unmixing colours", unit="batch", mininterval=1.0, leave=False)
    parts = [_unmixed(unique[start : start + TOGETHER]) for start in bar]
    ink, maps, certain = (np.concatenate(part)[back.ravel()] for part in zip(*parts, strict=True))
    return ink, maps.T, certain


def _unmixed(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ink (n,), maps (n, P) and certainty (n,) of colours (n, P, 3)."""
    # What of the colour is left for the map, for each of the 256 levels that ink may have.
    left = 2 * colours[:, :, None] - INK
    distance, level = KDTree(HEAT).query(left)
    residual = np.sqrt((distance**2).sum(1) / 4 / colours[0].size)
    best = residual.argmin(-1)
    rows = np.arange(len(colours))
    maps = LEVELS.astype(np.float32)[level]
    least = residual[rows, best]
    likely = (residual <= least[:, None] + SLACK)[:, None]
    low, high = (maps.min(-1, where=likely, initial=1), maps.max(-1, where=likely, initial=0))
    certain = (least < RESIDUAL) & (high - low < SPREAD).all(1)
    return LEVELS.astype(np.float32)[best], maps[rows, :, best], certain
