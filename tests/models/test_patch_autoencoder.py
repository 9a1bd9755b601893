import torch

from oneshot.models.patch_autoencoder import PatchAutoencoder


def test_pages_are_folded_into_patches_and_back():
    fold = PatchAutoencoder(16).encoder[0]
    unfold = PatchAutoencoder(16).decoder[-1]
    x = torch.rand(2, 1, 48, 48)
    assert fold(x).shape == (2, 16, 12, 12)
    assert torch.equal(unfold(fold(x)), x)
