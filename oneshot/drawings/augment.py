"""Random transforms of whole batches of drawings.

Every transform here is a homography: one 3x3 matrix per image, in coordinates that run from -1 to
1 over the page, mapping the old position of a point to the new one. The matrices of a batch are
drawn at once from the default generator and applied by a single bilinear resampling; what comes
from outside the page is blank. Nothing is differentiated.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Affine:
    """Ranges of a random affine map; each value is drawn uniformly."""

    rotation: float = 0.0  # degrees, either way
    scale: tuple[float, float] = (1.0, 1.0)
    translation: float = 0.0  # fraction of the side, either way
    shear: tuple[float, float] = (0.0, 0.0)  # degrees along x and y, either way
    flip: tuple[float, float] = (0.0, 0.0)  # probability of a left-right, of an up-down flip


@dataclass(frozen=True)
class View:
    """Ranges of a contrastive view, which is one of a crop, an affine map or a perspective."""

    crop_area: tuple[float, float]
    crop_ratio: tuple[float, float]
    affine: Affine
    distortion: float  # how far a corner moves inwards, as a fraction of the half side


VIEWS = {
    "light": View((0.9, 1.1), (0.9, 1.1), Affine(7, (0.9, 1.1), 0.05, (5, 0)), 0.25),
    "normal": View((0.75, 1.33), (0.8, 1.2), Affine(15, (0.75, 1.33), 0.1, (10, 0)), 0.5),
    "strong": View((0.5, 1.5), (0.6, 1.4), Affine(30, (0.5, 1.5), 0.2, (20, 0)), 0.5),
}

# The crop after 8 pixels of padding on a page of 48 is one more translation, by up to a sixth.
JITTERS = {
    "normal": Affine(180, (0.5, 1.5), 0.2 + 1 / 6, flip=(0.5, 0.5)),
    "light": Affine(30, (0.75, 1.25), 0.2 + 1 / 6, flip=(0.3, 0.3)),
    "mild": Affine(15, (0.85, 1.15), 0.06, (8, 8)),
}

PAIRS = ("class", "gentle")


def _float32(function: Callable) -> Callable:
    """Keep coordinates out of mixed precision: bfloat16 cannot tell neighbouring pixels apart."""

    @wraps(function)
    def wrapped(x: Tensor, *args, **kwargs):
        with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
            return function(x, *args, **kwargs)

    return wrapped


@_float32
def views(x: Tensor, strength: str = "normal") -> Tensor:
    """Return one random view of each drawing, as SimCLR and Barlow Twins compare them.

    Each drawing of `x` (N, 1, H, W) gets, with equal chance, a random resized crop (a crop larger
    than the page zooms out), an affine map, or, half of the time, a perspective. `strength` is
    "light", "normal" or "strong". Boutin et al., *Latent Representation Matters* (NeurIPS 2024).
    """
    preset = _named(VIEWS, strength, "strength of views")
    kinds = torch.stack((_crop(x, preset), _affine(x, preset.affine), _perspective(x, preset)))
    chosen = torch.randint(3, (len(x),), device=x.device)
    return warp(x, kinds[chosen, torch.arange(len(x), device=x.device)])


@_float32
def affine_pair(x: Tensor, y: Tensor, strength: str = "class") -> tuple[Tensor, Tensor]:
    """Transform each variation and its exemplar alike, which makes a new concept of the pair.

    `x` and `y` are (N, 1, H, W). "class" is the augmentation of Boutin et al., *Diffusion Models
    as Artists* (ICML 2023): one of a left-right flip (0.2), an up-down flip (0.2), nothing (0.2)
    and a wide affine map (0.4). "gentle" is ours, a moderate affine map for everybody, which
    cuts off little of a drawing.
    """
    matrices = pair_matrices(x, strength)
    both = warp(torch.cat((x, y), 1), matrices)
    return both[:, : x.shape[1]], both[:, x.shape[1] :]


@_float32
def jitter(x: Tensor, strength: str = "normal") -> Tensor:
    """Transform variations (N, 1, H, W) severely: flips, rotation, scale, translation, crop.

    For critics that should not depend on pose. `strength` is "normal" (any rotation, scale 0.5 to
    1.5), "light" (30 degrees, 0.75 to 1.25) or "mild" (15 degrees, 0.85 to 1.15, no flip).
    """
    return warp(x, _affine(x, _named(JITTERS, strength, "strength of jitter")))


@_float32
def pair_matrices(x: Tensor, strength: str = "class") -> Tensor:
    """Return the random matrices (N, 3, 3) of `affine_pair`, to `warp` anything else alike."""
    if strength == "gentle":
        return _affine(x, Affine(34, (0.8, 1.2), shear=(15, 15), flip=(0.5, 0)))
    if strength != "class":
        raise ValueError(f"unknown strength of affine_pair {strength!r}: use one of {PAIRS}")
    kinds = torch.eye(3, device=x.device).repeat(4, len(x), 1, 1)
    kinds[0, :, 0, 0] = -1
    kinds[1, :, 1, 1] = -1
    kinds[3] = _affine(x, Affine(90, (0.5, 1.5), 0.3, (30, 30)))
    edges = torch.tensor([0.2, 0.4, 0.6], device=x.device)
    chosen = torch.bucketize(torch.rand(len(x), device=x.device), edges)
    return kinds[chosen, torch.arange(len(x), device=x.device)]


@_float32
def warp(x: Tensor, matrices: Tensor) -> Tensor:
    """Move images (N, C, H, W) by matrices (N, 3, 3) in coordinates from -1 to 1; bilinear.

    All channels of an image move alike, so a set of drawings may travel as channels.
    """
    height, width = x.shape[-2:]
    m = _adjugate(matrices)  # from new positions back to old ones
    across = ((2 * torch.arange(width, device=x.device) + 1) / width - 1).repeat(height)
    down = ((2 * torch.arange(height, device=x.device) + 1) / height - 1).repeat_interleave(width)
    old = (m[:, :, :1] * across).addcmul_(m[:, :, 1:2], down).add_(m[:, :, 2:])
    grid = old[:, :2].div_(old[:, 2:]).view(-1, 2, height, width).permute(0, 2, 3, 1)
    moved = F.grid_sample(x.float(), grid, mode="bilinear", align_corners=False)
    return moved.clamp_(0, 1)


def _affine(x: Tensor, ranges: Affine) -> Tensor:
    """Draw affine matrices: flip, then shear, scale and rotate about the centre, then shift."""
    u = torch.rand(8, len(x), device=x.device)
    either = 2 * u - 1
    angle = either[0] * math.radians(ranges.rotation)
    scale = ranges.scale[0] + u[1] * (ranges.scale[1] - ranges.scale[0])
    shear = [torch.tan(either[2 + k] * math.radians(ranges.shear[k])) for k in range(2)]
    shift = [2 * ranges.translation * either[4 + k] for k in range(2)]
    flip = [torch.where(u[6 + k] < ranges.flip[k], -scale, scale) for k in range(2)]
    cos, sin = angle.cos(), angle.sin()
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    rows = (
        (cos - sin * shear[1]) * flip[0], (cos * shear[0] - sin) * flip[1], shift[0],
        (sin + cos * shear[1]) * flip[0], (sin * shear[0] + cos) * flip[1], shift[1],
        zero, zero, one,
    )  # fmt: skip
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def _crop(x: Tensor, preset: View) -> Tensor:
    """Draw crops, which are stretched to the page; the aspect ratio is log-uniform."""
    u = torch.rand(4, len(x), device=x.device)
    area = preset.crop_area[0] + u[0] * (preset.crop_area[1] - preset.crop_area[0])
    low, high = (math.log(ratio) for ratio in preset.crop_ratio)
    ratio = torch.exp(low + u[1] * (high - low))
    side = torch.stack(((area * ratio).sqrt(), (area / ratio).sqrt()))
    centre = (2 * u[2:] - 1) * (1 - side)
    matrices = torch.zeros(len(x), 3, 3, device=x.device)
    matrices[:, 0, 0], matrices[:, 1, 1] = 1 / side
    matrices[:, 0, 2], matrices[:, 1, 2] = -centre / side
    matrices[:, 2, 2] = 1
    return matrices


def _perspective(x: Tensor, preset: View) -> Tensor:
    """Draw perspectives: with probability 1/2, each corner moves inwards by a random amount."""
    u = torch.rand(2, 4, len(x), device=x.device)
    applies = torch.rand(len(x), device=x.device) < 0.5
    signs = torch.tensor([[-1.0, 1, 1, -1], [-1, -1, 1, 1]], device=x.device)[..., None]
    corners = signs * (1 - preset.distortion * u * applies)
    page = signs.expand_as(corners)
    return _from_corners(corners) @ _adjugate(_from_corners(page))


def _from_corners(corners: Tensor) -> Tensor:
    """Return the homographies (N, 3, 3) of the three axes and (1, 1, 1) to corners (2, 4, N)."""
    points = torch.cat((corners, torch.ones_like(corners[:1]))).permute(2, 0, 1)
    axes, last = points[..., :3], points[..., 3:]
    return axes * (_adjugate(axes) @ last).mT


def _adjugate(matrices: Tensor) -> Tensor:
    """Return inverses up to a factor, which a homography does not notice."""
    a, b, c = matrices.unbind(-1)
    cross = torch.linalg.cross
    return torch.stack((cross(b, c), cross(c, a), cross(a, b)), -2)


def _named(presets: dict, name: str, what: str):
    if name not in presets:
        raise ValueError(f"unknown {what} {name!r}: use one of {tuple(presets)}")
    return presets[name]
