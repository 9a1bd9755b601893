"""What drawings depend on is in their recipe, and how they are drawn is in their card."""

import inspect
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from oneshot import systems
from oneshot.models.latent_diffusion import LatentDiffusion as LatentDiffusionModel
from oneshot.recipes import Plan, Samples, editions, from_json, presets, results
from oneshot.recipes.baselines import VaeStn
from oneshot.recipes.latent import LatentDiffusion
from oneshot.training.precision import Precision


@pytest.fixture
def ldm():
    return presets.latent_diffusion("glyphs", "smoke")


@pytest.fixture
def vae():
    return VaeStn(presets.concepts("glyphs", "smoke"), Plan(steps=1))


def test_a_recipe_says_how_its_model_draws(ldm):
    samples = Samples(ldm)
    assert samples.options == {"guidance": 1.0, "sampler": "dpm_solver_pp", "steps": 16}
    assert Samples(ldm, guidance=0.0, steps=4).options == {
        "guidance": 0.0,
        "sampler": "dpm_solver_pp",
        "steps": 4,
    }
    assert samples.key == Samples(ldm, guidance=1.0, sampler="dpm_solver_pp", steps=16).key


def test_another_default_of_a_model_is_another_recipe(ldm, monkeypatch):
    before = Samples(ldm)
    monkeypatch.setattr(LatentDiffusion, "drawing", LatentDiffusion.drawing | {"steps": 20})
    assert Samples(ldm).key != before.key
    assert from_json(json.loads(json.dumps(before.to_json()))).key == before.key


def test_recipe_and_model_have_the_same_defaults():
    parameters = inspect.signature(LatentDiffusionModel.draw).parameters
    for name in ("sampler", "steps"):
        assert parameters[name].default == LatentDiffusion.drawing[name]


def test_families_without_diffusion_are_told_nothing(vae):
    samples = Samples(vae)
    assert samples.options == {}
    assert from_json(json.loads(json.dumps(samples.to_json()))) == samples


@pytest.mark.parametrize("guidance", [-1.0, math.nan, math.inf, 100.5])
def test_what_is_no_guidance_is_refused(ldm, guidance):
    with pytest.raises(ValueError, match=f"which is none, to 100, not {guidance:g}"):
        Samples(ldm, guidance=guidance)


@pytest.mark.parametrize(
    ("system", "guidance"), [("vae-stn", 0.0), ("vae-stn", 1.0), ("ddpm", 1.0)]
)
def test_guidance_of_what_cannot_be_guided_is_refused_before_anything_is_trained(system, guidance):
    with pytest.raises(ValueError, match="cannot be guided"):
        systems.samples(system, "glyphs", "smoke", guidance=guidance)
    assert systems.samples(system, "glyphs", "smoke").guidance in (None, 0.0)


def test_the_card_says_in_which_precision_it_was_drawn(smoke, ldm, tmp_path, monkeypatch):
    recipe = Samples(ldm, variations=3)
    made = {}
    for precision in (Precision(), Precision(bf16=True)):
        monkeypatch.setattr(results, "probe_drawing", lambda draw, p=precision: p)
        made[precision] = recipe.make(smoke, tmp_path)
        assert made[precision].card["precision"] == str(precision)
    full, half = (m.tensors["drawings"].float() for m in made.values())
    assert full.shape == half.shape == (full.shape[0], 3, 1, 48, 48)
    assert not torch.equal(full, half)
    assert (full - half).abs().mean() < 0.01 * 255


def test_groups_draw_what_each_concept_draws_alone(smoke, ldm, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "probe_drawing", lambda draw: Precision())
    recipe = Samples(ldm, variations=2)
    drawings = recipe.make(smoke, tmp_path).tensors["drawings"]
    concepts, model = smoke.get(ldm.concepts), smoke.get(ldm)
    last = np.array([concepts.of("test")[-1]])
    alone = model.draw(concepts.exemplar_images(last), 2, concepts=[int(last[0])], guidance=1.0)
    assert (drawings[-1].float() - results.quantise(alone)[0].float()).abs().max() <= 1


def test_replacing_a_field_keeps_the_others(ldm):
    assert replace(Samples(ldm), guidance=0.5).options["guidance"] == 0.5


@pytest.mark.parametrize("dataset", ["glyphs", "omniglot", "quickdraw"])
@pytest.mark.parametrize("preset", presets.PRESETS)
def test_models_and_humans_are_asked_for_as_many_drawings(dataset, preset):
    drawn = presets.variations(dataset, preset)
    assert systems.samples("ldm", dataset, preset).variations == drawn
    assert presets.human(dataset, preset).variations == drawn
    with pytest.raises(ValueError, match="unknown preset"):
        presets.variations(dataset, "huge")


@pytest.mark.parametrize("dataset", ["glyphs", "omniglot", "quickdraw"])
def test_a_draft_is_judged_like_the_laptop_and_trained_for_fewer_steps(dataset):
    for make in (presets.concepts, presets.recognition_critic, presets.human):
        assert make(dataset, "draft") == make(dataset, "laptop")
    for name in systems.SYSTEMS:
        draft, whole = (systems.recipe(name, dataset, size) for size in ("draft", "laptop"))
        if name in editions.SYSTEMS:  # a draft is of the first edition, whatever ships
            whole = presets.small(name, dataset, edition=1)
        assert draft.plan.steps == whole.plan.steps // (2 if name == "ldm" else 4)
        assert replace(draft.plan, steps=whole.plan.steps) == whole.plan
    codes = (presets.autoencoder(dataset, size).plan.steps for size in ("draft", "laptop"))
    assert 4 * next(codes) == next(codes)
    assert presets.preset_of(presets.concepts(dataset, "draft")) == "laptop"
