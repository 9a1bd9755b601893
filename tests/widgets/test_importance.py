"""What figures and tables of importance maps show is what was measured."""

import re

import numpy as np
import pytest
import torch

from oneshot.attribution.agreement import Agreement, row
from oneshot.attribution.human import Consistency
from oneshot.attribution.people import People
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


def measured(all_pixels: float, ink: float, seed: int = 0) -> Agreement:
    noise = 0.05 * np.random.default_rng(seed).normal(size=20)
    return Agreement(all_pixels + noise, ink + noise, np.full(20, 0.4), np.full(20, 0.3))


@pytest.fixture
def scores():
    return {
        "ldm": measured(0.9, 0.7, 1),
        "saliency": measured(0.6, 0.5, 2),
        importance.NULL: measured(0.8, 0.5, 3),
    }


@pytest.fixture
def people():
    half = Interval(0.8, 0.7, 0.85)
    known = Consistency(half, Interval(0.89, 0.8, 0.92), Interval(0.94, 0.9, 0.96))
    return People(torch.rand(20, 8, 8), tuple(map(str, range(20))), "test", "a figure", known)


def test_bars_have_stars_the_null_and_the_ceiling(scores, people):
    panels = importance.bars(scores, people).axes
    bars = [bar.get_width() for bar in panels[1].patches[:2]]
    assert bars == pytest.approx([scores["ldm"].ink.mean(), scores["saliency"].ink.mean()])
    assert [text.get_text() for text in panels[1].texts] == ["***", ""]
    lines = {line.get_label(): line.get_xdata()[0] for line in panels[0].lines}
    assert lines[importance.NULL] == pytest.approx(scores[importance.NULL].all.mean())
    assert lines["ceiling"] == 0.94


def test_every_concept_has_its_dot(scores):
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


def test_words_follow_the_numbers(scores, people):
    null = scores[importance.NULL]
    rows = [row(name, "guided", scores[name], null) for name in ("ldm", "saliency")]
    assert cells(importance.table(rows), 0)[:2] == [
        "blurred ink",
        "{:.3f} <small>{:.3f}–{:.3f}</small>".format(
            rows[0]["null_all"], *rows[0]["intervals"]["null_all"]
        ),
    ]
    name, everywhere, *_, p, half = cells(importance.table(rows), 1)
    assert name == "ldm, guided" and everywhere.startswith(f"{rows[0]['spearman_all']:.3f} <")
    assert (p, half) == (f"{rows[0]['p_ink']:.2g}", "0.300")
    said = importance.verdict(rows, people).data
    assert "a figure; 20 exemplars" in said
    assert "than blurred ink: ldm (guided)." in said
    assert "where the ink lies**: saliency (guided)." in said
