import pytest
import torch

from oneshot.models.autoencoder import BOTTLENECKS
from oneshot.models.patch_autoencoder import PatchAutoencoder


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("bottleneck", BOTTLENECKS)
def test_round_trip_has_shape_range_and_gradient_everywhere(bottleneck):
    autoencoder = PatchAutoencoder(16, bottleneck)
    x = torch.rand(4, 1, 48, 48)
    encoding = autoencoder(x)
    drawn = autoencoder.decode(encoding.z)
    assert encoding.z.shape == (4, 16) and drawn.shape == x.shape
    assert drawn.dtype == torch.float32 and drawn.min() >= 0 and drawn.max() <= 1
    heads = [t.sum() for t in (encoding.logvar, encoding.codes) if t is not None]
    (sum(heads) + drawn.square().sum()).backward()
    assert all(p.grad is not None for p in autoencoder.parameters())


def test_pages_are_folded_into_patches_and_back():
    fold = PatchAutoencoder(16).encoder[0]
    unfold = PatchAutoencoder(16).decoder[-1]
    x = torch.rand(2, 1, 48, 48)
    assert fold(x).shape == (2, 16, 12, 12)
    assert torch.equal(unfold(fold(x)), x)


def test_evaluation_does_not_depend_on_the_rest_of_the_batch():
    autoencoder = PatchAutoencoder(16).eval()
    x = torch.rand(5, 1, 48, 48)
    torch.testing.assert_close(autoencoder.encode(x)[:2], autoencoder.encode(x[:2]))
    z = torch.randn(5, 16)
    torch.testing.assert_close(autoencoder.decode(z)[:2], autoencoder.decode(z[:2]))


def test_overfits_a_handful_of_drawings():
    autoencoder = PatchAutoencoder(16)
    x = (torch.rand(8, 1, 48, 48) > 0.9).float()
    optimizer = torch.optim.Adam(autoencoder.parameters(), 3e-3)
    errors = []
    for _ in range(20):
        error = (autoencoder.decode(autoencoder.encode(x)) - x).square().sum() / len(x)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.4 * errors[0]
