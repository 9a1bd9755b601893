"""Settings that cannot be are refused when a recipe is written down, in one sentence."""

import math
from dataclasses import replace

import pytest

from oneshot.recipes import CriticMaps, Human, ImportanceMaps, Probes, Samples, presets
from oneshot.recipes.vae_elastic import vae_elastic

PRESET = ("glyphs", "smoke")
CODES = presets.autoencoder(*PRESET)
RECIPES = {
    "originality critic": presets.originality_critic(*PRESET),
    "recognition critic": presets.recognition_critic(*PRESET),
    "autoencoder": CODES,
    "ldm": presets.latent_diffusion(*PRESET),
    "ddpm": presets.pixel_diffusion(*PRESET, dropout=0.0),
    "fsdm": presets.set_diffusion(*PRESET),
    "vae-stn": presets.vae_stn(*PRESET),
    "vae-ns": presets.neural_statistician(*PRESET),
    "vae-elastic": vae_elastic(*PRESET),
    "da-gan": presets.da_gan(*PRESET),
    "drawings": Samples(presets.latent_diffusion(*PRESET)),
    "people": Human(presets.concepts(*PRESET)),
    "probes": Probes(CODES),
    "maps": ImportanceMaps(presets.latent_diffusion(*PRESET), "guided"),
    "critic maps": CriticMaps(
        presets.recognition_critic(*PRESET), presets.concepts(*PRESET), "saliency"
    ),
}


@pytest.mark.parametrize(
    ("name", "field", "value", "message"),
    [
        ("originality critic", "strength", "wild", "'wild'; known: light, normal, strong"),
        ("originality critic", "stem", "flat", "unknown stem 'flat'; known: pooled, strided"),
        ("recognition critic", "network_name", "restnet", "'restnet'; known: conv, patch, resnet"),
        ("recognition critic", "stem", "flat", "unknown stem 'flat'; known: pooled, strided"),
        (
            "recognition critic",
            "augment",
            "wild",
            "'wild'; known: None, normal, light",
        ),
        (
            "recognition critic",
            "classes",
            "wild",
            "classes 'wild'; known: None, class",
        ),
        ("recognition critic", "queries", 0, "queries is a number from 1 up, not 0"),
        ("autoencoder", "network_name", "resnet", "'resnet'; known: published, patch"),
        ("autoencoder", "augment", "wild", "'wild'; known: None, class, gentle, view"),
        ("autoencoder", "regularizers", {"vae": 1}, "unknown regularizer 'vae': use some of"),
        ("autoencoder", "regularizers", {"kl": math.nan}, "beta of 'kl' is a number from 0 up"),
        ("autoencoder", "regularizers", {"kl": -1}, "beta of 'kl' is a number from 0 up, not -1"),
        ("autoencoder", "latent", 0, "latent is a number from 1 up, not 0"),
        ("ldm", "denoiser", "unet", "unknown denoiser 'unet'; known: attention, residual"),
        ("ldm", "schedule", "sqrt", "unknown noise schedule 'sqrt'; known: linear"),
        ("ldm", "augment", None, "unknown augment None; known: class, gentle"),
        ("ldm", "dropout", 1.0, "dropout is a number from 0 to below 1, not 1.0"),
        ("ldm", "copies", -1, "copies is a number from 0 up, not -1"),
        ("ldm", "diffusion_steps", 0, "diffusion_steps is a number from 1 up, not 0"),
        ("ddpm", "network_name", "unet", "unknown network 'unet'; known: patch, published"),
        ("ddpm", "schedule", "sqrt", "unknown noise schedule 'sqrt'; known: linear"),
        ("ddpm", "augment", "wild", "unknown augment 'wild'; known: None, class, gentle"),
        ("fsdm", "conditioning", "none", "unknown conditioning 'none'; known: film, cross"),
        ("fsdm", "pooling", "max", "unknown pooling 'max'; known: mean, cls, none, mean_patch"),
        ("fsdm", "pooling", "mean_patch", "'place' and pooling 'mean_patch' go together"),
        ("fsdm", "dropout", 1.0, "dropout is a number from 0 to below 1, not 1.0"),
        ("fsdm", "set_size", 1, "set_size is a number from 2 up, not 1"),
        ("fsdm", "augment", "wild", "unknown augment 'wild'; known: None, class, gentle"),
        ("vae-stn", "beta", math.inf, "beta is a number from 0 up, not inf"),
        ("vae-stn", "augment", "wild", "unknown augment 'wild'; known: None, class, gentle"),
        ("vae-ns", "network_name", "unet", "unknown network 'unet'; known: patch, published"),
        ("vae-ns", "beta_context", -1, "beta_context is a number from 0 up, not -1"),
        ("vae-ns", "beta", -1, "beta is a number from 0 up, not -1"),
        ("vae-ns", "augment", "wild", "unknown augment 'wild'; known: None, class, gentle"),
        ("vae-elastic", "beta", -1, "beta is a number from 0 up, not -1"),
        ("vae-elastic", "stiffness", math.nan, "stiffness is a number from 0 up, not nan"),
        ("vae-elastic", "latent", 0, "latent is a number from 1 up, not 0"),
        ("vae-elastic", "augment", "wild", "unknown augment 'wild'; known: None, class, gentle"),
        ("da-gan", "drop", 1.5, "drop is a number from 0 to below 1, not 1.5"),
        ("da-gan", "augment", "wild", "unknown augment 'wild'; known: None, class, gentle"),
        ("drawings", "sampler", "nope", "unknown sampler 'nope'; known: ddpm, ddim, dpm_solver_pp"),
        ("drawings", "steps", 5000, "steps is a number from 1 to 1000, as many as this Latent"),
        ("drawings", "steps", 0, "steps is a number from 1 to 1000, as many as this Latent"),
        ("drawings", "split", "tset", "unknown split 'tset'; known: train, validation, test"),
        ("drawings", "variations", 0, "variations is a number from 1 up, not 0"),
        ("people", "split", "tset", "unknown split 'tset'; known: train, validation, test"),
        ("people", "variations", 0, "variations is a number from 1 up, not 0"),
        ("probes", "split", "tset", "unknown split 'tset'; known: train, validation, test"),
        ("probes", "drawings", 0, "drawings is a number from 1 up, not 0"),
        ("maps", "reading", "mind", "unknown reading 'mind'; known: contrast, guided, signed"),
        ("maps", "split", "tset", "unknown split 'tset'; known: train, validation, test, figure"),
        ("critic maps", "method", "guess", "unknown method 'guess'; known: "),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(name, field, value, message):
    with pytest.raises(ValueError) as raised:
        replace(RECIPES[name], **{field: value})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("option", [{"sampler": "ddpm"}, {"steps": 10}])
def test_a_family_without_diffusion_has_no_sampler(option):
    with pytest.raises(ValueError, match="a VaeStn draws at once: leave out sampler and steps"):
        Samples(RECIPES["vae-stn"], **option)


def test_a_preset_with_an_unknown_regularizer_names_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown regularizer 'vae'.*'kl', 'vq', .*'barlow'"):
        presets.autoencoder(*PRESET, {"vae": 1})


def test_a_beta_of_0_is_none_but_can_be():
    assert presets.autoencoder(*PRESET, {"kl": 0}).betas == {"kl": 0.0}
