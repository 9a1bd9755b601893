"""One reader of drawings: every kind of file gives the page it should."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from oneshot.drawings.errors import DataError
from oneshot.drawings.raster import fit_square, render
from oneshot.drawings.reading import read_drawing

VEE = [np.array([[0.0, 0], [100, 200], [200, 0]])]


def wanted() -> torch.Tensor:
    return torch.tensor(render(fit_square(VEE))).float().div(255)[None, None]


def near(page: torch.Tensor, other: torch.Tensor) -> bool:
    """Say whether the ink of each of two pages is nowhere more than a pixel beside the other's."""
    ink, others = page > 0.5, other > 0.5
    wide, others_wide = (F.max_pool2d(drawn.float(), 3, 1, 1) > 0 for drawn in (ink, others))
    return not ((ink & ~others_wide) | (others & ~wide)).any()


@pytest.mark.parametrize(
    "strokes",
    [
        [[[0, 100, 200], [0, 200, 0]]],
        [[[0, 100, 200], [0, 200, 0], [0, 16, 33]]],
        [[[0, 0], [100, 200], [200, 0]]],
        [[{"x": 0, "y": 0}, {"x": 100, "y": 200}, {"x": 200, "y": 0}]],
        [{"x": [0, 100, 200], "y": [0, 200, 0]}],
        [[0, 0, 0], [100, 200, 0], [100, -200, 1]],
        [[0, 0, 1, 0, 0], [100, 200, 1, 0, 0], [100, -200, 0, 1, 0], [9, 9, 0, 0, 1]],
        {"strokes": [[[0, 100, 200], [0, 200, 0]]], "guidance": 1.5, "seed": 3},
        {"word": "vee", "drawing": [[[0, 100, 200], [0, 200, 0]], [[], []]]},
        np.array([[0, 0, 0], [100, 200, 0], [100, -200, 1]], np.int16),
        VEE,
    ],
)
def test_strokes_of_every_form_are_one_drawing(strokes, tmp_path):
    assert torch.equal(read_drawing(strokes), wanted())
    if isinstance(strokes, list | dict) and strokes is not VEE:
        (tmp_path / "drawing.json").write_text(json.dumps(strokes))
        assert torch.equal(read_drawing(tmp_path / "drawing.json"), wanted())


def test_a_page_of_the_models_stays_as_it_is_in_every_form():
    page = wanted()
    forms = {
        "tensor": page,
        "inverted": 1 - page,
        "from -1 to 1": page * 2 - 1,
        "bytes": (page[0] * 255).byte(),
        "array": page[0, 0].numpy(),
        "image": Image.fromarray((page[0, 0] * 255).byte().numpy()),
    }
    for name, form in forms.items():
        read = read_drawing(form)
        assert read.shape == (1, 1, 48, 48) and read.dtype == torch.float32, name
        assert torch.allclose(read, page, atol=1 / 255), name


@pytest.mark.parametrize("pen", [2, 12, 40])
@pytest.mark.parametrize("size", [(600, 600), (1500, 700)])
def test_a_picture_is_placed_as_strokes_are_whatever_its_page_and_pen(size, pen):
    image = Image.new("RGB", size, "white")
    points = [(250, 300), (350, 500), (450, 300)]
    ImageDraw.Draw(image).line(points, fill="navy", width=pen, joint="curve")
    page = read_drawing(image)[0, 0]
    rows, columns = (page > 0.5).any(1).nonzero()[:, 0], (page > 0.5).any(0).nonzero()[:, 0]
    across, down = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    assert 42 <= max(across, down) <= 45 and abs(across - down) <= 4
    assert page[36:, 22:26].max() > 0.9 and page[2:6, 20:28].max() < 0.1
    if pen == 2:
        assert near(page[None, None], wanted())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "blank page"),
        (Image.new("L", (60, 60), 255), "blank page"),
        ("nowhere.png", "nowhere.png is missing"),
        (7, "is a number, not a list of strokes"),
        ([[[1, 2], [1, 2, 3]]], "neither"),
        (np.full((48, 48), np.nan), "NaN or infinity"),
        (np.zeros((2, 48, 48)), "shape"),
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(source, message):
    with pytest.raises(DataError, match=message) as caught:
        read_drawing(source)
    assert "\n" not in str(caught.value)
