"""Evaluating all systems that have been trained, into the table of results.

Nothing is trained here, and nothing is scored again unless its recipe has changed.
"""

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oneshot import systems
from oneshot.drawings.sources import root
from oneshot.evaluations import divisions, lines, samples, table
from oneshot.evaluations.evaluate import Evaluation, regularized
from oneshot.evaluations.record import HUMAN, Record
from oneshot.recipes import presets
from oneshot.recipes.latent import LatentDiffusion
from oneshot.recipes.results import ReleasedCritic
from oneshot.store import Store, default

DATASETS = ("omniglot", "quickdraw", "glyphs")
KINDS = {
    "framework": "spread",
    "guidance": "guidance",
    "speed": "speed",
    "beyond": "spread",
    "sensitivity": "",
    "seeds": "",
}
"""What is evaluated of each system, and the drawings that are kept for its figures.

"framework" is every system as it is by itself and with other settings, "guidance" are strengths of
guidance, "speed" samplers and numbers of steps, "beyond" every system as it is by itself, and the
LDM of `COMBINED`, by the scores of `metrics.beyond` as well; "sensitivity" is every system by
itself, judged by `OTHERS`; "seeds" is every system as it is by itself, trained again from `SEEDS`,
by the scores of `metrics.beyond` as well where there is a second critic.
"""
OTHERS = ("vit", "seed", "thin", "bold", "half")
"""Critics, of `presets.CRITICS`, that say how much a statement hangs on who judges, and how."""
COMBINED = {"barlow": 30.0, "prototype": 30.0}
"""Regularizers of the LDM that *Latent Representation Matters* (NeurIPS 2024) finds near people."""
SEEDS = (1, 2)
"""Of trainings, beside that of which the weights ship; `sweep.timed` trains them."""
GUIDANCE = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0)
"""*Diffusion Models as Artists* (ICML 2023), fig. 4."""
SAMPLERS = ("ddpm", "ddim", "dpm_solver_pp")
STEPS = (10, 20, 50, 100, 500)
SPEED_VARIATIONS = {"smoke": 4, "draft": 4, "laptop": 4, "paper": 100}
"""Drawings of a concept for "speed", fewer because 500 steps take their time."""
LATENTS_FASTER = 5
"""Times as many by diffusion on latents, which takes its 1000 steps in less than that time."""

log = logging.getLogger("oneshot")


@dataclass(frozen=True)
class Collected:
    """What the table holds of one data set after `collect`, and what it lacks.

    `untrained` names systems, as they are by themselves, and critics where those are missing.
    """

    file: Path
    records: tuple[Record, ...]
    untrained: tuple[str, ...]


def plan(
    what: str, dataset: str, size: str = "laptop", names: Sequence[str] = ()
) -> list[Evaluation]:
    """Return what is to be evaluated, of these systems or of all; people are first.

    People are always there, because no system is shown without them. Raises ValueError for
    something else than `KINDS`, or a system that is not known.
    """
    if what not in KINDS:
        raise ValueError(f"unknown table {what!r}; known: {', '.join(KINDS)}")
    judges = _critics(what, dataset)
    found = [Evaluation(dataset, size, HUMAN, critics=critics) for critics in judges]
    ways = {"framework": _framework, "guidance": _guidance, "speed": _speed}
    ways |= {"sensitivity": _sensitivity, "seeds": _seeds, "beyond": _beyond}
    each = ways.get(what, lambda alone: [alone])
    for name in names or (*systems.learners(dataset), *systems.nulls(dataset)):
        if name != HUMAN:
            found += each(Evaluation(dataset, size, systems.find(name).name))
    return found


def collect(
    what: str,
    dataset: str,
    size: str = "laptop",
    names: Sequence[str] = (),
    store: Store | None = None,
) -> Collected:
    """Evaluate what has been trained and is not in the table yet.

    Each new record is written, with some of its drawings, as soon as it is there.
    Raises ValueError for what is not known, DataError when drawings are missing, and OSError when
    the table cannot be written.
    """
    home = store or default()
    file = table.place(dataset, size, store=home)
    known = {record.identity: record for record in table.read(file)}
    lines.check_writable(file)
    found, absent = [], []
    for one in plan(what, dataset, size, names):
        if name := _untrained(one, what, home):
            name += f" of seed {one.seed}" * bool(one.seed)
            absent += [name] * (name not in absent and not one.changes)
            continue
        there = next((record for record in known.values() if one.of(record)), None)
        if there is None or not _complete(there, one, what, home):
            there = _evaluate(one, what, file, home, there)
        elif there.changed != one.changed:
            there = replace(there, changed=one.changed)
            table.add([there], file)
        found.append(there)
    return Collected(file, tuple(found), tuple(absent))


def _untrained(one: Evaluation, what: str, home: Store) -> str:
    """Return the name of what has to be trained before an evaluation, "" for nothing."""
    if name := one.untrained(home):
        return name
    second = what == "beyond" and not home.find(one.beyond.second)
    return "second_critic" if second else ""


def _sees_more(one: Evaluation, what: str, home: Store) -> bool:
    """Return whether an evaluation is by the scores of `metrics.beyond`, too."""
    again = what == "seeds" and one.seed and one.critics == "own"
    return what == "beyond" or bool(again and home.find(one.beyond.second))


def _complete(record: Record, one: Evaluation, what: str, home: Store) -> bool:
    """Return whether a record of an evaluation has what its figures show."""
    if _sees_more(one, what, home):
        return record.recipes.get("beyond") == one.beyond.key
    kept = not one.of_people or (what, one.dataset) == ("framework", "glyphs")
    ships = one.critics == "own" and kept and KINDS[what]
    timed = what != "speed" or one.model is None or "milliseconds" in record.drawing
    return timed and (not ships or KINDS[what] in record.kept)


def _evaluate(one: Evaluation, what: str, file: Path, home: Store, known: Record | None) -> Record:
    """Evaluate into a table; what is `known` already of the same scores stays as it is."""
    log.info("scoring %s", one.name)
    # A store of its own: what it has loaded is forgotten when the record is there.
    store = Store(home.runs.parent, home.zoo, str(home.device))
    divisions.demand_same(one, store)
    more = _sees_more(one, what, home)
    if more and known:
        record = one.beyond_the_plane(known, store)
        table.add([record], file)
        return record
    record = one.record(store, timed=what == "speed")
    if more:
        record = one.beyond_the_plane(record, store)
    keeps = KINDS[what] and one.critics == "own"
    shown = one.shown(store, KINDS[what]) if keeps else None
    if shown is not None:
        record = samples.keep(file.parent, record, KINDS[what], shown)
    table.add([record], file)
    return record


def _framework(alone: Evaluation) -> Iterator[Evaluation]:
    for critics in _critics("framework", alone.dataset):
        yield replace(alone, critics=critics)
    for field, values in systems.variants(alone.system).items():
        others = (value for value in values if value != alone.settings[field])
        yield from (replace(alone, changes=((field, value),)) for value in others)


def _beyond(alone: Evaluation) -> Iterator[Evaluation]:
    yield alone
    if isinstance(alone.model, LatentDiffusion):
        yield replace(alone, changes=tuple(regularized(COMBINED).items()))


def _sensitivity(alone: Evaluation) -> Iterator[Evaluation]:
    yield from (replace(alone, critics=critics) for critics in OTHERS)


def _seeds(alone: Evaluation) -> Iterator[Evaluation]:
    """Yield each training of a system again, judged by each critic; a null is not trained."""
    if getattr(alone.model, "plan", None) is None:
        return
    for seed, critics in itertools.product(SEEDS, _critics("seeds", alone.dataset)):
        yield replace(alone, seed=seed, critics=critics)


def _guidance(alone: Evaluation) -> Iterator[Evaluation]:
    """Yield each strength of guidance of a model that learned to do without its exemplar."""
    if getattr(alone.model, "dropout", 0):
        yield from (replace(alone, guidance=strength) for strength in GUIDANCE)


def _speed(alone: Evaluation) -> Iterator[Evaluation]:
    """Yield each number of steps and sampler of a model of diffusion, quick first.

    Among the numbers are those that the model draws with unless told otherwise, and all it has.
    """
    most, drawing = (getattr(alone.model, k, None) for k in ("diffusion_steps", "drawing"))
    if not most or not drawing:
        return
    fold = LATENTS_FASTER if isinstance(alone.model, LatentDiffusion) else 1
    count = presets.variations(alone.dataset, alone.size)
    few = replace(alone, variations=min(count, SPEED_VARIATIONS[alone.size] * fold))
    numbers = {steps for steps in (*STEPS, drawing["steps"]) if steps < most} | {most}
    for steps, sampler in itertools.product(sorted(numbers), SAMPLERS):
        yield replace(few, sampler=sampler, sampler_steps=steps)


def _critics(what: str, dataset: str) -> list[str]:
    """Return the critics at hand; the released ones judge Omniglot."""
    if what == "sensitivity":
        return list(OTHERS)
    there = all((root("critics") / file).exists() for file in ReleasedCritic.FILES.values())
    released = what in ("framework", "seeds") and dataset == "omniglot" and there
    return ["own", *["released"] * released]
