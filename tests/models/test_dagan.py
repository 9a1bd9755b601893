import pytest
import torch
from networks import count, dagan, pair_critic

from oneshot.models.dagan import DaGan, PairCritic, sides_of

RN = {"layers": 2, "skips": False}


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
    assert round(count(model) / 1e6, 2) == millions
    assert {p.device.type for p in model.parameters()} == {"meta"}


def test_published_sides():
    assert sides_of(50, 4) == [50, 25, 13, 7, 4]
    assert sides_of(48, 4) == [48, 24, 12, 6, 3]


@pytest.mark.parametrize(
    "options",
    [{}, {"layers": 2, "skips": False}, {"fold": 2}, {"side": 18}, {"widths": (4, 4, 6, 6)}],
)
def test_drawings_have_the_side_of_the_exemplar(options):
    generator = dagan(**options)
    exemplars = torch.rand(3, 1, options.get("side", 16), options.get("side", 16))
    drawn = generator(exemplars, torch.randn(3, 4))
    assert drawn.shape == exemplars.shape
    assert drawn.min() >= 0
    assert drawn.max() <= 1


@pytest.mark.parametrize("fold", [1, 2])
def test_scores_are_of_each_pair_alone(fold):
    critic = pair_critic(fold=fold).eval()
    exemplars, drawings = torch.rand(3, 1, 16, 16), torch.rand(3, 1, 16, 16)
    scores = critic(exemplars, drawings)
    assert scores.shape == (3,)
    assert torch.allclose(scores[:1], critic(exemplars[:1], drawings[:1]), atol=1e-5)
    assert not torch.allclose(scores, critic(drawings, exemplars), atol=1e-5)


def test_only_skips_carry_the_page_around_the_bottleneck():
    for skips in (True, False):
        model = dagan(skips=skips).eval()
        model.encoder.blocks[-1].register_forward_hook(
            lambda m, i, o: (o[0], torch.zeros_like(o[1]))
        )
        first, second = (model(torch.rand(1, 1, 16, 16), torch.zeros(1, 4)) for _ in range(2))
        assert torch.equal(first, second) is not skips


def test_a_fold_must_divide_the_side():
    with pytest.raises(ValueError, match="fold=3 does not divide side=16"):
        dagan(fold=3)


def test_a_step_of_training_changes_every_parameter():
    for model, inputs in (
        (dagan(), (torch.rand(4, 1, 16, 16), torch.randn(4, 4))),
        (pair_critic(), (torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16))),
    ):
        before = {k: v.clone() for k, v in model.named_parameters()}
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        model(*inputs).square().mean().backward()
        optimizer.step()
        assert [k for k, v in model.named_parameters() if torch.equal(v, before[k])] == []
