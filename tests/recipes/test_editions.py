"""Two editions of a system at size laptop: which is asked for, and what is in the second."""

import pytest

from oneshot import own, systems
from oneshot.recipes import editions, presets
from oneshot.recipes.base import count_parameters
from oneshot.store import Store

DATASETS = ("glyphs", "omniglot", "quickdraw")
PARAMETERS = {
    "cfgdm": 3_606_161,
    "ddpm": 3_606_161,
    "fsdm": 3_686_401,
    "vae-stn": 2_499_159,
    "da-gan-un": 1_804_616,
    "da-gan-rn": 1_164_760,
}


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("name", systems.SYSTEMS)
def test_what_a_page_asks_for_is_what_ships(name, dataset, tmp_path):
    """No page trains a system by surprise: its recipe at size laptop has weights in the zoo."""
    if name not in systems.learners(dataset):
        assert (name, dataset) == ("vae-elastic", "quickdraw")
        dataset = "quickdraw:2"  # which concepts there are in the first depends on the machine
    assert systems.recipe(name, dataset).key in Store(tmp_path).zoo_files


@pytest.mark.parametrize("name", systems.SYSTEMS)
def test_what_varies_any_drawing_ships(name, tmp_path):
    assert systems.recipe(name, own.usual_dataset(name)).key in Store(tmp_path).zoo_files


@pytest.mark.parametrize("name", editions.SYSTEMS)
def test_a_system_takes_its_second_edition_by_one_entry(name, monkeypatch):
    monkeypatch.setattr(editions, "SECOND", frozenset())
    others = {
        (other, dataset): systems.recipe(other, dataset).key
        for other in systems.SYSTEMS
        for dataset in DATASETS
    }
    first = systems.recipe(name, "omniglot")
    assert first == presets.small(name, "omniglot", edition=1)
    monkeypatch.setattr(editions, "SECOND", frozenset({(name, "omniglot")}))
    changed = {pair for pair, key in others.items() if systems.recipe(pair[0], pair[1]).key != key}
    assert changed == {(name, "omniglot")}
    assert systems.recipe(name, "omniglot") == presets.small(name, "omniglot", edition=2)


def test_pairs_are_augmented_alike_in_every_family():
    seconds = [presets.small(name, "omniglot", edition=2) for name in editions.SYSTEMS]
    others = [presets.autoencoder("omniglot"), presets.latent_diffusion("omniglot")]
    assert {recipe.augment for recipe in seconds + others} == {"gentle"}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_of_the_second_edition(name):
    network = presets.small(name, "omniglot", edition=2).network()
    assert count_parameters(network) == PARAMETERS[name]


def test_an_edition_that_is_not_known_is_named():
    with pytest.raises(ValueError, match="no edition 3 of 'fsdm'"):
        presets.small("fsdm", "omniglot", edition=3)
    with pytest.raises(ValueError, match="draft and laptop, not at 'paper'"):
        presets.small("fsdm", "omniglot", "paper")
