"""Networks of each kind, small enough to run in a moment, whose weights follow the test's seed."""

import torch

from oneshot.models.dagan import DaGan, PairCritic
from oneshot.models.modulated_unet import PatchUNet
from oneshot.models.neural_statistician import NeuralStatistician, PatchNeuralStatistician
from oneshot.models.set_encoder import SetDenoiser, SetEncoder
from oneshot.models.vae_elastic import VaeElastic
from oneshot.models.vae_stn import VaeStn

PATCHES = {"embedding": 16, "widths": (8, 16), "patch": 2, "attention": (1,)}


def count(network):
    """The number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def stirred(network, by=0.1):
    """Move a network past its zero initialisation, where much of it has no influence."""
    for parameter in network.parameters():
        parameter.data.add_(by * torch.randn_like(parameter))
    return network


def vae_stn(**changes):
    sizes = {"latent": 3, "steps": 4, "hidden": 24, "location": 8, "glimpse": 6}
    return VaeStn(**sizes | changes)


def vae_elastic(**changes):
    return VaeElastic(**{"latent": 3, "widths": (4, 6)} | changes)


def neural_statistician(**changes):
    sizes = {"latent": 3, "context": 6, "side": 16, "widths": (4, 4, 6, 8), "hidden": 12}
    return NeuralStatistician(**sizes | changes)


def patch_statistician(side=48):
    assert side == 48
    return PatchNeuralStatistician(latent=3, context=6, widths=(4, 6), hidden=12)


def dagan(**changes):
    sizes = {"latent": 4, "side": 16, "widths": (4, 4, 6), "layers": 2}
    return DaGan(**sizes | changes)


def pair_critic(**changes):
    sizes = {"side": 16, "widths": (4, 4, 6), "layers": 2, "hidden": 8}
    return PairCritic(**sizes | changes)


def patch_unet(**changes):
    return PatchUNet(**PATCHES | changes)


def set_encoder(pooling="mean"):
    return SetEncoder(side=8, patch=4, width=16, depth=1, heads=2, pooling=pooling)


def set_denoiser(conditioning="film", pooling="mean"):
    return SetDenoiser(set_encoder(pooling), conditioning, **PATCHES)
