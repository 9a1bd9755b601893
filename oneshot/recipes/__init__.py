"""Recipes: what can be made, each with everything it is made from."""

from importlib import import_module
from pkgutil import iter_modules

from oneshot.recipes import presets
from oneshot.recipes.attribution import CriticMaps, ImportanceMaps
from oneshot.recipes.base import Recipe, from_json
from oneshot.recipes.baselines import DaGan, NeuralStatistician, VaeStn
from oneshot.recipes.data import Concepts, Drawings, OriginalityCritic, RecognitionCritic
from oneshot.recipes.diffusion import PixelDiffusion, SetDiffusion
from oneshot.recipes.latent import Autoencoder, LatentDiffusion
from oneshot.recipes.nulls import Copy, HumanHalf, OtherConcept, Warp
from oneshot.recipes.probes import Probes
from oneshot.recipes.published_split import PublishedSplit
from oneshot.recipes.results import Drawn, Human, ReleasedCritic, Samples, Scores
from oneshot.recipes.rivals import Rivals
from oneshot.recipes.second import SecondCritic
from oneshot.training.loop import Plan

__all__ = [
    "Autoencoder",
    "Concepts",
    "Copy",
    "CriticMaps",
    "DaGan",
    "Drawings",
    "Drawn",
    "Human",
    "HumanHalf",
    "ImportanceMaps",
    "LatentDiffusion",
    "NeuralStatistician",
    "OriginalityCritic",
    "OtherConcept",
    "PixelDiffusion",
    "Plan",
    "Probes",
    "PublishedSplit",
    "Recipe",
    "RecognitionCritic",
    "ReleasedCritic",
    "Rivals",
    "Samples",
    "Scores",
    "SecondCritic",
    "SetDiffusion",
    "VaeStn",
    "Warp",
    "from_json",
    "presets",
]

for _found in iter_modules(__path__):
    # a kind of recipe is known to `from_json` whichever part of the package is in use
    import_module(f"{__name__}.{_found.name}")
