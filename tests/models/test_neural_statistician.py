import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from oneshot.models.neural_statistician import Gaussian, NeuralStatistician, kl_divergence


def tiny(**changes):
    sizes = {"latent": 3, "context": 6, "side": 16, "widths": (4, 4, 6, 8), "hidden": 12} | changes
    torch.manual_seed(0)
    return NeuralStatistician(**sizes)


@pytest.mark.parametrize(
    ("latent", "parameters"), [(16, 7_479_623), (32, 7_508_359), (80, 7_594_567)]
)
def test_published_sizes(latent, parameters):
    with torch.device("meta"):
        model = NeuralStatistician(latent)
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert {p.device.type for p in model.parameters()} == {"meta"}


@pytest.mark.parametrize("side", [16, 28, 48, 50, 54])
def test_any_even_side_is_reached(side):
    sets = torch.rand(2, 3, 1, side, side)
    logits, kl_context, kl = tiny(side=side)(sets)
    assert logits.shape == sets.shape
    assert kl_context.shape == kl.shape == (2,)
    assert (kl_context > 0).all()
    assert (kl >= 0).all()


@pytest.mark.parametrize(("depth", "side"), [(1, 48), (2, 50)])
def test_shallower_levels(depth, side):
    sets = torch.rand(2, 2, 1, side, side)
    assert tiny(depth=depth, side=side)(sets)[0].shape == sets.shape


@pytest.mark.parametrize(("depth", "side"), [(1, 50), (3, 49)])
def test_a_side_out_of_reach_is_refused(depth, side):
    with pytest.raises(ValueError, match=f"side={side} cannot be decoded"):
        tiny(depth=depth, side=side)


def test_divergence_agrees_with_torch():
    q, p = (Gaussian(torch.randn(4, 5), torch.randn(4, 5)) for _ in range(2))
    laws = [Normal(g.mean, (0.5 * g.log_variance).exp()) for g in (q, p)]
    assert torch.allclose(kl_divergence(q, p), torch_kl(*laws).sum(1), rtol=1e-4)


def test_the_order_of_a_set_does_not_matter():
    model, sets = tiny().eval(), torch.rand(2, 5, 1, 16, 16)
    order = torch.tensor([3, 0, 4, 1, 2])
    features, law = model.encode(sets)
    shuffled_features, shuffled_law = model.encode(sets[:, order])
    assert torch.allclose(law.mean, shuffled_law.mean, atol=1e-5)
    assert torch.allclose(law.log_variance, shuffled_law.log_variance, atol=1e-5)
    assert torch.allclose(features[:, order], shuffled_features, atol=1e-5)
    assert not torch.allclose(features, shuffled_features, atol=1e-5)


def test_a_step_of_training_changes_every_parameter():
    model = tiny(side=28)
    before = {k: v.clone() for k, v in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    sets = torch.rand(4, 3, 1, 28, 28)
    logits, kl_context, kl = model(sets)
    (F.binary_cross_entropy_with_logits(logits, sets) + (kl_context + kl).mean()).backward()
    optimizer.step()
    same = [k for k, v in model.named_parameters() if torch.equal(v, before[k])]
    # Nothing is above the only stochastic layer.
    assert same == ["posterior.above.weight", "prior.above.weight"]


def test_drawings_depend_on_their_address_alone():
    model, exemplars = tiny(), torch.rand(2, 1, 16, 16)
    both = model.draw(exemplars, 3, seed=1, concepts=[3, 5])
    assert both.shape == (2, 3, 1, 16, 16)
    assert both.min() >= 0
    assert both.max() <= 1
    first = model.draw(exemplars[:1], 3, seed=1, concepts=[3])
    second = model.draw(exemplars[1:], 2, seed=1, concepts=[5])
    assert torch.allclose(both[0], first[0], atol=1e-6)
    assert torch.allclose(both[1, :2], second[0], atol=1e-6)
    assert not torch.equal(both, model.draw(exemplars, 3, seed=2, concepts=[3, 5]))
    assert not torch.equal(both[:, 0], both[:, 1])


def test_drawing_is_of_evaluation_and_leaves_the_mode_as_it_was():
    model = tiny().train()
    statistics = {k: v.clone() for k, v in model.named_buffers()}
    model.draw(torch.rand(2, 1, 16, 16), 2)
    assert model.training
    assert all(torch.equal(v, statistics[k]) for k, v in model.named_buffers())


def test_guidance_is_refused():
    with pytest.raises(ValueError, match="VAE-NS has no guidance"):
        tiny().draw(torch.rand(1, 1, 16, 16), 1, guidance=1.0)
