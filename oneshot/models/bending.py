"""Pages bent like a sheet of rubber: a grid of points is moved, and all in between moves along.

Source: the differentiable sampling of Jaderberg et al. 2015, *Spatial Transformer Networks*
(NeurIPS).
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor


def warped(pages: Tensor, knots: Tensor) -> Tensor:
    """Return pages (N, 1, H, W) moved by displacements (N, 2, k, k) of x and y, in half pages."""
    size = pages.shape[2:]
    moves = (knots.flatten(2) @ _bicubic(knots.shape[-1], *size).to(knots)).unflatten(2, size)
    rows, columns = (torch.linspace(-1, 1, count, device=pages.device) for count in size)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    places = torch.stack((x, y)) + moves
    found = F.grid_sample(pages, places.permute(0, 2, 3, 1), align_corners=True)
    return found.clamp(0, 1)


@cache
def _bicubic(knots: int, height: int, width: int) -> Tensor:
    """Return what each of knots x knots points adds to each pixel, (knots ** 2, height * width).

    Interpolation is linear in what it interpolates; as a matrix it is many times as fast.
    """
    each = torch.eye(knots**2).view(-1, 1, knots, knots)
    return F.interpolate(each, (height, width), mode="bicubic", align_corners=True).flatten(1)
