import pytest
import torch

from oneshot.models.dagan import DaGan, PairCritic, sides_of

RN = {"layers": 2, "skips": False}


def tiny(**changes):
    sizes = {"latent": 4, "side": 16, "widths": (4, 4, 6), "layers": 2} | changes
    torch.manual_seed(0)
    return DaGan(**sizes)


def tiny_critic(**changes):
    sizes = {"side": 16, "widths": (4, 4, 6), "layers": 2, "hidden": 8} | changes
    torch.manual_seed(0)
    return PairCritic(**sizes)


@pytest.mark.parametrize(
    ("network", "options", "millions"),
    [
        (DaGan, {"side": 50}, 10.59),
        (DaGan, {"side": 48}, 10.57),
        (DaGan, {"side": 50, **RN}, 6.15),
        (DaGan, {"side": 48, **RN}, 6.13),
        (PairCritic, {"side": 50}, 7.07),
        (PairCritic, {"side": 48}, 7.07),
    ],
)
def test_published_sizes(network, options, millions):
    with torch.device("meta"):
        model = network(**options)
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 2) == millions
    assert {p.device.type for p in model.parameters()} == {"meta"}


def test_published_sides():
    assert sides_of(50, 4) == [50, 25, 13, 7, 4]
    assert sides_of(48, 4) == [48, 24, 12, 6, 3]


@pytest.mark.parametrize(
    "options",
    [{}, {"layers": 2, "skips": False}, {"fold": 2}, {"side": 18}, {"widths": (4, 4, 6, 6)}],
)
def test_drawings_have_the_side_of_the_exemplar(options):
    generator = tiny(**options)
    exemplars = torch.rand(3, 1, options.get("side", 16), options.get("side", 16))
    drawn = generator(exemplars, torch.randn(3, 4))
    assert drawn.shape == exemplars.shape
    assert drawn.min() >= 0
    assert drawn.max() <= 1


@pytest.mark.parametrize("fold", [1, 2])
def test_scores_are_of_each_pair_alone(fold):
    critic = tiny_critic(fold=fold).eval()
    exemplars, drawings = torch.rand(3, 1, 16, 16), torch.rand(3, 1, 16, 16)
    scores = critic(exemplars, drawings)
    assert scores.shape == (3,)
    assert torch.allclose(scores[:1], critic(exemplars[:1], drawings[:1]), atol=1e-5)
    assert not torch.allclose(scores, critic(drawings, exemplars), atol=1e-5)


def test_only_skips_carry_the_page_around_the_bottleneck():
    for skips in (True, False):
        model = tiny(skips=skips).eval()
        model.encoder.blocks[-1].register_forward_hook(
            lambda m, i, o: (o[0], torch.zeros_like(o[1]))
        )
        first, second = (model(torch.rand(1, 1, 16, 16), torch.zeros(1, 4)) for _ in range(2))
        assert torch.equal(first, second) is not skips


def test_a_fold_must_divide_the_side():
    with pytest.raises(ValueError, match="fold=3 does not divide side=16"):
        tiny(fold=3)


def test_a_step_of_training_changes_every_parameter():
    for model, inputs in (
        (tiny(), (torch.rand(4, 1, 16, 16), torch.randn(4, 4))),
        (tiny_critic(), (torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16))),
    ):
        before = {k: v.clone() for k, v in model.named_parameters()}
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        model(*inputs).square().mean().backward()
        optimizer.step()
        assert [k for k, v in model.named_parameters() if torch.equal(v, before[k])] == []


def test_drawings_depend_on_their_address_alone():
    model, exemplars = tiny(), torch.rand(2, 1, 16, 16)
    both = model.draw(exemplars, 3, seed=1, concepts=[3, 5])
    assert both.shape == (2, 3, 1, 16, 16)
    first = model.draw(exemplars[:1], 3, seed=1, concepts=[3])
    second = model.draw(exemplars[1:], 2, seed=1, concepts=[5])
    assert torch.allclose(both[0], first[0], atol=1e-6)
    assert torch.allclose(both[1, :2], second[0], atol=1e-6)
    assert not torch.equal(both, model.draw(exemplars, 3, seed=2, concepts=[3, 5]))


def test_drawings_do_not_depend_on_how_many_are_made_at_once(monkeypatch):
    model, exemplars = tiny(), torch.rand(2, 1, 16, 16)
    whole = model.draw(exemplars, 5)
    monkeypatch.setattr("oneshot.models.dagan.ROWS", 3)
    assert torch.allclose(whole, model.draw(exemplars, 5), atol=1e-6)


def test_guidance_is_refused():
    with pytest.raises(ValueError, match="DA-GAN has no guidance"):
        tiny().draw(torch.rand(1, 1, 16, 16), 1, guidance=1.0)
