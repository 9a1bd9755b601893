"""What figures and tables of importance maps show is what was measured."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from oneshot.attribution import agreement
from oneshot.metrics.intervals import Interval
from oneshot.widgets import importance, sheets


def colours(image):
    return np.asarray(image.convert("RGB"))


def test_heat_is_stretched_and_shows_through_the_ink():
    maps = torch.zeros(1, 2, 20, 20)
    maps[0, 0, :10] = 4.0
    maps[0, 1, :10] = -0.1
    exemplars = torch.zeros(2, 1, 20, 20)
    exemplars[0, 0, 0, 0] = 1
    pixels = colours(importance.overlay(maps, exemplars, scale=1))
    assert pixels.shape == (22, 44, 3)
    through = 0.4 * np.array(sheets.ACCENT) + 0.6 * np.array(sheets.INK)
    assert np.abs(pixels[1, 1] - through).max() <= 1 and (pixels[0, 0] == sheets.GAP).all()
    for left in (2, 23):  # both maps reach the same heat, whatever their scale and sign
        assert (pixels[5, left] == sheets.ACCENT).all()
        assert (pixels[15, left] == sheets.PAPER).all()


def test_the_top_hundredth_is_cut_off():
    page = np.arange(10_000.0).reshape(1, 100, 100)
    assert importance.stretched(page)[0, 98, 99] == pytest.approx(1, abs=1e-3)
    assert importance.stretched(page)[0, 50, 0] == pytest.approx(0.505, abs=1e-3)
    assert (importance.stretched(np.ones((2, 3, 3))) == 0).all()


def test_rows_are_systems_and_columns_exemplars():
    maps = {"human": torch.rand(3, 8, 8), "ldm": torch.rand(3, 8, 8)}
    axes = importance.overlays(maps, torch.zeros(3, 1, 8, 8), ["x", "y", "z"]).axes[0]
    texts = {text.get_text(): text.get_position() for text in axes.texts}
    assert texts["human"][1] < texts["ldm"][1] and texts["x"][0] < texts["z"][0]


def pages(human, noise, seed):
    """Human maps (C, H, W) with noise."""
    random = np.random.default_rng(seed)
    return human + noise * random.random(human.shape)


@pytest.fixture
def rows():
    human, exemplars = np.random.default_rng(0).random((20, 8, 8)), np.ones((20, 1, 8, 8))
    maps = {
        "ldm": pages(human, 0.3, 1),
        agreement.NULL: pages(human, 2.0, 2),
        "saliency": pages(human, 2.0, 3),
    }
    kinds = {"ldm": "guided", "saliency": "critic"}
    return agreement.rows(maps, human, exemplars, kinds, ("quickdraw", "laptop", "a figure"), 3.0)


def test_bars_have_stars_the_null_and_the_ceiling(rows):
    panels = importance.bars(rows, Interval(0.94, 0.9, 0.96)).axes
    bars = [bar.get_width() for bar in panels[1].patches[:2]]
    assert bars == pytest.approx([row.spearman_ink.value for row in rows])
    assert [text.get_text() for text in panels[1].texts] == ["***", ""]
    lines = {line.get_label(): line.get_xdata()[0] for line in panels[0].lines}
    assert lines[agreement.NULL] == pytest.approx(rows[0].null_all.value)
    assert lines["ceiling"] == 0.94
    labels = {line.get_label() for line in importance.bars(rows).axes[0].lines}
    assert "ceiling" not in labels and agreement.NULL in labels


def test_every_concept_has_its_dot():
    axes = importance.sparsity({"human": np.linspace(0.1, 0.3, 7), "ldm": np.full(7, 0.4)}).axes[0]
    dots = axes.get_lines()[0]
    assert dots.get_xdata() == pytest.approx(np.linspace(0.1, 0.3, 7))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["human", "ldm"]


def test_a_frame_of_a_slider_has_rows_of_maps_and_blank_paper_at_the_end():
    maps = torch.rand(3, 8, 8)
    exemplars = torch.zeros(3, 1, 8, 8)
    exemplars[2] = 1
    whole = colours(importance.frame(maps, exemplars, columns=2))
    assert whole.shape == (2 * 18, 2 * 18, 3)
    third = colours(importance.overlay(maps[None, 2:], exemplars[2:]))
    assert (whole[18:, :18] == third).all()
    assert (whole[19:35, 19:35] == sheets.PAPER).all()


def cells(table, row):
    """The texts of a row of a table, its name first."""
    body = table.data.split("<tbody>")[1].split("<tr>")[1:]
    return re.findall(r"<t[hd]>(.*?)</t[hd]>", body[row])


def test_maps_are_compared_with_each_other_on_the_ink():
    page, ink = torch.rand(3, 8, 8), torch.ones(3, 1, 8, 8)
    assert cells(importance.among({"a": page, "b": -page}, ink), 0) == ["a", "1.00", "1.00"]
    assert cells(importance.among({"a": page, "b": 1 - page}, ink), 1) == ["b", "-1.00", "1.00"]


def test_words_follow_the_numbers(rows):
    ldm, _ = rows
    shown = "{0.value:.3f} <small>{0.low:.3f}–{0.high:.3f}</small>"
    table = importance.table(rows)
    assert cells(table, 0)[-1] == shown.format(ldm.human_share)
    assert cells(table, 1)[:2] == ["blurred ink", shown.format(ldm.null_all)]
    name, everywhere, _, beyond, half = cells(table, 2)
    assert (name, everywhere) == ("ldm (guided)", shown.format(ldm.spearman_all))
    assert beyond == shown.format(ldm.ink_beyond_null).replace(" <", " *** <")
    assert half == shown.format(ldm.share_above_half)
    assert "*" not in cells(table, 3)[3]
    said = importance.verdict(rows).data
    assert "a figure; 20 exemplars of `quickdraw`. Maps were blurred by 3 px" in said
    assert "blurred by" not in importance.verdict([replace(ldm, blur=0.0)]).data
    assert "than blurred ink: ldm (guided)." in said
    assert "where the ink lies**: saliency (critic)." in said


def test_who_spreads_wider_than_people_is_said(rows):
    wide = Interval(0.4, 0.38, 0.42)
    wider = replace(rows[0], share_above_half=wide, human_share=Interval(0.2, 0.1, 0.3))
    thinner = replace(wider, share_above_half=Interval(0.05, 0.04, 0.06), system="cfgdm")
    said = importance.sparser([wider, thinner]).data
    assert "20%" in said and "that: ldm (guided)." in said and "Sparser: cfgdm (guided)." in said
    same = importance.sparser([replace(wider, share_above_half=wider.human_share)]).data
    assert "wider" not in same and "Sparser" not in same


def test_a_page_without_people_shows_what_was_measured_elsewhere(rows):
    said = importance.elsewhere("glyphs", rows).data
    assert "no human importance maps of `glyphs`" in said and "20 exemplars of `quickdraw`" in said
    assert "agreement.json" not in importance.elsewhere("glyphs", []).data
