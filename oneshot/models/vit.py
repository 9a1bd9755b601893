"""A second recognition critic: a small vision transformer, whose judgement is not a convolution's.

The prototypical networks of the papers are convolutions trained on episodes with the exemplar. This
critic sees a drawing as patches that attend to each other (Dosovitskiy et al. 2021), and compares
by the cosine of its features.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH, WIDTH, DEPTH, HEADS = 8, 128, 4, 4
READ = 32
"""Channels of each patch that are read: where the parts of a drawing are tells concepts apart."""


class VitCritic(nn.Module):
    """Patches to tokens, transformer blocks, all tokens read; features (N, 256) of length 1.

    0.8 M parameters at 48 px. Squared distances of unit vectors are twice one minus the cosine, so
    the nearest exemplar is the one of the greatest cosine. Raises ValueError for a `side` that is
    no multiple of `PATCH`.
    """

    def __init__(self, side: int = 48):
        super().__init__()
        if side % PATCH:
            raise ValueError(f"side={side} is not a multiple of the patch, {PATCH}")
        self.side = side
        self.encoder = _Patches((side // PATCH) ** 2)
        self.embedding = nn.Linear((side // PATCH) ** 2 * READ, 256)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 1, side, side) in [0, 1] to unit vectors (N, 256)."""
        return F.normalize(self.embedding(self.encoder(x)).float(), dim=1)


class _Patches(nn.Module):
    def __init__(self, count: int):
        super().__init__()
        self.patches = nn.Conv2d(1, WIDTH, PATCH, PATCH)
        self.places = nn.Parameter(0.02 * torch.randn(count, WIDTH))
        self.blocks = nn.ModuleList(_Block() for _ in range(DEPTH))
        self.read = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, READ), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).mT + self.places
        for block in self.blocks:
            tokens = block(tokens)
        return self.read(tokens)


class _Block(nn.Module):
    """Attention and a perceptron, each after a layer norm and beside a shortcut."""

    def __init__(self):
        super().__init__()
        self.before = nn.LayerNorm(WIDTH)
        self.mix = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.body = nn.Sequential(
            nn.LayerNorm(WIDTH),
            nn.Linear(WIDTH, 2 * WIDTH),
            nn.GELU(),
            nn.Linear(2 * WIDTH, WIDTH),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        mixed = self.mix(self.before(tokens)).unflatten(2, (3, HEADS, -1))
        q, k, v = mixed.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        tokens = tokens + self.out(mixed.transpose(1, 2).flatten(2))
        return tokens + self.body(tokens)
