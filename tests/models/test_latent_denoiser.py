"""What is particular to each denoiser of latents."""

import pytest
import torch
from networks import count

from oneshot.models.latent_denoiser import AttentionDenoiser, ChannelAttention, ResidualDenoiser


@pytest.mark.parametrize(
    ("width", "divisors", "parameters"),
    [
        (64, (1, 2), 467_104),
        (64, (1, 2, 4), 506_192),
        (128, (1, 2), 1_150_912),
        (256, (1, 2), 3_268_096),
        (512, (1, 2), 10_500_736),
    ],
)
def test_attention_denoiser_has_the_published_sizes(width, divisors, parameters):
    with torch.device("meta"):
        assert count(AttentionDenoiser(128, width, divisors)) == parameters


def test_residual_denoiser_starts_by_predicting_zero():
    x, condition = torch.randn(2, 3, 8)
    assert not ResidualDenoiser(8, width=16)(x, torch.arange(3), condition, torch.ones(3)).any()


@pytest.mark.parametrize("kind", [ResidualDenoiser, AttentionDenoiser])
def test_bf16_stays_close_to_float32(kind):
    denoiser = kind(32, width=64)
    torch.nn.init.normal_(denoiser.head.weight, std=0.1)
    arguments = torch.randn(64, 32), torch.arange(64) * 15, torch.randn(64, 32), torch.ones(64)
    exact = denoiser(*arguments)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = denoiser(*arguments)
    assert (rounded - exact).norm() < 0.02 * exact.norm()


def test_channel_attention_by_hand():
    """Two tokens of one head attend to each other; the softmax runs over their products."""
    attention = ChannelAttention(8)
    torch.nn.init.normal_(attention.qkv.weight)
    x = torch.randn(2, 8)
    normal = x / x.square().mean(1, keepdim=True).add(torch.finfo().eps).sqrt()
    q, k, v = (normal @ attention.qkv.weight.T).view(2, 3, 4, 32).unbind(1)
    mixed = torch.empty(2, 4, 32)
    for row in range(2):
        for head in range(4):
            for channel in range(32):
                weights = (q[row, head, channel] * k[row, head] / 32**0.5).softmax(0)
                mixed[row, head, channel] = weights @ v[row, head]
    expected = x + attention.after(attention.out(mixed.flatten(1)))
    torch.testing.assert_close(attention(x), expected, atol=1e-5, rtol=1e-4)
