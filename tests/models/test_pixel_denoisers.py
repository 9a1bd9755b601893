"""What all denoisers of pixels have in common, and what is particular to each."""

import pytest
import torch
from torch import nn

from oneshot.models.modulated_unet import ModulatedUNet, PatchUNet
from oneshot.models.set_encoder import SetDenoiser, SetEncoder
from oneshot.models.unet import LinearAttention, UNet


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def encoder(pooling="mean"):
    return SetEncoder(side=8, patch=4, width=16, depth=1, heads=2, pooling=pooling)


TINY = {"embedding": 16, "widths": (8, 16), "patch": 2, "attention": (1,)}
KINDS = {
    "published": lambda: UNet(12, multipliers=(1, 2)),
    "patch": lambda: PatchUNet(**TINY),
    "film": lambda: SetDenoiser(encoder(), "film", **TINY),
    "film cls": lambda: SetDenoiser(encoder("cls"), "film", **TINY),
    "cross": lambda: SetDenoiser(encoder("none"), "cross", **TINY),
}


@pytest.fixture(params=sorted(KINDS))
def kind(request):
    return request.param


@pytest.fixture
def denoiser(kind):
    torch.manual_seed(0)
    denoiser = KINDS[kind]()
    for parameter in denoiser.parameters():  # past the zero initialisation
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return denoiser.eval()


@pytest.fixture
def arguments(kind):
    torch.manual_seed(1)
    condition = torch.randn(3, 1, 8, 8)
    if kind in ("film", "film cls", "cross"):
        condition = torch.randn(3, 2, 1, 8, 8)
    return torch.randn(3, 1, 8, 8), torch.tensor([0, 200, 499]), condition, torch.ones(3)


def test_predicts_noise_of_the_shape_of_its_input(denoiser, arguments):
    eps = denoiser(*arguments)
    assert eps.shape == (3, 1, 8, 8)
    assert eps.isfinite().all()


def test_each_input_matters_to_its_own_row_alone(denoiser, arguments):
    before = denoiser(*arguments)
    for position in range(3):
        changed = [value.clone() for value in arguments]
        changed[position][1] = 7
        difference = (denoiser(*changed) - before).abs().amax(dim=(1, 2, 3))
        assert difference[1] > 1e-4
        assert difference[[0, 2]].max() < 1e-6


def test_dropped_condition_has_no_influence(denoiser, arguments):
    x, t, condition, _ = arguments
    keep = torch.tensor([0.0, 1.0, 0.0])
    first, second = (denoiser(x, t, c, keep) for c in (condition, condition.flip(-1)))
    assert torch.equal(first[[0, 2]], second[[0, 2]])
    assert not torch.allclose(first[1], second[1])


def test_variations_of_a_row_are_predicted_as_if_alone(denoiser, arguments):
    _, *rows = arguments
    x = torch.randn(3, 2, 1, 8, 8)
    together = denoiser(x, *rows)
    for variation in range(2):
        torch.testing.assert_close(
            together[:, variation], denoiser(x[:, variation], *rows), atol=1e-5, rtol=1e-4
        )


def test_every_parameter_learns(denoiser, arguments):
    x, t, condition, _ = arguments
    target = torch.randn_like(x)
    eps = denoiser(x, t, condition, torch.tensor([1.0, 1.0, 0.0]))
    (eps - target).square().sum().backward()
    still = [
        name
        for name, parameter in denoiser.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert not still


def test_runs_in_bf16(denoiser, arguments):
    exact = denoiser(*arguments)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = denoiser(*arguments)
    assert (rounded - exact).norm() < 0.1 * exact.norm()


def test_memory_format_changes_nothing(denoiser, arguments):
    expected = denoiser(*arguments)
    denoiser.to(memory_format=torch.channels_last)
    torch.testing.assert_close(denoiser(*arguments), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("width", "parameters"), [(48, 8_488_721), (60, 13_123_221)])
def test_published_unet_has_the_published_sizes(width, parameters):
    with torch.device("meta"):
        unet = UNet(width)
        x = torch.empty(2, 1, 48, 48)
        t = torch.zeros(2, dtype=torch.int64)
        assert unet(x, t, x, torch.ones(2)).shape == x.shape
    assert count(unet) == parameters


def test_published_unet_can_be_told_a_fraction_of_the_time():
    torch.manual_seed(0)
    released, ours = UNet(12, (1,), as_released_time=500), UNet(12, (1,))
    ours.load_state_dict(released.state_dict())
    told, images = [], torch.zeros(2, 1, 4, 4)
    for unet in (released, ours):
        unet.time.register_forward_pre_hook(lambda _, inputs: told.append(inputs[0]))
        unet(images, torch.tensor([0, 499]), images, torch.ones(2))
    torch.testing.assert_close(told[0], torch.tensor([1 / 500, 1.0]))
    assert told[1].tolist() == [0, 499]


def test_linear_attention_by_hand():
    """One pair of positions at a time: queries weigh features, keys weigh positions."""
    torch.manual_seed(0)
    attention = LinearAttention(4)
    x = torch.randn(1, 4, 2, 3)
    q, k, v = attention.qkv(attention.norm(x)).view(3, 4, 32, 6)
    mixed = torch.zeros(4, 32, 6)
    for head in range(4):
        weights = k[head].softmax(dim=1)
        for to in range(6):
            query = q[head, :, to].softmax(dim=0) / 32**0.5
            for origin in range(6):
                mixed[head, :, to] += query @ weights[:, origin] * v[head, :, origin]
    expected = x + attention.out(mixed.view(1, 128, 2, 3))
    torch.testing.assert_close(attention(x), expected, atol=1e-5, rtol=1e-4)


def test_patch_unet_is_small():
    with torch.device("meta"):
        assert 2e6 < count(PatchUNet()) < 4e6


def test_modulated_unet_starts_at_zero_and_can_let_the_noise_through():
    torch.manual_seed(0)
    unet = ModulatedUNet(2, 4, (8, 16), patch=2, attention=(1,))
    x, embedding = torch.randn(2, 2, 8, 8), torch.randn(2, 4)
    assert not unet(x, embedding).any()
    nn.init.ones_(unet.through.bias)
    torch.testing.assert_close(unet(x, embedding), x[:, :1])


@pytest.mark.parametrize("pooling", ["mean", "cls", "none"])
def test_set_encoder_ignores_the_order_but_not_the_members(pooling):
    torch.manual_seed(0)
    encode = encoder(pooling).eval()
    sets, t = torch.randn(2, 3, 1, 8, 8), torch.tensor([3, 400])
    tokens = encode(sets, t)
    assert tokens.shape == (2, 2 + 3 * 4 if pooling == "none" else 1, 16)
    turned = encode(sets[:, [2, 0, 1]], t)
    if pooling == "none":  # the tokens of the images change places, the set of them stays
        order = [0, 1, *range(10, 14), *range(2, 10)]
        turned, tokens = turned, tokens[:, order]
    torch.testing.assert_close(turned, tokens, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(encode(sets[:, [0, 0, 1]], t), encode(sets, t))
    assert not torch.allclose(encode(sets, t + 1), encode(sets, t), atol=1e-6)


def test_set_encoder_sees_where_in_an_image_a_patch_lies():
    torch.manual_seed(0)
    encode = encoder().eval()
    image, t = torch.zeros(1, 1, 1, 8, 8), torch.tensor([3])
    image[..., :4, :4] = 1
    assert not torch.allclose(encode(image, t), encode(image.flip(-1), t), atol=1e-5)


@pytest.mark.parametrize("conditioning", ["film", "cross"])
def test_prediction_ignores_the_order_of_the_set(conditioning):
    torch.manual_seed(0)
    denoiser = KINDS[conditioning]().eval()
    nn.init.normal_(denoiser.unet.head.weight)
    x, t, sets = torch.randn(1, 1, 8, 8), torch.tensor([5]), torch.randn(1, 4, 1, 8, 8)
    torch.testing.assert_close(
        denoiser(x, t, sets, torch.ones(1)),
        denoiser(x, t, sets.flip(1), torch.ones(1)),
        atol=1e-5,
        rtol=1e-4,
    )


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"50 pixels.*patches of 8"):
        SetEncoder(side=50)
    with pytest.raises(ValueError, match=r"'max'.*mean"):
        SetEncoder(pooling="max")
    with pytest.raises(ValueError, match=r"'lag'.*cross"):
        SetDenoiser(encoder(), "lag")
    with pytest.raises(ValueError, match="one vector"):
        SetDenoiser(encoder("none"), "film")
