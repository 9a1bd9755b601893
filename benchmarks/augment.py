"""Contrastive views of a batch at once, against one drawing at a time through Pillow."""

import math

import numpy as np
import torch
from PIL import Image

from oneshot import bench
from oneshot.drawings.augment import VIEWS, views

BATCH = 128


def row() -> dict:
    """Return processor seconds to make 128 views both ways on one thread; the best of several."""
    x = torch.rand(BATCH, 1, 48, 48)
    with bench.one_thread():
        ours = bench.fastest(lambda: views(x), 100)
        plain = bench.fastest(lambda: torch.stack([view(image) for image in x]), 10)
    return bench.row(f"{BATCH} contrastive views (one thread)", ours, plain, 20)


def view(x: torch.Tensor) -> torch.Tensor:
    """Make a normal view of one drawing (1, H, W), the usual way."""
    image = Image.fromarray((x[0] * 255).byte().numpy())
    moved = (_crop, _affine, _perspective)[int(torch.randint(3, ()))](image)
    return torch.from_numpy(np.asarray(moved, np.float32) / 255)[None]


def _uniform(low: float, high: float) -> float:
    """Draw one number from the generator that `views` uses, so that both obey the same seed."""
    return torch.empty(()).uniform_(low, high).item()


def _crop(image: Image.Image) -> Image.Image:
    preset, (width, height) = VIEWS["normal"], image.size
    area = _uniform(*preset.crop_area)
    ratio = math.exp(_uniform(*map(math.log, preset.crop_ratio)))
    w, h = width * math.sqrt(area * ratio), height * math.sqrt(area / ratio)
    left, top = _uniform(0, 1) * (width - w), _uniform(0, 1) * (height - h)
    quad = (w / width, 0, left, 0, h / height, top)
    return image.transform(image.size, Image.Transform.AFFINE, quad, Image.Resampling.BILINEAR)


def _affine(image: Image.Image) -> Image.Image:
    ranges, half = VIEWS["normal"].affine, image.size[0] / 2
    angle = math.radians(_uniform(-ranges.rotation, ranges.rotation))
    shear = math.tan(math.radians(_uniform(-ranges.shear[0], ranges.shear[0])))
    scale = _uniform(*ranges.scale)
    shift = [_uniform(-1, 1) * ranges.translation * 2 * half for _ in range(2)]
    cos, sin = math.cos(angle), math.sin(angle)
    forward = np.array([[cos, cos * shear - sin], [sin, sin * shear + cos]]) * scale
    back = np.linalg.inv(forward)
    offset = half - back @ (half + np.array(shift))
    terms = (*back[0], offset[0], *back[1], offset[1])
    return image.transform(image.size, Image.Transform.AFFINE, terms, Image.Resampling.BILINEAR)


def _perspective(image: Image.Image) -> Image.Image:
    if _uniform(0, 1) < 0.5:
        return image
    side, reach = image.size[0], VIEWS["normal"].distortion * image.size[0] / 2
    page = [(0, 0), (side, 0), (side, side), (0, side)]
    moved = [(abs(x - _uniform(0, 1) * reach), abs(y - _uniform(0, 1) * reach)) for x, y in page]
    rows, target = [], []
    for (u, v), (x, y) in zip(moved, page, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        target += [x, y]
    terms = tuple(np.linalg.solve(np.array(rows), np.array(target)))
    return image.transform(
        image.size, Image.Transform.PERSPECTIVE, terms, Image.Resampling.BILINEAR
    )


if __name__ == "__main__":
    print(row())
