"""One run of a sweep, from its regularizers to its row, and what has to be made for many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from oneshot import results, systems
from oneshot.drawings.sources import root, source
from oneshot.recipes import presets
from oneshot.recipes.base import Recipe
from oneshot.recipes.data import Concepts, RecognitionCritic
from oneshot.recipes.diffusion import PixelDiffusion
from oneshot.recipes.latent import LatentDiffusion
from oneshot.recipes.probes import Probes
from oneshot.recipes.published_split import PublishedSplit
from oneshot.recipes.results import Human, Samples, Scores
from oneshot.results import HUMAN, Row
from oneshot.store import Store

SCORED = {"scores": "test", "validation": "validation"}
"""Parts of a run that are scores, and the split whose drawings they judge."""


@dataclass(frozen=True)
class Run:
    """One point of a sweep; the fields mean what they mean in `results.Row`.

    `split` is "category", or "published" for `recipes.PublishedSplit`. Control "human" stands for
    the drawings of the data set, for which nothing is trained but the critics.
    """

    dataset: str
    preset: str
    regularizers: tuple[tuple[str, float], ...] = ()
    control: str = ""
    seed: int = 0
    guidance: float | None = 1.0
    split: str = "category"

    @property
    def name(self) -> str:
        """What the run is called in a table."""
        return results.describe(dict(self.regularizers), self.control)

    @property
    def identity(self) -> tuple:
        """The identity of the run's row."""
        place = (self.dataset, self.preset, self.split)
        weights = dict(self.regularizers)
        return results.identity(place, weights, self.control, self.guidance, self.seed)

    @cached_property
    def concepts(self) -> Concepts | PublishedSplit:
        """The concepts, divided as the run asks."""
        concepts = presets.concepts(self.dataset, self.preset)
        return PublishedSplit(concepts) if self.split == "published" else concepts

    @cached_property
    def critic(self) -> RecognitionCritic:
        """The critic of recognizability, trained on the same division of the concepts."""
        critic = presets.recognition_critic(self.dataset, self.preset)
        return replace(critic, concepts=self.concepts)

    @cached_property
    def model(self) -> LatentDiffusion | PixelDiffusion:
        """The model, with its autoencoder if it has one; `seed` seeds all trainings."""
        if self.control == "pixels":
            model = systems.recipe("cfgdm", self.dataset, self.preset)
            plan = replace(model.plan, seed=self.seed)
            return replace(model, concepts=self.concepts, plan=plan)
        model = presets.latent_diffusion(self.dataset, self.preset, dict(self.regularizers))
        codes, plan = model.autoencoder, model.plan
        changes = {"augment": "view"} if self.control == "augmentation" else {}
        changes |= {"concepts": self.concepts, "plan": replace(codes.plan, seed=self.seed)}
        codes = replace(codes, **changes)
        return replace(model, autoencoder=codes, plan=replace(plan, seed=self.seed))

    @cached_property
    def parts(self) -> dict[str, Recipe]:
        """The recipes of the run by name, upstream first."""
        if self.control == HUMAN:
            return {name: self._judged(self._human(split)) for name, split in SCORED.items()}
        drawn = {name: self._drawn(split) for name, split in SCORED.items()}
        codes = (
            {}
            if self.control == "pixels"
            else {
                "autoencoder": self.model.autoencoder,
                "probes": Probes(self.model.autoencoder),
            }
        )
        return {
            **codes,
            "diffusion": self.model,
            "samples": drawn["scores"],
            **{name: self._judged(samples) for name, samples in drawn.items()},
        }

    @property
    def wanted(self) -> list[Recipe]:
        """The artefacts that make a row; all others are only on the way to them."""
        return [self.parts[name] for name in ("probes", *SCORED) if name in self.parts]

    @cached_property
    def keys(self) -> dict[str, str]:
        """The parts of the run and the keys of their recipes."""
        return {name: recipe.key for name, recipe in self.parts.items()}

    def row(self, store: Store) -> Row | None:
        """Return the row of a finished run, None when an artefact is missing."""
        if not all(store.find(recipe) for recipe in self.wanted):
            return None
        test, validation = (store.get(self.parts[name]) for name in SCORED)
        probes = dict(store.get(self.parts["probes"])) if "probes" in self.parts else {}
        reconstruction = {k: probes.pop(k) for k in ("error", "blank", "explained") if k in probes}
        trained = {
            name: store.metadata(self.parts[name])["card"]
            for name in ("autoencoder", "diffusion")
            if name in self.parts and store.find(self.parts[name])
        }
        return Row(
            self.dataset,
            self.preset,
            self.split,
            dict(self.regularizers),
            self.control,
            self.seed,
            self.guidance,
            **{name: getattr(test, name) for name in results.SCORES},
            distance_to_human=None,
            validation={k: getattr(validation, k).value for k in results.PLANE},
            bins=test.bins,
            probes=probes,
            reconstruction=reconstruction,
            steps={name: card["steps"] for name, card in trained.items()},
            seconds=sum(card["seconds"] for card in trained.values()),
            per_concept={name: test.per_concept[name] for name in results.PER_CONCEPT},
            recipes=self.keys,
        )

    def _drawn(self, split: str) -> Samples:
        variations = presets.variations(self.dataset, self.preset)
        return Samples(self.model, split, variations, self.guidance, seed=self.seed)

    def _human(self, split: str) -> Human:
        return Human(self.concepts, split, presets.variations(self.dataset, self.preset))

    def _judged(self, drawn: Samples | Human) -> Scores:
        return Scores(drawn, self.concepts.critic, self.critic)


def missing(runs: Iterable[Run], store: Store) -> list[Recipe]:
    """Return what has to be made for these runs: what they share first, and upstream first.

    What is in the store or the zoo is not made again, nor what only it was made from.
    """
    runs = [run for run in runs if not all(store.find(recipe) for recipe in run.wanted)]
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

    for run in runs:
        # drawings and concepts are read again when a model is loaded that was not made here
        for recipe in (run.concepts.drawings, run.concepts):
            visit(recipe)
    for run in runs:
        for recipe in run.wanted:
            visit(recipe)
    return list(found.values())


def check_data(runs: Sequence[Run], store: Store) -> None:
    """Raise DataError when drawings have to be read that are not on this machine."""
    for drawings in {run.concepts.drawings for run in runs}:
        if not store.find(drawings):
            source(drawings.dataset).names(root(drawings.dataset))
