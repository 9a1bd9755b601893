"""The sheets of an explorer hold the right drawings of each dot and concept."""

import io

import numpy as np
import pytest
from PIL import Image

from oneshot.widgets import sheets
from oneshot.widgets.explorer import Dot, Explorer


def drawings(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (2, 3, 1, 8, 8), dtype=np.uint8)


def dots() -> list[Dot]:
    return [Dot("a", (0.1, 50.0), drawings(1), "one"), Dot("b", (0.3, 70.0), drawings(2), "two")]


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_a_row_of_the_sheet_is_a_dot_and_a_column_a_concept():
    framed = drawings(3)[:, 0]
    made = Explorer(dots(), ["x", "y"], framed, people=drawings(4), human=(0.2, 60.0))
    width, height = made.tile
    sheet = opened(made.sheet)
    assert sheet.shape == (2 * height, 2 * width, 3)
    tile = sheet[height:, width:]  # the second dot, the second concept
    wanted = np.asarray(sheets.page(drawings(2)[1], framed[1], columns=4).convert("RGB"))
    assert (tile == wanted).all()
    assert opened(made.beside).shape == (height, 2 * width, 3)
    assert made.axes["x"]["low"] <= 0.1 and made.axes["y"]["high"] >= 70


def test_the_axes_hold_all_that_is_on_the_plane():
    lines, marks = {"a": np.array([[0.0, 20.0], [0.9, 30.0]])}, {"copy": (0.05, 99.0)}
    made = Explorer(dots(), ["x", "y"], drawings(3)[:, 0], lines=lines, marks=marks)
    x, y = made.axes["x"], made.axes["y"]
    assert x["low"] <= 0.0 and x["high"] >= 0.9 and y["low"] <= 20 and 99 <= y["high"] <= 100
    assert made.groups[0]["line"] == [[0.0, 20.0], [0.9, 30.0]] and made.groups[1]["line"] == []
    assert made.beside == b"" and made.human == {"at": [], "path": []}


def test_before_the_explorer_is_there_its_first_picture_is(monkeypatch):
    shown = []
    monkeypatch.setattr("oneshot.widgets.explorer.display", shown.append)
    made = Explorer(dots(), ["x", "y"], drawings(3)[:, 0], start=(1, 0))
    made.show()
    assert 'alt="two"' in shown[0].data and made.still in shown[0].data and shown[1] is made


@pytest.mark.parametrize(
    ("points", "names", "message"),
    [([], ["x", "y"], "at least one"), (dots(), ["x"], "different numbers of concepts")],
)
def test_what_does_not_belong_together_is_refused(points, names, message):
    with pytest.raises(ValueError, match=message):
        Explorer(points, names, drawings(3)[:, 0])
