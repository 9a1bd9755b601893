"""Scores that see what diversity, originality and recognizability by one critic do not.

Each is a mean over concepts, or the ratio of two, so that it has an interval and can be compared
with that of people on the same concepts (`paired.resampled`).
"""

from collections.abc import Mapping

import numpy as np
from torch import Tensor, nn

from oneshot.metrics.features import embed
from oneshot.metrics.human import coverage
from oneshot.metrics.memory import nearest_training
from oneshot.metrics.originality import bias, distance, raw_diversity, scale
from oneshot.metrics.recognizability import recognizability

NEIGHBOURS = 3
"""Of a drawing's neighbourhood, as in Kynkäänniemi et al. 2019."""
OVERLAP = ("precision", "recall", "density", "coverage")
SCORES = {
    "bias": ("bias_square", "distance_square"),
    **{name: (name, None) for name in OVERLAP},
    "memory": ("memory", "scale"),
    "grey": ("grey", "inked"),
    "second": ("second", None),
}
"""Each score, and which values by concept it is the mean of, or the ratio of the means of which.

"bias" is the share of the mean square of originality that all drawings of a concept have in common.
"precision", "recall", "density" and "coverage" say how they overlap with what other people drew of
it. "memory" is the distance to the nearest training drawing, in units of the drawings' features as
originality is. "grey" is the share of inked pixels that are neither ink nor paper. "second" is
recognizability in percent by a critic of another architecture.
"""


def by_concept(
    drawings: np.ndarray,
    exemplars: Tensor,
    others: np.ndarray,
    training: Tensor,
    critic: nn.Module,
    recognizing: Mapping[str, nn.Module],
    *,
    threshold: float,
    compared: np.ndarray | None = None,
) -> dict[str, Tensor | np.ndarray]:
    """Return what `SCORES` are made from, each (C,), of drawings (C, N, 1, H, W) in uint8.

    They vary `exemplars` (C, 1, H, W) in [0, 1]. `others` (C, M, 1, H, W) are drawings by people
    with which they, or those `compared` in their stead, are compared: M of each side, because more
    drawings have smaller neighbourhoods. `training` (T, K) are the features of the training
    drawings in the space of `critic`, that of originality. What the `recognizing` critics name,
    exactly (see `recognizability`), goes by their names, such as "second". What diversity and
    originality are made from is there, too. Where M is at most `NEIGHBOURS` nothing is said of
    overlap. Raises ValueError for fewer than M drawings, and where the metrics do.
    """
    features, shown = (embed(critic, some, threshold) for some in (drawings, exemplars))
    square, shift = bias(features, shown)
    between, inked = grey(drawings)
    found = {
        "raw_diversity": raw_diversity(features),
        "distance": distance(features, shown).mean(1),
        "scale": scale(features),
        "distance_square": square,
        "bias_square": shift,
        "memory": nearest_training(features, training).mean(1),
        "grey": between,
        "inked": inked,
    }
    for name, judge in recognizing.items():
        drawn, asked = (embed(judge, some, threshold) for some in (drawings, exemplars))
        found[name] = recognizability(drawn, asked, trials=None).per_concept
    each = others.shape[1]
    if each <= NEIGHBOURS:
        return found
    candidates = features if compared is None else embed(critic, compared, threshold)
    if candidates.shape[1] < each:
        raise ValueError(
            f"{each} drawings by people of each concept are compared with as many, got "
            f"{candidates.shape[1]}"
        )
    people = embed(critic, others, threshold)
    return found | vars(coverage(people, candidates[:, :each], NEIGHBOURS))


def grey(drawings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of drawings (C, V, 1, H, W) in uint8 how many pixels are grey, and inked, each (C,).

    A pixel is inked above a tenth of full ink and grey from a quarter to three quarters. Lines have
    grey edges; a blur is grey all over.
    """
    inked = (drawings > 25).sum(axis=(1, 2, 3, 4))
    between = ((drawings >= 64) & (drawings < 192)).sum(axis=(1, 2, 3, 4))
    return between, np.maximum(inked, 1)
