"""The Neural Statistician (VAE-NS): a VAE of sets.

A set of drawings of one concept is summarised by a context c; each drawing has a latent z whose
prior depends on c. One shot is a set of one.

Sources: Edwards and Storkey 2017, *Towards a Neural Statistician* (ICLR), with the sizes of Boutin
et al. 2022, *Diversity vs. Recognizability* (NeurIPS).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from oneshot.models.direct import Direct
from oneshot.models.generator import PageNetwork
from oneshot.models.patch_autoencoder import decoder_layers, encoder_layers


class Gaussian(NamedTuple):
    """A diagonal normal law, float32."""

    mean: Tensor
    log_variance: Tensor

    def at(self, noise: Tensor) -> Tensor:
        """Return the point that standard normal `noise` stands for."""
        return self.mean + (0.5 * self.log_variance).exp() * noise

    def sample(self) -> Tensor:
        """Return one sample, differentiable in the parameters."""
        return self.at(torch.randn_like(self.mean))


def kl_divergence(q: Gaussian, p: Gaussian) -> Tensor:
    """Return KL(q || p) summed over the last dimension, in nats."""
    gap = q.log_variance - p.log_variance
    distance = (q.mean - p.mean) ** 2 / p.log_variance.exp()
    return 0.5 * (gap.exp() + distance - 1 - gap).sum(-1)


def normalised(layer: nn.Module, width: int) -> nn.Sequential:
    """Return `layer` followed by batch normalisation over its `width` channels and ELU."""
    norm = nn.BatchNorm1d if isinstance(layer, nn.Linear) else nn.BatchNorm2d
    return nn.Sequential(layer, norm(width), nn.ELU())


class GaussianHead(nn.Module):
    """A linear layer to the parameters of a normal law, normalised as one channel."""

    def __init__(self, hidden: int, size: int):
        super().__init__()
        self.linear = nn.Linear(hidden, 2 * size)
        self.norm = nn.BatchNorm1d(1)

    def forward(self, x: Tensor) -> Gaussian:
        """Return the law whose parameters (B, size) are read from `x` (B, hidden)."""
        parameters = self.norm(self.linear(x)[:, None])[:, 0]
        return Gaussian(*parameters.float().chunk(2, 1))


class LatentLaw(nn.Module):
    """A normal law of z given any number of vectors: embed, add, one residual block, head."""

    def __init__(self, *sizes: int, latent: int, hidden: int):
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Linear(size, hidden) for size in sizes)
        self.residual = nn.Sequential(
            normalised(nn.Linear(hidden, hidden), hidden),
            normalised(nn.Linear(hidden, hidden), hidden),
            nn.Linear(hidden, hidden),
            nn.BatchNorm1d(hidden),
        )
        # The published layer also embeds the latent of a stochastic layer above. There is none, so
        # this one sees zeros and its weights never learn; they are in the published count.
        self.above = nn.Linear(latent, hidden)
        self.head = GaussianHead(hidden, latent)

    def forward(self, *given: Tensor) -> Gaussian:
        """Return the law of z given vectors (B, sizes[i])."""
        embedded = [embed(x) for embed, x in zip(self.embeddings, given, strict=True)]
        x = nn.functional.elu(sum(embedded) + self.above.bias)
        return self.head(nn.functional.elu(x + self.residual(x)))


class Decoder(nn.Module):
    """Latent z and context c to the logits of a drawing, through `page`, which draws a vector."""

    def __init__(self, latent: int, context: int, hidden: int, page: nn.Module):
        super().__init__()
        self.latent, self.context = nn.Linear(latent, hidden), nn.Linear(context, hidden)
        self.page = page

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        """Return logits (N, 1, side, side) for z (N, latent) and c (N, context)."""
        return self.page(nn.functional.elu(self.latent(z) + self.context(c)))


class SetVae(Direct, PageNetwork):
    """VAE of sets of drawings (B, S, 1, side, side) in [0, 1], with one stochastic layer z.

    `encoder` turns drawings (N, 1, side, side) into features (N, hidden), `page` a vector
    (N, hidden) into the logits of a drawing.
    """

    label = "VAE-NS"

    def __init__(self, encoder: nn.Module, page: nn.Module, latent: int, context: int, hidden: int):
        super().__init__()
        self.noise_shape = (latent,)
        self.encoder = encoder
        self.statistic = nn.Sequential(
            normalised(nn.Linear(hidden, hidden), hidden),
            normalised(nn.Linear(hidden, hidden), hidden),
            GaussianHead(hidden, context),
        )
        self.posterior = LatentLaw(hidden, context, latent=latent, hidden=hidden)
        self.prior = LatentLaw(context, latent=latent, hidden=hidden)
        self.decoder = Decoder(latent, context, hidden, page)

    def encode(self, sets: Tensor) -> tuple[Tensor, Gaussian]:
        """Return the features (B, S, hidden) of sets (B, S, 1, H, W), and q(c | set).

        The set enters by the mean of its features alone, so its order does not matter.
        """
        features = self.encoder(sets.flatten(0, 1)).unflatten(0, sets.shape[:2])
        return features, self.statistic(features.mean(1))

    def forward(self, sets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Draw `sets` (B, S, 1, H, W) again from latents inferred from them.

        Returns logits (B, S, 1, H, W), KL(q(c | set) || N(0, I)) (B,) and the sum over the set of
        KL(q(z | x, c) || p(z | c)) (B,), in nats.
        """
        features, context_law = self.encode(sets)
        standard = Gaussian(*(torch.zeros_like(context_law.mean) for _ in range(2)))
        c = context_law.sample().repeat_interleave(sets.shape[1], 0)
        posterior = self.posterior(features.flatten(0, 1), c)
        kl_z = kl_divergence(posterior, self.prior(c)).view(sets.shape[:2]).sum(1)
        logits = self.decoder(posterior.sample(), c).view(sets.shape)
        return logits, kl_divergence(context_law, standard), kl_z

    def prepare(self, exemplars: Tensor) -> Tensor:
        """Return the mean (C, context) of q(c | {exemplar})."""
        return self.encode(exemplars[:, None])[1].mean

    def decode(self, known: Tensor, z: Tensor) -> Tensor:
        """Return drawings (N, 1, H, W) in [0, 1] of contexts and z ~ p(z | c), N(0, I) moved."""
        return self.decoder(self.prior(known).at(z), known).sigmoid()


class NeuralStatistician(SetVae):
    """The published network: 7,479,623 parameters at `latent` 16 and 50 px.

    The four resolution levels have `widths` channels and `depth` convolutions each.
    Raises ValueError for a side that four doublings cannot reach: see `doublings`.
    """

    def __init__(
        self,
        latent: int = 16,
        context: int = 512,
        side: int = 50,
        widths: Sequence[int] = (32, 64, 128, 256),
        depth: int = 3,
        hidden: int = 256,
    ):
        encoder = halvings(side, widths, depth, hidden)
        page = doublings(side, widths, depth, hidden)
        super().__init__(encoder, page, latent, context, hidden)


class PatchNeuralStatistician(SetVae):
    """The same model of drawings of 48 px, between convolutions on a page folded into patches.

    A step takes a third of the time of that of `NeuralStatistician` with narrow levels, and learns
    more: see `PatchAutoencoder` for why.
    """

    def __init__(
        self,
        latent: int = 16,
        context: int = 512,
        widths: Sequence[int] = (48, 96),
        hidden: int = 256,
    ):
        features = normalised(nn.Linear(widths[1] * 6 * 6, hidden), hidden)
        encoder = nn.Sequential(encoder_layers(*widths), features)
        super().__init__(encoder, decoder_layers(hidden, *widths), latent, context, hidden)


def halvings(side: int, widths: Sequence[int], depth: int, hidden: int) -> nn.Sequential:
    """Return layers from drawings (N, 1, side, side) to (N, hidden); levels end with a stride."""
    layers, before = [], 1
    for width in widths:
        for i in range(depth):
            stride = 2 if i == depth - 1 else 1
            layers.append(normalised(nn.Conv2d(before, width, 3, stride, 1), width))
            before = width
        side = (side + 1) // 2
    head = normalised(nn.Linear(before * side**2, hidden), hidden)
    return nn.Sequential(*layers, nn.Flatten(), head)


def doublings(side: int, widths: Sequence[int], depth: int, hidden: int) -> nn.Sequential:
    """Return layers from a vector (N, hidden) to the logits (N, 1, side, side) of a drawing.

    Four doublings of the coarsest side, ceil(side / 16), overshoot any side that 16 does not
    divide. The last convolutions before the third and the fourth doubling trim the excess: 50 px
    goes 4, 8, 16 to 13, 26 to 25, 50 as published, and 48 px goes 3, 6, 12, 24, 48 untrimmed.
    """
    half, start, before = side // 2, -(-side // 16), widths[-1]
    third = -(-half // 2)
    trims = [0, 0, 4 * start - third, 2 * third - half]
    if side % 2 or (depth == 1 and any(trims)):
        raise ValueError(
            f"NeuralStatistician: side={side} cannot be decoded; use an even side, "
            "or a multiple of 16 when depth is 1"
        )
    layers = [nn.Linear(hidden, before * start**2), nn.Unflatten(1, (before, start, start))]
    for width, trim in zip(reversed(widths), trims, strict=True):
        for i in range(depth - 1):
            shape = (trim + 1, 1, 0) if trim and i == depth - 2 else (3, 1, 1)
            layers.append(normalised(nn.Conv2d(before, width, *shape), width))
            before = width
        layers.append(normalised(nn.ConvTranspose2d(before, width, 2, 2), width))
        before = width
    return nn.Sequential(*layers, nn.Conv2d(before, 1, 1))
