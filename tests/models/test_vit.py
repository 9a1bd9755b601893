import pytest
import torch
from networks import count

from oneshot.models.vit import VitCritic


def test_size_and_features():
    critic = VitCritic().eval()
    assert count(critic) == 842_400
    features = critic(torch.rand(3, 1, 48, 48))
    assert features.shape == (3, 256)
    assert torch.allclose(features.norm(dim=1), torch.ones(3))


def test_places_are_told_apart():
    critic = VitCritic().eval()
    page = torch.zeros(2, 1, 48, 48)
    page[0, :, 8:16, 8:16] = page[1, :, 32:40, 32:40] = 1
    here, there = critic(page)
    assert here @ there < 0.999
    # the image of a patch does not depend on the place; what the place adds does
    with torch.no_grad():
        critic.encoder.places.zero_()
    tokens = critic.encoder.patches(page).flatten(2).mT
    assert torch.allclose(tokens[0, 7], tokens[1, 28])


def test_patches_attend_to_each_other():
    critic = VitCritic().eval()
    page = torch.rand(1, 1, 48, 48)
    other = page.clone()
    other[..., :8, :8] = 0
    change = critic.encoder(page).view(36, -1) - critic.encoder(other).view(36, -1)
    assert (change.abs().sum(1) > 1e-6).all()


def test_a_side_that_is_no_multiple_of_the_patch():
    with pytest.raises(ValueError, match="50 is not a multiple of the patch, 8"):
        VitCritic(50)
