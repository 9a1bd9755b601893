"""Whether a model draws what it was trained on: how far its drawings are from training drawings.

A model that gives back training drawings may be recognized and original; only the training set
tells. People are the measure: what they draw of a new concept comes near to some drawing of another
one, too. See Meehan et al. 2020, *A non-parametric test to detect data-copying in generative
models*, who compare the same distance with that of held-out drawings.
"""

import torch
from torch import Tensor

from oneshot.metrics.originality import check


def nearest_training(features: Tensor, training: Tensor) -> Tensor:
    """Return the distance (C, N) of each drawing to the training drawing nearest to it.

    `features` are (C, N, K), those of training drawings (M, K), both raw; the distance is the root
    mean square over dimensions, as in `originality.distance`. Raises ValueError for features that
    do not fit, and without training drawings.
    """
    check(features)
    if training.ndim != 2 or training.shape[1] != features.shape[2] or not len(training):
        raise ValueError(
            f"training features must be (drawings, {features.shape[2]}) to go with features "
            f"{tuple(features.shape)}, got {tuple(training.shape)}"
        )
    # one concept at a time: all distances together would fill the memory
    return torch.stack([torch.cdist(some, training).amin(1) for some in features]) / (
        features.shape[2] ** 0.5
    )
