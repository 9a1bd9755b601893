"""The human side of a comparison: whose importance maps there are, and where they come from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from oneshot.attribution import figure, human
from oneshot.attribution.human import Consistency
from oneshot.drawings.errors import DataError

FIGURE = "figure"
"""In place of a split: the exemplars of the published figure, which have human maps."""


@dataclass(frozen=True)
class People:
    """Human maps (C, H, W) of the exemplars called `names`, which are those of `split`.

    `origin` is to be said beside any number computed from them. `consistency` is how well single
    participants agree, None when their maps are not known; `published` are the maps (C, H, W) of
    the model that the authors compare, None when there are none.
    """

    maps: Tensor
    names: tuple[str, ...]
    split: str
    origin: str
    consistency: Consistency | None = None
    published: Tensor | None = None


def people(dataset: str, clicks: str = "", among: tuple[str, ...] = ()) -> People | None:
    """Return the human maps that there are for a data set, None when there are none.

    `clicks` is a file or folder that `human.read` reads, of test exemplars of the data set, or of
    those called `among`. Without it, Quick, Draw! has the maps of the published figure, if that is
    in the data folder.

    Raises DataError when `clicks` cannot be read, and when they are of other exemplars.
    """
    if clicks:
        told = human.read(clicks)
        if among and (other := sorted(told.keys() - set(among))):
            raise DataError(
                f"{clicks} has clicks on {other[0]!r}, which is none of these exemplars: "
                f"{', '.join(among)}"
            )
        return _of_participants(told, clicks)
    if dataset != "quickdraw":
        return None
    try:
        found = figure.published()
    except DataError:
        return None
    return People(found.human, found.names, FIGURE, found.origin, published=found.model)


def _of_participants(told: human.Maps, clicks: str) -> People:
    names = tuple(told)
    maps = torch.from_numpy(np.stack([pages.mean(0) for pages in told.values()])).float()
    several = len(told) > 1 and min(map(len, told.values())) > 1
    agreed = human.consistency(told) if several else None
    least = min(map(len, told.values()))
    origin = f"clicks of {least} or more participants ({Path(clicks).name})"
    return People(maps, names, "test", origin, agreed)
