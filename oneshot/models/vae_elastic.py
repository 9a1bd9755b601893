"""The elastic VAE (VAE-Elastic): the warp of `models.nulls`, learned.

A drawing is its exemplar, bent. How far people bend which part of what they draw again is learned
from pairs of drawings of a concept: a latent vector and the exemplar give the displacements of a
grid of points, smooth in between. No ink is made and none is lost, so lines stay lines.

Sources: Kingma and Welling 2014, *Auto-Encoding Variational Bayes* (ICLR), conditional on the
exemplar. This system is the book's own.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from oneshot.models.bending import warped
from oneshot.models.direct import Direct
from oneshot.models.generator import PageNetwork
from oneshot.models.patch_autoencoder import Residual, encoder_layers

SEEN, GRID = 48, 6  # pixels of the page as the network sees it; points of the grid, each way


class VaeElastic(Direct, PageNetwork):
    """An exemplar (N, 1, side, side) in [0, 1] and a latent vector (N, latent) to a drawing.

    `widths` are those of maps of 12 and of 6 pixels. Drawings are made of latents of the prior,
    `spread` times as far from its mean. Before training every drawing is the exemplar.
    """

    label = "VAE-Elastic"

    def __init__(self, latent: int = 32, widths: tuple[int, int] = (48, 96), spread: float = 1.0):
        super().__init__()
        wide = widths[1]
        self.latent, self.spread, self.noise_shape = latent, spread, (latent,)
        self.exemplar = encoder_layers(*widths)
        self.chosen = nn.Linear(latent, wide * GRID**2)
        self.bent = nn.Sequential(
            nn.Unflatten(1, (2 * wide, GRID, GRID)),
            nn.Conv2d(2 * wide, wide, 3, padding=1),
            Residual(wide),
            Residual(wide),
        )
        self.moves = nn.Conv2d(wide, 2, 3, padding=1)
        nn.init.zeros_(self.moves.weight)
        nn.init.zeros_(self.moves.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, exemplar: Tensor, z: Tensor) -> Tensor:
        """Return displacements (N, 2, GRID, GRID) of x and y, in half pages."""
        both = torch.cat([self.exemplar(seen(exemplar)), self.chosen(z)], 1)
        return self.moves(self.bent(both)).float()

    def decode(self, known: Tensor, z: Tensor) -> Tensor:
        """Return drawings (N, 1, side, side) in [0, 1] of exemplars and latents (N, latent).

        The latents are `spread` times `z`.
        """
        return self.bend(known, self.spread * z)

    def bend(self, exemplar: Tensor, latents: Tensor) -> Tensor:
        """Return exemplars (N, 1, side, side) in [0, 1] bent as latents (N, latent) say."""
        return warped(exemplar, self(exemplar, latents))


class Inference(nn.Module):
    """What the latents of a drawing may have been: its mean and log variance, beside its exemplar.

    Used in training alone.
    """

    def __init__(self, latent: int = 32, widths: tuple[int, int] = (48, 96)):
        super().__init__()
        self.layers = encoder_layers(*widths, drawings=2)
        self.head = nn.Linear(widths[1] * GRID**2, 2 * latent)

    def forward(self, drawing: Tensor, exemplar: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance, float32 (N, latent), of drawings (N, 1, side, side)."""
        pair = seen(torch.cat([exemplar, drawing], 1))
        mean, log_variance = self.head(self.layers(pair)).float().chunk(2, 1)
        return mean, log_variance.clamp(-8, 4)


def seen(pages: Tensor) -> Tensor:
    """Return pages (N, C, side, side) at the side that the network sees."""
    if pages.shape[-1] == SEEN:
        return pages
    return F.interpolate(pages, (SEEN, SEEN), mode="bilinear", antialias=True)
