import math

import pytest
import torch
import torch.nn.functional as F
from networks import count, vae_stn

from oneshot.models.vae_stn import VaeStn, invert, read, write

# Turned by 30 degrees, unequal scales, off centre, wholly inside the page.
TURN, ACROSS, DOWN = math.radians(30), 0.5, 0.35
WINDOW = torch.tensor(
    [
        [
            ACROSS * math.cos(TURN),
            -DOWN * math.sin(TURN),
            0.1,
            ACROSS * math.sin(TURN),
            DOWN * math.cos(TURN),
            -0.2,
        ]
    ]
)


def centres(side):
    return (torch.arange(side) + 0.5) * 2 / side - 1


def plane(u, v):
    """A drawing that bilinear sampling reproduces exactly."""
    return 0.4 + 0.2 * u - 0.3 * v


@pytest.mark.parametrize(("latent", "parameters"), [(80, 2_499_159), (60, 2_461_999)])
def test_published_sizes(latent, parameters):
    with torch.device("meta"):
        model = VaeStn(latent)
    assert count(model) == parameters
    assert {p.device.type for p in model.parameters()} == {"meta"}


def test_the_identity_reads_the_page():
    images = torch.rand(2, 3, 9, 9)
    whole = torch.eye(2, 3).view(1, 6).expand(2, 6)
    assert torch.allclose(read(images, whole, 9), images, atol=1e-6)


def test_read_samples_the_window():
    side, glimpse = 40, 7
    image = plane(centres(side), centres(side)[:, None])[None, None]
    a, b, p, c, d, q = WINDOW[0]
    u, v = centres(glimpse), centres(glimpse)[:, None]
    expected = plane(a * u + b * v + p, c * u + d * v + q)
    assert torch.allclose(read(image, WINDOW, glimpse)[0, 0], expected, atol=1e-5)


def test_write_is_the_inverse_of_read():
    side, glimpse = 40, 15
    patch = plane(centres(glimpse), centres(glimpse)[:, None])[None, None]
    page = write(patch, WINDOW, side)[0, 0]
    # Undo the window by hand: shift, turn back, divide by the scales.
    x, y = centres(side) - 0.1, centres(side)[:, None] + 0.2
    u = (x * math.cos(TURN) + y * math.sin(TURN)) / ACROSS
    v = (-x * math.sin(TURN) + y * math.cos(TURN)) / DOWN
    reach = torch.maximum(u.abs(), v.abs())
    inside, outside = reach < 1 - 1 / glimpse, reach > 1 + 1 / glimpse
    assert inside.sum() > 150
    assert torch.allclose(page[inside], plane(u, v)[inside], atol=1e-5)
    assert page[outside].abs().max() == 0


def test_what_is_written_is_read_back():
    patch = plane(centres(15), centres(15)[:, None])[None, None]
    back = read(write(patch, WINDOW, 300), WINDOW, 15)
    assert torch.allclose(back[..., 1:-1, 1:-1], patch[..., 1:-1, 1:-1], atol=1e-3)


def test_inverting_twice_changes_nothing():
    assert torch.allclose(invert(invert(WINDOW)), WINDOW, atol=1e-6)


def test_a_window_without_area_stays_finite():
    theta = torch.tensor([[1.0, 2, 0, 2, 4, 0], [0, 0, 0, 0, 0, 0]])
    assert invert(theta).isfinite().all()


def test_autocast_does_not_move_the_window():
    image = torch.rand(1, 1, 48, 48)
    with torch.autocast("cpu", torch.bfloat16):
        moved = read(image, WINDOW, 15)
    assert torch.equal(moved, read(image, WINDOW, 15))


def test_shapes_and_divergence():
    model = vae_stn()
    logits, kl = model(torch.rand(5, 1, 12, 12), torch.rand(5, 1, 12, 12))
    assert logits.shape == (5, 1, 12, 12)
    assert kl.shape == (5,)
    assert (kl > 0).all()


def test_divergence_of_known_posteriors():
    model = vae_stn()
    for head, value in ((model.mean, 2.0), (model.log_variance, math.log(4.0))):
        torch.nn.init.zeros_(head[-1].weight)
        torch.nn.init.constant_(head[-1].bias, value)
    _, kl = model(torch.rand(2, 1, 12, 12), torch.rand(2, 1, 12, 12))
    each = 0.5 * (2.0**2 + 4.0 - 1 - math.log(4.0))
    assert torch.allclose(kl, torch.full((2,), 4 * 3 * each), rtol=1e-5)


def test_two_steps_of_training_change_every_parameter():
    # The layers before the last of `where` learn nothing at first: its weights start at zero.
    model = vae_stn()
    before = {k: v.clone() for k, v in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    x, y = torch.rand(4, 1, 12, 12), torch.rand(4, 1, 12, 12)
    for _ in range(2):
        logits, kl = model(x, y)
        optimizer.zero_grad()
        (F.binary_cross_entropy_with_logits(logits, x) + kl.mean()).backward()
        optimizer.step()
    assert [k for k, v in model.named_parameters() if torch.equal(v, before[k])] == []


def test_too_large_a_location_is_refused():
    with pytest.raises(ValueError, match="location=24"):
        vae_stn(location=24)
