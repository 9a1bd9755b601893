import pytest
import torch
from torch import nn

from oneshot.diffusion.schedules import make_schedule
from oneshot.models.conditioning import FromVelocity
from oneshot.models.latent_denoiser import AttentionDenoiser, ResidualDenoiser
from oneshot.models.modulated_unet import PatchUNet
from oneshot.models.set_encoder import SetDenoiser, SetEncoder
from oneshot.models.unet import UNet
from oneshot.objectives.diffusion import DiffusionObjective, leave_one_out, pixel_pairs

SCHEDULE = make_schedule("linear", 100)


def as_they_are(batch):
    return batch["x"], batch["condition"]


class Recorder(nn.Module):
    """Predicts zero and remembers what it was asked."""

    def forward(self, x, t, condition, keep):
        self.x, self.t, self.condition, self.keep = x, t, condition, keep
        return torch.zeros_like(x)


def batch(rows=4000):
    return {"x": torch.full((rows, 2), 5.0), "condition": torch.randn(rows, 2)}


def test_zero_prediction_costs_the_variance_of_the_noise():
    torch.manual_seed(0)
    losses = DiffusionObjective(Recorder(), SCHEDULE, as_they_are).losses(batch(), 0)
    assert losses["loss"].item() == pytest.approx(1, abs=0.05)


def test_exact_prediction_costs_nothing():
    class Oracle(nn.Module):
        def forward(self, x, t, condition, keep):
            signal, sigma = SCHEDULE.scales(t, x)
            return (x - signal * 5) / sigma

    losses = DiffusionObjective(Oracle(), SCHEDULE, as_they_are).losses(batch(), 0)
    assert losses["loss"].item() < 1e-6


def test_velocity_costs_the_squared_error_of_v():
    """A denoiser that predicts v = c costs (v - c)^2, whatever the time step."""
    guess, asked = 0.3, Recorder()

    class Constant(nn.Module):
        def forward(self, x, t, condition, keep):
            asked(x, t, condition, keep)
            return torch.full_like(x, guess)

    denoiser = FromVelocity(Constant(), SCHEDULE)
    torch.manual_seed(0)
    loss = DiffusionObjective(denoiser, SCHEDULE, as_they_are, velocity=True).losses(batch(), 0)
    signal, sigma = SCHEDULE.scales(asked.t, asked.x)
    eps = (asked.x - signal * 5) / sigma
    v = signal * eps - sigma * 5
    assert loss["loss"].item() == pytest.approx((v - guess).square().mean().item(), rel=1e-4)


def test_time_is_uniform_over_all_steps():
    torch.manual_seed(0)
    recorder = Recorder()
    DiffusionObjective(recorder, SCHEDULE, as_they_are).losses(batch(20_000), 0)
    counts = torch.bincount(recorder.t, minlength=100)
    assert recorder.t.dtype == torch.int64
    assert len(counts) == 100
    assert counts.min() > 140
    assert counts.max() < 260


@pytest.mark.parametrize("dropout", [0.0, 0.1, 0.5])
def test_conditions_are_dropped_as_often_as_asked(dropout):
    torch.manual_seed(0)
    recorder = Recorder()
    DiffusionObjective(recorder, SCHEDULE, as_they_are, dropout).losses(batch(20_000), 0)
    assert set(recorder.keep.tolist()) <= {0.0, 1.0}
    assert 1 - recorder.keep.mean().item() == pytest.approx(dropout, abs=0.01)


def test_dropout_must_be_a_probability():
    with pytest.raises(ValueError, match=r"got 1\.0"):
        DiffusionObjective(Recorder(), SCHEDULE, as_they_are, dropout=1.0)


def test_same_seed_same_loss():
    torch.manual_seed(0)
    objective = DiffusionObjective(ResidualDenoiser(2, 16), SCHEDULE, as_they_are)
    data, losses = batch(8), []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        losses.append(objective.losses(data, 0)["loss"].item())
    assert losses[0] == losses[1] != losses[2]


def test_training_learns_what_the_condition_says():
    """Data that equal their condition: the loss falls far below that of an ignorant network."""
    torch.manual_seed(0)
    objective = DiffusionObjective(
        ResidualDenoiser(2, width=32, embedding=16), SCHEDULE, as_they_are, dropout=0.0
    )
    optimizer = torch.optim.SGD(objective.parameters(), lr=0.1, momentum=0.9)
    history = []
    for _ in range(60):
        x = torch.randn(256, 2)
        loss = objective.losses({"x": x, "condition": x}, 0)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    assert sum(history[-10:]) < 0.5 * sum(history[:10])


DENOISERS = {
    "residual": lambda: ResidualDenoiser(4, width=16, embedding=16),
    "attention": lambda: AttentionDenoiser(4, width=16),
    "published": lambda: UNet(12, multipliers=(1, 2)),
    "patch": lambda: PatchUNet(16, widths=(8, 16), patch=2, attention=(1,)),
    "film": lambda: SetDenoiser(SetEncoder(8, 4, 16, 1, 2), "film", 16, widths=(8, 16), patch=2),
}


@pytest.mark.parametrize("kind", sorted(DENOISERS))
def test_training_moves_every_parameter(kind):
    """A few steps, for where an output starts at zero nothing behind it moves at first."""
    torch.manual_seed(0)
    shape = (8, 4) if kind in ("residual", "attention") else (8, 1, 8, 8)
    data = {"x": torch.randn(shape), "condition": torch.randn(shape)}
    if kind == "film":
        data["condition"] = data["condition"][:, None]
    objective = DiffusionObjective(DENOISERS[kind](), SCHEDULE, as_they_are, dropout=0.5)
    before = {name: value.detach().clone() for name, value in objective.named_parameters()}
    for step in range(4):
        loss = objective.losses(data, step)["loss"]
        objective.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in objective.parameters():
                parameter -= 1e-3 / (step + 1) * parameter.grad.sign()
    still = [name for name, value in objective.named_parameters() if value.equal(before[name])]
    assert not still
    assert loss.isfinite()


def test_pairs_are_scaled_and_the_exemplar_is_the_condition():
    batch = {"x": torch.tensor([[[[0.0, 1.0]]]]), "y": torch.tensor([[[[0.5, 0.25]]]])}
    data, condition = pixel_pairs()(batch)
    assert data.flatten().tolist() == [-1, 1]
    assert condition.flatten().tolist() == [0, -0.5]


def test_augmented_pairs_move_alike():
    torch.manual_seed(0)
    x = torch.rand(8, 1, 12, 12)
    data, condition = pixel_pairs("gentle")({"x": x, "y": x})
    torch.testing.assert_close(data, condition)
    assert not torch.allclose(data, 2 * x - 1)


def test_each_drawing_is_conditioned_on_the_others_of_its_set():
    values = torch.tensor([[0.0, 0.5, 1.0], [0.25, 0.75, 0.5]])
    data, condition = leave_one_out()({"set": values.view(2, 3, 1, 1, 1)})
    assert data.flatten().tolist() == [-1, 0, 1, -0.5, 0.5, 0]
    assert condition.shape == (6, 2, 1, 1, 1)
    assert condition.flatten(1).tolist() == [
        [0, 1],
        [-1, 1],
        [-1, 0],
        [0.5, 0],
        [-0.5, 0],
        [-0.5, 0.5],
    ]


def test_augmented_sets_move_alike():
    torch.manual_seed(0)
    drawing = torch.rand(1, 12, 12)
    data, condition = leave_one_out("gentle")({"set": drawing.expand(2, 3, 1, 12, 12)})
    torch.testing.assert_close(data, condition[:, 0])
    assert not torch.allclose(data[0], data[3])


def test_a_set_of_one_has_no_others():
    with pytest.raises(ValueError, match="two drawings or more"):
        leave_one_out()({"set": torch.rand(2, 1, 1, 4, 4)})
