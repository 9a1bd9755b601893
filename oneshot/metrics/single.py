"""Originality and recognition of drawings of one exemplar, which belongs to no data set."""

import math

import torch
from torch import Tensor, nn

from oneshot.metrics.features import embed
from oneshot.metrics.originality import originality

WAYS = 20


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
    return originality(far[None, 1:], far[:1], unit)[0], known(near[1:], near[0], rivals)
