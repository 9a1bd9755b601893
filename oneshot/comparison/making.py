"""Scoring all systems that have been trained, on test concepts, into the tables of results.

Nothing is trained here, and nothing is scored again unless its recipe has changed.
"""

import itertools
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from oneshot import device as devices
from oneshot import kept, tables
from oneshot.comparison import published, rows
from oneshot.comparison.measuring import bands, ends, grey, milliseconds, sample
from oneshot.comparison.rows import PER_CONCEPT, SCORES, WAYS, Row
from oneshot.drawings.sources import root
from oneshot.kept import Shown
from oneshot.metrics.scoring import Scores as ScoresTable
from oneshot.recipes import presets
from oneshot.recipes.base import Recipe
from oneshot.recipes.data import Concepts
from oneshot.recipes.latent import LatentDiffusion
from oneshot.recipes.results import Drawn, Human, ReleasedCritic, Samples, Scores
from oneshot.results import HUMAN
from oneshot.store import Store, default
from oneshot.systems import SYSTEMS, recipe, variants

DATASETS = ("omniglot", "quickdraw", "glyphs")
STRENGTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0)
"""Guidance of *Diffusion Models as Artists* (ICML 2023), fig. 4."""
SAMPLERS = ("ddpm", "ddim", "dpm_solver_pp")
STEPS = (10, 20, 50, 100, 500)
SPEED_VARIATIONS = {"smoke": 4, "draft": 4, "laptop": 4, "paper": 100}
"""Drawings of a concept for the table of speed, fewer because 500 steps take their time."""
LATENTS_FASTER = 5
"""Times as many by diffusion on latents, which takes its 1000 steps in less than that time."""

KEPT = {"framework": (20, 11), "guidance": (12, 11), "speed": (8, 6)}
"""Concepts, and drawings of each, that are kept of a row."""
KEPT_BITS = 2

log = logging.getLogger("oneshot")


@dataclass(frozen=True)
class Trial:
    """One row to be: a system, and how it differs from what it is by itself.

    `variant` and `way` are pairs of names and values, as in `rows.Row` and `rows.WAYS`.
    """

    table: str
    dataset: str
    preset: str
    system: str
    critics: str = "own"
    variant: tuple[tuple[str, float], ...] = ()
    way: tuple[tuple[str, Any], ...] = ()

    @cached_property
    def model(self) -> Recipe | None:
        """The recipe of the model, None for humans."""
        if self.system == HUMAN:
            return None
        return varied(recipe(self.system, self.dataset, self.preset), dict(self.variant))

    @cached_property
    def drawn(self) -> Samples | Human:
        """The recipe of the drawings of all test concepts."""
        if self.model is None:
            return presets.human(self.dataset, self.preset)
        count = presets.variations(self.dataset, self.preset)
        if self.table == "speed":
            fold = LATENTS_FASTER if isinstance(self.model, LatentDiffusion) else 1
            count = min(count, SPEED_VARIATIONS[self.preset] * fold)
        return Samples(self.model, variations=count, **dict(self.way))

    @cached_property
    def scores(self) -> Scores:
        """The recipe of the scores."""
        return presets.scores(self.drawn, self.critics)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The parts of the trial and the keys of their recipes."""
        parts = {"model": self.model, "samples": self.drawn, "scores": self.scores}
        return {name: recipe.key for name, recipe in parts.items() if recipe is not None}

    @property
    def name(self) -> str:
        """What the trial is called in a log."""
        told = [f"{k} {v}" for k, v in (*self.variant, *self.way)]
        told += [f"{self.critics} critics"] * (self.critics != "own")
        return " ".join([self.dataset, ", ".join([self.system, *told])])

    def trained(self, store: Store) -> bool:
        """Whether all that draws and judges has been trained, here or in the zoo."""
        critics = [self.scores.originality, self.scores.recognition]
        needed = [critic for critic in critics if not critic.ephemeral]
        needed += trainings(self.model) if self.model else []
        return all(store.find(recipe) for recipe in needed)

    def made(self, row: Row) -> bool:
        """Whether a row is of this trial, scored by the same recipe."""
        place = row.dataset, row.preset, row.system, row.critics
        here = self.dataset, self.preset, self.system, self.critics
        return place == here and row.recipes.get("scores") == self.scores.key

    def row(self, store: Store) -> Row:
        """Draw, score and return the row."""
        found: ScoresTable = store.get(self.scores)
        drawn: Drawn = store.get(self.drawn)
        cards = [store.metadata(r)["card"] for r in trainings(self.model)] if self.model else []
        options = {
            name: getattr(self.drawn, name, None) for name in ("guidance", "sampler", "steps")
        }
        return Row(
            self.dataset,
            self.preset,
            self.system,
            self.critics,
            dict(self.variant),
            {name: float(getattr(self.model, name)) for name in variants(self.system)},
            self.drawn.seed,
            **options,
            variations=found.variations,
            **{name: getattr(found, name) for name in SCORES},
            bins=found.bins,
            bands=bands(found),
            density=found.density,
            grey=grey(drawn.drawings),
            parameters=sum(card["parameters"] for card in cards) if cards else None,
            training=_training(cards),
            drawing=self._drawing(store),
            published=published.point(self.dataset, self.system) if not self.variant else None,
            per_concept={name: found.per_concept[name] for name in PER_CONCEPT} | ends(found),
            recipes=self.keys,
        )

    def shown(self, store: Store) -> Shown | None:
        """Return drawings to keep, of humans only those of the embedded data set, which may ship.

        In the framework they stand for all drawings of a concept, the farther from the exemplar
        the later; elsewhere they are the first ones, whose noise is the same in every row.
        """
        if self.model is None and (self.table, self.dataset) != ("framework", "glyphs"):
            return None
        return sample(
            store.get(self.drawn),
            store.get(self.scores.originality),
            self.drawn.concepts.threshold,
            store.get(self.scores).normaliser,
            *KEPT[self.table],
            spread=self.table == "framework",
        )

    def _drawing(self, store: Store) -> dict[str, Any]:
        if self.model is None:
            return {}
        told = {"precision": store.metadata(self.drawn)["card"]["precision"]}
        if self.table == "speed":
            told |= {"milliseconds": milliseconds(self.drawn, told["precision"], store)}
            told |= {"device": devices.describe(store.device)}
        return told


def varied(recipe: Recipe, variant: Mapping[str, float | str]) -> Recipe:
    """Return a recipe with other values of some fields, each in the type of the field's own.

    Raises ValueError for a field that the recipe does not have, or a value that is not of its type.
    """
    for name in variant:
        if not isinstance(getattr(recipe, name, None), int | float):
            known = [k for k, v in vars(recipe).items() if isinstance(v, int | float)]
            raise ValueError(
                f"{type(recipe).__name__} has no number {name!r}; it has {', '.join(known)}"
            )
    return replace(recipe, **{k: _like(getattr(recipe, k), k, v) for k, v in variant.items()})


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


def trainings(model: Recipe) -> list[Recipe]:
    """Return the recipes of the trainings that make up a system, upstream first."""
    above = [r for r in model.upstream() if not isinstance(r, Concepts)]
    return [*(training for recipe in above for training in trainings(recipe)), model]


def trials(
    table: str, dataset: str, preset: str = "laptop", systems: Sequence[str] = ()
) -> list[Trial]:
    """Return the trials of a table in its order, of these systems or of all; humans are first.

    Humans are always there, because no row of a system is shown without them.

    Raises ValueError for a table or a system that is not known.
    """
    if table not in WAYS:
        raise ValueError(f"unknown table {table!r}; known: {', '.join(WAYS)}")
    found = [Trial(table, dataset, preset, HUMAN, critics) for critics in _critics(table, dataset)]
    chosen = list(systems) or list(SYSTEMS)
    for name in chosen:
        alone = Trial(table, dataset, preset, name)
        if alone.model is not None:
            found += {"framework": _framework, "guidance": _guidance, "speed": _speed}[table](alone)
    return found


@dataclass(frozen=True)
class Collected:
    """What a table holds of one data set after `collect`, and what it lacks.

    `untrained` names systems, as they are by themselves, and "critics" where those are missing.
    """

    file: Path
    rows: tuple[Row, ...]
    untrained: tuple[str, ...]


def collect(
    table: str,
    dataset: str,
    preset: str = "laptop",
    systems: Sequence[str] = (),
    store: Store | None = None,
) -> Collected:
    """Score what has been trained and is not in the table yet.

    A row that was scored by the same recipe is left as it is. Each new row is written, with some of
    its drawings, as soon as it is there.
    Raises ValueError for an unknown table or system, DataError when drawings are missing, and
    OSError when the table cannot be written.
    """
    home = store or default()
    file = tables.place(table, dataset, preset, home.runs.parent)
    known = rows.read(file)
    tables.check_writable(file)
    found, absent = [], []
    for trial in trials(table, dataset, preset, systems):
        if not trial.trained(home):
            name = "critics" if trial.model is None else trial.system
            absent += [name] * (name not in absent and not trial.variant)
            continue
        there = next((row for row in known if trial.made(row)), None)
        found.append(there or _score(trial, file, home))
    return Collected(file, tuple(found), tuple(absent))


def _framework(alone: Trial) -> Iterator[Trial]:
    for critics in _critics("framework", alone.dataset):
        yield replace(alone, critics=critics)
    for field, values in variants(alone.system).items():
        yield from (replace(alone, variant=((field, value),)) for value in values)


def _guidance(alone: Trial) -> Iterator[Trial]:
    """Yield a trial for each strength of a model that learned to do without its exemplar."""
    if getattr(alone.model, "dropout", 0):
        yield from (replace(alone, way=(("guidance", strength),)) for strength in STRENGTHS)


def _speed(alone: Trial) -> Iterator[Trial]:
    """Yield a trial for each number of steps and sampler of a model of diffusion, quick first.

    Among the numbers are those that the model draws with unless told otherwise, and all it has.
    """
    most = getattr(alone.model, "diffusion_steps", 0)
    if not most:
        return
    numbers = {steps for steps in (*STEPS, alone.model.drawing["steps"]) if steps < most} | {most}
    for steps, sampler in itertools.product(sorted(numbers), SAMPLERS):
        yield replace(alone, way=(("sampler", sampler), ("steps", steps)))


def _critics(table: str, dataset: str) -> list[str]:
    """Return the critics at hand; the released ones judge Omniglot."""
    there = (root("critics") / file for file in ReleasedCritic.FILES.values())
    released = table == "framework" and dataset == "omniglot" and all(f.exists() for f in there)
    return ["own", *["released"] * released]


def _score(trial: Trial, file: Path, home: Store) -> Row:
    log.info("scoring %s", trial.name)
    # A store of its own: what it has loaded is forgotten when the row is there.
    store = Store(home.runs.parent, home.zoo, str(home.device))
    row = trial.row(store)
    shown = trial.shown(store) if trial.critics == "own" else None
    if shown is not None:
        kept.save(rows.drawings_file(file, row), shown, KEPT_BITS, row.recipes)
    rows.add(file, [row])
    return row


def _training(cards: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what all trainings of a system took together."""
    if not cards:
        return {}
    said = {name: sorted({str(card[name]) for card in cards}) for name in ("precision", "device")}
    return {
        "steps": sum(card["steps"] for card in cards),
        "seconds": sum(card["seconds"] for card in cards),
        **{name: ", ".join(values) for name, values in said.items()},
    }
