"""The systems that draw: one row each, with its name, its looks, its recipe and its variants.

What a system is called on a page, how it is drawn in a figure and what makes it stand here and
nowhere else, so that a new one is a row of `SYSTEMS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from oneshot.recipes import presets
from oneshot.recipes.base import Recipe
from oneshot.recipes.results import Human, Samples

HUMAN = "human"


@dataclass(frozen=True)
class System:
    """One system.

    `recipe(dataset, preset)` gives what makes it. `variants` maps fields of that recipe to the
    values, besides its own, at which it may be trained. `marker` is one of Matplotlib's.
    """

    name: str
    label: str
    colour: str
    marker: str
    recipe: Callable[[str, str], Recipe]
    variants: Mapping[str, Sequence[float]] = field(default_factory=dict)


PEOPLE = System(HUMAN, "human", "#181a22", "*", presets.human)
"""The data set's own drawings, beside which every system is shown."""

_VAE = {"beta": (0.25, 0.5, 2.0, 4.0)}
SYSTEMS: Mapping[str, System] = {
    row.name: row
    for row in (
        System("ldm", "LDM", "#26727a", "D", presets.latent_diffusion),
        System("cfgdm", "CFGDM", "#b04a16", "o", presets.pixel_diffusion),
        System("ddpm", "DDPM", "#e08a4c", "o", partial(presets.pixel_diffusion, dropout=0.0)),
        System("fsdm", "FSDM", "#8f7214", "o", presets.set_diffusion),
        System("vae-stn", "VAE-STN", "#5f4b8b", "s", presets.vae_stn, _VAE),
        System(
            "vae-ns",
            "VAE-NS",
            "#a99ac9",
            "s",
            presets.neural_statistician,
            _VAE | {"set_size": (2, 10)},
        ),
        System("da-gan-un", "DA-GAN-UN", "#3f7032", "^", presets.da_gan, {"as_released": (1,)}),
        System(
            "da-gan-rn",
            "DA-GAN-RN",
            "#8fb37c",
            "^",
            partial(presets.da_gan, skips=False),
            {"as_released": (1,)},
        ),
    )
}
"""The generative systems, by name: circles are pixel diffusion, squares VAEs, triangles GANs."""
OTHER = ("0.4", "o")
"""Colour and marker of a model that has no row here: a user's own."""


def find(name: str) -> System:
    """Return the row of a generative system; raise ValueError naming the known ones."""
    if name not in SYSTEMS:
        raise ValueError(f"unknown system {name!r}; known: {HUMAN}, {', '.join(SYSTEMS)}")
    return SYSTEMS[name]


def label(name: str) -> str:
    """Return what a system is called on a page, as the papers write it; else its name."""
    return _rows()[name].label if name in _rows() else name


def looks(name: str) -> tuple[str, str]:
    """Return the colour and the marker of a system in figures."""
    row = _rows().get(name)
    return (row.colour, row.marker) if row else OTHER


def variants(name: str) -> Mapping[str, Sequence[float]]:
    """Return the fields that a system may vary and their values; none of people."""
    return _rows()[name].variants if name in _rows() else {}


def recipe(name: str, dataset: str, preset: str = "laptop") -> Recipe:
    """Return the recipe of a generative system; raise ValueError naming the known ones."""
    return find(name).recipe(dataset, preset)


def samples(
    name: str,
    dataset: str,
    preset: str = "laptop",
    *,
    guidance: float | None = None,
    split: str = "test",
) -> Samples | Human:
    """Return the drawings of a system, or of humans, of the concepts of a split."""
    if name == HUMAN:
        return presets.human(dataset, preset, split)
    model = recipe(name, dataset, preset)
    return Samples(model, split, presets.variations(dataset, preset), guidance)


def named_model(name: str, dataset: str, preset: str = "laptop") -> Recipe:
    """Return the recipe of a model by the name that a page gives it.

    It is a system, such as "ldm", or how the latents of one are regularized: "barlow:30",
    "barlow:30+prototype:100", or "none". Raises ValueError for another name.
    """
    if name in SYSTEMS:
        return recipe(name, dataset, preset)
    terms = [] if name == "none" else [term.partition(":") for term in name.split("+")]
    try:
        weights = {regularizer: float(beta) for regularizer, _, beta in terms}
        return presets.latent_diffusion(dataset, preset, weights)
    except (KeyError, ValueError) as error:
        known = ", ".join(SYSTEMS)
        raise ValueError(
            f"no model is called {name!r} ({error}); expected {known}, none, or regularizers with "
            "their beta such as barlow:30+prototype:100"
        ) from None


def _rows() -> Mapping[str, System]:
    return {HUMAN: PEOPLE, **SYSTEMS}
