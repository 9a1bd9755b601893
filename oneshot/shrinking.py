"""Weights that ship, in eight bits where no score notices.

What is asked is the scores: a model draws and is judged again with the weights it would have, on
validation concepts, because test concepts choose nothing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from oneshot import systems
from oneshot.evaluations import transfer
from oneshot.metrics.intervals import Interval
from oneshot.recipes import presets
from oneshot.recipes.base import Artefact, Made, Recipe, from_json
from oneshot.recipes.latent import Autoencoder, LatentDiffusion
from oneshot.recipes.probes import Probes
from oneshot.recipes.results import Samples
from oneshot.recipes.together import ANY
from oneshot.store import Store
from oneshot.training.checkpoint import read_tensors
from oneshot.training.eight_bits import restored, shrunk
from oneshot.zoo import HEADLINE, ZooError, entries, put, show, writable

PROBED = ("error", "linear", "one_shot")
"""What is measured of an autoencoder: `recipes.probes.Probes`."""
MOVED = 0.1
"""The most that eight bits may move a score, in widths of its interval."""


def shrink(name: str, store: Store | None = None) -> dict[str, float]:
    """Store a model of the zoo in eight bits, unless that moves a score; return the moves.

    A move is that of a score, in units of the width of its interval, on validation concepts: of a
    system, on all that it carries over to if it learned all data sets; of an autoencoder, of its
    latents, and of the system that ships and draws with it. Raises ZooError, and changes nothing,
    when one is more than `MOVED`, or for what is neither.
    """
    store = writable(store)
    path = store.zoo / f"{name}.safetensors"
    metadata = show(name, store)
    about, recipe = metadata["zoo"], from_json(metadata["recipe"])
    if about["system"] not in (*systems.SYSTEMS, "autoencoder"):
        raise ZooError(f"{name} is no model that draws, and has no scores that could move")
    eight = shrunk(read_tensors(path)[0])
    other = _Instead(store)
    other.put(recipe, recipe.load(other, cast(Artefact, Made(restored(eight), {}))))
    before, after = (dict(_scores(recipe, about, home)) for home in (_Instead(store), other))
    moves = {
        score: abs(after[score].value - was.value) / max(was.high - was.low, 1e-9)
        for score, was in before.items()
    }
    if max(moves.values()) > MOVED:
        worst = max(moves, key=lambda score: moves[score])
        raise ZooError(
            f"{name} stays as it is: in eight bits {worst} moves by {moves[worst]:.2f} of its "
            f"interval, more than {MOVED}"
        )
    put(path, eight, {k: v for k, v in metadata.items() if k not in ("sha256", "licence")})
    return moves


def _scores(
    recipe: Recipe, about: dict[str, Any], home: "_Instead"
) -> Iterator[tuple[str, Interval]]:
    if about["system"] == "autoencoder":
        probes = home.measured(Probes(cast(Autoencoder, recipe)))
        yield from ((probe, probes[probe]) for probe in PROBED)
        for entry in entries(home.store):
            uses = from_json(show(entry.name, home.store)["recipe"])
            if isinstance(uses, LatentDiffusion) and uses.autoencoder == recipe:
                yield from _scores(uses, show(entry.name, home.store)["zoo"], home)
    elif about["dataset"] == ANY:
        for drawn in transfer.HOMES:
            row = transfer.validated(about["system"], ANY, drawn, recipe, home)
            yield f"originality of {drawn}", row.originality
            yield f"recognizability of {drawn}", row.recognizability
    else:
        count = presets.variations(about["dataset"], about["preset"])
        drawn = Samples(recipe, "validation", count)
        scores = home.measured(presets.scores(drawn), of=drawn)
        yield from ((score, value) for score in HEADLINE if (value := getattr(scores, score)))


class _Instead:
    """The store, with some artefacts in place of its own."""

    def __init__(self, store: Store):
        self.store, self.device = store, store.device
        self.own: dict[str, Any] = {}

    def put(self, recipe: Recipe, loaded: Any) -> None:
        self.own[recipe.key] = loaded

    def get(self, recipe: Recipe) -> Any:
        if recipe.key in self.own:
            return self.own[recipe.key]
        if self.own and isinstance(recipe, LatentDiffusion):  # its autoencoder is another
            return recipe.load(self, Artefact(self.store.find(recipe) or self.store.path(recipe)))
        return self.store.get(recipe)

    def measured(self, recipe: Recipe, of: Recipe | None = None) -> Any:
        """Return what the store has, or what is measured on what is here in place of its own."""
        if not self.own:
            return self.store.get(recipe)
        if of:
            self.put(of, of.load(self, cast(Artefact, of.make(self, Path()))))
        return recipe.load(self, cast(Artefact, recipe.make(self, Path())))
