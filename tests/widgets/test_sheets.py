"""Drawings land where they belong, in the colours of ink and paper."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from oneshot.widgets import sheets


def colours(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def test_each_drawing_has_its_place_on_the_grid():
    drawings = torch.zeros(2, 3, 1, 4, 4)
    drawings[1, 2, 0, 0, 3] = 1
    pixels = colours(sheets.grid(drawings, gap=2))
    assert pixels.shape == (2 * 6, 3 * 6, 3)
    rows, columns = np.nonzero((pixels == sheets.INK).all(-1))
    # second row, third column of tiles 6 px wide; one pixel of line, then row 0 and column 3
    assert (rows.tolist(), columns.tolist()) == ([6 + 1], [2 * 6 + 1 + 3])
    assert (pixels[1, 1] == sheets.PAPER).all() and (pixels[0, 0] == sheets.GAP).all()


def test_exemplars_come_first_in_the_accent_colour():
    pixels = colours(sheets.grid(torch.zeros(2, 3, 1, 4, 4), torch.ones(2, 1, 4, 4)))
    assert pixels.shape == (12, 24, 3)
    assert (pixels[0, 0] == sheets.ACCENT).all() and (pixels[0, 6] == sheets.GAP).all()
    assert (pixels[1:5, 1:5] == sheets.INK).all()


def test_a_page_of_one_concept_starts_with_its_exemplar_and_ends_on_paper():
    image = sheets.page(torch.ones(4, 1, 4, 4), torch.zeros(1, 4, 4), columns=3)
    pixels = colours(image)
    assert pixels.shape == (2 * 6, 3 * 6, 3)
    assert (pixels[0, 0] == sheets.ACCENT).all() and (pixels[1:5, 1:5] == sheets.PAPER).all()
    assert (pixels[1:5, 7:11] == sheets.INK).all() and (pixels[7:11, 7:11] == sheets.INK).all()
    assert (pixels[7:11, 13:17] == sheets.PAPER).all()


def test_bytes_and_floats_are_the_same_ink():
    grey = torch.arange(256).view(1, 1, 1, 16, 16)
    floats = sheets.grid(grey / 255)
    assert sheets.png(floats) == sheets.png(sheets.grid(grey.to(torch.uint8).numpy()))


def test_scale_repeats_pixels_and_png_keeps_them():
    drawing = torch.eye(4).view(1, 1, 1, 4, 4)
    image = sheets.grid(drawing, scale=3, gap=0)
    read = Image.open(io.BytesIO(sheets.png(image)))
    assert (colours(read) == colours(image)).all()
    assert (colours(image)[:3, :3] == sheets.INK).all() and image.size == (12, 12)


def test_a_contact_sheet_is_labelled_and_refuses_labels_that_do_not_fit():
    drawings, exemplars = torch.zeros(2, 3, 1, 8, 8), torch.zeros(2, 1, 8, 8)
    figure = sheets.contact_sheet(drawings, exemplars, rows=["p", "q"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["exemplar", "p", "q"]
    for labels in ({"rows": ["p"]}, {"columns": ["a", "b"]}):
        with pytest.raises(ValueError, match="labels for 2 x 3 drawings"):
            sheets.contact_sheet(drawings, exemplars, **labels)


def test_names_of_concepts_become_labels():
    assert sheets.label("Burmese_(Myanmar).character01") == "Burmese (Myanmar) 01"
    assert sheets.label("alarm clock/2") == "alarm clock 2"
    assert sheets.label("x" * 30) == "x" * 23 + "…"


@pytest.mark.parametrize("name", ["ambulance/2", "animal migration/1", "The Great Wall of China/3"])
def test_a_name_fits_on_its_plate(name):
    plate = sheets.nameplate(name)[0]
    assert plate.max() > 100
    assert not plate[:, [0, -1]].any() and not plate[[0, -1]].any()
