"""The systems that draw: one row each, with its name, its looks, its recipe and its variants.

What a system is called on a page, how it is drawn in a figure and what makes it stand here and
nowhere else, so that a new one is a row of `SYSTEMS`. Null models have rows in `NULLS`: they learn
nothing, need no weights, and are scored like any system.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from oneshot.drawings.listings import named
from oneshot.drawings.sources import source
from oneshot.recipes import presets, together
from oneshot.recipes.base import Recipe
from oneshot.recipes.nulls import Copy, HumanHalf, OtherConcept, Warp
from oneshot.recipes.results import Human, Samples
from oneshot.recipes.vae_elastic import vae_elastic

HUMAN = "human"


@dataclass(frozen=True)
class System:
    """One system.

    `recipe(dataset, size)` gives what makes it. `variants` maps fields of that recipe to the
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


def _ldm(dataset: str, size: str) -> Recipe:
    if dataset == together.ANY:
        return together.latent_diffusion(size)
    return presets.latent_diffusion(dataset, size)


_VAE = {"beta": (0.25, 0.5, 1.0, 2.0, 4.0)}
SYSTEMS: Mapping[str, System] = {
    row.name: row
    for row in (
        System("ldm", "LDM", "#26727a", "D", _ldm),
        System("cfgdm", "CFGDM", "#b04a16", "o", presets.pixel_diffusion),
        System("ddpm", "DDPM", "#e08a4c", "o", partial(presets.pixel_diffusion, dropout=0.0)),
        System("fsdm", "FSDM", "#8f7214", "o", presets.set_diffusion),
        System(
            "vae-stn", "VAE-STN", "#5f4b8b", "s", presets.vae_stn, _VAE | {"steps": (10, 20, 40)}
        ),
        System(
            "vae-ns",
            "VAE-NS",
            "#a99ac9",
            "s",
            presets.neural_statistician,
            _VAE | {"set_size": (2, 10)},
        ),
        System("vae-elastic", "VAE-Elastic", "#a0308c", "s", vae_elastic),
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
LACKS = {"quickdraw": ("vae-elastic",)}
"""Systems that a data set is without.

What is new cannot be scored beside rows of the first edition of Quick, Draw!, whose concepts depend
on the processor that clusters them (`evaluations.divisions.demand_same`).
"""
WARPED = {"glyphs": 0.1, "omniglot": 0.102, "quickdraw": 0.137, "quickdraw:2": 0.119}
"""Amplitude of the warp by data set or kind of it, as `evaluations.amplitude.amplitude` found it.

Others take that of the embedded data set.
"""


def warped_by(dataset: str) -> float:
    """Return the amplitude of the warp on a data set."""
    return WARPED.get(named(dataset)) or WARPED.get(source(dataset).name, WARPED["glyphs"])


def _warp(dataset: str, size: str) -> Warp:
    return Warp(presets.concepts(dataset, size), warped_by(dataset))


def _null(kind: type[Copy | OtherConcept | HumanHalf]) -> Callable[[str, str], Recipe]:
    return lambda dataset, size: kind(presets.concepts(dataset, size))


NULLS: Mapping[str, System] = {
    row.name: row
    for row in (
        System("copy", "copy", "#9b9b9b", "X", _null(Copy)),
        System("warp", "warp", "#c2185b", "P", _warp, {"amplitude": (0.05, 0.075, 0.15, 0.2)}),
        System("other-concept", "another concept", "#9b9b9b", "v", _null(OtherConcept)),
        System("human-half", "half of people", "#181a22", "d", _null(HumanHalf)),
    )
}
"""What any system has to be told from, by name."""
BY_PEOPLE = ("other-concept", "human-half")
"""Nulls whose drawings are by people."""
ALL: Mapping[str, System] = {HUMAN: PEOPLE, **SYSTEMS, **NULLS}
"""All that has a row, people first."""
OTHER = ("0.4", "o")
"""Colour and marker of a model that has no row here: a user's own."""


def find(name: str) -> System:
    """Return the row of a system or a null; raise ValueError naming the known ones."""
    if name not in ALL or name == HUMAN:
        raise ValueError(f"unknown system {name!r}; known: {', '.join(ALL)}")
    return ALL[name]


def label(name: str) -> str:
    """Return what a system is called on a page, as the papers write it; else its name."""
    return ALL[name].label if name in ALL else name


def looks(name: str) -> tuple[str, str]:
    """Return the colour and the marker of a system in figures."""
    row = ALL.get(name)
    return (row.colour, row.marker) if row else OTHER


def variants(name: str) -> Mapping[str, Sequence[float]]:
    """Return the fields that a system may vary and their values; none of people."""
    return ALL[name].variants if name in ALL else {}


def recipe(name: str, dataset: str, size: str = "laptop") -> Recipe:
    """Return the recipe of a generative system; raise ValueError naming the known ones.

    The data set "any" is all of them together, which only the LDM learns.
    """
    row = find(name)
    if dataset == together.ANY and name != "ldm":
        raise ValueError(f"only the ldm learns {dataset!r}, all data sets together, not {name}")
    return row.recipe(dataset, size)


def variations(name: str, dataset: str, size: str = "laptop") -> int:
    """Return how many drawings of a concept are asked of a system: of half of people half.

    Of nulls that show what people drew no more than there is.
    """
    count, people = presets.variations(dataset, size), source(dataset).people
    most = min(count, people or count)
    return {"other-concept": most, "human-half": most // 2}.get(name, count)


def learners(dataset: str) -> list[str]:
    """Return the systems that are trained on a data set; of all of them together, the LDM."""
    if dataset == together.ANY:
        return ["ldm"]
    lacks = LACKS.get(named(dataset), ())
    return [name for name in SYSTEMS if name not in lacks]


def nulls(dataset: str) -> list[str]:
    """Return the nulls of a data set; those of people only where it is known how much they drew."""
    return [name for name in NULLS if name not in BY_PEOPLE or source(dataset).people]


def samples(
    name: str,
    dataset: str,
    size: str = "laptop",
    *,
    guidance: float | None = None,
) -> Samples | Human:
    """Return the drawings of a system, or of humans, of the test concepts."""
    if name == HUMAN:
        return presets.human(dataset, size)
    model = recipe(name, dataset, size)
    return Samples(model, "test", variations(name, dataset, size), guidance)


def named_model(name: str, dataset: str, size: str = "laptop") -> Recipe:
    """Return the recipe of a model by the name that a page gives it.

    It is a system, such as "ldm", or how the latents of one are regularized: "barlow:30",
    "barlow:30+prototype:100", or "none". Raises ValueError for another name.
    """
    if name in ALL and name != HUMAN:
        return recipe(name, dataset, size)
    terms = [] if name == "none" else [term.partition(":") for term in name.split("+")]
    try:
        weights = {regularizer: float(beta) for regularizer, _, beta in terms}
        return presets.latent_diffusion(dataset, size, weights)
    except (KeyError, ValueError) as error:
        known = ", ".join([*SYSTEMS, *NULLS])
        raise ValueError(
            f"no model is called {name!r} ({error}); expected {known}, none, or regularizers with "
            "their beta such as barlow:30+prototype:100"
        ) from None
