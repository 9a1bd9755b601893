"""The data-augmentation GAN (DA-GAN): dense-block generator and pair critic.

Every block has two streams: densely connected convolutions, and a bypass that carries the last
inner features of the block before, resampled without activation.

Sources: Antoniou et al. 2017, *Data Augmentation Generative Adversarial Networks*, with the sizes
of Boutin et al. 2022, *Diversity vs. Recognizability* (NeurIPS). There, UN is the generator with
the skips of a U-Net and RN the one without them; neither has residual connections.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from oneshot.models.direct import Direct
from oneshot.models.generator import PageNetwork

Norm = Callable[[int], nn.Module]

NOISE_CHANNELS = (8, 4, 2)  # maps of noise at the coarsest three levels of the decoder


def batch_norm(width: int) -> nn.Module:
    """Return the normalisation of the generator."""
    return nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)


def layer_norm(width: int) -> nn.Module:
    """Return the normalisation of the critic: per drawing, as the gradient penalty requires."""
    return nn.GroupNorm(1, width)


def conv(before: int, after: int, norm: Norm, stride: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution, LeakyReLU and normalisation."""
    layers = nn.Conv2d(before, after, 3, stride, 1), nn.LeakyReLU(0.2), norm(after)
    return nn.Sequential(*layers)


class DenseDown(nn.Module):
    """`layers` densely connected convolutions, then one of stride 2 that sees them all."""

    def __init__(self, bypass: int, before: int, width: int, layers: int, norm: Norm, drop: float):
        super().__init__()
        self.carry = nn.Conv2d(bypass, bypass, 3, 2, 1)
        seen = [before + bypass, *(before + i * width for i in range(1, layers))]
        self.inner = nn.ModuleList(conv(channels, width, norm) for channels in seen)
        self.down = nn.Sequential(
            conv(before + layers * width, width, norm, stride=2), nn.Dropout(drop)
        )

    def forward(self, bypass: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next bypass, at the side of `x`, and the features at half that side."""
        features = [x, self.inner[0](torch.cat([x, self.carry(bypass)], 1))]
        for layer in self.inner[1:]:
            features.append(layer(torch.cat(features, 1)))
        return features[-1], self.down(torch.cat(features, 1))


class DenseUp(nn.Module):
    """Densely connected convolutions that all see the bypass, then an enlargement to `side`.

    The finest block has no `side` to enlarge to and ends with its last inner features.
    """

    def __init__(
        self, bypass: int, before: int, width: int, layers: int, side: int | None, drop: float
    ):
        super().__init__()
        self.side = side
        self.carry = nn.ModuleList(
            nn.Conv2d(bypass, bypass, 3, 1, 1) for _ in range(layers if bypass else 0)
        )
        seen = [before + bypass + i * width for i in range(layers)]
        self.inner = nn.ModuleList(conv(channels, width, batch_norm) for channels in seen)
        if side is not None:
            self.up = conv(before + layers * width, width, batch_norm)
            self.drop = nn.Dropout(drop)

    def forward(self, bypass: Tensor | None, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next bypass, at the side of `x`, and the enlarged features."""
        features = [x]
        if bypass is not None:
            bypass = F.interpolate(bypass, x.shape[-2:])
        for i, layer in enumerate(self.inner):
            carried = [] if bypass is None else [self.carry[i](bypass)]
            features.append(layer(torch.cat(features + carried, 1)))
        if self.side is None:
            return features[-1], features[-1]
        enlarged = F.interpolate(torch.cat(features, 1), (self.side, self.side))
        return features[-1], self.drop(self.up(enlarged))


class DenseEncoder(nn.Module):
    """Images (N, channels, H, W) to the features of every level, each half the side before."""

    def __init__(self, channels: int, widths: Sequence[int], layers: int, norm: Norm, drop: float):
        super().__init__()
        self.first = conv(channels, widths[0], norm, stride=2)
        bypasses = [channels, *widths[1:-1]]
        self.blocks = nn.ModuleList(
            DenseDown(bypass, before, width, layers, norm, drop)
            for bypass, before, width in zip(bypasses, widths, widths[1:], strict=False)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return [images, finest features, ..., coarsest features]."""
        levels = [images, self.first(images)]
        bypass = images
        for block in self.blocks:
            bypass, x = block(bypass, levels[-1])
            levels.append(x)
        return levels


def sides_of(side: int, levels: int) -> list[int]:
    """Return the sides of an image halved (rounding up) `levels` times, itself first."""
    sides = [side]
    for _ in range(levels):
        sides.append((sides[-1] + 1) // 2)
    return sides


def folded_side(side: int, fold: int) -> int:
    """Return the side of an image once its squares of fold x fold pixels have become channels."""
    if side % fold:
        raise ValueError(f"DA-GAN: fold={fold} does not divide side={side}; use a divisor")
    return side // fold


class DaGan(Direct, PageNetwork):
    """DA-GAN generator: exemplar (N, 1, side, side) in [0, 1] and noise to another drawing.

    The defaults are UN, 10.59 M parameters at 50 px; `layers=2, skips=False` is RN, 6.15 M.
    `drop` is the dropout at the end of each block, in training only. `fold` 2 works at half the
    side on squares of 2x2 pixels, at a fraction of the cost.
    """

    label, together = "DA-GAN", 128

    def __init__(
        self,
        latent: int = 128,
        side: int = 50,
        widths: Sequence[int] = (64, 64, 128, 128),
        layers: int = 3,
        skips: bool = True,
        drop: float = 0.5,
        fold: int = 1,
    ):
        super().__init__()
        self.latent, self.skips, self.fold = latent, skips, fold
        self.noise_shape = (latent,)
        self.encoder = DenseEncoder(fold**2, widths, layers, batch_norm, drop)
        sides = sides_of(folded_side(side, fold), len(widths))
        self.noise = nn.ModuleList(
            nn.Sequential(nn.Linear(latent, channels * s**2), nn.Unflatten(1, (channels, s, s)))
            for channels, s in zip(NOISE_CHANNELS, reversed(sides), strict=False)
        )
        out = [*reversed(widths), widths[0]]  # one more block, at the full side
        across = [0, *reversed(widths[:-1]), fold**2]
        blocks, before = [], widths[-1]
        for i, width in enumerate(out):
            channels = before + (across[i] if skips else 0)
            channels += NOISE_CHANNELS[i] if i < len(NOISE_CHANNELS) else 0
            bypass = out[i - 1] if i else 0
            next_side = sides[-2 - i] if i < len(widths) else None
            blocks.append(DenseUp(bypass, channels, width, layers, next_side, drop))
            before = width
        self.decoder = nn.ModuleList(blocks)
        self.final = nn.Sequential(
            conv(before, before, batch_norm),
            conv(before, before, batch_norm),
            nn.Conv2d(before, fold**2, 3, 1, 1),
            nn.PixelShuffle(fold),
        )

    def forward(self, exemplar: Tensor, z: Tensor) -> Tensor:
        """Return drawings (N, 1, side, side) in [0, 1] for noise `z` (N, latent)."""
        levels = self.encoder(F.pixel_unshuffle(exemplar, self.fold))
        bypass, x = None, levels[-1]
        for i, block in enumerate(self.decoder):
            parts = [x]
            if i and self.skips:
                parts.append(levels[-1 - i])
            if i < len(self.noise):
                parts.append(self.noise[i](z))
            bypass, x = block(bypass, torch.cat(parts, 1))
        return self.final(x).float().sigmoid()

    def decode(self, known: Tensor, z: Tensor) -> Tensor:
        """Return drawings (N, 1, side, side) in [0, 1] of exemplars and noise (N, latent)."""
        return self(known, z)


class PairCritic(nn.Module):
    """WGAN critic of pairs (exemplar, drawing) of 1-channel images; 7.07 M parameters at 50 px."""

    def __init__(
        self,
        side: int = 50,
        widths: Sequence[int] = (64, 64, 128, 128),
        layers: int = 5,
        hidden: int = 1024,
        drop: float = 0.5,
        fold: int = 1,
    ):
        super().__init__()
        self.fold = fold
        self.encoder = DenseEncoder(2 * fold**2, widths, layers, layer_norm, drop)
        area = sides_of(folded_side(side, fold), len(widths))[-1] ** 2
        self.means = nn.Sequential(nn.Linear(widths[-1], hidden), nn.LeakyReLU(0.2))
        self.head = nn.Linear(hidden + widths[-1] * area, 1)

    def forward(self, exemplar: Tensor, drawing: Tensor) -> Tensor:
        """Return the scores (N,), higher for pairs that look real."""
        pair = F.pixel_unshuffle(torch.cat([exemplar, drawing], 1), self.fold)
        x = self.encoder(pair)[-1]
        return self.head(torch.cat([self.means(x.mean((2, 3))), x.flatten(1)], 1))[:, 0]
