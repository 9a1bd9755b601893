"""Numbers of settings that the prose of the book states are those of the code."""

import inspect
import re

import nbformat
import pytest
from small import ROOT

from oneshot.drawings import sketchbook
from oneshot.models.latent_diffusion import LatentDiffusion
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.recipes import presets


def deviations() -> str:
    return " ".join((ROOT / "book" / "deviations.md").read_text().split())


def test_deviations_state_the_default_sampler():
    told = re.search(
        r"ancestral sampling draws in (\d+) steps on pixels, "
        r"and DPM-Solver\+\+ .*? in (\d+) on latents",
        deviations(),
    )
    ways = (PixelDiffusion, "ddpm", told[1]), (LatentDiffusion, "dpm_solver_pp", told[2])
    for model, sampler, steps in ways:
        default = inspect.signature(model.draw).parameters
        assert (default["sampler"].default, default["steps"].default) == (sampler, int(steps))


def test_the_sketchbook_is_counted_as_it_is():
    told = " ".join((ROOT / "notebooks" / "draw.ipynb").read_text().split())
    invented = [name.startswith("invented") for name in sketchbook.drawings()]
    assert (len(invented) - sum(invented), sum(invented)) == (16, 8)
    assert "sixteen things" in told and "eight characters" in told


def test_deviations_state_how_many_drawings_are_scored():
    told = re.search(
        r"(\d+) drawings of a concept are scored at sizes `draft` and `laptop` where (\d+) were "
        r"published; at size `paper` it is (\d+)\. On Omniglot it is (\d+)",
        deviations(),
    )
    few, published, paper, omniglot = map(int, told.groups())
    assert presets.variations("quickdraw", "draft") == few
    assert presets.variations("quickdraw", "laptop") == few
    assert presets.variations("quickdraw", "paper") == paper == published
    assert presets.variations("omniglot", "laptop") == omniglot


MINUTES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10}
WORDS, FIGURE = 200, 0.5
"""Words that a person reads in a minute, and minutes that a figure takes."""
FOR_BUILDERS = (
    "on this machine",
    "not there yet",
    "reader at the keyboard",
    "spreads away",
    "intervals know",
    "as far as there are",
    "not trained yet",
)


@pytest.mark.parametrize("page", sorted(ROOT.glob("notebooks/*.ipynb")), ids=lambda page: page.stem)
def test_a_page_says_how_long_it_takes_to_read_and_nothing_for_builders(page):
    cells = nbformat.read(page, as_version=4).cells
    told = [cell.metadata["figure"]["caption"] for cell in cells if "figure" in cell.metadata]
    prose = " ".join([*told, *(cell.source for cell in cells if cell.cell_type == "markdown")])
    assert [words for words in FOR_BUILDERS if words in prose.lower()] == []
    minutes = len(prose.split()) / WORDS + FIGURE * len(told)
    if page.stem == "findings":
        return  # its statements are written when it is run
    if stated := re.search(r"\*\*Time\.\*\* (\w+) minutes to read", prose):
        assert 2 / 3 < MINUTES[stated[1].lower()] / minutes < 1.5, f"{minutes:.1f} minutes"
    else:
        assert page.stem in ("draw", "game"), "a page says how many minutes it takes to read"
