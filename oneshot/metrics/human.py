"""How close a model is to the humans: on the plane of the two scores, and drawing by drawing."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from oneshot.metrics.originality import check


def distance_to_human(points: ArrayLike, human: ArrayLike, spread: ArrayLike) -> np.ndarray:
    """Return the distances (...) of points (..., K) to the humans (..., K) in a space of K scores.

    On a plane, K = 2, a point is originality (or diversity) and recognizability. With s the
    `spread` (K,) of the models that are compared, see `spread_of`, the distance of a point p to the
    human h is, there,

        sqrt(((p_1 - h_1) / s_1)^2 + ((p_2 - h_2) / s_2)^2).

    *Diversity vs. Recognizability* (NeurIPS 2022, fig. 5a) shows such distances without stating
    their formula; this is ours. Distances of one spread can be compared, others not. The spread
    stays as it is when concepts are resampled.
    """
    gaps = np.asarray(points, dtype=float) - np.asarray(human, dtype=float)
    return np.linalg.norm(gaps / np.asarray(spread, dtype=float), axis=-1)


def spread_of(models: ArrayLike) -> np.ndarray:
    """Return the spread (2,) of models (M, 2) on the plane: unbiased standard deviations.

    A coordinate in which all models are equal, or a single model, has spread 1.
    Raises ValueError for what is no list of points.
    """
    models = np.asarray(models, dtype=float)
    if models.ndim != 2 or models.shape[1] != 2 or not len(models):
        raise ValueError(f"models must be points (M, 2), got {models.shape}")
    spread = models.std(axis=0, ddof=1) if len(models) > 1 else np.zeros(2)
    return np.where(spread > 0, spread, 1.0)


@dataclass(frozen=True)
class Coverage:
    """How two sets of drawings of each concept overlap, each measure (C,).

    `precision` is the fraction of the model's drawings that lie among the human ones, `recall` the
    fraction of human drawings that lie among the model's, `density` how many human neighbourhoods
    hold a model's drawing, in units of what human drawings themselves give, and `coverage` the
    fraction of human neighbourhoods in which the model draws at all.
    """

    precision: Tensor
    recall: Tensor
    density: Tensor
    coverage: Tensor


def coverage(humans: Tensor, models: Tensor, neighbours: int = 5) -> Coverage:
    """Compare a model's drawings (C, M, K) with human drawings (C, N, K) of the same concepts.

    The neighbourhood of a drawing is the open ball that reaches its `neighbours`-th nearest drawing
    of the same concept and the same set. Precision and recall: Kynkäänniemi et al. 2019; density
    and coverage: Naeem et al. 2020, sec. 3.

    Raises ValueError unless there are more drawings of a concept than `neighbours` in both sets.
    """
    check(humans)
    check(models)
    if (humans.shape[0], humans.shape[2]) != (models.shape[0], models.shape[2]):
        raise ValueError(
            f"humans and models differ in concepts or features: {tuple(humans.shape)} and "
            f"{tuple(models.shape)}"
        )
    if not 1 <= neighbours < min(humans.shape[1], models.shape[1]):
        raise ValueError(
            f"{neighbours} neighbours need more than {neighbours} drawings of each concept, got "
            f"{humans.shape[1]} human and {models.shape[1]} model drawings"
        )
    # one concept at a time: all concepts' tables together would fill the memory
    pairs = zip(humans.double(), models.double(), strict=True)
    rows = [_overlap(h, m, neighbours) for h, m in pairs]
    return Coverage(*torch.tensor(rows).T)


def _overlap(human: Tensor, model: Tensor, neighbours: int) -> list[float]:
    across = torch.cdist(human, model)
    in_human = across < _radius(human, neighbours)[:, None]
    in_model = across < _radius(model, neighbours)[None]
    return [
        in_human.any(0).float().mean().item(),
        in_model.any(1).float().mean().item(),
        in_human.float().sum(0).mean().item() / neighbours,
        in_human.any(1).float().mean().item(),
    ]


def _radius(features: Tensor, neighbours: int) -> Tensor:
    # the nearest one is the drawing itself, at distance 0
    return torch.cdist(features, features).kthvalue(neighbours + 1, dim=1).values
