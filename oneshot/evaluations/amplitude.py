"""How far a model that bends its exemplar bends it: as far as people go.

Test concepts choose nothing. The null model `Warp` has an amplitude and VAE-Elastic a spread of its
latents; each is the one at which drawings are as original as what people drew of validation
concepts. `systems.WARPED` and `recipes.vae_elastic.SPREAD` hold what came out.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import torch

from oneshot import systems
from oneshot.metrics.features import embed
from oneshot.metrics.originality import originality
from oneshot.models.generator import Generator
from oneshot.models.nulls import Warp
from oneshot.recipes import presets
from oneshot.store import default

AMPLITUDES = (0.05, 0.075, 0.1, 0.125, 0.15, 0.2)
SPREADS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5)


@dataclass(frozen=True)
class Chosen:
    """What was chosen, and by what, on validation concepts.

    `originality` are those of the model at each of the `tried`, `people` is that of people.
    """

    dataset: str
    value: float
    tried: tuple[float, ...]
    originality: tuple[float, ...]
    people: float


def amplitude(dataset: str, size: str = "laptop") -> Chosen:
    """Return the amplitude at which the warp is as original as people; raises as `_matched`."""
    return _matched(dataset, size, AMPLITUDES, [Warp(one) for one in AMPLITUDES])


def spread(dataset: str, size: str = "laptop") -> Chosen:
    """Return the spread at which VAE-Elastic is as original as people; raises as `_matched`.

    Raises what the store does where it is not trained.
    """
    model = default().get(systems.recipe("vae-elastic", dataset, size))
    found = []
    for one in SPREADS:
        found.append(copy(model))
        found[-1].spread = one
    return _matched(dataset, size, SPREADS, found)


def _matched(
    dataset: str, size: str, tried: Sequence[float], models: Sequence[Generator]
) -> Chosen:
    """Return the value, to three digits, at which a model is as original as people.

    Between those that are tried, originality is interpolated. Raises ValueError where all of them
    are less, or all are more original, and what the store raises without drawings.
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
        mean_originality(model.draw(people.exemplars, count, concepts=numbers)) for model in models
    ]
    wanted = mean_originality(people.drawings)
    if not found[0] <= wanted <= found[-1]:
        raise ValueError(
            f"people's originality of {wanted:.3f} is beyond that of the model at {tuple(tried)}: "
            f"{[round(value, 3) for value in found]}"
        )
    value = round(float(np.interp(wanted, found, tried)), 3)
    return Chosen(dataset, value, tuple(tried), tuple(found), wanted)
