"""What tests of evaluations share."""

import pytest

from oneshot import systems
from oneshot.recipes import presets


@pytest.fixture
def home(smoke, store_apart, monkeypatch):
    """The store in which the smallest latent diffusion has been made, and no other system."""
    for recipe in (
        systems.recipe("ldm", "glyphs", "smoke"),
        presets.recognition_critic("glyphs", "smoke"),
    ):
        smoke.get(recipe)
    few = {name: systems.SYSTEMS[name] for name in ("ldm", "vae-stn")}
    monkeypatch.setattr(systems, "SYSTEMS", few)
    monkeypatch.setattr(systems, "NULLS", {"copy": systems.NULLS["copy"]})
    return store_apart
