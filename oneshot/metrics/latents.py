"""Latents in two dimensions, and the way from one to another."""

import torch
from torch import Tensor


def principal_plane(latents: Tensor) -> tuple[Tensor, float]:
    """Return latents (N, d) on their first two principal axes (N, 2), and their share of variance.

    The sign of an axis is such that its largest entry is positive. Raises ValueError for fewer
    than three latents or fewer than two dimensions.
    """
    if latents.ndim != 2 or len(latents) < 3 or latents.shape[1] < 2:
        raise ValueError(f"latents must be (N, d), at least (3, 2), got {tuple(latents.shape)}")
    centred = latents.double() - latents.double().mean(0)
    _, sizes, axes = torch.linalg.svd(centred, full_matrices=False)
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    plane = centred @ (axes * largest.sign())[:2].T
    share = sizes[:2].square().sum() / sizes.square().sum()
    return plane.float(), share.item()


def between(first: Tensor, second: Tensor, steps: int) -> Tensor:
    """Return `steps` latents (N, steps, d) on the straight lines from first to second (N, d)."""
    places = torch.linspace(0, 1, steps, device=first.device)[:, None]
    return torch.lerp(first[:, None], second[:, None], places)
