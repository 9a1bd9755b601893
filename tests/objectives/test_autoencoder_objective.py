import pytest
import torch

from oneshot.models.autoencoder import Autoencoder
from oneshot.objectives.autoencoder import AutoencoderObjective
from oneshot.objectives.regularizers import REGULARIZERS, SimCLR
from oneshot.objectives.regularizers import bottleneck as bottleneck_for


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def batch():
    torch.manual_seed(1)
    x, y = (torch.rand(8, 1, 48, 48) > 0.9).float(), (torch.rand(8, 1, 48, 48) > 0.9).float()
    return {"x": x, "y": y, "label": torch.arange(8) % 5}


def objective(regularizers, **options):
    autoencoder = Autoencoder(16, bottleneck_for(regularizers))
    return AutoencoderObjective(autoencoder, regularizers, classes=5, **options)


class Recorder(torch.nn.Module):
    """Stand in for the autoencoder: remember what was encoded, draw blank pages."""

    latent = 16

    def __init__(self):
        super().__init__()
        self.inner = Autoencoder(16)
        self.bottleneck, self.encoder = self.inner.bottleneck, self.inner.encoder

    def forward(self, x):
        self.encoded = x
        return self.inner(x)

    def decode(self, z):
        self.decoded = z
        return z.new_zeros(len(z), 1, 48, 48)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_every_regularizer_trains_its_encoder_and_heads(name, batch):
    trained = objective({name: 1e6})
    losses = trained.losses(batch, 0)
    assert set(losses) == {"loss", "reconstruction", name}
    losses["loss"].backward()
    for parameter in trained.groups()["all"]:
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all()


def test_total_is_reconstruction_plus_beta_times_each(batch):
    losses = objective({"prototype": 100, "barlow": 30}).losses(batch, 0)
    total = losses["reconstruction"] + 100 * losses["prototype"] + 30 * losses["barlow"]
    torch.testing.assert_close(losses["loss"].detach(), total)
    assert not losses["barlow"].requires_grad


def test_without_regularizers_only_variations_are_encoded(batch):
    recorder = Recorder()
    losses = AutoencoderObjective(recorder, {}, classes=5, augment=None).losses(batch, 0)
    assert torch.equal(recorder.encoded, batch["x"])
    # a blank reconstruction misses all ink: summed over pixels, averaged over the batch
    torch.testing.assert_close(losses["loss"], batch["x"].sum() / 8)


def test_reconstruction_is_of_the_clean_drawing_and_as_released_of_the_view(batch):
    ink = batch["x"].sum() / 8
    clean = AutoencoderObjective(Recorder(), {"barlow": 1}, classes=5, augment=None)
    torch.testing.assert_close(clean.losses(batch, 0)["reconstruction"], ink)
    recorder = Recorder()
    released = AutoencoderObjective(
        recorder, {"barlow": 1}, classes=5, augment=None, as_released=True
    )
    error = released.losses(batch, 0)["reconstruction"]
    view1, view2 = recorder.encoded.chunk(2)
    assert not torch.equal(view1, view2) and not torch.equal(view1, batch["x"])
    torch.testing.assert_close(error, view1.square().sum() / 8)


def test_augmentation_only_is_a_control_without_regularizer(batch):
    recorder = Recorder()
    AutoencoderObjective(recorder, {}, classes=5, augment="view").losses(batch, 0)
    assert recorder.encoded.shape == batch["x"].shape
    assert not torch.equal(recorder.encoded, batch["x"])


def test_pair_augmentation_moves_variation_and_exemplar_alike(batch):
    recorder = Recorder()
    trained = AutoencoderObjective(recorder, {"prototype": 1}, classes=5, augment="gentle")
    trained.losses(batch | {"y": batch["x"]}, 0)
    x, y = recorder.encoded.chunk(2)
    assert torch.equal(x, y) and not torch.equal(x, batch["x"])


def test_momentum_encoder_follows_slowly_and_is_not_trained(batch):
    trained = objective({"simclr": 1})
    slow = next(trained.slow.parameters())
    fast = next(trained.autoencoder.encoder.parameters())
    start = slow.clone()
    with torch.no_grad():
        fast.add_(1)
    losses = trained.losses(batch, 0)
    torch.testing.assert_close(slow, start + (1 - SimCLR.momentum))
    losses["loss"].backward()
    assert all(p.grad is None for p in trained.slow.parameters())
    assert not {id(p) for p in trained.slow.parameters()} & {id(p) for p in trained.groups()["all"]}


def test_a_step_is_a_function_of_the_seed(batch):
    trained = objective({"simclr": 1, "kl": 0.1}).eval()
    torch.manual_seed(3)
    first = trained.losses(batch, 0)["loss"]
    torch.manual_seed(3)
    assert torch.equal(first, trained.losses(batch, 0)["loss"])


def test_mixed_precision_stays_close(batch):
    trained = objective({"prototype": 1, "barlow": 1}, augment=None)
    torch.manual_seed(3)
    exact = trained.losses(batch, 0)
    torch.manual_seed(3)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = trained.losses(batch, 0)
    for name, value in exact.items():
        torch.testing.assert_close(mixed[name], value, rtol=0.05, atol=0.05)


def test_a_codebook_is_revived_on_its_steps_while_training(batch):
    trained = objective({"vq": 1}, revive=3)
    codebook = trained.autoencoder.bottleneck.codebook

    def moved(step):
        before = codebook.detach().clone()
        trained.losses(batch, step)["loss"].backward()
        return not torch.equal(codebook, before)

    assert [moved(step) for step in range(4)] == [True, False, False, True]
    trained.eval()
    assert not moved(0)
    assert objective({"vq": 1}).revive == 0


def test_mistakes_name_what_was_expected():
    with pytest.raises(ValueError, match="codebook"):
        objective({"prototype": 1}, revive=3)
    with pytest.raises(ValueError, match="gaussian"):
        AutoencoderObjective(Autoencoder(16), {"kl": 1}, classes=5)
    with pytest.raises(ValueError, match="gentle"):
        AutoencoderObjective(Autoencoder(16), {}, classes=5, augment="wild")
