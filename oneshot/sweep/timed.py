"""Training the generative systems in slots of minutes, the most wanted first.

The store is the only state: what is there is never trained again, and what the end of a slot
interrupts goes on from its checkpoint in the next. Several of these commands share the work: one
leaves alone what another is making.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from oneshot import systems
from oneshot.drawings.errors import DataError
from oneshot.evaluations import collect
from oneshot.recipes import editions, presets
from oneshot.recipes.base import Recipe, reseeded
from oneshot.recipes.together import ANY
from oneshot.store import Store
from oneshot.training.slot import Clock, OutOfTime, slot

FIRST = ("cfgdm", "fsdm", "ddpm", "ldm", "vae-ns", "vae-stn")
ORDER = tuple(dict.fromkeys((*FIRST, *systems.SYSTEMS)))
"""All systems, the most wanted first."""
DATASETS = ("omniglot", "quickdraw", "glyphs", ANY)
SEEDS = (0, *collect.SEEDS)
"""What a statement compares is trained with each of these, the first everywhere before the next."""


@dataclass(frozen=True)
class Job:
    """One system to train, by its name, data set and seed."""

    system: str
    dataset: str
    seed: int
    recipe: Recipe

    @property
    def name(self) -> str:
        """Return what a person calls it."""
        return f"{self.dataset} {self.system}" + (f" seed {self.seed}" if self.seed else "")


@dataclass(frozen=True)
class Outcome:
    """What became of a job: `state` is "there", "made", "begun", "waiting", "busy" or "no data"."""

    job: Job
    state: str
    said: str = ""


def jobs(
    size: str = "laptop", datasets: Iterable[str] = DATASETS, names: Iterable[str] = ()
) -> list[Job]:
    """Return all jobs of a size, the most wanted first; of size laptop, in their second edition.

    Those of other seeds are of the edition that ships, whose seeds a statement takes together.
    Raises ValueError for a system that is not known.
    """
    wanted = tuple(names) or ORDER
    for name in wanted:
        if name not in ORDER:
            raise ValueError(f"unknown system {name!r}; known: {', '.join(ORDER)}")
    found = []
    for seed, dataset, name in itertools.product(SEEDS, datasets, sorted(wanted, key=ORDER.index)):
        if name not in systems.learners(dataset):
            continue
        own = systems.recipe if seed else _recipe
        recipe = reseeded(own(name, dataset, size), seed)
        found.append(Job(name, dataset, seed, recipe))
    return found


def work(
    wanted: Iterable[Job],
    minutes: float,
    store: Store,
    *,
    compiled: bool = False,
    clock: Clock = time.monotonic,
) -> Iterator[Outcome]:
    """Make what is missing, job by job, until the slot of `minutes` is over; yield each outcome.

    Raises ValueError unless `minutes` is above 0.
    """
    with slot(minutes, compiled=compiled, clock=clock) as mine:
        for job in wanted:
            if store.find(job.recipe):
                yield Outcome(job, "there")
            elif not mine.left:
                yield Outcome(job, "waiting")
            elif store.busy(job.recipe):
                yield Outcome(job, "busy", "another process is making it")
            else:
                yield _make(job, Store(store.runs.parent, store.zoo, str(store.device)))


def run(
    size: str,
    minutes: float,
    store: Store,
    say: Callable[[str], None] = print,
    *,
    datasets: Iterable[str] = DATASETS,
    names: Iterable[str] = (),
    compiled: bool = False,
    clock: Clock = time.monotonic,
) -> int:
    """Work on all jobs of a size and say what became of each; return 0 when nothing is left."""
    left = 0
    wanted = jobs(size, datasets, names)
    for outcome in work(wanted, minutes, store, compiled=compiled, clock=clock):
        left += outcome.state not in ("there", "made")
        say(f"{outcome.job.name:28} {outcome.state:8} {outcome.said}".rstrip())
    if left:
        say(f"{left} of {len(wanted)} are left; the same command goes on from here")
    return 1 if left else 0


def _recipe(name: str, dataset: str, size: str) -> Any:
    if name in editions.SYSTEMS and size in ("draft", "laptop"):
        return presets.small(name, dataset, size, edition=2)
    return systems.recipe(name, dataset, size)


def _make(job: Job, store: Store) -> Outcome:
    """Make one artefact in a store of its own, which is forgotten with what it has loaded."""
    try:
        seconds = store.metadata(job.recipe)["provenance"]["seconds"]
    except OutOfTime as error:
        return Outcome(job, "begun", str(error))
    except DataError as error:
        return Outcome(job, "no data", str(error))
    return Outcome(job, "made", f"in {seconds / 60:.1f} minutes")
