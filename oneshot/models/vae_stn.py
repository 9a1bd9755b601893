"""The sequential VAE with a spatial transformer (VAE-STN).

It draws in steps: at each it looks at a small affine window of the exemplar, samples a latent and
adds a patch to the canvas through the inverse of the same affine map.

Sources: Rezende et al. 2016, *One-Shot Generalization in Deep Generative Models*, with the sizes of
Boutin et al. 2022, *Diversity vs. Recognizability* (NeurIPS).
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from oneshot.models.direct import Direct
from oneshot.models.generator import PageNetwork


def read(images: Tensor, theta: Tensor, side: int) -> Tensor:
    """Look at `images` (B, K, H, W) through the affine windows `theta` (B, 6).

    `theta` is row-major [A | b]: the glimpse (B, K, side, side) at u in [-1, 1]^2 is the image at
    A u + b, bilinear, zero outside. The identity (1, 0, 0, 0, 1, 0) sees the whole image.
    """
    # F.affine_grid multiplies matrices, which autocast would do in bfloat16: windows would shift.
    centres = torch.arange(0.5, side, device=images.device) * (2 / side) - 1
    a, b, p, c, d, q = theta.float()[:, :, None, None].unbind(1)
    u, v = centres, centres[:, None]
    grid = torch.stack([a * u + (b * v + p), c * u + (d * v + q)], -1)
    return F.grid_sample(images.float(), grid, align_corners=False)


def invert(theta: Tensor) -> Tensor:
    """Return the affine maps (B, 6) that undo `theta` (B, 6).

    A determinant nearer to zero than 1e-4 is moved to that distance: such a window has no area, and
    what is written through it would have none either.
    """
    a, b, p, c, d, q = theta.float().unbind(1)
    det = a * d - b * c
    det = torch.where(det < 0, -1.0, 1.0) * det.abs().clamp(min=1e-4)
    return torch.stack([d, -b, b * q - d * p, -c, a, c * p - a * q], 1) / det[:, None]


def write(patches: Tensor, theta: Tensor, side: int) -> Tensor:
    """Place `patches` (B, 1, h, w) where `read` with the same `theta` found them.

    Returns (B, 1, side, side), zero outside the window: the exact inverse affine map of `read`.
    """
    return read(patches, invert(theta), side)


def mlp(*widths: int) -> nn.Sequential:
    """Return linear layers of the given widths with ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class VaeStn(Direct, PageNetwork):
    """Sequential VAE with spatial transformer; images (B, 1, side, side) in [0, 1].

    `latent` is the size of the latent of each of `steps` steps. Of the `hidden` recurrent units the
    first `location` say where to look next, the others what to draw. The defaults are the published
    network, 2,499,159 parameters whatever the image side.
    """

    label = "VAE-STN"

    def __init__(
        self,
        latent: int = 80,
        steps: int = 40,
        hidden: int = 400,
        location: int = 100,
        glimpse: int = 15,
    ):
        super().__init__()
        if not 0 < location < hidden:
            raise ValueError(
                f"VaeStn: location={location} units must be fewer than hidden={hidden}; "
                "the rest draws the patch"
            )
        self.steps, self.location, self.glimpse = steps, location, glimpse
        self.noise_shape = (steps, latent)
        seen = hidden + 3 * glimpse**2
        self.mean = mlp(seen, 512, 128, latent)
        self.log_variance = mlp(seen, 512, 128, latent)
        self.recurrence = nn.LSTMCell(latent + glimpse**2, hidden)
        self.patch = mlp(hidden - location, 200, glimpse**2)
        self.where = mlp(location, 64, 32, 6)
        window = self.where[-1]
        assert isinstance(window, nn.Linear)
        nn.init.zeros_(window.weight)
        with torch.no_grad():
            window.bias.copy_(self._identity(window.bias))

    @staticmethod
    def _identity(like: Tensor) -> Tensor:
        return torch.eye(2, 3, device=like.device, dtype=like.dtype).view(6)

    def _start(self, exemplar: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the empty canvas, the state (h, c) and the window that sees everything."""
        rows = len(exemplar)
        state = exemplar.new_zeros(rows, self.recurrence.hidden_size)
        return torch.zeros_like(exemplar), state, state, self._identity(exemplar).expand(rows, 6)

    def _draw_on(self, canvas: Tensor, h: Tensor, theta: Tensor) -> Tensor:
        patch = self.patch(h[:, self.location :]).view(-1, 1, self.glimpse, self.glimpse)
        return canvas + write(patch, theta, canvas.shape[-1])

    def _advance(self, z: Tensor, seen: Tensor, h: Tensor, c: Tensor):
        h, c = self.recurrence(torch.cat([z, seen], 1), (h, c))
        return h, c, self.where(h[:, : self.location])

    def forward(self, x: Tensor, exemplar: Tensor) -> tuple[Tensor, Tensor]:
        """Draw `x` again from latents inferred from it, given its `exemplar`; both (B, 1, H, W).

        Returns the logits of the canvas (B, 1, H, W) and KL(q || N(0, I)) summed over steps and
        dimensions (B,), float32, in nats.
        """
        canvas, h, c, theta = self._start(exemplar)
        kl = x.new_zeros(len(x), dtype=torch.float32)
        for _ in range(self.steps):
            views = torch.cat([x - canvas.sigmoid(), x, exemplar], 1)
            glimpses = read(views, theta, self.glimpse).flatten(2)
            known = torch.cat([h, glimpses.flatten(1)], 1)
            mean, log_variance = self.mean(known).float(), self.log_variance(known).float()
            kl = kl + 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
            z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            canvas = self._draw_on(canvas, h, theta)
            h, c, theta = self._advance(z, glimpses[:, 2], h, c)
        return canvas, kl

    def decode(self, known: Tensor, z: Tensor) -> Tensor:
        """Return drawings (B, 1, H, W) in [0, 1] of exemplars and latents (B, steps, latent)."""
        canvas, h, c, theta = self._start(known)
        for latent in z.unbind(1):
            seen = read(known, theta, self.glimpse).flatten(1)
            canvas = self._draw_on(canvas, h, theta)
            h, c, theta = self._advance(latent, seen, h, c)
        return canvas.sigmoid()
