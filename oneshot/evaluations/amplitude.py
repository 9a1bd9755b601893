"""How strongly the null model `Warp` bends an exemplar: as far as people go.

Test concepts choose nothing. The amplitude is the one at which warped exemplars are as original as
what people drew of validation concepts; `systems.WARPED` holds what came out.
"""

from dataclasses import dataclass

import numpy as np
import torch

from oneshot.metrics.features import embed
from oneshot.metrics.originality import originality
from oneshot.models.nulls import Warp
from oneshot.recipes import presets
from oneshot.store import default

AMPLITUDES = (0.05, 0.075, 0.1, 0.125, 0.15, 0.2)


@dataclass(frozen=True)
class Chosen:
    """The amplitude that was chosen, and what it was chosen by, on validation concepts.

    `originality` are those of the warp at each of `AMPLITUDES`, `people` is that of people.
    """

    dataset: str
    amplitude: float
    originality: tuple[float, ...]
    people: float


def choose(dataset: str, size: str = "laptop") -> Chosen:
    """Return the amplitude, to three digits, at which the warp is as original as people.

    Between `AMPLITUDES` originality is interpolated. Raises ValueError where all of them are less,
    or all are more original, and what the store raises without drawings.
    """
    home = default()
    drawn = presets.human(dataset, size, "validation")
    people, critic = home.get(drawn), home.get(drawn.concepts.critic)
    threshold = drawn.concepts.threshold
    exemplars = embed(critic, people.exemplars, threshold)

    def mean_originality(pages: torch.Tensor | np.ndarray) -> float:
        return originality(embed(critic, pages, threshold), exemplars).mean().item()

    count, numbers = people.drawings.shape[1], [int(k) for k in people.concepts]
    found = [
        mean_originality(Warp(amplitude).draw(people.exemplars, count, concepts=numbers))
        for amplitude in AMPLITUDES
    ]
    wanted = mean_originality(people.drawings)
    if not found[0] <= wanted <= found[-1]:
        raise ValueError(
            f"people's originality of {wanted:.3f} is beyond that of the warp at {AMPLITUDES}: "
            f"{[round(value, 3) for value in found]}"
        )
    amplitude = round(float(np.interp(wanted, found, AMPLITUDES)), 3)
    return Chosen(dataset, amplitude, tuple(found), wanted)
