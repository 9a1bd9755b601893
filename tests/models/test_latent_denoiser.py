import pytest
import torch

from oneshot.models.latent_denoiser import AttentionDenoiser, ChannelAttention, ResidualDenoiser


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def small(kind):
    torch.manual_seed(0)
    if kind is ResidualDenoiser:
        denoiser = ResidualDenoiser(8, width=16, blocks=2, embedding=16)
    else:
        denoiser = AttentionDenoiser(8, width=16, divisors=(1, 2))
    for parameter in denoiser.parameters():  # past the zero initialisation
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return denoiser.eval()


@pytest.fixture(params=[ResidualDenoiser, AttentionDenoiser])
def denoiser(request):
    return small(request.param)


@pytest.fixture
def arguments():
    torch.manual_seed(1)
    return torch.randn(3, 8), torch.tensor([0, 500, 999]), torch.randn(3, 8), torch.ones(3)


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


def test_predicts_noise_of_the_shape_of_its_input(denoiser, arguments):
    eps = denoiser(*arguments)
    assert eps.shape == (3, 8)
    assert eps.isfinite().all()


def test_each_input_matters_to_its_own_row_alone(denoiser, arguments):
    before = denoiser(*arguments)
    for position in range(3):
        changed = [value.clone() for value in arguments]
        changed[position][1] = 7
        difference = (denoiser(*changed) - before).abs().amax(dim=1)
        assert difference[1] > 1e-4
        assert difference[[0, 2]].max() < 1e-6


def test_dropped_condition_has_no_influence(denoiser, arguments):
    x, t, condition, keep = arguments
    keep = torch.tensor([0.0, 1.0, 0.0])
    first, second = (denoiser(x, t, c, keep) for c in (condition, condition + 1))
    assert torch.equal(first[[0, 2]], second[[0, 2]])
    assert not torch.allclose(first[1], second[1])


def test_variations_of_a_row_are_predicted_as_if_alone(denoiser, arguments):
    _, *rows = arguments
    x = torch.randn(3, 5, 8)
    together = denoiser(x, *rows)
    for variation in range(5):
        torch.testing.assert_close(together[:, variation], denoiser(x[:, variation], *rows))


def test_every_parameter_learns(denoiser, arguments):
    x, t, condition, _ = arguments
    denoiser(x, t, condition, torch.tensor([1.0, 1.0, 0.0])).square().sum().backward()
    still = [
        name
        for name, parameter in denoiser.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert not still


def test_residual_denoiser_starts_by_predicting_zero(arguments):
    assert not ResidualDenoiser(8, width=16)(*arguments).any()


@pytest.mark.parametrize("kind", [ResidualDenoiser, AttentionDenoiser])
def test_bf16_stays_close_to_float32(kind):
    torch.manual_seed(0)
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
