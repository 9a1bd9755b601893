"""What all families ask of what they are given, and what those without guidance share."""

import networks
import pytest
import torch
from torch import nn

from oneshot.models.generator import evaluating

CLOSE = 5e-3
"""Untrained networks, stirred, make a thousandth of the last digit that a batch's size changes."""
FAMILIES = {
    "VAE-STN": networks.vae_stn,
    "VAE-NS": networks.neural_statistician,
    "VAE-Elastic": networks.vae_elastic,
    "DA-GAN": networks.dagan,
}


@pytest.fixture(params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture
def model(family):
    torch.manual_seed(1)
    # or noise would hardly be seen; a page that is bent further is gone
    return networks.stirred(FAMILIES[family](), by=0.06 if family == "VAE-Elastic" else 0.3)


@pytest.fixture
def exemplars():
    return torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(1))


def test_drawings_depend_on_their_address_alone(model, exemplars):
    both = model.draw(exemplars, 3, seed=1, concepts=[3, 5])
    assert both.shape == (2, 3, 1, 16, 16)
    assert 0 <= both.min() <= both.max() <= 1
    first = model.draw(exemplars[:1], 3, seed=1, concepts=[3])
    second = model.draw(exemplars[1:], 2, seed=1, concepts=[5])
    assert torch.allclose(both[0], first[0], atol=CLOSE)
    assert torch.allclose(both[1, :2], second[0], atol=CLOSE)
    assert not torch.allclose(both, model.draw(exemplars, 3, seed=2, concepts=[3, 5]), atol=1e-2)
    assert not torch.allclose(both[:, 0], both[:, 1], atol=1e-2)


def test_drawings_do_not_depend_on_how_many_are_made_at_once(model, exemplars, monkeypatch):
    whole = model.draw(exemplars, 5)
    monkeypatch.setattr(type(model), "together", 3)
    assert torch.allclose(whole, model.draw(exemplars, 5), atol=CLOSE)


def test_drawing_is_of_evaluation_and_leaves_no_trace(model, exemplars):
    statistics = {k: v.clone() for k, v in model.train().named_buffers()}
    drawn = model.draw(exemplars, 2)
    assert model.training and not drawn.requires_grad
    assert all(torch.equal(v, statistics[k]) for k, v in model.named_buffers())
    assert torch.equal(drawn, model.eval().draw(exemplars, 2))


def test_each_part_is_left_in_its_own_mode():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm1d(2), nn.Dropout()))
    model.train()
    model[1][0].eval()
    before = [part.training for part in model.modules()]
    with pytest.raises(KeyError), evaluating(model):
        assert not any(part.training for part in model.modules())
        raise KeyError
    assert [part.training for part in model.modules()] == before == [True, True, True, False, True]


@pytest.mark.parametrize("guidance", [0.0, 1.0])
def test_guidance_is_refused(family, model, exemplars, guidance):
    with pytest.raises(ValueError, match=f"{family} has no guidance"):
        model.draw(exemplars, 1, guidance=guidance)


def test_every_exemplar_needs_a_concept(family, model, exemplars):
    with pytest.raises(ValueError, match="2 exemplars came with 1 concepts"):
        model.draw(exemplars, 1, concepts=[4])
