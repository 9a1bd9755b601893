"""Probes of an autoencoder that is known: latents are what it says they are."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import TEST, TRAIN, VALIDATION
from oneshot.recipes import Concepts, Probes, PublishedSplit, presets
from oneshot.store import Store


class Corners(nn.Module):
    """Latents are three corner pixels of a drawing, and decode to nothing else."""

    def encode(self, x):
        return x[:, 0, [0, 0, -1], [0, -1, 0]]

    def decode(self, z):
        x = torch.zeros(len(z), 1, 4, 4)
        x[:, 0, [0, 0, -1], [0, -1, 0]] = z
        return x


def corners() -> ConceptSet:
    """Return three concepts, one a corner, of four drawings of different darkness each."""
    pages = np.zeros((12, 4, 4), np.uint8)
    for concept, (row, column) in enumerate([(0, 0), (0, -1), (-1, 0)]):
        pages[4 * concept : 4 * concept + 4, row, column] = [100, 150, 200, 250]
    pages[:, 1, 1] = 50  # what no latent holds
    return ConceptSet(
        pages,
        np.arange(12),
        np.array([0, 4, 8, 12]),
        ("a", "b", "c"),
        np.full(3, VALIDATION, np.uint8),
        np.array([3, 7, 11]),
    )


@dataclass
class Shelf:
    """A store that holds two things."""

    autoencoder: nn.Module
    concepts: ConceptSet
    device = torch.device("cpu")

    def get(self, recipe):
        return self.concepts if isinstance(recipe, Concepts) else self.autoencoder


def test_probes_say_what_the_latents_hold(tmp_path):
    recipe = Probes(presets.autoencoder("glyphs", "smoke"), drawings=4)
    made = recipe.make(Shelf(Corners(), corners()), tmp_path)
    intervals = recipe.load(None, made)
    assert json.loads(json.dumps(made.card)) == made.card
    found = {name: interval.value for name, interval in intervals.items()}
    assert (found["linear"], found["one_shot"]) == pytest.approx((100, 100))
    # each concept lies on an axis of its own
    assert 1 < found["effective_rank"] < 3
    darkness = np.array([100, 150, 200, 250]) / 255
    assert found["error"] == pytest.approx((50 / 255) ** 2, rel=1e-5)
    assert found["blank"] == pytest.approx((50 / 255) ** 2 + (darkness**2).mean(), rel=1e-5)
    assert found["norm"] == pytest.approx(darkness.mean(), rel=1e-5)
    for low, value, high in ((i.low, i.value, i.high) for i in intervals.values()):
        assert low - 1e-9 <= value <= high + 1e-9


def test_probes_look_at_validation_concepts_unless_told():
    assert Probes(presets.autoencoder("glyphs", "smoke")).split == "validation"


class Given(Store):
    """A store that was given the concepts."""

    def __init__(self, concepts):
        self._loaded = {}
        self.given, self.device = concepts, torch.device("cpu")

    def get(self, recipe):
        return self.given if isinstance(recipe, Concepts) else super().get(recipe)


def test_the_published_split_divides_the_same_concepts_otherwise():
    concepts = corners()
    names = tuple(f"{number // 2}/{number % 2 + 1}" for number in range(100))
    many = ConceptSet(
        concepts.pages,
        np.arange(100) % 12,
        np.arange(101),
        names,
        np.full(100, TRAIN, np.uint8),
        np.arange(100) % 12,
    )
    recipe = PublishedSplit(presets.concepts("glyphs", "smoke"))
    divided = Given(many).get(recipe)
    assert (divided.names, divided.pages is many.pages) == (names, True)
    assert (divided.splits == TEST).sum() == round(100 * 115 / 665)
    assert (divided.splits == VALIDATION).sum() == 9
    pairs = divided.splits.reshape(-1, 2) == TEST
    assert (pairs[:, 0] != pairs[:, 1]).any()


def test_the_published_split_stands_for_concepts():
    concepts = presets.concepts("glyphs", "smoke")
    recipe = PublishedSplit(concepts)
    assert (recipe.threshold, recipe.critic, recipe.drawings) == (
        concepts.threshold,
        concepts.critic,
        concepts.drawings,
    )
    assert recipe.key != concepts.key
