"""The regularized autoencoder of drawings: convolutions around a small vector."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CODES, WORD = 512, 4  # entries of the codebook and their size
BOTTLENECKS = ("plain", "gaussian", "quantized")


@dataclass(frozen=True)
class Encoding:
    """What an encoder says of N drawings.

    `z` (N, d) is what the decoder and the diffusion see; `mean` (N, d) is the output of the
    network that `z` was made from. They differ when the bottleneck samples (then `logvar` is its
    log variance) or quantizes (then `codes` are the chosen entries of the codebook, as one vector).
    """

    z: Tensor
    mean: Tensor
    logvar: Tensor | None = None
    codes: Tensor | None = None


class Bottleneck(nn.Module):
    """Features to a latent vector: as it is, sampled from a Gaussian, or made of code words.

    In evaluation mode nothing is sampled: a Gaussian bottleneck gives its mean.
    """

    def __init__(self, features: int, latent: int, kind: str):
        super().__init__()
        if kind not in BOTTLENECKS:
            raise ValueError(f"unknown bottleneck {kind!r}: use one of {BOTTLENECKS}")
        if kind == "quantized" and latent % WORD:
            raise ValueError(f"a quantized latent is made of words of {WORD}, so not of {latent}")
        self.kind = kind
        self.mean = nn.Linear(features, latent)
        self.logvar = nn.Linear(features, latent) if kind == "gaussian" else None
        self.codebook = None
        if kind == "quantized":
            self.codebook = nn.Parameter(torch.empty(CODES, WORD).uniform_(-1 / CODES, 1 / CODES))

    def forward(self, features: Tensor) -> Encoding:
        mean = self.mean(features).float()
        if self.logvar is not None:
            logvar = self.logvar(features).float()
            noise = torch.exp(logvar / 2) * torch.randn_like(mean) if self.training else 0
            return Encoding(mean + noise, mean, logvar=logvar)
        if self.codebook is not None:
            codes = self.nearest(mean)
            return Encoding(mean + (codes - mean).detach(), mean, codes=codes)
        return Encoding(mean, mean)

    def nearest(self, z: Tensor) -> Tensor:
        """Replace each word of `z` (N, d) by the nearest entry of the codebook, if there is one."""
        if self.codebook is None:
            return z
        words, codebook = z.detach().unflatten(1, (-1, WORD)), self.codebook.float()
        return codebook[_nearest(words, codebook)].flatten(1)

    @torch.no_grad()
    def revive(self, z: Tensor) -> int:
        """Move entries of the codebook that no word of `z` (N, d) is nearest to, onto such words.

        The published codebook starts within 1/512 of zero, where a few entries soon win all words
        and the rest never learn. Returns how many entries moved, 0 where there is no codebook.
        """
        if self.codebook is None:
            return 0
        words = z.unflatten(1, (-1, WORD)).flatten(0, 1).float()
        idle = torch.ones(CODES, dtype=torch.bool, device=z.device)
        idle[_nearest(words, self.codebook.float())] = False
        moved = int(idle.sum())
        self.codebook[idle] = words[torch.randint(len(words), (moved,), device=z.device)]
        return moved


def _nearest(words: Tensor, codebook: Tensor) -> Tensor:
    return torch.cdist(words, codebook.detach()).argmin(-1)


class VectorAutoencoder(nn.Module):
    """Drawings to vectors and back: an `encoder`, a `bottleneck` and a `decoder` to logits."""

    latent: int
    encoder: nn.Module
    bottleneck: Bottleneck
    decoder: nn.Module

    def forward(self, x: Tensor) -> Encoding:
        """Encode drawings (N, 1, 48, 48) and keep all that the bottleneck knows."""
        return self.bottleneck(self.encoder(x))

    def encode(self, x: Tensor) -> Tensor:
        """Return the latents (N, latent) of drawings (N, 1, 48, 48)."""
        return self(x).z

    def decode(self, z: Tensor) -> Tensor:
        """Return the drawings (N, 1, 48, 48), float32 in [0, 1], of latents (N, latent)."""
        return self.decoder(z).float().sigmoid()


class Autoencoder(VectorAutoencoder):
    """The published autoencoder: four strided convolutions down to a vector, and back.

    1,082,945 parameters at a latent size of 128 and 714,241 at 64 with the plain bottleneck, for
    drawings (N, 1, 48, 48) in [0, 1]. "gaussian" adds a head for the log variance, "quantized" a
    codebook of 512 words of size 4. Boutin et al., *Latent Representation Matters* (NeurIPS 2024),
    table 1.
    """

    def __init__(self, latent: int = 128, bottleneck: str = "plain"):
        super().__init__()
        self.latent = latent
        self.encoder = nn.Sequential(
            *_halve(1, 16),
            *_halve(16, 32),
            *_halve(32, 64, padding=2),
            *_halve(64, 128),
            nn.Flatten(),
        )
        self.bottleneck = Bottleneck(128 * 3 * 3, latent, bottleneck)
        self.decoder = nn.Sequential(
            nn.Linear(latent, 128 * 6 * 6, bias=False),
            nn.Unflatten(1, (128, 6, 6)),
            nn.BatchNorm2d(128),
            nn.ReLU(inplace=True),
            *_double(128, 64),
            *_double(64, 32),
            *_double(32, 16),
            nn.ZeroPad2d((0, 1, 0, 1)),
            nn.Conv2d(16, 1, 4, padding=1),
        )


def _halve(inputs: int, outputs: int, padding: int = 1) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 4, stride=2, padding=padding, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)


def _double(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
