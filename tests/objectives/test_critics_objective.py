"""The losses of the recognition critics, with one whose features are the pixels themselves."""

import numpy as np
import pytest
import torch
from torch import nn

from oneshot.objectives.critics import PairsObjective, ProtoNetObjective


class Pixels(nn.Module):
    """Features that are the image: two drawings are as near as their pixels."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.scale * x.flatten(1)


def bars(count=4, side=16):
    """Return as many concepts as asked, each a bar at a place of its own (W, 1, side, side)."""
    x = torch.zeros(count, 1, side, side)
    for k in range(count):
        x[k, :, 4:12, 2 + 3 * k : 4 + 3 * k] = 1
    return x


def accuracy(support, query, **options):
    torch.manual_seed(0)
    objective = ProtoNetObjective(Pixels(), 0.5, **options)
    return objective.losses({"support": support, "query": query}, 0)["accuracy"].item()


def test_copies_are_recognised_and_exchanged_ones_are_not():
    x = bars()
    copies = x[:, None].repeat(1, 3, 1, 1, 1)
    assert accuracy(x, copies) == 1
    assert accuracy(x, copies.roll(1, 0)) == 0


def test_the_loss_is_the_cross_entropy_of_squared_distances():
    x = bars(2)
    objective = ProtoNetObjective(Pixels(), 0.5)
    with torch.no_grad():
        objective.critic.scale.fill_(0.25)
    distance = 0.25**2 * (x[0] - x[1]).square().sum()
    loss = objective.losses({"support": x, "query": x[:, None]}, 0)["loss"]
    assert torch.isclose(loss, torch.log1p(torch.exp(-distance)))


def test_a_concept_is_transformed_as_one():
    x = bars()
    copies = x[:, None].repeat(1, 3, 1, 1, 1)
    assert accuracy(x, copies, classes="gentle") == 1
    torch.manual_seed(0)
    jittered = accuracy(x, copies, augment="normal")
    assert jittered < 1  # queries alone no longer fit their supports


def agreement(first, second):
    torch.manual_seed(0)
    objective = PairsObjective(Pixels(), 0.5)
    return objective.losses({"query": torch.stack((first, second), 1)}, 0)["loss"].item()


def test_two_drawings_of_a_concept_agree(monkeypatch):
    monkeypatch.setattr("oneshot.objectives.critics.jitter", lambda x, _: x)
    x = bars()
    # bars lie apart: a cosine of 1 with the partner and 0 with the six others
    expected = np.log(np.exp(10) + 6) - 10
    assert agreement(x, x) == pytest.approx(expected, abs=1e-6)
    assert agreement(x, x.roll(1, 0)) == pytest.approx(np.log(np.exp(10) + 6), abs=1e-5)


def test_drawings_of_a_pair_are_moved():
    x = bars()
    assert agreement(x, x) > 0.01
