"""What is measured of drawings: a record of their scores, and which of them are kept."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from oneshot import device
from oneshot.evaluations.record import SCORES, Record
from oneshot.evaluations.samples import Shown
from oneshot.evenly import evenly
from oneshot.metrics.beyond import grey
from oneshot.metrics.features import embed
from oneshot.metrics.intervals import mean, ratio
from oneshot.metrics.originality import distance
from oneshot.metrics.scoring import Scores as ScoresTable
from oneshot.recipes.results import Drawn
from oneshot.training.precision import Precision

EXEMPLARS, VARIATIONS, TRIES = 4, 8, 3
"""What is drawn to be timed, and how often."""
PER_CONCEPT = ("raw_diversity", "distance", "scale", "recognizability")


def record(scores: ScoresTable, drawings: np.ndarray | None, **fields: Any) -> Record:
    """Return the record of drawings, uint8 (C, V, 1, H, W), and their scores.

    `fields` are the others of a `Record`, its identity at least, unless `variations` are as many as
    were scored.
    """
    return Record(
        **{"variations": scores.variations, **fields},
        **{name: getattr(scores, name) for name in SCORES},
        bins=scores.bins,
        bands=bands(scores),
        density=scores.density,
        grey=None if drawings is None else ratio(*grey(drawings)),
        per_concept={name: scores.per_concept[name] for name in PER_CONCEPT} | ends(scores),
    )


def training(cards: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the trainings of a system took together, of the card of each by its name."""
    if not cards:
        return {}
    said = {
        name: ", ".join(sorted({str(card[name]) for card in cards.values() if name in card}))
        for name in ("precision", "device")
    }
    steps = {name: card["steps"] for name, card in cards.items()}
    return {"steps": steps, "seconds": sum(card["seconds"] for card in cards.values())} | said


def sample(
    drawn: Drawn,
    critic: nn.Module,
    threshold: float,
    normaliser: float,
    concepts: int,
    count: int,
    *,
    spread: bool,
) -> Shown:
    """Return drawings of `concepts` concepts that lie evenly over all that were drawn.

    With `spread` they stand for all drawings of a concept: sorted by originality and cut in `count`
    parts, the middle one of each. Otherwise they are the first. Originality is that of the
    originality `critic`, in units of `normaliser`.
    """
    places = evenly(len(drawn.names), concepts)
    pages = drawn.drawings[places] if spread else drawn.drawings[places, :count]
    features = embed(critic, pages, threshold), embed(critic, drawn.exemplars[places], threshold)
    far = distance(*features).numpy()
    if spread:
        order = far.argsort(axis=1, kind="stable")[:, middles(pages.shape[1], count)]
        pages = np.take_along_axis(pages, order[..., None, None, None], axis=1)
        far = np.take_along_axis(far, order, axis=1)
    names = tuple(drawn.names[k] for k in places)
    return Shown(pages, names, drawn.concepts[places], far / normaliser)


def middles(total: int, parts: int) -> np.ndarray:
    """Return the places of the middles of `parts` equal parts of a sorted row, fewer if need be."""
    return np.unique(((np.arange(parts) + 0.5) * total / parts).astype(int).clip(max=total - 1))


def bands(scores: ScoresTable) -> list[list[float]]:
    """Return the bounds of the recognizability of each bin of the generalization curve."""
    by_bin = np.array(scores.per_concept["bin_recognizability"]).T
    return [[interval.low, interval.high] for interval in map(mean, by_bin)]


def ends(scores: ScoresTable) -> dict[str, list[list[float]]]:
    """Return of each concept the first and the last bin of the generalization curve."""
    names = ("bin_originality", "bin_recognizability")
    return {name: [[row[0], row[-1]] for row in scores.per_concept[name]] for name in names}


def time_drawing(
    model: Any, options: Mapping[str, Any], precision: Precision, on: torch.device
) -> dict[str, Any]:
    """Return the milliseconds of a drawing, and in which precision and where it was timed.

    It is one of 32 that are drawn together, in the best of three tries.
    """
    clocks = []
    for _ in range(TRIES):
        start = time.perf_counter()
        draw_noise(model, options, precision, on)
        clocks.append(time.perf_counter() - start)
    each = 1000 * min(clocks) / (EXEMPLARS * VARIATIONS)
    return {"milliseconds": each, "timed": str(precision), "device": device.describe(on)}


def draw_noise(model: Any, options: Mapping[str, Any], precision: Precision, on: torch.device):
    """Draw variations of pages of noise, since time does not depend on what a page shows."""
    side = model.side or 48
    pages = torch.rand(EXEMPLARS, 1, side, side, generator=torch.Generator().manual_seed(0))
    with precision.autocast(on):
        # values at hand, so that no device is still at work when the clock stops
        return model.draw(pages.to(on), VARIATIONS, **options).sum().item()
