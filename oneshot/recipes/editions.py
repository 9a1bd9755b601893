"""What systems other than the LDM are at size laptop, in two editions.

The second edition is what was learned of how these models draw: `oneshot.sweep.study` measures what
its changes do. In it all families see each pair, or set, of drawings under one random map (augment
"gentle"), as latent diffusion always did. A system takes its second edition for a kind of data in
the commit that ships its weights (`SECOND`); until then nobody is made to train it by surprise.
"""

from dataclasses import replace
from typing import Any

from oneshot.recipes.base import Recipe
from oneshot.recipes.baselines import DaGan, NeuralStatistician, VaeStn
from oneshot.recipes.data import Concepts
from oneshot.recipes.diffusion import PixelDiffusion, SetDiffusion
from oneshot.training.loop import Plan

SECOND: frozenset[tuple[str, str]] = frozenset(
    {(name, "omniglot") for name in ("cfgdm", "ddpm", "fsdm", "vae-ns", "vae-stn")}
    | {("fsdm", "glyphs"), ("fsdm", "quickdraw"), ("vae-ns", "glyphs")}
)
"""(system, kind of data) of which the weights that ship are of the second edition."""

STEPS = {
    1: {
        "cfgdm": {"glyphs": 3000, "omniglot": 9000, "quickdraw": 9000, "folder": 4000},
        "ddpm": {"glyphs": 3000, "omniglot": 9000, "quickdraw": 9000, "folder": 4000},
        "fsdm": {"glyphs": 2000, "omniglot": 6000, "quickdraw": 6000, "folder": 3000},
        "vae-stn": {"glyphs": 1500, "omniglot": 4000, "quickdraw": 4000, "folder": 2000},
        "vae-ns": {"glyphs": 3000, "omniglot": 9000, "quickdraw": 9000, "folder": 4000},
        "da-gan-un": {"glyphs": 3000, "omniglot": 6000, "quickdraw": 6000, "folder": 3000},
        "da-gan-rn": {"glyphs": 3000, "omniglot": 6000, "quickdraw": 6000, "folder": 3000},
    },
    2: {
        "cfgdm": {"glyphs": 4000, "omniglot": 12_000, "quickdraw": 12_000, "folder": 6000},
        "ddpm": {"glyphs": 4000, "omniglot": 12_000, "quickdraw": 12_000, "folder": 6000},
        "fsdm": {"glyphs": 3000, "omniglot": 6000, "quickdraw": 4000, "folder": 4000},
        "vae-stn": {"glyphs": 1500, "omniglot": 4000, "quickdraw": 4000, "folder": 2000},
        "vae-ns": {"glyphs": 9000, "omniglot": 27_000, "quickdraw": 27_000, "folder": 9000},
        "da-gan-un": {"glyphs": 3000, "omniglot": 4500, "quickdraw": 4500, "folder": 3000},
        "da-gan-rn": {"glyphs": 3000, "omniglot": 4500, "quickdraw": 4500, "folder": 3000},
    },
}
"""Training steps at size laptop, by edition, system and kind of data; other kinds as of a folder.

Those of a GAN are turns of the critic and of the generator together.
"""
SYSTEMS = tuple(STEPS[1])
DRAFT = 4  # times fewer steps than at size laptop


def shipped(system: str, kind: str) -> int:
    """Return the edition of a system, 1 or 2, of which weights for a kind of data ship."""
    return 2 if (system, kind) in SECOND else 1


def laptop(
    system: str, kind: str, group: Concepts, *, edition: int | None = None, draft: bool = False
) -> Recipe:
    """Return the recipe of a system at size laptop, in the edition that ships, or at size draft.

    Drafts are of the first edition unless another is asked for: they compare settings.
    Raises ValueError for a system, or an edition of it, that is not known.
    """
    edition = edition or (1 if draft else shipped(system, kind))
    if system not in SYSTEMS or edition not in STEPS:
        raise ValueError(f"no edition {edition} of {system!r}; there are 1 and 2 of {SYSTEMS}")
    lengths = STEPS[edition][system]
    steps = lengths.get(kind, lengths["folder"]) // (DRAFT if draft else 1)
    return (_first if edition == 1 else _second)(system, group, steps)


def _first(system: str, group: Concepts, steps: int) -> Recipe:
    if system in ("cfgdm", "ddpm"):
        dropout = 0.1 if system == "cfgdm" else 0.0
        return PixelDiffusion(group, denoising(steps, 64), dropout, velocity=True)
    if system == "fsdm":
        small: dict[str, Any] = {
            "blocks": 1,
            "patch": 4,
            "attention": (2,),
            "drop": 0.1,
            "velocity": True,
        }
        sizes: dict[str, Any] = {"encoder": (128, 3, 2, 12), "widths": (48, 96, 192)}
        return SetDiffusion(group, denoising(steps, 12), **sizes, **small)
    if system == "vae-stn":
        return VaeStn(group, stepwise(steps), steps=20)
    if system == "vae-ns":
        return NeuralStatistician(group, setting(steps), **PATCHES, half_life=400)
    sizes = PAGES | {"fold": 4, "critic_steps": 1}
    return DaGan(group, adversarial(steps), system == "da-gan-un", **sizes)


def _second(system: str, group: Concepts, steps: int) -> Recipe:
    if system in ("cfgdm", "ddpm"):
        return pixel_diffusion(group, denoising(steps, 64), 0.1 if system == "cfgdm" else 0.0)
    if system == "fsdm":
        return set_diffusion(group, denoising(steps, 32))
    if system == "vae-stn":
        return vae_stn(group, stepwise(steps))
    if system == "vae-ns":
        return neural_statistician(group, setting(steps))
    return da_gan(group, adversarial(steps), skips=system == "da-gan-un")


def pixel_diffusion(group: Concepts, plan: Plan, dropout: float) -> PixelDiffusion:
    """Return CFGDM or DDPM that attends at 6x6 and 3x3, also to its exemplar's own tokens."""
    return PixelDiffusion(
        group, plan, dropout, velocity=True, augment="gentle", attention=(1, 2), tokens=96
    )


def set_diffusion(group: Concepts, plan: Plan) -> SetDiffusion:
    """Return FSDM of which the mean over the set of each patch is put back in its place."""
    return SetDiffusion(
        group,
        plan,
        set_size=2,
        conditioning="place",
        pooling="mean_patch",
        encoder=(128, 3, 2, 8),
        widths=(48, 96, 192),
        blocks=1,
        patch=4,
        attention=(1, 2),
        drop=0.1,
        velocity=True,
        augment="gentle",
        dropout=0.1,
    )


def vae_stn(group: Concepts, plan: Plan) -> VaeStn:
    """Return VAE-STN of which the divergence weighs four times as much.

    With a weight of 1 what it draws from its prior strays further than what it infers; the trials
    "vae-stn-1" and "vae-stn-2" of `sweep.study` are the two in full.
    """
    return VaeStn(group, plan, steps=20, beta=4.0, augment="gentle")


def neural_statistician(group: Concepts, plan: Plan) -> NeuralStatistician:
    """Return VAE-NS with a weight of its own, 0.25, on the divergence of the context."""
    return NeuralStatistician(
        group, plan, **PATCHES, half_life=400, augment="gentle", beta_context=0.25
    )


def da_gan(group: Concepts, plan: Plan, skips: bool) -> DaGan:
    """Return a DA-GAN at half the side, one turn each, of the moving average of its weights.

    Its critic also learns from exemplars of other concepts, and Adam has momentum.
    """
    mean = replace(plan, ema=0.99, betas=(0.5, 0.9))
    return DaGan(
        group, mean, skips, **PAGES, fold=2, critic_steps=1, augment="gentle", mismatched=True
    )


PATCHES = {"widths": (48, 96), "network_name": "patch"}
PAGES = {"latent": 128, "widths": (48, 64), "critic_layers": 2, "critic_hidden": 256, "drop": 0.0}


def denoising(steps: int, batch: int) -> Plan:
    """Return how a laptop trains a denoiser."""
    return Plan(steps, batch, "adamw", 1e-3, weight_decay=0.01, warmup=200, ema=0.999, clip=1.0)


def stepwise(steps: int) -> Plan:
    """Return how a laptop trains VAE-STN."""
    return Plan(steps, 128, lr=1e-3, warmup=100, clip=5.0)


def setting(steps: int) -> Plan:
    """Return how a laptop trains VAE-NS, in batches of 32 sets."""
    return Plan(steps, 32, lr=1e-3, weight_decay=1e-5, clip=5.0)


def adversarial(steps: int) -> Plan:
    """Return how a laptop trains a DA-GAN, in batches of 32 pairs."""
    return Plan(steps, 32, lr=5e-4, betas=(0.0, 0.9), schedule="linear")
