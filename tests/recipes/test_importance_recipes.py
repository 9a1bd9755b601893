"""Recipes of importance maps on a model whose maps are known."""

from dataclasses import dataclass
from typing import ClassVar

import made_up
import numpy as np
import pytest
import torch
from torch import nn

from oneshot import systems
from oneshot.attribution.baselines import critic_maps
from oneshot.attribution.maps import pixel_maps
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import TEST, TRAIN
from oneshot.models.critics import ConvCritic
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.recipes.attribution import CriticMaps, ImportanceMaps
from oneshot.recipes.base import Made, Recipe, from_json
from oneshot.store import Store
from oneshot.systems import named_model

SIDE = 16


class Nudged(nn.Module):
    """A denoiser that sees the exemplar through one layer."""

    def __init__(self):
        super().__init__()
        self.look = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x, t, condition, keep):
        seen = self.look(condition) * keep.view(-1, 1, 1, 1)
        return x * 0.1 + seen[:, None] * (1 + t.view(-1, 1, 1, 1, 1) / 20)


@dataclass(frozen=True)
class Toy(Recipe):
    """Something ephemeral of these tests."""

    ephemeral: ClassVar[bool] = True
    what: str = "model"
    threshold: ClassVar[float] = 0.5

    def make(self, store, work):
        return Made({}, {})

    def load(self, store, artefact):
        torch.manual_seed(0)
        if self.what == "critic":
            return ConvCritic(SIDE, widths=(4, 4), features="head").eval()
        if self.what == "concepts":
            return concepts()
        if self.what == "stranger":
            return nn.Linear(2, 2)
        return PixelDiffusion(Nudged(), steps=20).requires_grad_(False)

    @property
    def concepts(self):
        return Toy("concepts")


def concepts() -> ConceptSet:
    """Five concepts of one drawing; the last three are of the test split."""
    pages = np.random.default_rng(0).integers(0, 256, size=(5, SIDE, SIDE), dtype=np.uint8)
    splits = np.array([TRAIN, TRAIN, TEST, TEST, TEST], dtype=np.uint8)
    rows = np.arange(5)
    return ConceptSet(pages, rows, np.arange(6), tuple("vwxyz"), splits, rows)


@pytest.fixture
def store(tmp_path):
    return Store(runs=tmp_path, zoo=tmp_path / "zoo", device="cpu")


OPTIONS = {"variations": 2, "steps": 12, "seed": 3}


def test_maps_are_those_of_the_model_in_stages(store):
    recipe = ImportanceMaps(Toy(), "contrast", **OPTIONS)
    found = store.get(recipe)
    pages = concepts().exemplar_images([2, 3, 4])
    each = pixel_maps(store.get(Toy()), pages, "contrast", concepts=[2, 3, 4], **OPTIONS)
    assert found.stages.shape == (10, 3, SIDE, SIDE)
    torch.testing.assert_close(found.maps, each.sum(0))
    torch.testing.assert_close(found.stages[0], each[:2].sum(0))
    assert found.times[0][0] == 19 and found.times[-1][1] == 0 and len(found.times) == 10
    assert torch.equal(found.exemplars, pages) and found.names == ("x", "y", "z")


def test_an_exemplar_keeps_its_noise_when_it_is_chosen_alone(store):
    every = store.get(ImportanceMaps(Toy(), "guided", **OPTIONS))
    one = store.get(ImportanceMaps(Toy(), "guided", names=("z", "x"), **OPTIONS))
    torch.testing.assert_close(one.maps, every.maps[[2, 0]])
    with pytest.raises(ValueError, match=r"'w' is not among the exemplars of 'test'"):
        store.get(ImportanceMaps(Toy(), "guided", names=("x", "w"), **OPTIONS))


def test_the_exemplars_may_come_from_the_figure(store, tmp_path, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    pages = made_up.figure(tmp_path, SIDE)
    recipe = ImportanceMaps(Toy(), "signed", "figure", **OPTIONS)
    found = store.get(recipe)
    assert found.names == ("door", "pizza")
    assert torch.equal(found.exemplars[:, 0], torch.from_numpy(pages[0]))
    assert store.metadata(recipe)["provenance"]["data"].keys() == {"clickme"}


def test_critics_are_mapped_on_the_same_exemplars(store):
    found = store.get(CriticMaps(Toy("critic"), Toy("concepts"), "saliency"))
    pages = concepts().exemplar_images([2, 3, 4])
    expected = critic_maps(store.get(Toy("critic")), pages, "saliency", 0.5)
    torch.testing.assert_close(found.maps, expected)
    assert found.names == ("x", "y", "z") and found.times == []


def test_recipes_come_back_from_json():
    recipe = ImportanceMaps(Toy(), "signed", names=("x",), as_released=True)
    assert from_json(recipe.to_json()) == recipe


def test_what_has_no_such_maps_is_refused(store):
    with pytest.raises(ValueError, match="Toy has no steps"):
        store.get(ImportanceMaps(Toy("stranger"), "guided", **OPTIONS))
    with pytest.raises(ValueError, match="through a decoder"):
        store.get(ImportanceMaps(Toy(), "guided", as_released=True, **OPTIONS))


def test_models_have_names_that_pages_use():
    assert named_model("ldm", "glyphs", "smoke") == systems.recipe("ldm", "glyphs", "smoke")
    both = named_model("barlow:30+prototype:100", "glyphs", "smoke")
    assert both.autoencoder.betas == {"barlow": 30.0, "prototype": 100.0}
    assert named_model("none", "glyphs", "smoke").autoencoder.betas == {}
    for name in ("barlow", "lpips:3", "barlow:much"):
        with pytest.raises(ValueError, match=f"no model is called '{name}'"):
            named_model(name, "glyphs", "smoke")
