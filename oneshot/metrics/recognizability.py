"""How often a classifier that has seen one exemplar of each concept recognises a drawing.

An episode holds `ways` different concepts, with their exemplars as support and one drawing of each
as query; a query is recognised if its own exemplar is the nearest in squared Euclidean distance.
The protocol is that of *Diversity vs. Recognizability* (NeurIPS 2022); see also prototypical
networks, Snell et al. 2017.

Everything is looked up in one table of distances between drawings and exemplars, computed once.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from oneshot.metrics.originality import check
from oneshot.rng import generator

_EPISODES = 0x45504953  # keeps the episodes' random stream apart from that of sampling noise


@dataclass(frozen=True)
class Recognizability:
    """Accuracies (C,) of each concept in percent, and the number of ways they were measured at.

    `ways` is smaller than what was asked for when there are fewer concepts.
    """

    per_concept: Tensor
    ways: int

    @property
    def value(self) -> float:
        """Accuracy in percent, averaged over concepts."""
        return self.per_concept.mean().item()


def recognizability(
    queries: Tensor,
    exemplars: Tensor,
    ways: int | Literal["all"] = 20,
    trials: int | None = 500,
    *,
    seed: int = 0,
    stream: int = 0,
) -> Recognizability:
    """Classify drawings with features (C, N, K) by exemplars (C, K) in one-shot episodes.

    Every concept is tested `trials` times, each time with a random drawing of it against `ways - 1`
    other concepts, a uniformly random subset. `trials=None` gives the expectation over all episodes
    and all drawings instead, exactly; it needs no randomness. `ways="all"` puts every concept in
    every episode, so that only the exact value is of interest and `trials` is not looked at.
    `seed` and `stream` address the episodes.

    Raises ValueError for fewer than two concepts, ways or trials that make no episode, and features
    that do not fit.
    """
    check(queries, exemplars)
    concepts = len(queries)
    if concepts < 2:
        raise ValueError("recognizability needs at least 2 concepts, got 1")
    if ways != "all" and ways < 2:
        raise ValueError(f"ways must be at least 2 or 'all', got {ways}")
    if trials is not None and trials < 1:
        raise ValueError(f"trials must be at least 1, or None for the exact value, got {trials}")
    exact = ways == "all"
    ways = concepts if ways == "all" else min(ways, concepts)
    table = distances(queries, exemplars)
    if exact or trials is None:
        accuracy = _expected(table, ways)
    else:
        accuracy = _tested(table, *episodes(concepts, queries.shape[1], ways, trials, seed, stream))
    return Recognizability(100 * accuracy, ways)


def distances(queries: Tensor, exemplars: Tensor) -> Tensor:
    """Return squared distances (C, N, C) of each drawing (C, N, K) to each exemplar (C, K).

    In float64, because the expanded square loses what small distances between large features mean.
    """
    q, e = queries.double(), exemplars.double()
    cross = q.flatten(0, 1) @ e.T
    square = q.square().sum(2)[..., None] + e.square().sum(1)
    return (square - 2 * cross.view(square.shape)).clamp_min(0)


def episodes(
    concepts: int, drawings: int, ways: int, trials: int, seed: int = 0, stream: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the episodes of `trials` rounds; in each round every concept is tested once.

    Returns `labels` (E, ways), the different concepts of each episode, and `chosen` (E, ways), the
    drawing of each concept that is the query. `chosen` is -1 for a concept that is in the episode
    as a distractor only: the last episode of a round is filled up with concepts already tested.
    """
    random = generator(seed, _EPISODES, stream)
    order = random.permuted(np.tile(np.arange(concepts), (trials, 1)), axis=1)
    chosen = random.integers(drawings, size=order.shape)
    fill = -concepts % ways
    labels = np.concatenate([order, order[:, :fill]], axis=1)
    chosen = np.concatenate([chosen, np.full((trials, fill), -1)], axis=1)
    return labels.reshape(-1, ways), chosen.reshape(-1, ways)


def _tested(table: Tensor, labels: np.ndarray, chosen: np.ndarray) -> Tensor:
    """Return accuracies (C,) in [0, 1] of the queries of the episodes."""
    episode, position = np.nonzero(chosen >= 0)
    target = torch.from_numpy(labels[episode, position]).to(table.device)
    drawing = torch.from_numpy(chosen[episode, position]).to(table.device)
    candidates = torch.from_numpy(labels[episode]).to(table.device)
    nearest = table[target[:, None], drawing[:, None], candidates].argmin(1)
    correct = nearest == torch.from_numpy(position).to(table.device)
    hits = torch.zeros(len(table), dtype=torch.float64, device=table.device)
    hits.index_add_(0, target, correct.double())
    return (hits / torch.bincount(target, minlength=len(table))).float()


def _expected(table: Tensor, ways: int) -> Tensor:
    """Return accuracies (C,) in [0, 1] averaged over all drawings and all possible episodes.

    If r of the other concepts' exemplars are nearer than the right one, an episode is won when it
    avoids them: with probability choose(C - 1 - r, ways - 1) / choose(C - 1, ways - 1). Exemplars
    exactly as near as the right one share the win, as they would at a random place in an episode.
    """
    concepts = len(table)
    own = table.diagonal(dim1=0, dim2=2).T[..., None]
    closer = (table < own).sum(2)
    equal = (table == own).sum(2) - 1
    # few pairs (closer, equal) occur, so each is worked out once, in exact integers
    pairs, index = torch.unique(closer * concepts + equal, return_inverse=True)
    found = (divmod(pair, concepts) for pair in pairs.tolist())
    chances = [_chance(nearer, tied, concepts - 1, ways - 1) for nearer, tied in found]
    return torch.tensor(chances, dtype=torch.float64, device=table.device)[index].mean(1).float()


def _chance(nearer: int, tied: int, others: int, drawn: int) -> float:
    """Return the probability that `drawn` of `others` distractors leave the right one nearest."""
    free = others - nearer - tied
    wins = (
        math.comb(tied, j) * math.comb(free, drawn - j) / (j + 1)
        for j in range(min(tied, drawn) + 1)
    )
    return sum(wins) / math.comb(others, drawn)
