import math

import pytest
import torch
import torch.nn.functional as F

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


def tiny(**changes):
    sizes = {"latent": 3, "steps": 4, "hidden": 24, "location": 8, "glimpse": 6} | changes
    torch.manual_seed(0)
    return VaeStn(**sizes)


@pytest.mark.parametrize(("latent", "parameters"), [(80, 2_499_159), (60, 2_461_999)])
def test_published_sizes(latent, parameters):
    with torch.device("meta"):
        model = VaeStn(latent)
    assert sum(p.numel() for p in model.parameters()) == parameters
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
    model = tiny()
    logits, kl = model(torch.rand(5, 1, 12, 12), torch.rand(5, 1, 12, 12))
    assert logits.shape == (5, 1, 12, 12)
    assert kl.shape == (5,)
    assert (kl > 0).all()


def test_divergence_of_known_posteriors():
    model = tiny()
    for head, value in ((model.mean, 2.0), (model.log_variance, math.log(4.0))):
        torch.nn.init.zeros_(head[-1].weight)
        torch.nn.init.constant_(head[-1].bias, value)
    _, kl = model(torch.rand(2, 1, 12, 12), torch.rand(2, 1, 12, 12))
    each = 0.5 * (2.0**2 + 4.0 - 1 - math.log(4.0))
    assert torch.allclose(kl, torch.full((2,), 4 * 3 * each), rtol=1e-5)


def test_two_steps_of_training_change_every_parameter():
    # The layers before the last of `where` learn nothing at first: its weights start at zero.
    model = tiny()
    before = {k: v.clone() for k, v in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    x, y = torch.rand(4, 1, 12, 12), torch.rand(4, 1, 12, 12)
    for _ in range(2):
        logits, kl = model(x, y)
        optimizer.zero_grad()
        (F.binary_cross_entropy_with_logits(logits, x) + kl.mean()).backward()
        optimizer.step()
    assert [k for k, v in model.named_parameters() if torch.equal(v, before[k])] == []


def test_drawings_depend_on_their_address_alone():
    model, exemplars = tiny(), torch.rand(2, 1, 12, 12)
    both = model.draw(exemplars, 3, seed=1, concepts=[3, 5])
    assert both.shape == (2, 3, 1, 12, 12)
    assert both.min() >= 0
    assert both.max() <= 1
    first = model.draw(exemplars[:1], 3, seed=1, concepts=[3])
    second = model.draw(exemplars[1:], 2, seed=1, concepts=[5])
    assert torch.allclose(both[0], first[0], atol=1e-6)
    assert torch.allclose(both[1, :2], second[0], atol=1e-6)
    assert not torch.allclose(both, model.draw(exemplars, 3, seed=2, concepts=[3, 5]), atol=1e-4)


def test_drawings_do_not_depend_on_how_many_are_made_at_once(monkeypatch):
    model, exemplars = tiny(), torch.rand(2, 1, 12, 12)
    whole = model.draw(exemplars, 5)
    monkeypatch.setattr("oneshot.models.vae_stn.ROWS", 3)
    assert torch.allclose(whole, model.draw(exemplars, 5), atol=1e-6)


def test_drawing_leaves_the_mode_as_it_was():
    model = tiny().train()
    model.draw(torch.rand(1, 1, 12, 12), 1)
    assert model.training


def test_bad_arguments_are_explained():
    exemplars = torch.rand(2, 1, 12, 12)
    with pytest.raises(ValueError, match="VAE-STN has no guidance"):
        tiny().draw(exemplars, 1, guidance=0.0)
    with pytest.raises(ValueError, match="2 exemplars and 1 concepts"):
        tiny().draw(exemplars, 1, concepts=[4])
    with pytest.raises(ValueError, match="location=24"):
        tiny(location=24)
