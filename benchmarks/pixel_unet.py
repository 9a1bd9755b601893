"""A training step of pixel diffusion: the published U-Net both ways, and the laptop's instead.

The plain way is float32, NCHW and an unfused Adam; ours is what the training loop does. A batch of
32 stands for the published 128: the cost of these networks is proportional to it. Nearly all of it
is convolutions, so the first row times what bfloat16 gains on this processor at best, in a bare
matrix product: the published network cannot gain much more. The last rows time the laptop's second
edition, which attends to its exemplar, beside the first: a step may cost half as much again.
"""

import torch
from torch import Tensor, nn

from benchmarks.autoencoder import step
from oneshot import bench
from oneshot.diffusion.schedules import make_schedule
from oneshot.models.modulated_unet import PatchUNet
from oneshot.models.pixel_diffusion import PixelDiffusion
from oneshot.models.unet import UNet
from oneshot.objectives.diffusion import DiffusionObjective, pixel_pairs
from oneshot.training.precision import Precision, probe

BATCH, TRIES, SIDE = 32, 3, 2048


def rows() -> list[dict]:
    """Return processor seconds of one step on one thread."""
    with bench.one_thread():
        plain_s = _plain(UNet(48))
        return [
            _products(),
            _row("pixel U-Net step, width 48 (one thread)", UNet(48), plain_s, 3.0),
            _row("pixel diffusion step, laptop network (one thread)", PatchUNet(), plain_s, 3.0),
            *_editions(),
        ]


def _editions() -> list[dict]:
    """Time a step, and drawing with guidance, of the second edition beside the first."""
    first, second = PatchUNet(), PatchUNet(attention=(1, 2), tokens=96)
    before_s = _row("", first, 1.0, 1.0)["ours_s"]
    name = "pixel diffusion step, second edition for the first (one thread)"
    pages = torch.rand(4, 1, 48, 48)
    models = (PixelDiffusion(network).eval() for network in (second, first))
    drawing_s = [
        bench.fastest(lambda m=model: m.draw(pages, 16, steps=4), TRIES) for model in models
    ]
    drawn = "pixel diffusion drawing, second edition for the first (one thread)"
    return [_row(name, second, before_s, 1 / 1.5), bench.row(drawn, *drawing_s, 1 / 1.5)]


def _products() -> dict:
    """Time a matrix product in bfloat16 against float32."""
    single = torch.ones(SIDE, SIDE)
    half = single.bfloat16()
    ours_s, plain_s = (bench.fastest(lambda a=a: a @ a, TRIES) for a in (half, single))
    return bench.row("matrix product, bf16 for fp32 (one thread)", ours_s, plain_s, 3.0)


def _row(name: str, network: nn.Module, plain_s: float, target: float) -> dict:
    objective, batch = _objective(network), _batch()
    precision = probe(objective, batch, tries=1)
    precision.prepare(objective)
    optimizer = torch.optim.Adam(objective.parameters(), 1e-4, fused=True)
    ours_s = bench.fastest(lambda: step(objective, batch, optimizer, precision), TRIES)
    return bench.row(name, ours_s, plain_s, target)


def _plain(network: nn.Module) -> float:
    objective, batch = _objective(network), _batch()
    optimizer = torch.optim.Adam(objective.parameters(), 1e-4, foreach=False, fused=False)
    return bench.fastest(lambda: step(objective, batch, optimizer, Precision()), TRIES)


def _objective(network: nn.Module) -> DiffusionObjective:
    torch.manual_seed(0)
    return DiffusionObjective(network, make_schedule("linear", 500), pixel_pairs()).train()


def _batch() -> dict[str, Tensor]:
    torch.manual_seed(0)
    drawings = (torch.rand(BATCH, 1, 48, 48) > 0.9).float()
    return {"x": drawings, "y": drawings.roll(1, 0)}


if __name__ == "__main__":
    print(*rows(), sep="\n")
