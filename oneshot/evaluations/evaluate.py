"""Evaluating a system: which recipes that takes, and the record of it.

Nothing is trained here: what has not been trained is not evaluated.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from oneshot import systems
from oneshot.drawings.sources import resolved
from oneshot.evaluations import measure
from oneshot.evaluations.record import HUMAN, Record, betas
from oneshot.evaluations.samples import KINDS, Shown
from oneshot.metrics.paired import ORIGINALITY_PLANE
from oneshot.recipes import presets
from oneshot.recipes.base import Recipe
from oneshot.recipes.beyond import Beyond
from oneshot.recipes.data import Concepts, RecognitionCritic
from oneshot.recipes.latent import LatentDiffusion
from oneshot.recipes.probes import Probes
from oneshot.recipes.published_split import PublishedSplit
from oneshot.recipes.results import Human, Samples, Scores
from oneshot.store import Store
from oneshot.training.precision import Precision

SCORED = {"scores": "test", "validation": "validation"}
"""Parts of an evaluation that are scores, and the split whose drawings they judge."""
RECONSTRUCTION = ("error", "blank", "explained")
"""What `recipes.Probes` says of reconstructions."""


@dataclass(frozen=True)
class Evaluation:
    """A system to evaluate; the fields are those of the identity of its `Record`.

    `changes` are pairs of those settings that are other than the system's own; what is None is the
    system's own as well. With `chosen`, it is scored on validation concepts, too, and its latents
    are probed, so that one run may be chosen of many.
    """

    dataset: str
    size: str
    system: str
    changes: tuple[tuple[str, Any], ...] = ()
    split: str = "category"
    critics: str = "own"
    guidance: float | None = None
    sampler: str | None = None
    sampler_steps: int | None = None
    variations: int | None = None
    seed: int = 0
    chosen: bool = False

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings of the record."""
        own = own_settings(self.system, self.dataset, self.size)
        changes = dict(self.changes)
        if "regularizer" in changes:  # another one has no beta but what is said of it
            return changes
        return own | {name: float(value) for name, value in changes.items()}

    @cached_property
    def concepts(self) -> Concepts | PublishedSplit:
        """The concepts, divided as asked."""
        concepts = presets.concepts(self.dataset, self.size)
        return PublishedSplit(concepts) if self.split == "published" else concepts

    @cached_property
    def critic(self) -> RecognitionCritic:
        """The critic of recognizability, trained on the same division of the concepts."""
        critic = presets.recognition_critic(self.dataset, self.size)
        return replace(critic, concepts=self.concepts)

    @cached_property
    def model(self) -> Recipe | None:
        """The recipe of the model, whose trainings are all seeded by `seed`; None for people."""
        if self.system == HUMAN:
            return None
        if "regularizer" not in self.settings:
            own = systems.recipe(self.system, self.dataset, self.size)
            return self._placed(varied(own, dict(self.changes)))
        model = presets.latent_diffusion(self.dataset, self.size, betas(self.settings))
        codes = model.autoencoder
        if self.settings["regularizer"] == "augmentation":
            codes = replace(codes, augment="view")
        plan = replace(model.plan, seed=self.seed)
        return replace(model, autoencoder=self._placed(codes), plan=plan)

    def _placed(self, recipe: Any) -> Any:
        if recipe.ephemeral:  # a null is not trained
            return replace(recipe, concepts=self.concepts)
        return replace(recipe, concepts=self.concepts, plan=replace(recipe.plan, seed=self.seed))

    @cached_property
    def drawn(self) -> Samples | Human:
        """The recipe of the drawings of all test concepts."""
        return self._drawn("test")

    def _drawn(self, split: str) -> Samples | Human:
        count = self.variations or systems.variations(self.system, self.dataset, self.size)
        if self.model is None:
            return Human(self.concepts, split, count)
        way = {"guidance": self.guidance, "sampler": self.sampler, "steps": self.sampler_steps}
        return Samples(self.model, split, count, **way, seed=self.seed)

    @cached_property
    def parts(self) -> dict[str, Recipe]:
        """The recipes by name, upstream first."""
        found: dict[str, Recipe] = {}
        if self.chosen and isinstance(self.model, LatentDiffusion):
            codes = self.model.autoencoder
            found |= {"autoencoder": codes, "probes": Probes(codes)}
        if self.model is not None:
            found["model"] = self.model
        found |= {"samples": self.drawn, "scores": self.scores}
        if self.chosen:
            found["validation"] = self._scored(self._drawn("validation"))
        return found

    @cached_property
    def scores(self) -> Scores:
        """The recipe of the scores of these drawings."""
        return self._scored(self.drawn)

    def _scored(self, drawn: Samples | Human) -> Scores:
        if self.critics == "own":
            return Scores(drawn, self.concepts.critic, self.critic)
        return presets.scores(drawn, self.critics)

    @cached_property
    def beyond(self) -> Beyond:
        """The recipe of the scores that see more: of half as many drawings as models are asked for.

        Recognized by the second critic, whoever else judges.
        """
        half = presets.variations(self.dataset, self.size) // 2
        second = presets.second_critic(self.dataset, self.size)
        return Beyond(self.drawn, half, self.concepts.critic, second)

    @property
    def of_people(self) -> bool:
        """Whether what is drawn was drawn by people: their drawings do not ship, bent or not."""
        return self.model is None or self.model.ephemeral

    @property
    def wanted(self) -> list[Recipe]:
        """The artefacts that make a record; all others are only on the way to them."""
        return [self.parts[name] for name in ("probes", *SCORED) if name in self.parts]

    @cached_property
    def keys(self) -> dict[str, str]:
        """The parts and the keys of their recipes."""
        return {name: recipe.key for name, recipe in self.parts.items()}

    @property
    def identity(self) -> dict[str, Any]:
        """The identity of the record, by name."""
        way = {
            "guidance": getattr(self.drawn, "guidance", None),
            "sampler": getattr(self.drawn, "sampler", None),
            "sampler_steps": getattr(self.drawn, "steps", None),
            "variations": self.drawn.variations,
        }
        size = presets.judged(self.size) if self.model is None else self.size
        place = {"dataset": resolved(self.dataset), "size": size, "split": self.split}
        judged = {"critics": self.critics, "system": self.system, "settings": self.settings}
        return place | judged | way | {"seed": self.seed}

    @property
    def changed(self) -> tuple[str, ...]:
        """The parts of the identity that are other than the system's own; see `Record`."""
        return changed(self.identity)

    @property
    def name(self) -> str:
        """What the evaluation is called in a log."""
        ways = ("guidance", "sampler", "sampler_steps")
        told = [f"{k} {v}" for k, v in self.changes]
        told += [f"{k} {v}" for k in ways if (v := getattr(self, k)) is not None]
        told += [f"seed {self.seed}"] * bool(self.seed)
        told += [f"{self.critics} critics"] * (self.critics != "own")
        return " ".join([self.dataset, ", ".join([self.system, *told])])

    def untrained(self, store: Store) -> str:
        """Return the name of what draws or judges and is not trained, here or in the zoo; or ""."""
        if not all(store.find(recipe) for recipe in trainings(self.model)):
            return self.system
        judges = self.scores.originality, self.scores.recognition
        if all(judge.ephemeral or store.find(judge) for judge in judges):
            return ""
        return {"seed": "critics of seed 1", "vit": "second_critic"}.get(self.critics, "critics")

    def of(self, record: Record) -> bool:
        """Whether a record knows all of this evaluation, by recipes of today."""
        return self.keys.items() <= record.recipes.items()

    def record(self, store: Store, timed: bool = False) -> Record:
        """Draw, score and return the record; with `timed`, of the time of a drawing as well."""
        scores = store.get(self.scores)
        people = self.model is None
        found = measure.record(
            scores,
            store.get(self.drawn).drawings if self._drawings_there(store) else None,
            # people may have drawn less than was asked for
            **self.identity | ({"variations": scores.variations} if people else {}),
            changed=self.changed,
            recipes=self.keys | self._own_drawings(),
        )
        return replace(found, **self._chosen(store), **({} if people else self._cost(store, timed)))

    def beyond_the_plane(self, record: Record, store: Store) -> Record:
        """Return a record of this evaluation with what the scores that see more are made from.

        What it knew of them stands no longer; the scale that its scores are in stays.
        """
        scale = {"scale": record.per_concept["scale"]}
        return replace(
            record,
            per_concept=record.per_concept | store.get(self.beyond) | scale,
            recipes=record.recipes | {"beyond": self.beyond.key},
        )

    def _own_drawings(self) -> dict[str, str]:
        """Return the key of the drawings where they are one's own, by which they are told apart."""
        drawings = self.concepts.drawings
        return {"drawings": drawings.key} if drawings.fingerprint else {}

    def _drawings_there(self, store: Store) -> bool:
        return self.drawn.ephemeral or store.find(self.drawn) is not None

    def _chosen(self, store: Store) -> dict[str, Any]:
        if not self.chosen:
            return {}
        scores = store.get(self.parts["validation"])
        told = {name: getattr(scores, name).value for name in ORIGINALITY_PLANE}
        probes = dict(store.get(self.parts["probes"])) if "probes" in self.parts else {}
        latents = {name: probes.pop(name) for name in RECONSTRUCTION if name in probes}
        return {"validation": told, "probes": probes, "reconstruction": latents}

    def _cost(self, store: Store, timed: bool) -> dict[str, Any]:
        there = {network(r): r for r in trainings(self.model) if store.find(r)}
        cards = {name: store.metadata(recipe)["card"] for name, recipe in there.items()}
        drawing = {"precision": store.metadata(self.drawn)["card"]["precision"]}
        if timed and self.model and isinstance(self.drawn, Samples):
            model, precision = store.get(self.model), Precision("bf16" in drawing["precision"])
            drawing |= measure.time_drawing(model, self.drawn.options, precision, store.device)
        counts = [card["parameters"] for card in cards.values() if "parameters" in card]
        return {
            "parameters": sum(counts) or None,
            "training": measure.training(cards),
            "drawing": drawing,
        }

    def shown(self, store: Store, kind: str) -> Shown | None:
        """Return drawings to keep for a kind of figure; None where there are none to keep.

        Of people and of nulls only those of the embedded data set may be kept.
        """
        kept = not self.of_people or (kind, self.dataset) == ("spread", "glyphs")
        if not kept or not self._drawings_there(store):
            return None
        drawn, critic = store.get(self.drawn), store.get(self.scores.originality)
        judged = critic, self.concepts.threshold, store.get(self.scores).normaliser
        return measure.sample(drawn, *judged, *KINDS[kind], spread=kind == "spread")


def changed(one: Record | Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parts of an identity that are other than those of its system by itself, today.

    What is asked is the identity of a `Record`, or a record: no recipe of its own is made again.
    """
    if one["system"] == HUMAN:
        return ()
    own = Evaluation(one["dataset"], one["size"], one["system"]).identity
    settings, usual = one["settings"], own["settings"]
    other = [f"settings.{k}" for k in {*usual, *settings} if usual.get(k) != settings.get(k)]
    ways = ("guidance", "sampler", "sampler_steps", "variations", "seed")
    return tuple(sorted([*other, *(name for name in ways if own[name] != one[name])]))


def own_settings(system: str, dataset: str, size: str) -> dict[str, Any]:
    """Return the settings of a system as it is by itself, as in `Record.settings`."""
    if system == HUMAN:
        return {}
    recipe = systems.recipe(system, dataset, size)
    if isinstance(recipe, LatentDiffusion):
        return regularized(recipe.autoencoder.betas)
    return {name: float(getattr(recipe, name)) for name in systems.variants(system)}


def regularized(regularizers: Mapping[str, float]) -> dict[str, Any]:
    """Return regularizers and their betas as `Record.settings` has them.

    Of several, the beta of the prototype is the one that varies.
    """
    weights = dict(regularizers)
    if not weights:
        return {"regularizer": "none"}
    names = sorted(weights)
    first = "prototype" if len(names) > 1 and "prototype" in names else names[0]
    others = {f"beta_{name}": float(weights[name]) for name in names if name != first}
    return {"regularizer": "+".join(names), "beta": float(weights[first])} | others


def varied(recipe: Recipe, changes: Mapping[str, float | str]) -> Recipe:
    """Return a recipe with other values of some fields, each in the type of the field's own.

    Raises ValueError for a field that the recipe does not have, or a value that is not of its type.
    """
    for name in changes:
        if not isinstance(getattr(recipe, name, None), int | float):
            known = [k for k, v in vars(recipe).items() if isinstance(v, int | float)]
            raise ValueError(
                f"{type(recipe).__name__} has no number {name!r}; it has {', '.join(known)}"
            )
    return replace(recipe, **{k: _like(getattr(recipe, k), k, v) for k, v in changes.items()})


def _like(own: bool | int | float, name: str, value: float | str) -> bool | int | float:
    """Return a value in the type of the field's own, or raise ValueError where it has none such."""
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if isinstance(own, float):
        kind, fits = "a number", math.isfinite(found)
    elif isinstance(own, bool):
        kind, fits = "0 or 1", found in (0, 1)
    else:
        kind, fits = "a whole number", found.is_integer()
    if not fits:
        raise ValueError(f"{name} is {kind}, not {value}")
    return type(own)(found)


def trainings(model: Recipe | None) -> list[Recipe]:
    """Return the recipes of the trainings that make up a system, upstream first.

    None of a null and of people.
    """
    if model is None or model.ephemeral:
        return []
    above = (one for one in model.upstream() if not isinstance(one, Concepts | PublishedSplit))
    return [*itertools.chain.from_iterable(map(trainings, above)), model]


def network(recipe: Recipe) -> str:
    """Return what a training is called among those of a system: "autoencoder", "diffusion"..."""
    return {"Autoencoder": "autoencoder", "LatentDiffusion": "diffusion"}.get(
        type(recipe).__name__, "model"
    )


def missing(evaluations: Sequence[Evaluation], store: Store) -> list[Recipe]:
    """Return what has to be made for these: what they share first, and upstream first.

    What is in the store or the zoo is not made again, nor what only it was made from.
    """
    left = [one for one in evaluations if not all(store.find(recipe) for recipe in one.wanted)]
    found: dict[str, Recipe] = {}
    present: set[str] = set()

    def visit(recipe: Recipe) -> None:
        if recipe.key in found or recipe.key in present:
            return
        if not recipe.ephemeral and store.find(recipe):
            present.add(recipe.key)
            return
        for upstream in recipe.upstream():
            visit(upstream)
        if not recipe.ephemeral:
            found[recipe.key] = recipe

    for one in left:
        # drawings and concepts are read again when a model is loaded that was not made here
        for recipe in (one.concepts.drawings, one.concepts):
            visit(recipe)
    for one in left:
        for recipe in one.wanted:
            visit(recipe)
    return list(found.values())
