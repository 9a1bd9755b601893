"""The sheet of a slider holds the right frame at each position."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from oneshot.widgets import sheets
from oneshot.widgets.sprite_slider import SpriteSlider, plane


def frames(count: int) -> list[Image.Image]:
    """Frames that can be told apart: frame k has k columns of ink."""
    pages = torch.zeros(count, 1, 1, 1, 6, 10)
    for number, page in enumerate(pages):
        page[..., :number] = 1
    return [sheets.grid(page, gap=0) for page in pages]


def test_the_last_slider_runs_fastest_over_the_sheet():
    slider = SpriteSlider(frames(6), {"guidance": [0.0, 0.5, 1.0], "concept": ["a", "b"]})
    sheet = np.asarray(Image.open(io.BytesIO(slider.sheet)).convert("RGB"))
    width, height = slider.tile
    assert sheet.shape == (3 * height, 2 * width, 3)
    for number in range(6):
        row, column = divmod(number, 2)
        tile = sheet[row * height :][:height, column * width :][:, :width]
        assert (tile[0] == sheets.INK).all(-1).sum() == number
    assert slider.sliders[0] == {"label": "guidance", "values": ["0", "0.5", "1"]}
    assert slider.position == [0, 0]


def test_the_still_for_pages_without_scripts_is_the_frame_at_the_start(monkeypatch):
    shown = []
    monkeypatch.setattr("oneshot.widgets.sprite_slider.display", shown.append)
    made = frames(6)
    captions = [f"frame <{number}>" for number in range(6)]
    slider = SpriteSlider(made, {"g": [0, 1, 2], "c": "ab"}, captions=captions, start=[1, 1])
    slider.show()
    html, widget = shown
    assert widget is slider
    assert f'data-widget="{slider.still}"' in html.data and 'alt="frame &lt;3&gt;"' in html.data
    data = html.data.split("base64,")[1].split('"')[0]
    assert base64.b64decode(data) == sheets.png(made[3])


def test_a_dot_may_belong_to_each_frame():
    dots = np.arange(12).reshape(6, 2)
    plot = plane({"curve": dots}, dots)
    slider = SpriteSlider(frames(6), {"g": [0, 1, 2], "c": "ab"}, plot=plot)
    assert len(slider.plot["dots"]) == 6


@pytest.mark.parametrize(
    ("count", "options", "complaint"),
    [
        (5, {}, "3 x 2 positions"),
        (6, {"captions": ["one"]}, "1 captions"),
        (6, {"plot": {"dots": [[0, 0]]}}, "1 dots for 3 positions and 6 frames"),
    ],
)
def test_what_does_not_fit_the_sliders_is_refused(count, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        SpriteSlider(frames(count), {"g": [0, 1, 2], "c": "ab"}, **options)


def test_no_axis_of_percent_goes_beyond_100():
    for lowest in (100, 69.3):
        y = plane({"one": np.array([[0, 100], [1, lowest]])}, np.array([[0.5, 100]]))["y"]
        assert y["high"] == y["ticks"][-1] == 100 and y["low"] <= lowest


def test_frames_must_have_one_size():
    with pytest.raises(ValueError, match="different sizes"):
        SpriteSlider([*frames(1), sheets.grid(torch.zeros(1, 1, 1, 4, 4))], {"g": [0, 1]})


def test_the_plane_names_what_is_active_and_keeps_all_points_on_its_axes():
    curve = np.array([[0.12, 99.0], [0.68, 81.5]])
    dots = np.array([[0.2, 95.0], [0.9, 80.0]])
    plot = plane({"human": curve, "one": curve}, dots, active=["one", None], reference="human")
    assert plot["active"] == [1, None]
    assert [line["reference"] for line in plot["curves"]] == [True, False]
    assert plot["x"]["low"] <= 0.12 and plot["x"]["high"] >= 0.9
    assert plot["y"]["low"] <= 80.0 and plot["y"]["high"] >= 99.0
    assert plot["y"]["ticks"] == [80, 85, 90, 95, 100]
    assert plot["dots"] == dots.tolist()
