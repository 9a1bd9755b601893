"""Several data sets as one, and the model that learns it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from oneshot import store, systems, zoo
from oneshot.recipes import presets, together
from oneshot.recipes.latent import Autoencoder, LatentDiffusion
from oneshot.recipes.rivals import judging, rivals
from oneshot.recipes.together import ANY, Together
from oneshot.store import Store
from oneshot.training.loop import Plan
from oneshot.zoo import ZooError


@pytest.fixture
def parts(smoke):
    whole = presets.concepts("glyphs", "smoke")
    fewer = replace(whole, drawings=replace(whole.drawings, concepts=9, limit=5))
    return fewer, whole


def test_each_concept_keeps_its_drawings_its_exemplar_and_its_split(parts):
    joined, found = store.get(Together(parts)), [store.get(part) for part in parts]
    assert len(joined) == sum(map(len, found)) == 69
    at = 0
    for one in found:
        for concept in range(len(one)):
            np.testing.assert_array_equal(
                joined.pages[joined.rows(at)], one.pages[one.rows(concept)]
            )
            assert torch.equal(joined.exemplar_images([at]), one.exemplar_images([concept]))
            assert joined.splits[at] == one.splits[concept]
            assert joined.names[at] == f"glyphs {one.names[concept]}"
            at += 1
    rows, owners = joined.pairs("train")
    assert len(rows) == sum(len(one.pairs("train")[0]) for one in found)
    assert set(owners) == set(joined.of("train"))


def test_a_model_learns_the_union_and_draws(parts, smoke):
    group = Together(parts)
    codes = Autoencoder(group, Plan(steps=4, batch=32), {"prototype": 30.0}, 16)
    model = store.get(LatentDiffusion(codes, Plan(steps=4, batch=64), width=64, copies=1))
    drawn = model.draw(torch.rand(2, 1, 48, 48).round(), 3)
    assert drawn.shape == (2, 3, 1, 48, 48)


def test_only_the_ldm_learns_all_and_its_drawings_are_judged_as_of_no_data_set():
    recipe = systems.recipe("ldm", ANY)
    assert recipe == together.latent_diffusion()
    assert [part.drawings.dataset for part in recipe.concepts.parts] == list(together.PARTS)
    kept = presets.latent_diffusion("quickdraw")
    assert recipe.autoencoder.regularizers == kept.autoencoder.regularizers
    with pytest.raises(ValueError, match="only the ldm learns 'any'"):
        systems.recipe("cfgdm", ANY)
    assert judging(ANY) == "quickdraw" and judging("omniglot") == "omniglot"
    assert rivals(ANY) == rivals("quickdraw")


def test_a_draft_takes_fewer_steps():
    draft, laptop = together.latent_diffusion("draft"), together.latent_diffusion()
    assert draft.plan.steps * 2 == laptop.plan.steps
    assert draft.autoencoder.plan.steps * 4 == laptop.autoencoder.plan.steps
    assert draft.concepts == laptop.concepts


def test_its_weights_ship_with_those_of_its_autoencoder(smoke, tmp_path, monkeypatch):
    monkeypatch.setattr(together, "PARTS", ("glyphs",))
    recipe, home = systems.recipe("ldm", ANY, "smoke"), Store(smoke.runs.parent, tmp_path / "zoo")
    with pytest.raises(ZooError, match="ldm is not trained: oneshot make ldm --dataset any"):
        zoo.publish_systems(ANY, ["ldm"], "smoke", Store(tmp_path, tmp_path / "zoo"))
    smoke.get(recipe)
    files = zoo.publish_systems(ANY, ["ldm"], "smoke", home)
    assert [file.stem for file in files] == ["any-autoencoder", "any-ldm"]
    fresh = Store(tmp_path, tmp_path / "zoo")
    assert set(fresh.zoo_files) == {recipe.key, recipe.autoencoder.key}
    assert {entry.dataset for entry in zoo.verify(fresh)} == {ANY}
