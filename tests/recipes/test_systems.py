"""Every system of the comparison at every size: its recipe, its published counts, its drawings."""

import pytest
import torch

from oneshot import systems
from oneshot.recipes import Plan, from_json, presets
from oneshot.recipes.base import count_parameters

PUBLISHED = {  # trainable parameters at 48 px, Omniglot
    "cfgdm": 8_488_721,
    "ddpm": 8_488_721,
    "vae-stn": 2_499_159,
}


@pytest.mark.parametrize("name", systems.SYSTEMS)
@pytest.mark.parametrize("dataset", ["glyphs", "omniglot", "quickdraw"])
@pytest.mark.parametrize("preset", presets.PRESETS)
def test_a_recipe_comes_back_from_its_json(name, dataset, preset):
    recipe = systems.recipe(name, dataset, preset)
    assert from_json(recipe.to_json()) == recipe


def test_no_two_systems_share_a_recipe():
    for preset in presets.PRESETS:
        keys = {systems.recipe(name, "omniglot", preset).key for name in systems.SYSTEMS}
        assert len(keys) == len(systems.SYSTEMS)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_paper_preset_has_the_published_size(name):
    network = systems.recipe(name, "omniglot", "paper").network()
    assert count_parameters(network) == PUBLISHED[name]


def test_the_paper_preset_is_wider_on_quickdraw():
    assert count_parameters(systems.recipe("cfgdm", "quickdraw", "paper").network()) == 13_123_221


def test_the_paper_preset_trains_as_the_released_code():
    pixels = systems.recipe("cfgdm", "omniglot", "paper").plan
    assert pixels == Plan(300 * 29_460 // 128, 128, lr=1e-4, schedule="linear")
    latents = systems.recipe("ldm", "omniglot", "paper")
    steps = 100 * 29_460 // 128
    codes = Plan(steps, 128, lr=1e-4, weight_decay=1e-5, schedule="constant")
    assert latents.autoencoder.plan == codes
    assert latents.plan == Plan(
        steps, 128, "adamw", lr=1e-4, weight_decay=0.01, schedule="constant"
    )
    assert presets.autoencoder("quickdraw", "paper").plan.steps == 100 * 275_000 // 128


@pytest.mark.parametrize("name", [name for name in systems.SYSTEMS if name != "ldm"])
def test_each_system_trains_and_draws(smoke, name):
    recipe = systems.recipe(name, "glyphs", "smoke")
    model = smoke.get(recipe)
    concepts = smoke.get(recipe.concepts)
    exemplars = concepts.exemplar_images(concepts.of("test")[:2])
    drawn = model.draw(exemplars, 3, seed=1)
    assert drawn.shape == (2, 3, 1, 48, 48)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert torch.allclose(drawn[:, :2], model.draw(exemplars, 2, seed=1), atol=1e-3)
    assert not torch.equal(drawn[:, 0], drawn[:, 1])


@pytest.mark.parametrize("name", ["ddpm", "fsdm", "vae-stn", "vae-ns", "vae-elastic", "da-gan-un"])
def test_guidance_of_a_model_without_it_is_refused(smoke, name):
    recipe = systems.recipe(name, "glyphs", "smoke")
    concepts = smoke.get(recipe.concepts)
    with pytest.raises(ValueError, match="guidance"):
        smoke.get(recipe).draw(concepts.exemplar_images(concepts.of("test")[:1]), 1, guidance=1.0)
