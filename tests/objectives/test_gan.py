import pytest
import torch
from torch import nn

from oneshot.models.dagan import DaGan, PairCritic
from oneshot.objectives.gan import GanObjective, gradient_penalty


class Linear(nn.Module):
    """Scores a drawing by its product with a fixed direction of a given length."""

    def __init__(self, length, side=4):
        super().__init__()
        direction = torch.randn(1, 1, side, side)
        self.direction = nn.Parameter(length * direction / direction.norm())

    def forward(self, exemplar, drawing):
        return (self.direction * drawing).sum((1, 2, 3)) + exemplar.exp().sum((1, 2, 3))


class Echo(nn.Module):
    """Returns the exemplar it was given."""

    latent = 2

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, exemplar, z):
        return self.scale * exemplar


def pairs(count=4, side=4):
    return {"x": torch.rand(count, 1, side, side), "y": torch.rand(count, 1, side, side)}


def small(side=8, **options):
    torch.manual_seed(0)
    generator = DaGan(2, side, (4, 4), layers=1, drop=0.0)
    critic = PairCritic(side, (4, 4), layers=1, hidden=4, drop=0.0)
    return GanObjective(generator, critic, **options)


def play(objective, batch, steps, lr=1e-3):
    torch.manual_seed(0)
    parts = objective.groups().items()
    optimizers = {k: torch.optim.Adam(v, lr, betas=(0.0, 0.9)) for k, v in parts}
    for step in range(steps):
        turn = objective.turn(step)
        losses = objective.losses(batch, step)
        optimizers[turn].zero_grad()
        losses["loss"].backward()
        optimizers[turn].step()


@pytest.mark.parametrize(("length", "penalty"), [(1.0, 0.0), (3.0, 4.0), (0.0, 1.0)])
def test_penalty_of_a_linear_critic_by_hand(length, penalty):
    batch = pairs()
    found = gradient_penalty(Linear(length), batch["y"], batch["x"], torch.rand(4, 1, 4, 4))
    assert found.item() == pytest.approx(penalty, abs=1e-4)
    found.backward()  # finite at zero as well


def test_penalty_is_of_float32_under_autocast():
    objective, batch = small(), pairs(side=8)
    fake = torch.rand(4, 1, 8, 8)
    found = []
    for bf16 in (False, True):
        torch.manual_seed(1)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            found.append(gradient_penalty(objective.critic, batch["y"], batch["x"], fake))
    assert torch.equal(*found)


def test_critic_loss_by_hand():
    torch.manual_seed(0)
    critic, batch = Linear(1.0), pairs()
    objective = GanObjective(Echo(), critic)
    losses = objective.losses(batch, 0)
    distance = (critic.direction * (batch["x"] - batch["y"])).sum((1, 2, 3)).mean().item()
    assert losses["distance"].item() == pytest.approx(distance, abs=1e-5)
    assert losses["loss"].item() == pytest.approx(-distance, abs=1e-4)


def test_pairs_are_reversed_as_released():
    batch = pairs()
    critic = Linear(1.0)
    right = GanObjective(Echo(), critic).losses(batch, 0)
    reverse = GanObjective(Echo(), critic, as_released=True).losses(batch, 0)
    assert reverse["distance"].item() == pytest.approx(-right["distance"].item(), abs=1e-5)


def test_five_turns_of_the_critic_then_one_of_the_generator():
    objective = small()
    turns = [objective.turn(step) for step in range(12)]
    assert turns == (["critic"] * 5 + ["generator"]) * 2
    groups = objective.groups()
    assert set(groups) == {"critic", "generator"}
    assert sum(map(len, groups.values())) == len(list(objective.parameters()))


def test_the_critic_may_have_fewer_turns():
    objective = small(critic_steps=1)
    assert [objective.turn(step) for step in range(4)] == ["critic", "generator"] * 2


class Alike(nn.Module):
    """Scores a drawing by how near it is to its exemplar, 0 at the most."""

    def forward(self, exemplar, drawing):
        return -(exemplar - drawing).square().sum((1, 2, 3))


def test_half_of_what_is_wrong_are_drawings_of_others():
    batch = pairs()
    batch["x"] = batch["y"].clone()  # as the Echo draws: only other exemplars tell them apart
    distance = {}
    for mismatched in (False, True):
        objective = GanObjective(Echo(), Alike(), mismatched=mismatched)
        distance[mismatched] = objective.losses(batch, 0)["distance"].item()
    strange = (batch["y"] - batch["y"].roll(1, 0)).square().sum((1, 2, 3)).mean().item()
    assert distance == {False: 0.0, True: pytest.approx(strange / 2)}


@pytest.mark.parametrize(("step", "turn"), [(0, "critic"), (5, "generator")])
def test_a_turn_moves_its_own_network_alone(step, turn):
    objective = small()
    objective.losses(pairs(side=8), step)["loss"].backward()
    moved = {k.split(".")[0] for k, v in objective.named_parameters() if v.grad is not None}
    assert moved == {turn}
    assert all(v.grad is not None for v in getattr(objective, turn).parameters())
    assert all(v.requires_grad for v in objective.parameters())


def rows_for_noise():
    """The exemplar is noise, the variation two full rows."""
    batch = {"x": torch.zeros(8, 1, 8, 8), "y": torch.rand(8, 1, 8, 8)}
    batch["x"][:, :, 3:5] = 1
    return batch


def test_the_critic_learns_to_tell_drawings_apart():
    objective, batch = small(), rows_for_noise()
    before = objective.losses(batch, 0)["distance"]
    objective.turn = lambda step: "critic"
    play(objective, batch, 30, lr=1e-2)
    assert abs(before) < 0.5
    assert objective.losses(batch, 0)["distance"] > 2


def test_the_generator_comes_to_draw_what_it_is_shown():
    objective, batch = small(), rows_for_noise()

    def error():
        return (objective.generator.draw(batch["y"], 1)[:, 0] - batch["x"]).abs().mean()

    assert error() > 0.4
    play(objective, batch, 120, lr=1e-2)
    assert error() < 0.25
