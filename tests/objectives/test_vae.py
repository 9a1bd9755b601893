import math

import pytest
import torch
from torch import nn

from oneshot.models.neural_statistician import NeuralStatistician
from oneshot.models.vae_stn import VaeStn
from oneshot.objectives.vae import NeuralStatisticianObjective, VaeObjective


class BlankPairs(nn.Module):
    """Draws every pixel with probability 1/2 and states its divergence."""

    def forward(self, x, exemplar):
        return torch.zeros_like(x), torch.full((len(x),), 7.0)


class BlankSets(nn.Module):
    def forward(self, sets):
        return torch.zeros_like(sets), torch.full((len(sets),), 6.0), torch.full((len(sets),), 9.0)


def strokes(count, side=16):
    """Crosses of a few sizes, ink 1 on a blank page."""
    pages = torch.zeros(count, 1, side, side)
    for i, page in enumerate(pages[:, 0]):
        page[side // 2, 2 + i % 3 : -2] = 1
        page[2 : -2 - i % 4, side // 2 - i % 2] = 1
    return pages


def train(objective, batch, steps, lr):
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(objective.parameters(), lr)
    for step in range(steps):
        losses = objective.losses(batch, step)
        optimizer.zero_grad()
        losses["loss"].backward()
        optimizer.step()
    return {name: value.item() for name, value in losses.items()}


def test_bound_of_pairs_by_hand():
    batch = {"x": torch.rand(3, 1, 4, 4), "y": torch.rand(3, 1, 4, 4)}
    losses = VaeObjective(BlankPairs(), beta=2.0).losses(batch, 0)
    assert losses["reconstruction"].item() == pytest.approx(16 * math.log(2))
    assert losses["kl"].item() == pytest.approx(7)
    assert losses["loss"].item() == pytest.approx(16 * math.log(2) + 14)


def test_beta_warms_up():
    objective = VaeObjective(BlankPairs(), beta=3.0, warmup=10)
    assert [objective.beta_at(step) for step in (0, 5, 10, 99)] == pytest.approx([0.6, 1.8, 3, 3])
    assert VaeObjective(BlankPairs(), beta=3.0).beta_at(0) == pytest.approx(3)


def test_bound_of_sets_by_hand():
    objective = NeuralStatisticianObjective(BlankSets(), half_life=10, beta=0.5)
    assert [objective.alpha_at(step) for step in (0, 9, 10, 20)] == [1, 1, 0.5, 0.25]
    losses = objective.losses({"set": torch.rand(4, 3, 1, 2, 2)}, step=10)
    bits, kl_context, kl = 4 * math.log(2), 6 / 3, 9 / 3
    assert losses["reconstruction"].item() == pytest.approx(bits)
    assert losses["kl_context"].item() == pytest.approx(kl_context)
    assert losses["kl"].item() == pytest.approx(kl)
    assert losses["loss"].item() == pytest.approx(1.5 * bits + 0.5 / 1.5 * (kl_context + kl))


def test_the_context_has_a_weight_of_its_own():
    objective = NeuralStatisticianObjective(BlankSets(), half_life=10, beta=2.0, beta_context=0.25)
    losses = objective.losses({"set": torch.rand(4, 3, 1, 2, 2)}, step=10)
    divergence = 0.25 * 6 / 3 + 2 * 9 / 3
    assert losses["loss"].item() == pytest.approx(1.5 * 4 * math.log(2) + divergence / 1.5)


def test_vae_stn_learns_a_few_drawings():
    torch.manual_seed(0)
    model = VaeStn(latent=4, steps=4, hidden=32, location=8, glimpse=8)
    x = strokes(8)
    batch = {"x": x, "y": x[:1].expand_as(x)}
    assert VaeObjective(model).losses(batch, 0)["loss"] > 150
    assert train(VaeObjective(model, beta=0.5), batch, 40, 1e-2)["reconstruction"] < 20


def test_neural_statistician_learns_a_few_drawings():
    torch.manual_seed(0)
    model = NeuralStatistician(4, 8, 16, widths=(8, 8, 16, 16), depth=2, hidden=32)
    batch = {"set": strokes(12).view(4, 3, 1, 16, 16)}
    objective = NeuralStatisticianObjective(model, half_life=20)
    assert objective.losses(batch, 0)["reconstruction"] > 150
    assert train(objective, batch, 30, 2e-2)["reconstruction"] < 40


@pytest.mark.parametrize("strength", ["class", "gentle"])
def test_augmentation_moves_what_belongs_together_alike(strength):
    seen = []

    class Recorder(nn.Module):
        def forward(self, *inputs):
            seen.extend(inputs)
            return BlankPairs()(*inputs) if len(inputs) == 2 else BlankSets()(*inputs)

    x = strokes(1).repeat(8, 1, 1, 1)
    torch.manual_seed(0)
    VaeObjective(Recorder(), augment=strength).losses({"x": x, "y": x}, 0)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], x)
    sets = x.view(4, 2, 1, 16, 16)
    NeuralStatisticianObjective(Recorder(), 1, augment=strength).losses({"set": sets}, 0)
    assert torch.equal(seen[2][:, 0], seen[2][:, 1])
    assert not torch.equal(seen[2][0], seen[2][1])
