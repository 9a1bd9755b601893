import math

import pytest
import torch

from oneshot.drawings import augment


@pytest.fixture
def drawings():
    """Blobs away from the border, smooth enough for bilinear resampling."""
    torch.manual_seed(0)
    small = torch.zeros(6, 1, 12, 12)
    small[:, :, 3:9, 3:9] = torch.rand(6, 1, 6, 6)
    return torch.nn.functional.interpolate(small, size=(48, 48), mode="bilinear")


def matrix(*rows):
    return torch.tensor([rows], dtype=torch.float32)


def centre_of_ink(images):
    """Return (N, 2): mean x and y of the ink, from -1 to 1."""
    steps = (2 * torch.arange(48) + 1) / 48 - 1
    weights = images[:, 0] / images[:, 0].sum((1, 2), keepdim=True)
    return torch.stack(((weights.sum(1) * steps).sum(1), (weights.sum(2) * steps).sum(1)), 1)


def test_identity_returns_the_drawing(drawings):
    torch.testing.assert_close(
        augment.warp(drawings, torch.eye(3).repeat(6, 1, 1)), drawings, atol=1e-5, rtol=0
    )


def test_flip_and_quarter_turn_are_exact(drawings):
    one = drawings[:1]
    flip = augment.warp(one, matrix((-1, 0, 0), (0, 1, 0), (0, 0, 1)))
    torch.testing.assert_close(flip, one.flip(-1), atol=1e-5, rtol=0)
    # y points down, so the positive quarter turn (x, y) -> (-y, x) is clockwise on the page
    turn = augment.warp(one, matrix((0, -1, 0), (1, 0, 0), (0, 0, 1)))
    torch.testing.assert_close(turn, torch.rot90(one, -1, (2, 3)), atol=1e-5, rtol=0)


def test_shift_moves_forward_and_leaves_blank_behind():
    x = torch.ones(1, 1, 48, 48)
    moved = augment.warp(x, matrix((1, 0, 0.5), (0, 1, 0), (0, 0, 1)))  # a quarter of the page
    assert moved[..., :12].abs().max() < 1e-5
    torch.testing.assert_close(moved[..., 12:], x[..., 12:], atol=1e-5, rtol=0)


def test_scale_above_one_enlarges(drawings):
    double = augment.warp(drawings, torch.diag(torch.tensor([1.3, 1.3, 1])).repeat(6, 1, 1))
    ink = double.sum((1, 2, 3)) / drawings.sum((1, 2, 3))
    torch.testing.assert_close(ink, torch.full((6,), 1.69), atol=0.02, rtol=0)


def test_channels_of_a_set_move_alike(drawings):
    moved = augment.warp(drawings[:1].repeat(1, 4, 1, 1), augment.pair_matrices(drawings[:1]))
    assert torch.equal(moved, moved[:, :1].expand_as(moved))


def test_perspective_sends_the_page_to_its_corners():
    torch.manual_seed(0)
    matrices = augment._perspective(torch.zeros(64, 1, 48, 48), augment.VIEWS["normal"])
    page = torch.tensor([[-1.0, 1, 1, -1], [-1, -1, 1, 1], [1, 1, 1, 1]])
    moved = matrices @ page
    moved = moved[:, :2] / moved[:, 2:]
    inwards = 1 - moved * page[:2]
    assert inwards.min() > -1e-5 and inwards.max() < 0.5 + 1e-5
    untouched = (inwards.abs() < 1e-5).all((1, 2))
    assert 20 <= untouched.sum() <= 44
    # four corners fix a homography: check the one nobody used to build it, the centre
    corners = moved[~untouched][0]
    centre = (matrices[~untouched][0] @ torch.tensor([0.0, 0, 1]))[:2]
    centre = centre / matrices[~untouched][0][2, 2]
    (ax, bx, cx, dx), (ay, by, cy, dy) = corners.tolist()
    # diagonals still cross where the centre went
    for (px, py), (qx, qy) in (((ax, ay), (cx, cy)), ((bx, by), (dx, dy))):
        area = (qx - px) * (centre[1] - py) - (qy - py) * (centre[0] - px)
        assert abs(area) < 1e-4


def test_crop_keeps_page_inside_or_around():
    torch.manual_seed(0)
    m = augment._crop(torch.zeros(2000, 1, 48, 48), augment.VIEWS["normal"])
    area = 1 / (m[:, 0, 0] * m[:, 1, 1])
    ratio = m[:, 1, 1] / m[:, 0, 0]
    assert area.min() > 0.75 - 1e-4 and area.max() < 1.33 + 1e-4
    assert ratio.min() > 0.8 - 1e-4 and ratio.max() < 1.2 + 1e-4
    assert abs(ratio.log().mean() - math.log(0.8 * 1.2) / 2) < 0.01
    # of box and page, one contains the other along each axis
    for axis in range(2):
        half = 1 / m[:, axis, axis]
        centre = -m[:, axis, 2] * half
        assert (centre.abs() <= (1 - half).abs() + 1e-5).all()


def test_affine_respects_its_ranges():
    torch.manual_seed(0)
    ranges = augment.Affine(30, (0.5, 2), 0.1, flip=(1, 0))
    m = augment._affine(torch.zeros(500, 1, 8, 8), ranges)
    turned = m[:, :2, :2] @ torch.tensor([[-1.0, 0], [0, 1]])  # undo the certain flip
    scale = torch.linalg.det(turned).sqrt()
    angle = torch.atan2(turned[:, 1, 0], turned[:, 0, 0]) * 180 / math.pi
    assert 0.5 <= scale.min() < 0.6 and 1.9 < scale.max() <= 2.0001
    assert -30.001 <= angle.min() < -28 and 28 < angle.max() <= 30.001
    assert 0.19 < m[:, :2, 2].abs().max() <= 0.2


@pytest.mark.parametrize("strength", augment.PAIRS)
def test_pair_moves_variation_and_exemplar_alike(drawings, strength):
    torch.manual_seed(1)
    x, y = augment.affine_pair(drawings, drawings, strength)
    assert torch.equal(x, y) and x.shape == drawings.shape
    assert (x - drawings).abs().amax((1, 2, 3)).max() > 0.1


def test_class_pair_mixes_its_four_kinds():
    torch.manual_seed(0)
    m = augment.pair_matrices(torch.zeros(4000, 1, 8, 8), "class")
    kinds = torch.diag_embed(torch.tensor([[-1.0, 1, 1], [1, -1, 1], [1, 1, 1]]))
    shares = [(m == kind).all((1, 2)).float().mean().item() for kind in kinds]
    assert shares == pytest.approx([0.2, 0.2, 0.2], abs=0.02)


@pytest.mark.parametrize("strength", augment.VIEWS)
def test_views_stay_in_range_and_differ(drawings, strength):
    torch.manual_seed(0)
    first, second = augment.views(drawings, strength), augment.views(drawings, strength)
    assert first.shape == drawings.shape and first.dtype == torch.float32
    assert first.min() >= 0 and first.max() <= 1
    assert not torch.equal(first, second)
    torch.manual_seed(0)
    assert torch.equal(first, augment.views(drawings, strength))


def test_strength_orders_how_far_ink_moves(drawings):
    torch.manual_seed(0)
    many = drawings.repeat(50, 1, 1, 1)
    before = centre_of_ink(many)
    far = {
        name: (centre_of_ink(augment.views(many, name)) - before).norm(dim=1).mean()
        for name in augment.VIEWS
    }
    assert far["light"] < far["normal"] < far["strong"]


def test_jitter_turns_further_than_light(drawings):
    torch.manual_seed(0)
    severe, light = augment.jitter(drawings), augment.jitter(drawings, "light")
    assert severe.shape == light.shape == drawings.shape
    m = augment._affine(torch.zeros(500, 1, 8, 8), augment.JITTERS["light"])
    assert (torch.linalg.det(m) < 0).float().mean() == pytest.approx(0.42, abs=0.07)


def test_mixed_precision_does_not_touch_coordinates(drawings):
    torch.manual_seed(0)
    exact = augment.views(drawings)
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = augment.views(drawings)
    assert torch.equal(exact, mixed)


@pytest.mark.parametrize("function", (augment.views, augment.jitter))
def test_unknown_strength_lists_the_known(drawings, function):
    with pytest.raises(ValueError, match="normal"):
        function(drawings, "huge")
    with pytest.raises(ValueError, match="gentle"):
        augment.affine_pair(drawings, drawings, "huge")
