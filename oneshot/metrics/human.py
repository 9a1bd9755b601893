"""How close a model is to the humans: on the plane of the two scores, and drawing by drawing."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from oneshot.metrics.originality import check


def distance_to_human(models: ArrayLike, human: ArrayLike) -> np.ndarray:
    """Return the distance (M,) of each model to the humans on the plane of scores.

    `models` are the points (M, 2) of all models that are compared, originality (or diversity) and
    recognizability, `human` is the point (2,). With s the unbiased standard deviation of each
    coordinate over the models, the distance of a model m to the human h is

        sqrt(((m_1 - h_1) / s_1)^2 + ((m_2 - h_2) / s_2)^2).

    *Diversity vs. Recognizability* (NeurIPS 2022, fig. 5a) shows such distances without stating
    their formula; this is ours. It depends on the set of models: compare within one call only.

    Raises ValueError for fewer than two models and for a coordinate in which all are equal.
    """
    models, human = np.asarray(models, dtype=float), np.asarray(human, dtype=float)
    if models.ndim != 2 or models.shape[1:] != human.shape:
        raise ValueError(
            f"models must be points (M, 2) and human (2,), got {models.shape} and {human.shape}"
        )
    if len(models) < 2:
        raise ValueError("the scale of each axis is the spread over models: give at least 2 models")
    spread = models.std(axis=0, ddof=1)
    if (spread == 0).any():
        raise ValueError(f"all models have the same coordinate {int(spread.argmin())}")
    return np.linalg.norm((models - human) / spread, axis=1)


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
