"""From drawings to what a critic makes of them: the only place where the metrics run a network."""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from oneshot.models.generator import Network
from oneshot.progress import tqdm


def prepare(images: Tensor, side: int, threshold: float) -> Tensor:
    """Return images (N, 1, H, W) as a critic expects them: float32 (N, 1, side, side), 0 or 1.

    An image, uint8 or float of any range, is resized bilinearly where its side differs, then
    stretched from its least to its greatest value and binarised above `threshold` in (0, 1): in
    this order, as the evaluation released with *Diversity vs. Recognizability* (NeurIPS 2022) does.
    An image of one value throughout is an empty drawing.
    """
    images = images.float()
    if images.shape[2:] != (side, side):
        images = F.interpolate(images, (side, side), mode="bilinear", antialias=True)
    return _binarise(images, threshold)


def _binarise(images: Tensor, threshold: float) -> Tensor:
    low, high = images.aminmax(dim=3, keepdim=True)
    low, high = low.amin(2, keepdim=True), high.amax(2, keepdim=True)
    return (images > low + threshold * (high - low)).float()


@torch.inference_mode()
def embed(
    critic: nn.Module,
    images: Tensor | np.ndarray,
    threshold: float,
    *,
    batch: int = 32,
    name: str = "embedding",
) -> Tensor:
    """Return the features of images (..., 1, H, W) in a critic's space: (..., K), float32, CPU.

    `critic` maps prepared images (N, 1, side, side) to features (N, K), has an attribute `side` and
    is run on its own device, in eval mode and float32 so that scores hardly depend on the machine.
    Features do not depend on `batch`, whose default keeps the activations of a few images in the
    cache of a CPU. `name` is what the progress bar says.

    Raises ValueError for images of another shape or with values that are not finite.
    """
    if images.ndim < 4 or images.shape[-3] != 1 or 0 in images.shape:
        raise ValueError(f"images must be (..., 1, H, W), got {tuple(images.shape)}")
    device = next(critic.parameters()).device
    fast = folded(critic).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    side: Any = critic.side
    rows = images.reshape(-1, *images.shape[-3:])
    parts = []
    told = {"desc": name, "unit": "batch", "leave": False, "mininterval": 1.0, "delay": 1.0}
    for start in tqdm(range(0, len(rows), batch), **told):
        some = _finite(rows[start : start + batch]).to(device)
        parts.append(fast(prepare(some, side, threshold)).float().cpu())
    return torch.cat(parts).view(*images.shape[:-3], -1)


def _finite(images: Tensor | np.ndarray) -> Tensor:
    # A copy of an array, for stored drawings are read-only and tensors cannot be.
    images = torch.tensor(images) if isinstance(images, np.ndarray) else images
    if images.is_floating_point() and not torch.isfinite(images).all():
        raise ValueError("images are not all finite: the model that drew them diverged")
    return images


def folded(critic: Network) -> Network:
    """Return a frozen copy for scoring, each batch norm folded into the convolution before it.

    The copy is in eval mode and gives the same features up to float rounding.
    """
    critic = copy.deepcopy(critic).eval()
    for module in [m for m in critic.modules() if isinstance(m, nn.Sequential)]:
        for i in range(len(module) - 1):
            conv, norm = module[i], module[i + 1]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                module[i] = fuse_conv_bn_eval(conv, norm)
                module[i + 1] = nn.Identity()
    return critic.requires_grad_(False)
