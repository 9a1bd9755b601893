"""A second recognition critic: a small vision transformer, whose judgement is not a convolution's.

The prototypical networks of the papers are convolutions trained on episodes with the exemplar. This
critic sees a drawing as patches that attend to each other (Dosovitskiy et al. 2021), and compares
by the cosine of its features.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

READ = 32
"""Channels of each patch that are read: where the parts of a drawing are tells concepts apart."""


class VitCritic(nn.Module):
    """Patches to tokens, transformer blocks, all tokens read; features (N, 256) of length 1.

    0.8 M parameters at 48 px. Squared distances of unit vectors are twice one minus the cosine, so
    the nearest exemplar is the one of the greatest cosine. Raises ValueError for a `side` that is
    no multiple of `patch`.
    """

    def __init__(
        self, side: int = 48, patch: int = 8, width: int = 128, depth: int = 4, heads: int = 4
    ):
        super().__init__()
        if side % patch:
            raise ValueError(f"side={side} is not a multiple of the patch, {patch}")
        self.side = side
        self.encoder = _Patches(side, patch, width, depth, heads)
        self.embedding = nn.Linear((side // patch) ** 2 * READ, 256)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 1, side, side) in [0, 1] to unit vectors (N, 256)."""
        return F.normalize(self.embedding(self.encoder(x)).float(), dim=1)


class _Patches(nn.Module):
    def __init__(self, side: int, patch: int, width: int, depth: int, heads: int):
        super().__init__()
        self.patches = nn.Conv2d(1, width, patch, patch)
        self.places = nn.Parameter(0.02 * torch.randn((side // patch) ** 2, width))
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(depth))
        self.read = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, READ), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).mT + self.places
        for block in self.blocks:
            tokens = block(tokens)
        return self.read(tokens)


class _Block(nn.Module):
    """Attention and a perceptron, each after a layer norm and beside a shortcut."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.mix = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.body = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        mixed = self.mix(self.before(tokens)).unflatten(2, (3, self.heads, -1))
        q, k, v = mixed.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        tokens = tokens + self.out(mixed.transpose(1, 2).flatten(2))
        return tokens + self.body(tokens)
