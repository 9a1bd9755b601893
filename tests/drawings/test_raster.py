"""Ink of shapes whose area is known in closed form."""

import numpy as np
import pytest

from oneshot.drawings.raster import fit_square, render

PEN, EXTENT = 9.0, 256.0


def scale(side):
    """Pixels per unit: the square takes seven eighths of the page."""
    return 7 / 8 * side / EXTENT


def place(units, side):
    """The pixel coordinate of a coordinate on the square."""
    return units * scale(side) + side / 16


def line(*points):
    return np.array(points, dtype=float)


def ink(page):
    return page.sum() / 255


def centre(page):
    """Mean x and y of the ink, in pixels from the corner of the page."""
    steps = np.arange(len(page)) + 0.5
    return (page.sum(0) @ steps / page.sum(), page.sum(1) @ steps / page.sum())


@pytest.mark.parametrize("side", [32, 48, 50, 105])
def test_a_horizontal_line_has_the_ink_of_a_capsule(side):
    page = render([line((28, 128), (228, 128))], side)
    width = PEN * scale(side)
    assert page.shape == (side, side) and page.dtype == np.uint8
    assert ink(page) == pytest.approx(200 * scale(side) * width + np.pi * width**2 / 4, rel=0.1)
    assert centre(page) == pytest.approx((side / 2, side / 2), abs=0.3)
    left, right = np.flatnonzero(page.any(0))[[0, -1]]
    assert left == pytest.approx(place(28, side) - width / 2, abs=1)
    assert right == pytest.approx(place(228, side) + width / 2, abs=1)


def test_y_grows_downwards_and_x_to_the_right():
    page = render([line((200, 40))], 48)
    x, y = centre(page)
    assert (x, y) == pytest.approx((place(200, 48), place(40, 48)), abs=0.3)


def test_strokes_are_not_drawn_off_centre():
    """A drawing turned upside down is the drawing of the turned strokes, but for a shift."""
    hand = np.random.default_rng(0)
    shifts = []
    for _ in range(60):
        walks = hand.uniform(40, 216, (3, 1, 2)) + hand.normal(0, 25, (3, 9, 2)).cumsum(1)
        strokes = list(walks.clip(0, EXTENT))
        turned = render([EXTENT - stroke for stroke in strokes])[::-1, ::-1]
        shifts.append((np.array(centre(render(strokes))) - centre(turned)) / 2)
    assert np.abs(np.mean(shifts, axis=0)).max() < 0.05
    # PIL rounds where a line that runs along an axis begins: less than a sixth of a pixel
    for stroke in (line((28, 128), (228, 128)), line((128, 28), (128, 228))):
        assert np.abs(np.array(centre(render([stroke]))) - 24).max() < 1 / 6


def test_a_dot_is_a_disc():
    page = render([line((128, 128))], 384)
    assert ink(page) == pytest.approx(np.pi * (PEN * scale(384)) ** 2 / 4, rel=0.06)


def test_the_published_page_has_lines_of_a_pixel_and_a_half_and_a_margin_of_three():
    page = render([line((0, 0), (256, 0), (256, 256), (0, 256), (0, 0))], 48)
    assert not page[:2].any() and not page[:, :2].any()
    assert not page[-2:].any() and not page[:, -2:].any()
    assert page[:, 24].sum() / 255 == pytest.approx(2 * 1.5, abs=0.1)


def test_a_square_of_lines_is_closed_at_its_corners():
    corners = line((60, 60), (196, 60), (196, 196), (60, 196), (60, 60))
    page = render([corners], 192)
    for x in (60, 196):
        for y in (60, 196):
            assert page[int(place(y, 192)), int(place(x, 192))] == 255


def test_sides_agree_on_the_share_of_ink():
    strokes = [line((20, 30), (100, 220), (180, 40)), line((10, 240), (250, 200))]
    shares = [render(strokes, side).mean() / 255 for side in (48, 96, 192)]
    assert max(shares) / min(shares) < 1.03
    small, large = render(strokes, 48), render(strokes, 96)
    pooled = large.reshape(48, 2, 48, 2).mean((1, 3))
    assert np.abs(pooled - small).mean() < 5


def test_twice_the_pen_is_twice_the_ink():
    strokes = [line((40, 128), (210, 128))]
    thin, thick = (ink(render(strokes, 384, pen=pen)) / scale(384) ** 2 for pen in (6, 12))
    caps = np.pi / 4 * np.array([6**2, 12**2])
    assert thick - caps[1] == pytest.approx(2 * (thin - caps[0]), rel=0.03)


def test_round_ends_at_the_border_stay_on_the_page():
    inside = ink(render([line((128, 28), (128, 228))], 48))
    border = ink(render([line((0, 28), (0, 228))], 48))
    assert border == pytest.approx(inside, rel=0.03)


def test_no_strokes_are_a_blank_page():
    assert not render([], 48).any()


@pytest.mark.parametrize(
    "stroke", [[], [[1, 2, 3]], [1, 2], [[0, np.nan], [1, 1]], [[0, np.inf]], np.zeros((0, 2))]
)
def test_what_is_no_stroke_is_refused(stroke):
    with pytest.raises(ValueError, match="a stroke must be"):
        render([np.array(stroke, dtype=float)], 48)


def test_fit_square_keeps_the_aspect_and_centres():
    fitted = fit_square([line((10, 10), (30, 10)), line((20, 15), (20, 15))])
    np.testing.assert_allclose(fitted[0], [(0, 96), (256, 96)])
    np.testing.assert_allclose(fitted[1][0], (128, 160))


def test_fit_square_puts_a_dot_in_the_middle():
    np.testing.assert_allclose(fit_square([line((3, 4))])[0], [(128, 128)])
