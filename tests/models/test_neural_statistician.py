import pytest
import torch
import torch.nn.functional as F
from networks import count, neural_statistician, patch_statistician
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from oneshot.models.neural_statistician import Gaussian, NeuralStatistician, kl_divergence


@pytest.mark.parametrize(
    ("latent", "parameters"), [(16, 7_479_623), (32, 7_508_359), (80, 7_594_567)]
)
def test_published_sizes(latent, parameters):
    with torch.device("meta"):
        model = NeuralStatistician(latent)
    assert count(model) == parameters
    assert {p.device.type for p in model.parameters()} == {"meta"}


@pytest.mark.parametrize("side", [16, 28, 48, 50, 54])
def test_any_even_side_is_reached(side):
    sets = torch.rand(2, 3, 1, side, side)
    logits, kl_context, kl = neural_statistician(side=side)(sets)
    assert logits.shape == sets.shape
    assert kl_context.shape == kl.shape == (2,)
    assert (kl_context > 0).all()
    assert (kl >= 0).all()


@pytest.mark.parametrize(("depth", "side"), [(1, 48), (2, 50)])
def test_shallower_levels(depth, side):
    sets = torch.rand(2, 2, 1, side, side)
    assert neural_statistician(depth=depth, side=side)(sets)[0].shape == sets.shape


@pytest.mark.parametrize(("depth", "side"), [(1, 50), (3, 49)])
def test_a_side_out_of_reach_is_refused(depth, side):
    with pytest.raises(ValueError, match=f"side={side} cannot be decoded"):
        neural_statistician(depth=depth, side=side)


def test_divergence_agrees_with_torch():
    q, p = (Gaussian(torch.randn(4, 5), torch.randn(4, 5)) for _ in range(2))
    laws = [Normal(g.mean, (0.5 * g.log_variance).exp()) for g in (q, p)]
    assert torch.allclose(kl_divergence(q, p), torch_kl(*laws).sum(1), rtol=1e-4)


@pytest.mark.parametrize("make", [neural_statistician, patch_statistician])
def test_the_order_of_a_set_does_not_matter(make):
    model, sets = make(side=48).eval(), torch.rand(2, 5, 1, 48, 48)
    order = torch.tensor([3, 0, 4, 1, 2])
    features, law = model.encode(sets)
    shuffled_features, shuffled_law = model.encode(sets[:, order])
    assert torch.allclose(law.mean, shuffled_law.mean, atol=1e-5)
    assert torch.allclose(law.log_variance, shuffled_law.log_variance, atol=1e-5)
    assert torch.allclose(features[:, order], shuffled_features, atol=1e-5)
    assert not torch.allclose(features, shuffled_features, atol=1e-5)


@pytest.mark.parametrize("make", [neural_statistician, patch_statistician])
def test_a_step_of_training_changes_every_parameter(make):
    model = make(side=48)
    before = {k: v.clone() for k, v in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    sets = torch.rand(4, 3, 1, 48, 48)
    logits, kl_context, kl = model(sets)
    (F.binary_cross_entropy_with_logits(logits, sets) + (kl_context + kl).mean()).backward()
    optimizer.step()
    same = [k for k, v in model.named_parameters() if torch.equal(v, before[k])]
    # Nothing is above the only stochastic layer.
    assert same == ["posterior.above.weight", "prior.above.weight"]
