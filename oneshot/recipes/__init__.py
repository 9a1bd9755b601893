"""Recipes: what can be made, each with everything it is made from."""

from oneshot.recipes.base import Recipe, from_json
from oneshot.recipes.data import Concepts, Drawings, OriginalityCritic, RecognitionCritic
from oneshot.training.loop import Plan

__all__ = [
    "Concepts",
    "Drawings",
    "OriginalityCritic",
    "Plan",
    "Recipe",
    "RecognitionCritic",
    "from_json",
]
