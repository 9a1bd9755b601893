"""A training step of the autoencoder, against the released recipe.

The released way is float32, NCHW, an unfused Adam and, where views are compared, one Pillow image
at a time; ours is what the training loop does, with the published network and with the one that the
size laptop trains instead. As released, Barlow's first view is reconstructed; by default it is the
drawing itself, which is then encoded beside the two views.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.augment import view
from oneshot import bench
from oneshot.models.autoencoder import Autoencoder
from oneshot.models.patch_autoencoder import PatchAutoencoder
from oneshot.objectives.autoencoder import AutoencoderObjective
from oneshot.training.objective import Objective
from oneshot.training.precision import Precision, probe

BATCH, TRIES = 128, 6


def rows() -> list[dict]:
    """Return processor seconds of one step with and without augmentation, on one thread."""
    with bench.one_thread():
        return [
            _row(f"autoencoder step, {kind}, {what}", network, regularizers, as_released, target)
            for kind, network in (("published", Autoencoder), ("laptop", PatchAutoencoder))
            for what, regularizers, as_released, target in (
                ("Barlow, as released", {"barlow": 30.0}, True, 4.0),
                ("Barlow, and the drawing itself", {"barlow": 30.0}, False, 4.0),
                ("no augmentation", {"prototype": 30.0}, False, 2.5),
            )
        ]


def _row(
    name: str, network: type, regularizers: dict[str, float], as_released: bool, target: float
) -> dict:
    torch.manual_seed(0)
    drawings = (torch.rand(BATCH, 1, 48, 48) > 0.9).float()
    batch = {"x": drawings, "y": drawings.roll(1, 0), "label": torch.arange(BATCH)}
    ours, plain = (
        AutoencoderObjective(made(128), regularizers, BATCH, None, as_released).train()
        for made in (network, Autoencoder)
    )
    precision = probe(ours, batch)
    precision.prepare(ours)
    fast = torch.optim.Adam(ours.groups()["all"], 1e-3, fused=True)
    slow = torch.optim.Adam(plain.groups()["all"], 1e-3, foreach=False, fused=False)
    ours_s = bench.fastest(lambda: step(ours, batch, fast, precision), TRIES)
    losses = {"barlow": _released_views, "prototype": _released_pairs}[next(iter(regularizers))]
    plain_s = bench.fastest(lambda: _released_step(plain, batch, slow, losses), TRIES)
    return bench.row(name, ours_s, plain_s, target)


def step(
    objective: Objective,
    batch: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    precision: Precision,
) -> None:
    """Take one optimisation step, as the training loop does."""
    placed = {name: precision.place(value) for name, value in batch.items()}
    with precision.autocast(batch["x"].device):
        loss = objective.losses(placed, 0)["loss"]
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def _released_step(
    objective: AutoencoderObjective,
    batch: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    losses: Callable,
) -> None:
    loss = losses(objective, batch)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _released_views(objective: AutoencoderObjective, batch: dict[str, Tensor]) -> Tensor:
    """The released Barlow step: two views by Pillow, each encoded by itself, one reconstructed."""
    first, second = (torch.stack([view(image) for image in batch["x"]]) for _ in range(2))
    network = objective.autoencoder
    z, other = network.encode(first), network.encode(second)
    projector = objective.regularizers["barlow"].projector
    a, b = (nn.functional.batch_norm(projector(v), None, None, training=True) for v in (z, other))
    correlation = a.T @ b / BATCH
    on = (correlation.diagonal() - 1).square().sum()
    off = correlation.square().sum() - correlation.diagonal().square().sum()
    return _error(network.decode(z), first) + 30 * (on + 0.005 * off)


def _released_pairs(objective: AutoencoderObjective, batch: dict[str, Tensor]) -> Tensor:
    """The released prototype step: variation and exemplar each encoded by itself."""
    network = objective.autoencoder
    z, y = network.encode(batch["x"]), network.encode(batch["y"])
    projector = objective.regularizers["prototype"].projector
    distances = torch.cdist(projector(z), projector(y)).square()
    labels = torch.arange(BATCH)
    return _error(network.decode(z), batch["x"]) + 30 * nn.functional.cross_entropy(
        -distances, labels
    )


def _error(drawn: Tensor, drawings: Tensor) -> Tensor:
    return (drawn - drawings).square().sum() / len(drawings)


if __name__ == "__main__":
    print(*rows(), sep="\n")
