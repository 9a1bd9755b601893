"""How far a model bends its exemplar is chosen by people's originality on validation concepts."""

import pytest
import torch

from oneshot.evaluations import amplitude
from oneshot.recipes import presets
from oneshot.recipes.results import Human


@pytest.fixture(autouse=True)
def home(smoke, monkeypatch):
    monkeypatch.setattr(amplitude, "default", lambda: smoke)
    return smoke


def test_the_warp_is_made_as_original_as_people(monkeypatch):
    found = amplitude.amplitude("glyphs", "smoke")
    assert found.tried == amplitude.AMPLITUDES
    assert list(found.originality) == sorted(found.originality)
    below = [
        value
        for value, far in zip(found.tried, found.originality, strict=True)
        if far <= found.people
    ]
    assert below[-1] <= found.value <= amplitude.AMPLITUDES[len(below)]


def test_test_concepts_choose_nothing(home, monkeypatch):
    asked = []
    get = type(home).get
    monkeypatch.setattr(type(home), "get", lambda self, one: asked.append(one) or get(self, one))
    amplitude.amplitude("glyphs", "smoke")
    assert {one.split for one in asked if isinstance(one, Human)} == {"validation"}


def test_a_model_that_cannot_bend_so_far_is_named():
    with pytest.raises(ValueError, match=r"people's originality of .* is beyond that of the model"):
        amplitude.spread("glyphs", "smoke")


def test_spread_is_read_off_where_originality_is_that_of_people(home, monkeypatch):
    class Bender:
        """Bends by its spread."""

        def draw(self, exemplars, variations, *, guidance=None, seed=0, concepts=None):
            warp = amplitude.Warp(0.07 * self.spread)
            return warp.draw(exemplars, variations, seed=seed, concepts=concepts)

    drawn = presets.human("glyphs", "smoke", "validation")
    people, critic = home.get(drawn), home.get(drawn.concepts.critic)
    kept = {drawn: people, drawn.concepts.critic: critic}
    monkeypatch.setattr(type(home), "get", lambda self, one: kept.get(one, Bender()))
    found = amplitude.spread("glyphs", "smoke")
    matched = Bender()
    matched.spread = found.value
    features = [
        amplitude.embed(critic, pages, drawn.concepts.threshold)
        for pages in (
            matched.draw(
                people.exemplars, people.drawings.shape[1], concepts=people.concepts.tolist()
            ),
            people.exemplars,
        )
    ]
    reached = amplitude.originality(*features).mean()
    assert torch.isclose(reached, torch.tensor(found.people), rtol=0.03)
