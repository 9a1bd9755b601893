"""The published pixel denoiser: a U-Net of ConvNeXt blocks that sees noise and exemplar stacked."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from oneshot.models.conditioning import TimeEmbedding, spread

HEADS, HEAD_SIZE = 4, 32


class UNet(nn.Module):
    """Noise in an image, given an exemplar of the same shape as a second channel.

    8,488,721 parameters at `width` 48 (Omniglot) and 13,123,221 at 60 (QuickDraw). Boutin et al.,
    *Diffusion Models as Artists* (ICML 2023), released code, with the blocks of Liu et al. 2022,
    *A ConvNet for the 2020s*. `multipliers` widen it level by level, each half as fine as the one
    before; sides must be divisible by 2 for every level but one.

    `as_released_time`, when given, is the number T of diffusion steps: the network is then told
    (t + 1) / T, as in the released code, which leaves the sinusoid with two useful dimensions.
    """

    def __init__(
        self,
        width: int = 48,
        multipliers: Sequence[int] = (1, 2, 4),
        as_released_time: int | None = None,
    ):
        super().__init__()
        self.as_released_time = as_released_time
        stem = width // 3 * 2
        levels = list(pairwise([stem, *(width * multiplier for multiplier in multipliers)]))
        time = 4 * width
        self.stem = nn.Conv2d(2, stem, 7, padding=3)
        self.time = TimeEmbedding(width, time, time)
        self.down = nn.ModuleList(
            nn.ModuleList(
                [
                    ConvNextBlock(inputs, outputs, time),
                    ConvNextBlock(outputs, outputs, time),
                    LinearAttention(outputs),
                    nn.Conv2d(outputs, outputs, 4, stride=2, padding=1)
                    if level < len(levels) - 1
                    else nn.Identity(),
                ]
            )
            for level, (inputs, outputs) in enumerate(levels)
        )
        deepest = levels[-1][1]
        self.middle = nn.ModuleList(
            [
                ConvNextBlock(deepest, deepest, time),
                Attention(deepest),
                ConvNextBlock(deepest, deepest, time),
            ]
        )
        self.up = nn.ModuleList(
            nn.ModuleList(
                [
                    ConvNextBlock(2 * outputs, inputs, time),
                    ConvNextBlock(inputs, inputs, time),
                    LinearAttention(inputs),
                    nn.ConvTranspose2d(inputs, inputs, 4, stride=2, padding=1),
                ]
            )
            for inputs, outputs in reversed(levels[1:])
        )
        self.last = ConvNextBlock(width, width)
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, keep: Tensor) -> Tensor:
        """Return the noise predicted in `x` (N, 1, H, W) or (N, V, 1, H, W), of the same shape.

        `t` (N,) are integer time steps, `condition` (N, 1, H, W) exemplars scaled like `x`, and
        where `keep` (N,) is 0 the exemplar is replaced by zeros.
        """
        if x.dim() == 5:
            return self(x.flatten(0, 1), *spread(x.shape[1], t, condition, keep)).view_as(x)
        h = self.stem(torch.cat([x, condition * keep[:, None, None, None]], dim=1))
        if self.as_released_time:
            t = (t + 1) / self.as_released_time
        time, skips = self.time(t), []
        for level in self.down:
            first, second, attention, shrink = level.children()
            h = attention(second(first(h, time), time))
            skips.append(h)
            h = shrink(h)
        first, attention, second = self.middle
        h = second(attention(first(h, time)), time)
        for level in self.up:
            first, second, attention, grow = level.children()
            h = first(torch.cat([h, skips.pop()], dim=1), time)
            h = grow(attention(second(h, time)))
        return self.head(self.last(h))


class ConvNextBlock(nn.Module):
    """A depth-wise 7x7 convolution, shifted by time, and two 3x3 convolutions; residual."""

    def __init__(self, inputs: int, outputs: int, time: int | None = None):
        super().__init__()
        self.shift = nn.Linear(time, inputs) if time else None
        self.depthwise = nn.Conv2d(inputs, inputs, 7, padding=3, groups=inputs)
        self.mix = nn.Sequential(
            nn.GroupNorm(1, inputs),
            nn.Conv2d(inputs, 2 * outputs, 3, padding=1),
            nn.GELU(),
            nn.GroupNorm(1, 2 * outputs),
            nn.Conv2d(2 * outputs, outputs, 3, padding=1),
        )
        self.residual = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        h = self.depthwise(x)
        if self.shift is not None and time is not None:
            h = h + self.shift(F.gelu(time))[:, :, None, None]
        return self.mix(h) + self.residual(x)


class Attention(nn.Module):
    """Every position attends to all others; pre-norm and residual."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.GroupNorm(1, width)
        self.qkv = nn.Conv2d(width, 3 * HEADS * HEAD_SIZE, 1, bias=False)
        self.out = nn.Conv2d(HEADS * HEAD_SIZE, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = _heads(self.qkv(self.norm(x)))
        mixed = F.scaled_dot_product_attention(q.mT, k.mT, v.mT).mT
        return x + self.out(mixed.flatten(1, 2).unflatten(2, x.shape[2:]))


class LinearAttention(nn.Module):
    """Attention whose cost is linear in the number of positions (Shen et al. 2021); residual."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.GroupNorm(1, width)
        self.qkv = nn.Conv2d(width, 3 * HEADS * HEAD_SIZE, 1, bias=False)
        self.out = nn.Sequential(nn.Conv2d(HEADS * HEAD_SIZE, width, 1), nn.GroupNorm(1, width))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = _heads(self.qkv(self.norm(x)))
        context = k.softmax(dim=-1) @ v.mT
        mixed = context.mT @ (q.softmax(dim=-2) * HEAD_SIZE**-0.5)
        return x + self.out(mixed.flatten(1, 2).unflatten(2, x.shape[2:]))


def _heads(qkv: Tensor) -> tuple[Tensor, ...]:
    """Split (N, 3 heads size, H, W) into queries, keys and values (N, heads, size, H W)."""
    return qkv.flatten(2).unflatten(1, (3, HEADS, HEAD_SIZE)).unbind(1)
