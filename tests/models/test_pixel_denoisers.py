"""What is particular to each denoiser of pixels."""

import pytest
import torch
from networks import count, set_denoiser, set_encoder
from torch import nn

from oneshot.models.modulated_unet import ModulatedUNet, PatchUNet
from oneshot.models.set_encoder import SetDenoiser, SetEncoder
from oneshot.models.unet import LinearAttention, UNet


@pytest.mark.parametrize(("width", "parameters"), [(48, 8_488_721), (60, 13_123_221)])
def test_published_unet_has_the_published_sizes(width, parameters):
    with torch.device("meta"):
        unet = UNet(width)
        x = torch.empty(2, 1, 48, 48)
        t = torch.zeros(2, dtype=torch.int64)
        assert unet(x, t, x, torch.ones(2)).shape == x.shape
    assert count(unet) == parameters


def test_published_unet_can_be_told_a_fraction_of_the_time():
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
        assert count(PatchUNet(widths=(48, 96, 192), attention=(1, 2), tokens=96)) == 3_606_161


def test_set_encoder_pools_patch_by_patch():
    """Of a set, what lies at a place is told by what lies there; one image is its own mean."""
    encode = set_encoder("mean_patch").eval()
    sets, t = torch.randn(2, 3, 1, 8, 8), torch.tensor([3, 400])
    tokens = encode(sets, t)
    assert tokens.shape == (2, 4, 16)
    torch.testing.assert_close(encode(sets[:, [2, 0, 1]], t), tokens, atol=1e-5, rtol=1e-4)
    every = set_encoder("none").eval()
    every.load_state_dict(encode.state_dict())
    each = every(sets, t)[:, 2:].view(2, 3, 4, 16)
    torch.testing.assert_close(tokens, each.mean(1))


def test_patches_are_laid_where_they_lie():
    denoiser = set_denoiser("place", "mean_patch").eval()
    seen = []
    denoiser.unet.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    denoiser.encoder.forward = lambda sets, t: torch.arange(64.0).view(1, 4, 16)
    nn.init.eye_(denoiser.lay.weight)
    nn.init.zeros_(denoiser.lay.bias)
    denoiser(torch.zeros(1, 1, 8, 8), torch.tensor([5]), torch.zeros(1, 2, 1, 8, 8), torch.ones(1))
    page = seen[0][0, 1]
    assert page[:4, :4].flatten().tolist() == list(range(16))
    assert page[4:, :4].flatten().tolist() == list(range(32, 48))


def test_modulated_unet_starts_at_zero_and_can_let_the_noise_through():
    unet = ModulatedUNet(2, 4, (8, 16), patch=2, attention=(1,))
    x, embedding = torch.randn(2, 2, 8, 8), torch.randn(2, 4)
    assert not unet(x, embedding).any()
    nn.init.ones_(unet.through.bias)
    torch.testing.assert_close(unet(x, embedding), x[:, :1])


@pytest.mark.parametrize("pooling", ["mean", "cls", "none"])
def test_set_encoder_ignores_the_order_but_not_the_members(pooling):
    encode = set_encoder(pooling).eval()
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
    encode = set_encoder().eval()
    image, t = torch.zeros(1, 1, 1, 8, 8), torch.tensor([3])
    image[..., :4, :4] = 1
    assert not torch.allclose(encode(image, t), encode(image.flip(-1), t), atol=1e-5)


@pytest.mark.parametrize(("conditioning", "pooling"), [("film", "mean"), ("cross", "none")])
def test_prediction_ignores_the_order_of_the_set(conditioning, pooling):
    denoiser = set_denoiser(conditioning, pooling).eval()
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
        SetDenoiser(set_encoder(), "lag")
    for pooling, conditioning in (("mean_patch", "film"), ("mean", "place")):
        with pytest.raises(ValueError, match="go together"):
            SetDenoiser(set_encoder(pooling), conditioning)
    with pytest.raises(ValueError, match="one vector"):
        SetDenoiser(set_encoder("none"), "film")
