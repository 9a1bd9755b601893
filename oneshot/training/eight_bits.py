"""Weights in eight bits: what ships takes half the room of half precision."""

import torch
from torch import Tensor

SCALE = "#scale"
"""Ends the name of the tensor that holds the scales of another."""
LEAST = 4096
"""Tensors of fewer numbers stay as they are: little would be gained."""


def shrunk(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors with each large floating-point one as int8 and a float16 scale for each row.

    A row is what the first index numbers, a channel or a unit of the output, and becomes
    -127..127 times its scale; nothing is off by more than half a scale.
    """
    found = {}
    for name, value in tensors.items():
        if not value.is_floating_point() or value.dim() < 2 or value.numel() < LEAST:
            found[name] = value
            continue
        rows = value.float().flatten(1)
        scale = (rows.abs().amax(1) / 127).clamp_min(2.0**-14).half()
        levels = (rows / scale.float()[:, None]).round().clamp(-127, 127)
        found[name] = levels.to(torch.int8).view(value.shape)
        found[name + SCALE] = scale
    return found


def restored(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors as they were before `shrunk`, up to rounding; others stay as they are."""
    found = {name: value for name, value in tensors.items() if not name.endswith(SCALE)}
    for name in found.keys() & {n.removesuffix(SCALE) for n in tensors.keys() - found.keys()}:
        scale = tensors[name + SCALE].float()
        found[name] = found[name].float() * scale.view(-1, *[1] * (found[name].dim() - 1))
    return found
