"""The published autoencoder, the one on patches that has its interface, and their bottlenecks."""

import pytest
import torch
from networks import count

from oneshot.models.autoencoder import BOTTLENECKS, Autoencoder, Bottleneck
from oneshot.models.patch_autoencoder import PatchAutoencoder

both = pytest.mark.parametrize("kind", [Autoencoder, PatchAutoencoder])


@pytest.mark.parametrize(("latent", "published"), ((128, 1_082_945), (64, 714_241)))
def test_parameter_counts_are_the_published_ones(latent, published):
    assert count(Autoencoder(latent)) == published


def test_bottlenecks_add_a_head_or_a_codebook():
    plain = count(Autoencoder())
    assert count(Autoencoder(bottleneck="gaussian")) == plain + 1152 * 128 + 128
    assert count(Autoencoder(bottleneck="quantized")) == plain + 512 * 4


@both
@pytest.mark.parametrize("bottleneck", BOTTLENECKS)
def test_round_trip_has_shape_range_and_gradient_everywhere(kind, bottleneck):
    autoencoder = kind(16, bottleneck)
    x = torch.rand(4, 1, 48, 48)
    encoding = autoencoder(x)
    drawn = autoencoder.decode(encoding.z)
    assert encoding.z.shape == encoding.mean.shape == (4, 16)
    assert drawn.shape == x.shape and drawn.dtype == torch.float32
    assert drawn.min() >= 0 and drawn.max() <= 1
    heads = [t.sum() for t in (encoding.logvar, encoding.codes) if t is not None]
    (sum(heads) + drawn.square().sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in autoencoder.parameters())


def test_gaussian_samples_in_training_and_not_in_evaluation():
    bottleneck = Bottleneck(3, 8, "gaussian")
    with torch.no_grad():
        bottleneck.logvar.weight.zero_()
        bottleneck.logvar.bias.fill_(2 * torch.tensor(0.5).log())
    features = torch.randn(4000, 3)
    encoding = bottleneck(features)
    spread = (encoding.z - encoding.mean).std().item()
    assert spread == pytest.approx(0.5, rel=0.02)
    bottleneck.eval()
    encoding = bottleneck(features)
    assert torch.equal(encoding.z, encoding.mean)


def test_quantized_words_are_the_nearest_and_gradient_passes_straight_through():
    bottleneck = Bottleneck(4, 8, "quantized")
    with torch.no_grad():
        bottleneck.codebook.fill_(9)
        bottleneck.codebook[7] = torch.tensor([0.0, 0, 0, 0])
        bottleneck.codebook[11] = torch.tensor([1.0, 1, 1, 1])
    z = torch.tensor([[0.2, 0.1, 0.4, 0.3, 0.9, 0.8, 0.7, 0.9]])
    expected = torch.tensor([[0.0, 0, 0, 0, 1, 1, 1, 1]])
    assert torch.equal(bottleneck.nearest(z), expected)
    features = torch.randn(3, 4, requires_grad=True)
    encoding = bottleneck(features)
    torch.testing.assert_close(encoding.z, encoding.codes)
    (through,) = torch.autograd.grad(encoding.z.sum(), features, retain_graph=True)
    (straight,) = torch.autograd.grad(encoding.mean.sum(), features)
    assert torch.equal(through, straight)


def test_idle_entries_of_the_codebook_move_onto_words():
    bottleneck = Bottleneck(4, 8, "quantized")
    used = torch.arange(6.0)[:, None].expand(6, 4) + 1
    with torch.no_grad():
        bottleneck.codebook.fill_(-9)
        bottleneck.codebook[40:46] = used
    z = used.reshape(3, 8) + 0.1
    assert bottleneck.revive(z) == 512 - 6
    assert torch.equal(bottleneck.codebook[40:46], used)
    assert bottleneck.codebook.min() > 0
    assert torch.equal(bottleneck.nearest(z), z)  # each word has its own entry now


def test_nearest_leaves_other_bottlenecks_alone():
    z = torch.randn(2, 8)
    assert Bottleneck(4, 8, "plain").nearest(z) is z


@both
def test_evaluation_does_not_depend_on_the_rest_of_the_batch(kind):
    autoencoder = kind(16).eval()
    x, z = torch.rand(5, 1, 48, 48), torch.randn(5, 16)
    torch.testing.assert_close(autoencoder.encode(x)[:2], autoencoder.encode(x[:2]))
    torch.testing.assert_close(autoencoder.decode(z)[:2], autoencoder.decode(z[:2]))


@both
def test_mixed_precision_keeps_latents_and_drawings_in_float32(kind):
    autoencoder = kind(16)
    with torch.autocast("cpu", torch.bfloat16):
        z = autoencoder.encode(torch.rand(4, 1, 48, 48))
        assert z.dtype == torch.float32
        assert autoencoder.decode(z).dtype == torch.float32


@both
def test_overfits_a_handful_of_drawings(kind):
    autoencoder = kind(16)
    x = (torch.rand(8, 1, 48, 48) > 0.9).float()
    optimizer = torch.optim.Adam(autoencoder.parameters(), 3e-3)
    errors = []
    for _ in range(25):
        error = (autoencoder.decode(autoencoder.encode(x)) - x).square().sum() / len(x)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.4 * errors[0]


def test_mistakes_name_what_was_expected():
    with pytest.raises(ValueError, match="quantized"):
        Autoencoder(bottleneck="vq")
    with pytest.raises(ValueError, match="words of 4"):
        Autoencoder(10, "quantized")
