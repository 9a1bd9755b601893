"""What diffusion on latents learns from: the training set, and copies under random maps."""

import numpy as np
import pytest
import torch
from torch import nn

from oneshot.drawings.augment import affine_pair
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import TRAIN
from oneshot.recipes.latent import encode_pairs
from oneshot.rng import step_seed

HERE = torch.zeros(()).device
COUNT, COPIES = 6, 3


class Pixels(nn.Module):
    """An autoencoder whose latents are the pixels."""

    def encode(self, images):
        return images.flatten(1)


@pytest.fixture
def concepts():
    """One concept of a few drawings of noise."""
    pages = np.random.default_rng(0).integers(0, 256, (COUNT, 16, 16), dtype=np.uint8)
    splits, first = np.array([TRAIN], dtype=np.uint8), np.array([0])
    return ConceptSet(pages, np.arange(COUNT), np.array([0, COUNT]), ("a",), splits, first)


def copies(concepts, seed):
    """Return the variations (1 + copies, drawings, pixels) as they are encoded."""
    found = encode_pairs(Pixels(), concepts, COPIES, "gentle", seed, HERE)
    return found["x"].unflatten(0, (1 + COPIES, COUNT))


def test_no_two_training_seeds_share_a_copy(concepts):
    seen = [copy for seed in range(4) for copy in copies(concepts, seed)[1:]]
    for place, copy in enumerate(seen):
        assert not any(torch.equal(copy, other) for other in seen[:place])


def test_seed_0_augments_as_it_always_did(concepts):
    x = torch.from_numpy(concepts.pages).unsqueeze(1).float() / 255
    found = copies(concepts, 0)
    assert torch.equal(found[0], x.flatten(1))
    for copy in range(1, 1 + COPIES):
        torch.manual_seed(step_seed(copy, 0))
        expected, _ = affine_pair(x, x[:1].expand_as(x), "gentle")
        assert torch.equal(found[copy], expected.flatten(1))
