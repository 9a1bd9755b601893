"""Originality and recognition of drawings of one exemplar, which belongs to no data set."""

import math

import torch
from torch import Tensor, nn

from oneshot.metrics.features import embed

WAYS = 20


def originality(drawings: Tensor, exemplar: Tensor, unit: float) -> Tensor:
    """Return how far drawings (V, K) are from their exemplar (K,), in features of SimCLR.

    It is the root mean square of the difference, in units of human drawings: see `Rivals`.
    """
    return (drawings - exemplar).square().mean(1).sqrt() / unit


def known(drawings: Tensor, exemplar: Tensor, rivals: Tensor) -> Tensor:
    """Return the chance (V,) with which each drawing is known among `WAYS` concepts.

    One of them is its own, by `exemplar` (K,); the others are a random choice of the `rivals`
    (C, K). It is known when its own exemplar is the nearest of all, so the chance is that the
    choice has none that is nearer. Raises ValueError for fewer rivals than there are other ways.
    """
    if len(rivals) < WAYS - 1:
        raise ValueError(f"{len(rivals)} rivals are too few for {WAYS} ways")
    own = (drawings - exemplar).double().square().sum(1)
    others = torch.cdist(drawings.double(), rivals.double()).square()
    farther = (others > own[:, None]).sum(1).tolist()
    every = math.comb(len(rivals), WAYS - 1)
    return torch.tensor([math.comb(count, WAYS - 1) / every for count in farther])


def judge(
    drawings: Tensor,
    exemplar: Tensor,
    originality_critic: nn.Module,
    recognition_critic: nn.Module,
    *,
    rivals: Tensor,
    unit: float,
    threshold: float,
) -> tuple[Tensor, Tensor]:
    """Return originality (V,) and the chance to be known (V,) of drawings (V, 1, H, W).

    `exemplar` is (1, 1, H, W); `rivals` and `unit` are those of the critics, see `Rivals`.
    """
    pages = torch.cat([exemplar, drawings])
    far, near = (
        embed(critic, pages, threshold, name="judging")
        for critic in (originality_critic, recognition_critic)
    )
    return originality(far[1:], far[0], unit), known(near[1:], near[0], rivals)
