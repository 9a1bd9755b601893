"""Eight bits: half the room, no score moves, and what moves one stays as it is."""

import pytest
import torch

from oneshot import shrinking, systems, zoo
from oneshot.drawings.splits import SPLITS
from oneshot.recipes import presets
from oneshot.recipes.base import Artefact
from oneshot.recipes.results import Samples
from oneshot.shrinking import shrink
from oneshot.store import Store
from oneshot.training.eight_bits import shrunk


@pytest.fixture
def shrinkable(smoke, tmp_path):
    """A zoo with the smallest VAE-STN, and the drawings, critics and scores of the tests."""
    home = Store(smoke.runs.parent, tmp_path)
    recipe = systems.recipe("vae-stn", "glyphs", "smoke")
    home.get(recipe)
    about = {"system": "vae-stn", "dataset": "glyphs", "preset": "smoke"}
    zoo.export(recipe, "glyphs-vae-stn", **about, store=home)
    return home, recipe


def test_eight_bits_halve_a_file_and_move_no_score_far(shrinkable, monkeypatch):
    """What was trained for ten steps draws near chance, where rounding moves scores more."""
    monkeypatch.setattr(shrinking, "MOVED", 0.5)
    home, recipe = shrinkable
    of = {split: Samples(recipe, split, presets.variations("glyphs", "smoke")) for split in SPLITS}
    asked = []
    get = Store.get
    monkeypatch.setattr(Store, "get", lambda self, one: asked.append(one) or get(self, one))
    path = home.zoo / "glyphs-vae-stn.safetensors"
    before, weights = path.stat().st_size, Artefact(path).tensors
    moves = shrink("glyphs-vae-stn", home)
    assert max(moves.values()) <= shrinking.MOVED
    assert presets.scores(of["validation"]) in asked and presets.scores(of["test"]) not in asked
    assert path.stat().st_size < 0.75 * before
    elsewhere = Store(home.runs.parent / "elsewhere", home.zoo)
    assert elsewhere.find(recipe) == path
    assert zoo.verify(elsewhere)
    back = Artefact(path).tensors
    assert back.keys() == weights.keys()
    scale = max(w.abs().max() for w in weights.values())
    assert all((back[k] - weights[k]).abs().max() < 0.01 * scale for k in weights)


def test_what_moves_a_score_is_not_shrunk(shrinkable, monkeypatch):
    home, _ = shrinkable
    blank = {
        name: torch.zeros_like(v)
        for name, v in shrunk(Artefact(home.zoo / "glyphs-vae-stn.safetensors").tensors).items()
    }
    monkeypatch.setattr(shrinking, "shrunk", lambda _: blank)
    before = (home.zoo / "glyphs-vae-stn.safetensors").read_bytes()
    with pytest.raises(zoo.ZooError, match="stays as it is: in eight bits"):
        shrink("glyphs-vae-stn", home)
    assert (home.zoo / "glyphs-vae-stn.safetensors").read_bytes() == before


def test_a_critic_has_no_scores_that_could_move(smoke, tmp_path):
    home, critic = Store(smoke.runs.parent, tmp_path), presets.recognition_critic("glyphs", "smoke")
    home.get(critic)
    zoo.export(critic, "critic", system="critic", dataset="glyphs", preset="smoke", store=home)
    with pytest.raises(zoo.ZooError, match="no model that draws"):
        shrink("critic", home)


def test_an_autoencoder_answers_for_its_latents_and_for_what_draws_with_it(
    smoke, tmp_path, monkeypatch
):
    monkeypatch.setattr(shrinking, "MOVED", 5)  # as above
    home = Store(smoke.runs.parent, tmp_path)
    recipe = systems.recipe("ldm", "glyphs", "smoke")
    home.get(recipe)
    about = {"dataset": "glyphs", "preset": "smoke", "store": home}
    file = zoo.export(recipe.autoencoder, "glyphs-autoencoder", system="autoencoder", **about)
    before = file.read_bytes()
    assert shrink("glyphs-autoencoder", home).keys() == set(shrinking.PROBED)
    assert file.stat().st_size < 0.75 * len(before)

    zoo.export(recipe.autoencoder, "glyphs-autoencoder", system="autoencoder", **about)
    zoo.export(recipe, "glyphs-ldm", system="ldm", **about)
    moves = shrink("glyphs-autoencoder", home)
    assert moves.keys() == {*shrinking.PROBED, *zoo.HEADLINE}
    assert moves["error"] > 0 and moves["diversity"] > 0, "nothing was measured anew"

    wrong = {k: -v if v.dim() > 1 else v for k, v in Artefact(file).tensors.items()}
    monkeypatch.setattr(shrinking, "shrunk", lambda _: wrong)
    monkeypatch.setattr(shrinking, "MOVED", 0.1)
    with pytest.raises(zoo.ZooError, match="stays as it is"):
        shrink("glyphs-autoencoder", home)
