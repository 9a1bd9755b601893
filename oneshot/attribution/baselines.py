"""What maps must beat: attributions of a critic that only recognises, and maps of nothing at all.

A recognition critic is asked why it names an exemplar, by three methods of captum: saliency
(Simonyan et al. 2014), integrated gradients (Sundararajan et al. 2017) and occlusion (Zeiler &
Fergus 2014). The two nulls know no model: the exemplar's own ink, blurred, and the map of a
different exemplar.
"""

from collections.abc import Callable

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from oneshot.metrics.features import folded, prepare
from oneshot.models.critics import Critic
from oneshot.rng import generator

SIGMA = 3.0  # px; the blurred ink that comes nearest to the human maps of fig. 5
WINDOW, STRIDE = 7, 2  # px; what occlusion covers at a time, and how far it moves on
TOGETHER = 64  # images shown to the critic at once

Odds = Callable[[Tensor], Tensor]


def critic_maps(critic: Critic, exemplars: Tensor, method: str, threshold: float) -> Tensor:
    """Return where on each exemplar (C, 1, H, W) in [0, 1] its name hangs for a critic, (C, H, W).

    `method` is "saliency", "integrated_gradients" or "occlusion". What is explained is the log odds
    of the exemplar's own name against all others, `log_odds`; maps are sizes, not signs. The critic
    sees the exemplars as `oneshot.metrics.features.prepare` makes them with `threshold`, and blank
    paper is the baseline.

    Raises ValueError for an unknown method and fewer than two exemplars.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: expected one of {', '.join(METHODS)}")
    seen = prepare(exemplars, critic.side, threshold)
    odds = log_odds(critic, seen)
    # An intermediate page of integrated gradients is grey, so nothing may be binarised on the way.
    said = METHODS[method](odds, seen, torch.arange(len(seen), device=seen.device))
    maps = said.detach().float().abs()
    if maps.shape[2:] != exemplars.shape[2:]:
        maps = F.interpolate(maps, exemplars.shape[2:], mode="bilinear", antialias=True)
    return maps.squeeze(1)


def log_odds(critic: Critic, exemplars: Tensor) -> Odds:
    """Return a function from prepared images (N, 1, S, S) to the log odds (N, C) of each name.

    The probability of a name is the softmax of minus the squared distances to the exemplars. At the
    exemplar itself the distance has no slope; the odds against the others do.
    """
    if len(exemplars) < 2:
        raise ValueError("a name has odds only against others: give at least 2 exemplars")
    network = folded(critic)
    with torch.no_grad():
        supports = network(exemplars)

    def odds(images: Tensor) -> Tensor:
        logits = -(network(images)[:, None] - supports).square().sum(-1)
        own = torch.eye(len(supports), dtype=torch.bool, device=logits.device)
        others = logits[:, None].expand(-1, len(own), -1).masked_fill(own, -torch.inf)
        return logits - others.logsumexp(-1)

    return odds


def blurred(exemplars: Tensor, sigma: float = SIGMA) -> Tensor:
    """Return the ink of exemplars (C, 1, H, W), blurred by a Gaussian of `sigma` px, (C, H, W).

    The page is mirrored at its edges.
    """
    pages = exemplars[:, 0].cpu().numpy()
    return torch.from_numpy(ndimage.gaussian_filter(pages, sigma, axes=(1, 2)))


def shuffled(maps: Tensor, seed: int = 0) -> Tensor:
    """Return maps (C, H, W) in an order in which no exemplar keeps its own.

    Raises ValueError for fewer than two maps.
    """
    if len(maps) < 2:
        raise ValueError("one map cannot be exchanged for another's: give at least 2")
    order = generator(seed, len(maps)).permutation(len(maps))
    # One cycle through all of them leaves nothing in its place.
    source = np.empty_like(order)
    source[order] = np.roll(order, 1)
    return maps[torch.from_numpy(source)]


def _saliency(odds: Odds, images: Tensor, names: Tensor) -> Tensor:
    from captum.attr import Saliency  # captum takes seconds to import

    return Saliency(odds).attribute(images.requires_grad_(), target=names)


def _integrated(odds: Odds, images: Tensor, names: Tensor) -> Tensor:
    from captum.attr import IntegratedGradients

    return IntegratedGradients(odds).attribute(
        images, target=names, internal_batch_size=max(TOGETHER, len(images))
    )


def _occlusion(odds: Odds, images: Tensor, names: Tensor) -> Tensor:
    from captum.attr import Occlusion

    return Occlusion(odds).attribute(
        images,
        (1, WINDOW, WINDOW),
        strides=(1, STRIDE, STRIDE),
        target=names,
        perturbations_per_eval=max(1, TOGETHER // len(images)),
    )


METHODS: dict[str, Callable[[Odds, Tensor, Tensor], Tensor]] = {
    "saliency": _saliency,
    "integrated_gradients": _integrated,
    "occlusion": _occlusion,
}
