"""How varied drawings are and how far they go from their exemplar, in a critic's features.

Features are (C, N, K): N drawings of each of C concepts; exemplar features are (C, K). Diversity is
the spread within a concept, originality the distance to the exemplar. Both are divided by a
normaliser that makes them independent of the scale of the features. The published normaliser comes
from the model's own drawings, which flatters a model whose features are small; dividing every model
by the normaliser of the human drawings is the stricter comparison.

Sources: *Diversity vs. Recognizability* (NeurIPS 2022) for raw diversity, *Diffusion Models as
Artists* (ICML 2023) and *Latent Representation Matters* (NeurIPS 2024) for the normaliser and
originality.
"""

import torch
from torch import Tensor


def raw_diversity(features: Tensor) -> Tensor:
    """Return the raw diversity (C,) of each concept, from features (C, N, K).

    It is the unbiased standard deviation over the N drawings, averaged over feature dimensions.
    Raises ValueError for fewer than two drawings a concept.
    """
    check(features)
    if features.shape[1] < 2:
        raise ValueError("diversity needs at least 2 drawings of each concept, got 1")
    return features.std(1).mean(1)


def scale(features: Tensor) -> Tensor:
    """Return the scale (C,) of each concept's features (C, N, K).

    It is the unbiased standard deviation across the K dimensions of one drawing's feature, averaged
    over the drawings of the concept.
    """
    check(features)
    return features.std(2).mean(1)


def normaliser(features: Tensor) -> float:
    """Return the normaliser of features (C, N, K): their scale averaged over concepts.

    Raises ValueError if it is zero, which no working critic gives.
    """
    value = scale(features).mean().item()
    if value <= 0:
        raise ValueError("every feature vector is constant: the critic that made them is broken")
    return value


def distance(features: Tensor, exemplars: Tensor) -> Tensor:
    """Return the raw distance (C, N) of each drawing to its exemplar.

    It is the root mean square over dimensions of the difference between features (C, N, K) and
    exemplar features (C, K).
    """
    check(features, exemplars)
    return (features - exemplars[:, None]).square().mean(2).sqrt()


def originality(features: Tensor, exemplars: Tensor, by: float | None = None) -> Tensor:
    """Return the originality (C, N) of each drawing: its distance divided by a normaliser.

    `features` are (C, N, K), `exemplars` (C, K), both raw. `by` is the normaliser: None takes the
    one of `features`, as published; pass that of the human drawings to compare models on one scale.
    """
    return distance(features, exemplars) / (normaliser(features) if by is None else by)


def bias(features: Tensor, exemplars: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean square of the distance to the exemplar (C,), and how much of it is bias (C,).

    The square of the distance of drawings with features (C, N, K) to the exemplar (C, K) is, in the
    mean over drawings, that of their mean to it, the bias, which all of them share, plus their
    variance. N drawings tell their mean up to a Nth of the variance, which is taken off the bias,
    so that it does not depend on N; of a drawing that varies around its exemplar it is 0, give or
    take. The decomposition: Geman, Bienenstock & Doursat 1992.

    Raises ValueError for fewer than two drawings a concept.
    """
    check(features, exemplars)
    if features.shape[1] < 2:
        raise ValueError("bias needs at least 2 drawings of each concept, got 1")
    variance = features.var(1).mean(1)
    shift = (features.mean(1) - exemplars).square().mean(1)
    return distance(features, exemplars).square().mean(1), shift - variance / features.shape[1]


def check(features: Tensor, exemplars: Tensor | None = None) -> None:
    """Raise ValueError unless features are finite (C, N, K) and exemplars finite (C, K)."""
    if features.ndim != 3 or 0 in features.shape:
        raise ValueError(f"features must be (concepts, drawings, K), got {tuple(features.shape)}")
    if exemplars is not None and exemplars.shape != features[:, 0].shape:
        raise ValueError(
            f"exemplar features must be {tuple(features[:, 0].shape)} to go with features "
            f"{tuple(features.shape)}, got {tuple(exemplars.shape)}"
        )
    for name, values in (("features", features), ("exemplar features", exemplars)):
        if values is not None and not torch.isfinite(values).all():
            raise ValueError(f"{name} are not all finite: look at the drawings they come from")
