"""A small pixel denoiser for laptops: a U-Net that works on patches from the start."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from oneshot.models.conditioning import TimeEmbedding, spread, start_at_zero

GROUPS, HEAD_SIZE = 8, 32


class ModulatedUNet(nn.Module):
    """Images to an image of one channel, every block shifted and scaled by an embedding.

    The image is cut in patches of `patch` pixels, which become channels; `widths` are those of the
    levels, each half as fine as the one before, with `blocks` residual blocks on the way down and
    up. The levels in `attention` attend to themselves and, when `tokens` is given, to context
    tokens of that size. The output adds the first input channel, scaled by the embedding: noise
    passes straight through where it is nearly all there is.
    """

    def __init__(
        self,
        inputs: int,
        embedding: int,
        widths: Sequence[int] = (48, 96, 192),
        blocks: int = 1,
        patch: int = 4,
        attention: Sequence[int] = (2,),
        tokens: int | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.patch = patch

        def level(index: int, inputs: int) -> nn.ModuleList:
            width = widths[index]
            layers = []
            for block in range(blocks):
                first = inputs if block == 0 else width
                layers.append(ModulatedBlock(first, width, embedding, dropout))
                if index in attention:
                    layers.append(Attention(width, tokens))
            return nn.ModuleList(layers)

        indices, steps = range(len(widths)), list(pairwise(widths))
        self.stem = nn.Conv2d(inputs * patch**2, widths[0], 3, padding=1)
        self.down = nn.ModuleList(level(index, widths[index]) for index in indices)
        self.shrink = nn.ModuleList(nn.Conv2d(wide, deep, 2, stride=2) for wide, deep in steps)
        self.up = nn.ModuleList(level(index, 2 * widths[index]) for index in reversed(indices))
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(deep, wide, 2, stride=2) for wide, deep in reversed(steps)
        )
        self.norm = nn.GroupNorm(GROUPS, widths[0])
        self.head = nn.Conv2d(widths[0], patch**2, 3, padding=1)
        self.through = nn.Linear(embedding, 1)
        for layer in (self.head, self.through):
            start_at_zero(layer)

    def forward(self, x: Tensor, embedding: Tensor, tokens: Tensor | None = None) -> Tensor:
        """Return (N, 1, H, W) for `x` (N, inputs, H, W), `embedding` (N, e), `tokens` (N, L, k)."""
        embedding = F.silu(embedding)
        h, skips = self.stem(F.pixel_unshuffle(x, self.patch)), []
        for level, shrink in zip(self.down, [*self.shrink, nn.Identity()], strict=True):
            for layer in level.children():
                h = layer(h, embedding, tokens)
            skips.append(h)
            h = shrink(h)
        for level, grow in zip(self.up, [*self.grow, nn.Identity()], strict=True):
            h = torch.cat([h, skips.pop()], dim=1)
            for layer in level.children():
                h = layer(h, embedding, tokens)
            h = grow(h)
        out = F.pixel_shuffle(self.head(F.silu(self.norm(h))), self.patch)
        return out + self.through(embedding)[:, :, None, None] * x[:, :1]


class PatchUNet(nn.Module):
    """Noise in an image, given an exemplar of the same shape as a second channel.

    3.3 M parameters; a training step costs a fortieth of that of the published `UNet`, because no
    convolution runs at the full resolution. `options` are those of `ModulatedUNet`; sides must be
    divisible by `patch` and by 2 for every level but one.

    With `tokens` the exemplar is also seen through an `ExemplarEncoder` of that width (4.2 M
    parameters at 192): attention looks at its tokens, and its code joins the embedding of time.
    """

    def __init__(self, embedding: int = 256, tokens: int = 0, side: int = 48, **options):
        super().__init__()
        self.time = TimeEmbedding(embedding, embedding, embedding)
        self.exemplar = ExemplarEncoder(side, tokens, embedding) if tokens else None
        self.unet = ModulatedUNet(2, embedding, tokens=tokens or None, **options)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor, keep: Tensor) -> Tensor:
        """Return the noise predicted in `x` (N, 1, H, W) or (N, V, 1, H, W), of the same shape.

        `t` (N,) are integer time steps, `condition` (N, 1, H, W) exemplars scaled like `x`, and
        where `keep` (N,) is 0 the exemplar is replaced by zeros.
        """
        embedding, tokens, images = self.time(t), None, x
        if self.exemplar is not None:
            tokens, code = self.exemplar(condition, keep)
            embedding = embedding + code
        condition = condition * keep[:, None, None, None]
        if x.dim() == 5:
            images = x.flatten(0, 1)
            embedding, condition = spread(x.shape[1], embedding, condition)
            if tokens is not None:
                (tokens,) = spread(x.shape[1], tokens)
        return self.unet(torch.cat([images, condition], dim=1), embedding, tokens).view_as(x)


class ExemplarEncoder(nn.Module):
    """A small convolutional network from an exemplar to tokens of its places, and to one code."""

    def __init__(self, side: int, width: int, embedding: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(4**2, width // 2, 3, padding=1),
            nn.GroupNorm(GROUPS, width // 2),
            nn.SiLU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1),
            nn.GroupNorm(GROUPS, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(GROUPS, width),
            nn.SiLU(),
        )
        self.place = nn.Parameter(0.02 * torch.randn((side // 8) ** 2, width))
        self.code = nn.Linear(width, embedding)

    def forward(self, exemplar: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        """Return tokens (N, L, width) and codes (N, embedding) of exemplars (N, 1, H, W).

        Where `keep` (N,) is 0, the tokens are only their places and the code is zero.
        """
        tokens = self.layers(exemplar).flatten(2).mT * keep[:, None, None]
        return tokens + self.place, self.code(tokens.mean(dim=1)) * keep[:, None]


class ModulatedBlock(nn.Module):
    """Two pre-norm 3x3 convolutions, the second shifted and scaled by an embedding; residual."""

    def __init__(self, inputs: int, outputs: int, embedding: int, dropout: float):
        super().__init__()
        self.first_norm = nn.GroupNorm(GROUPS, inputs)
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.modulation = nn.Linear(embedding, 2 * outputs)
        self.second_norm = nn.GroupNorm(GROUPS, outputs)
        self.dropout = nn.Dropout(dropout)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.residual = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        start_at_zero(self.second)

    def forward(self, x: Tensor, embedding: Tensor, tokens: Tensor | None = None) -> Tensor:
        h = self.first(F.silu(self.first_norm(x)))
        scale, shift = self.modulation(embedding)[:, :, None, None].chunk(2, dim=1)
        h = F.silu(torch.addcmul(shift, self.second_norm(h), 1 + scale))
        return self.second(self.dropout(h)) + self.residual(x)


class Attention(nn.Module):
    """Positions attend to each other and to context tokens, if there are any; residual."""

    def __init__(self, width: int, tokens: int | None):
        super().__init__()
        self.heads = max(1, width // HEAD_SIZE)
        self.norm = nn.GroupNorm(GROUPS, width)
        self.qkv = nn.Conv2d(width, 3 * width, 1)
        self.context = nn.Linear(tokens, 2 * width) if tokens else None
        self.out = nn.Conv2d(width, width, 1)
        start_at_zero(self.out)

    def forward(
        self, x: Tensor, embedding: Tensor | None = None, tokens: Tensor | None = None
    ) -> Tensor:
        q, k, v = self.qkv(self.norm(x)).flatten(2).mT.chunk(3, dim=-1)
        if self.context is not None:
            context_k, context_v = self.context(tokens).to(k.dtype).chunk(2, dim=-1)
            k, v = torch.cat([k, context_k], dim=1), torch.cat([v, context_v], dim=1)
        q, k, v = (z.unflatten(-1, (self.heads, -1)).transpose(1, 2) for z in (q, k, v))
        # Written out: on so few places torch's fused attention is several times slower in bf16.
        weights = (q @ k.mT * q.shape[-1] ** -0.5).softmax(dim=-1)
        mixed = weights.to(v.dtype) @ v
        return x + self.out(mixed.mT.flatten(1, 2).unflatten(2, x.shape[2:]))
