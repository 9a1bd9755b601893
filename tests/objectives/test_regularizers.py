import math

import pytest
import torch

from oneshot.objectives.regularizers import (
    REGULARIZERS,
    Latents,
    Prototype,
    SimCLR,
    bottleneck,
    build,
)

LABEL = torch.tensor([0, 1, 2])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def make(name, latent=2, classes=3, as_released=False):
    return build([name], latent, classes, as_released)[name]


def descend(loss_of, *tensors, steps=200, rate=0.1):
    """Follow the gradient of `loss_of()` in place and return the loss before and after."""
    optimizer = torch.optim.Adam(tensors, rate)
    before = loss_of().item()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
    return before, loss_of().item()


def test_kl_by_hand():
    mean = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    logvar = torch.tensor([[0.0, math.log(4)], [0.0, 0.0]])
    latents = Latents(x=mean, label=LABEL[:2], mean=mean, logvar=logvar)
    # rows: (1 + 1 - 1 - 0 + 0 + 4 - 1 - log 4) / 2 and (0 + 4) / 2
    expected = ((1 + 3 - math.log(4)) / 2 + 2) / 2
    assert make("kl")(latents).item() == pytest.approx(expected)


def test_kl_pulls_to_the_standard_normal():
    mean = torch.randn(4, 2, requires_grad=True)
    logvar = torch.randn(4, 2, requires_grad=True)
    latents = Latents(x=mean, label=LABEL, mean=mean, logvar=logvar)
    descend(lambda: make("kl")(latents), mean, logvar)
    assert mean.abs().max() < 0.01 and logvar.abs().max() < 0.01


@pytest.mark.parametrize(("as_released", "on_mean", "on_codes"), ((False, 0.25, 1), (True, 1, 2.5)))
def test_vq_weighs_commitment_or_as_released_the_codebook(as_released, on_mean, on_codes):
    mean = torch.tensor([[1.0, 2.0]], requires_grad=True)
    codes = torch.tensor([[0.0, 0.0]], requires_grad=True)
    loss = make("vq", as_released=as_released)(
        Latents(x=codes, label=LABEL[:1], mean=mean, codes=codes)
    )
    assert loss.item() == pytest.approx((on_mean + on_codes) * 2.5)  # mean of 1 and 4
    loss.backward()
    # d/dv of the mean of two squares is the difference
    torch.testing.assert_close(mean.grad, on_mean * torch.tensor([[1.0, 2.0]]))
    torch.testing.assert_close(codes.grad, on_codes * torch.tensor([[-1.0, -2.0]]))


def test_classification_by_hand_and_learns():
    regularizer = make("classification")
    x = torch.eye(3)[:, :2]
    with torch.no_grad():
        regularizer.head.weight.copy_(torch.eye(3)[:, :2])
        regularizer.head.bias.zero_()
    latents = Latents(x=x, label=LABEL)
    own = math.e / (math.e + 2)
    expected = -(2 * math.log(own) + math.log(1 / 3)) / 3
    assert regularizer(latents).item() == pytest.approx(expected)
    before, after = descend(lambda: regularizer(latents), *regularizer.parameters())
    assert after < 0.3 * before


class Identity(Prototype):
    """A prototype loss whose projector does nothing, so that distances can be read off."""

    def __init__(self, as_released):
        super().__init__(2, 3, as_released)
        self.projector = torch.nn.Identity()


def test_prototype_by_hand():
    x = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    y = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    # squared distances: (1, 4) and (1, 2)
    first = -math.log(math.exp(-1) / (math.exp(-1) + math.exp(-4)))
    second = -math.log(math.exp(-2) / (math.exp(-1) + math.exp(-2)))
    loss = Identity(False)(Latents(x=x, y=y, label=LABEL[:2]))
    assert loss.item() == pytest.approx((first + second) / 2)


def test_prototype_spares_the_same_concept_unless_as_released():
    x = torch.tensor([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0]])
    latents = Latents(x=x, y=x.clone(), label=torch.tensor([7, 7, 9]))
    assert Identity(False)(latents).item() < 1e-6
    assert Identity(True)(latents).item() > 0.4  # two rows cannot tell their twins apart


def test_prototype_moves_variation_and_exemplar():
    regularizer = make("prototype", latent=4)
    x, y = torch.randn(8, 4, requires_grad=True), torch.randn(8, 4, requires_grad=True)
    label = torch.arange(8)
    before, after = descend(lambda: regularizer(Latents(x=x, y=y, label=label)), x, y, steps=50)
    assert after < 0.1 * before
    assert x.grad.abs().sum() > 0 and y.grad.abs().sum() > 0


def test_simclr_by_hand():
    views = torch.tensor([[2.0, 0.0], [0.0, 3.0]])  # lengths do not matter
    latents = Latents(x=views, label=LABEL[:2], view1=views, slow2=views)
    # partner at cosine 1, two others at cosine 0, temperature 1/2
    expected = -math.log(math.exp(2) / (math.exp(2) + 2))
    assert make("simclr")(latents).item() == pytest.approx(expected)


def test_simclr_brings_views_together_and_spreads_the_rest():
    first, second = torch.randn(6, 8, requires_grad=True), torch.randn(6, 8)
    latents = Latents(x=first, label=LABEL, view1=first, slow2=second)
    before, after = descend(lambda: make("simclr", 8)(latents), first)
    assert after < before
    cosine = torch.nn.functional.cosine_similarity
    assert cosine(first, second).mean() > cosine(first, second.roll(1, 0)).mean() + 0.5


def test_barlow_by_hand():
    regularizer = make("barlow")
    regularizer.projector = torch.nn.Identity()
    view1 = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    view2 = view1.flip(1)  # correlates with the other dimension only
    latents = Latents(x=view1, label=LABEL, view1=view1, view2=view2)
    assert regularizer(latents).item() == pytest.approx(2 + 0.005 * 2, rel=1e-4)
    same = Latents(x=view1, label=LABEL, view1=view1, view2=view1)
    assert regularizer(same).item() == pytest.approx(0, abs=1e-6)


def test_barlow_learns_to_agree():
    regularizer = make("barlow", latent=4)
    first, second = torch.randn(16, 4, requires_grad=True), torch.randn(16, 4, requires_grad=True)
    latents = Latents(x=first, label=LABEL, view1=first, view2=second)
    before, after = descend(lambda: regularizer(latents), first, second, steps=100)
    assert after < 0.2 * before


@pytest.mark.parametrize("name", ("prototype", "barlow"))
def test_projectors_have_the_published_size(name):
    assert sum(p.numel() for p in make(name, latent=128).parameters()) == 33_024


def test_needs_name_latents_that_exist():
    fields = set(Latents.__dataclass_fields__)
    assert all(kind.needs <= fields for kind in REGULARIZERS.values())
    assert SimCLR.needs == {"view1", "slow2"}


def test_bottleneck_follows_the_regularizers():
    assert bottleneck({"prototype": 1, "barlow": 2}) == "plain"
    assert bottleneck({"kl": 1, "prototype": 2}) == "gaussian"
    assert bottleneck({"vq": 1}) == "quantized"
    with pytest.raises(ValueError, match="choose one"):
        bottleneck({"kl": 1, "vq": 1})


def test_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"'vae'.*prototype"):
        build({"prototype": 1, "vae": 2}, 8, 3)
    with pytest.raises(ValueError, match=r"'vae'.*prototype"):
        bottleneck({"prototype": 1, "vae": 2})
