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
    body = re.split("<tr[^>]*>", table.data.split("<tbody>")[1])[1:]
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
    assert (name, everywhere) == ("LDM (guided)", shown.format(ldm.spearman_all))
    assert beyond == shown.format(ldm.ink_beyond_null).replace("</small>", "</small> ***")
    assert half == shown.format(ldm.share_above_half)
    assert "*" not in cells(table, 3)[3]
    said = importance.verdict(rows).data
    assert "a figure; 20 exemplars of `quickdraw`. Maps were blurred by 3 px" in said
    assert "blurred by" not in importance.verdict([replace(ldm, blur=0.0)]).data
    assert "- more like people's: LDM (guided)." in said
    assert "- **not shown to be more like people's**: saliency (critic)." in said
    assert "whole interval" not in said and "flat" not in said and "nothing" not in said
    lower = replace(rows[1], ink_beyond_null=Interval(-0.2, -0.3, -0.1))
    below = "- **less like people's**, with the whole interval: saliency (critic)."
    assert importance.verdict([lower]).data.endswith(f"beside blurred ink:\n\n{below}")
    assert f"to be more like people's**: LDM (critic).\n{below}" in (
        importance.verdict([replace(rows[1], system="ldm"), lower]).data
    )


def test_a_flat_map_is_pointed_at(rows):
    flat = replace(rows[0], system="cfgdm", share_above_half=Interval(0.98, 0.97, 1.0))
    said = importance.verdict([flat, rows[1]]).data
    assert "CFGDM (guided) are nearly flat: 98% of their pixels [97%, 100%]" in said
    assert "estimates noise" in said and said.count("flat") == 1
    assert "noise" not in importance.verdict([replace(flat, kind="critic")]).data


def test_stars_of_the_table_are_corrected_for_its_rows(rows):
    close = replace(rows[0], p_ink=0.03)
    assert "</small> *" in cells(importance.table([close]), 2)[3]
    assert "*" not in cells(importance.table([close, rows[1]]), 2)[3]


@pytest.fixture
def compared():
    base = np.linspace(0.2, 0.8, 25)
    ragged = base + np.where(np.arange(25) % 2, 0.01, -0.01)
    return agreement.pairwise({"none": base, "kl": ragged, "vq": base + 0.1})


def test_pairs_have_p_values_and_say_who_is_above(compared):
    table, p = importance.pairs(compared), f"{compared[0].p:.3f}"
    assert cells(table, 0) == ["none", "", p, "&lt;&nbsp;0.001&nbsp;↓"]  # the largest is not raised
    assert cells(table, 1)[1] == p and float(p) > 0.5
    assert cells(table, 2) == ["vq", "&lt;&nbsp;0.001&nbsp;↑", "&lt;&nbsp;0.001&nbsp;↑", ""]
    said = importance.separations(compared).data
    assert said.startswith("Of 3 pairs 2 differ")
    assert "- vq above none by +0.100 [+0.100, +0.100]" in said
    assert importance.separations(compared[:1]).data.endswith(
        "none differ (corrected p below 0.05)."
    )


def test_which_models_were_compared_is_said(rows):
    said = importance.trained(rows[:1], "draft").data
    assert "1 models of size laptop" in said and "reading guided; 20 exemplars" in said
    assert "of size draft have been compared" in importance.trained([], "draft").data
    assert importance.system_label("barlow:30+prototype:30") == "barlow 30 + prototype 30"
    assert importance.system_label("ldm, map of another") == "LDM, map of another"


def test_who_spreads_wider_than_people_is_said(rows):
    wide = Interval(0.4, 0.38, 0.42)
    wider = replace(rows[0], share_above_half=wide, human_share=Interval(0.2, 0.1, 0.3))
    thinner = replace(wider, share_above_half=Interval(0.05, 0.04, 0.06), system="cfgdm")
    said = importance.sparser([wider, thinner]).data
    assert "20%" in said and "that: LDM (guided)." in said and "Sparser: CFGDM (guided)." in said
    same = importance.sparser([replace(wider, share_above_half=wider.human_share)]).data
    assert "wider" not in same and "Sparser" not in same


def test_a_page_without_people_shows_what_was_measured_elsewhere(rows):
    said = importance.elsewhere("glyphs", rows).data
    assert "no maps of the drawings of `glyphs`" in said and "20 exemplars of `quickdraw`" in said
    assert "measured" not in importance.elsewhere("glyphs", []).data
