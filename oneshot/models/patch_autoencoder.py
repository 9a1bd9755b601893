"""An autoencoder of drawings that works on patches, to train fast on a laptop."""

from torch import Tensor, nn

from oneshot.models.autoencoder import Bottleneck, VectorAutoencoder

WIDTHS = 48, 96


class PatchAutoencoder(VectorAutoencoder):
    """Convolutions on a page folded into 4x4 patches, down to a vector, and back.

    Same interface as `Autoencoder`: drawings (N, 1, 48, 48) in [0, 1], the same bottlenecks. The
    published network spends most of a step on maps of few channels at 24 and 48 pixels, where a
    processor waits for memory; here the maps are 12 and 6 pixels wide and have more channels.
    """

    def __init__(self, latent: int = 128, bottleneck: str = "plain"):
        super().__init__()
        self.latent = latent
        self.encoder = encoder_layers(*WIDTHS)
        self.bottleneck = Bottleneck(WIDTHS[1] * 6 * 6, latent, bottleneck)
        self.decoder = decoder_layers(latent, *WIDTHS)


def encoder_layers(narrow: int, wide: int, drawings: int = 1) -> nn.Sequential:
    """Return layers from drawings (N, drawings, 48, 48) to `wide` maps of 6 pixels, (N, wide * 36).

    Several drawings are seen together, one above the other.
    """
    return nn.Sequential(
        nn.PixelUnshuffle(4),
        *_activated(nn.Conv2d(16 * drawings, narrow, 3, padding=1)),
        nn.PixelUnshuffle(2),
        *_activated(nn.Conv2d(4 * narrow, wide, 1)),
        Residual(wide),
        nn.Flatten(),
    )


def decoder_layers(size: int, narrow: int, wide: int) -> nn.Sequential:
    """Return layers from a vector (N, size) to the logits (N, 1, 48, 48) of a drawing."""
    return nn.Sequential(
        nn.Linear(size, wide * 6 * 6),
        nn.Unflatten(1, (wide, 6, 6)),
        nn.BatchNorm2d(wide),
        nn.ReLU(inplace=True),
        Residual(wide),
        nn.Conv2d(wide, 4 * narrow, 1),
        nn.PixelShuffle(2),
        nn.BatchNorm2d(narrow),
        nn.ReLU(inplace=True),
        Residual(narrow),
        nn.Conv2d(narrow, 16, 3, padding=1),
        nn.PixelShuffle(4),
    )


class Residual(nn.Module):
    """A 3x3 convolution around which the input passes."""

    def __init__(self, channels: int):
        super().__init__()
        self.change = nn.Sequential(*_activated(nn.Conv2d(channels, channels, 3, padding=1)))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.change(x)


def _activated(convolution: nn.Conv2d) -> tuple[nn.Module, ...]:
    return convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(inplace=True)
