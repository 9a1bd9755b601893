"""What all denoisers have in common, of latents and of pixels."""

import networks
import pytest
import torch
from networks import set_denoiser, stirred

from oneshot.models.latent_denoiser import AttentionDenoiser, ResidualDenoiser
from oneshot.models.unet import UNet

LATENTS = {
    "residual": lambda: ResidualDenoiser(8, width=16, blocks=2, embedding=16),
    "attention": lambda: AttentionDenoiser(8, width=16, divisors=(1, 2)),
}
STACKED = {
    "published U-Net": lambda: UNet(12, multipliers=(1, 2)),
    "patch U-Net": networks.patch_unet,
    "patch U-Net with tokens": lambda: networks.patch_unet(tokens=16, side=8),
}
SETS = {
    "film": lambda: set_denoiser("film"),
    "film cls": lambda: set_denoiser("film", "cls"),
    "cross": lambda: set_denoiser("cross", "none"),
    "place": lambda: set_denoiser("place", "mean_patch"),
}
KINDS = LATENTS | STACKED | SETS


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def denoiser(kind):
    return stirred(KINDS[kind]()).eval()


@pytest.fixture
def arguments(kind):
    """Three rows of what the denoiser predicts from: x, t, condition and keep."""
    page = (8,) if kind in LATENTS else (1, 8, 8)
    condition = torch.randn(3, 2, *page) if kind in SETS else torch.randn(3, *page)
    return torch.randn(3, *page), torch.tensor([0, 200, 499]), condition, torch.ones(3)


def test_predicts_noise_of_the_shape_of_its_input(denoiser, arguments):
    eps = denoiser(*arguments)
    assert eps.shape == arguments[0].shape
    assert eps.isfinite().all()


def test_each_input_matters_to_its_own_row_alone(denoiser, arguments):
    before = denoiser(*arguments)
    for position in range(3):
        changed = [value.clone() for value in arguments]
        changed[position][1] = 7
        difference = (denoiser(*changed) - before).abs().flatten(1).amax(dim=1)
        assert difference[1] > 1e-4
        assert difference[[0, 2]].max() < 1e-6


@pytest.mark.parametrize("kind", ["patch U-Net with tokens", "place"])
def test_the_loss_rises_when_exemplars_change_places(kind):
    """Trained for a moment to draw its exemplar out of noise, it does worse with another's."""
    denoiser, halves = KINDS[kind](), torch.ones(4, 1, 8, 8)
    for half in (halves[0, :, :4], halves[1, :, 4:], halves[2, ..., :4]):
        half.neg_()
    conditions = halves[:, None] if kind in SETS else halves
    t, keep = torch.full((4,), 5), torch.ones(4)
    optimizer = torch.optim.Adam(denoiser.parameters(), 1e-2)

    def loss(given):
        return (denoiser(torch.randn_like(halves), t, given, keep) - halves).square().mean()

    for _ in range(40):
        optimizer.zero_grad()
        loss(conditions).backward()
        optimizer.step()
    denoiser.eval()
    assert loss(conditions.roll(1, 0)) > 3 * loss(conditions)


def test_dropped_condition_has_no_influence(denoiser, arguments):
    x, t, condition, _ = arguments
    keep = torch.tensor([0.0, 1.0, 0.0])
    first, second = (denoiser(x, t, c, keep) for c in (condition, condition.flip(-1)))
    assert torch.equal(first[[0, 2]], second[[0, 2]])
    assert not torch.allclose(first[1], second[1])


def test_variations_of_a_row_are_predicted_as_if_alone(denoiser, arguments):
    page, *rows = arguments
    x = torch.randn(3, 4, *page.shape[1:])
    together = denoiser(x, *rows)
    alone = torch.stack([denoiser(x[:, variation], *rows) for variation in range(4)], 1)
    # Attention between channels makes much of rounding; another variation is half a norm away.
    assert (together - alone).norm() < 1e-2 * alone.norm()


def test_every_parameter_learns(denoiser, arguments):
    x, t, condition, _ = arguments
    eps = denoiser(x, t, condition, torch.tensor([1.0, 1.0, 0.0]))
    (eps - torch.randn_like(x)).square().sum().backward()
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


@pytest.mark.parametrize("kind", STACKED | SETS)
def test_memory_format_changes_nothing(denoiser, arguments):
    expected = denoiser(*arguments)
    denoiser.to(memory_format=torch.channels_last)
    torch.testing.assert_close(denoiser(*arguments), expected, atol=1e-4, rtol=1e-4)
