"""What it took: each change of a recipe, trained briefly and scored on validation concepts.

A line of `data/results/recipe_study.jsonl` is one trial: what was changed, what it scored with the
data set's own critics, what it cost, and what a person saw on its sheet. Rows are written as soon
as they are there, and a trial that has its row is not made again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from oneshot import shipped
from oneshot.evaluations import lines, samples
from oneshot.evaluations.evaluate import trainings
from oneshot.evaluations.lines import Row
from oneshot.evaluations.samples import Shown
from oneshot.evenly import evenly
from oneshot.metrics.intervals import Interval
from oneshot.recipes import editions, presets
from oneshot.recipes.base import Recipe, reseeded
from oneshot.recipes.data import Concepts
from oneshot.recipes.diffusion import PixelDiffusion
from oneshot.recipes.results import Drawn, Human, Samples
from oneshot.store import Store
from oneshot.training.slot import Clock, OutOfTime, slot

FILE = shipped.DATA / "results" / "recipe_study.jsonl"
DATASET, SPLIT = "omniglot", "validation"
SHOWN = (6, 8)
"""Concepts and variations of a sheet."""
STEPS = {"cfgdm": 1000, "fsdm": 2000, "vae-ns": 1500, "da-gan-un": 1500, "vae-stn": 250}
"""Training steps of the brief trials: some four to ten core-minutes each."""
MOMENTUM = (0.5, 0.9)
"""Betas of Adam of the trials of a DA-GAN with momentum; others have none for the first."""
LONG = 9000
"""Turns of a DA-GAN that is trained for longer than its second edition."""
FULL = "in full"
"""Ends what is said of a recipe that takes long: it is trained only when its trial is asked for."""
GUIDANCE = (0.0, 0.25, 0.5, 0.75, 1.0)
SET_GUIDANCE = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
"""Guidance of the LDM and of FSDM."""


@dataclass(frozen=True)
class Trial:
    """A recipe that differs from others in what `change` says; FSDM unguided unless it says so."""

    name: str
    system: str
    change: str
    recipe: Recipe | None
    guidance: float | None = None
    sampler: str = "dpm_solver_pp"

    @property
    def drawn(self) -> Samples | Human:
        """The drawings of the validation concepts that are scored."""
        if self.recipe is None:
            return presets.human(DATASET, split=SPLIT)
        count = presets.variations(DATASET)
        guidance = 0.0 if self.guidance is None and self.system == "fsdm" else self.guidance
        samples = Samples(self.recipe, SPLIT, count, guidance)
        return replace(samples, sampler=self.sampler) if samples.sampler else samples


@dataclass(frozen=True)
class Result(Row):
    """What a trial gave, on validation concepts and with the data set's own critics.

    `core_minutes` is what all its trainings computed, `parameters` counts them all; `key` is that
    of the recipe of its drawings. `seen` is what a person saw on its sheet.
    """

    name: str
    system: str
    change: str
    dataset: str
    split: str
    concepts: int
    guidance: float | None
    recognizability: Interval
    recognizability_all: Interval
    originality: Interval
    diversity: Interval
    core_minutes: float
    steps: int
    parameters: int
    device: str
    key: str
    seen: str = ""


def trials() -> list[Trial]:
    """Return all trials in the order in which they are made: what costs no training first."""
    ldm = presets.latent_diffusion(DATASET)
    found = [Trial("people", "human", "people's own drawings", None)]
    found += [
        Trial(f"ldm-gamma-{strength:g}", "ldm", f"guidance {strength:g}", ldm, strength)
        for strength in GUIDANCE
    ]
    for edition, told in ((1, "first edition"), (2, "second edition")):
        for name in editions.SYSTEMS:
            recipe = presets.small(name, DATASET, edition=edition)
            found.append(Trial(f"{name}-{edition}", name, f"{told}, {FULL}", recipe))
    place = presets.small("fsdm", DATASET, edition=2)
    found.append(Trial("fsdm-2-guided", "fsdm", f"second edition, guidance 1, {FULL}", place, 1.0))
    for name, edition in (("cfgdm", 2), ("ddpm", 1), ("ddpm", 2), ("fsdm", 2)):
        recipe, change = presets.small(name, DATASET, edition=edition), "new noise at each step"
        called, words = f"{name}-{edition}-ancestral", f"{change}, {FULL}"
        found.append(Trial(called, name, words, recipe, sampler="ddpm"))
    for strength in SET_GUIDANCE:
        called, words = f"fsdm-gamma-{strength:g}", f"new noise, guidance {strength:g}, {FULL}"
        found.append(Trial(called, "fsdm", words, place, strength, "ddpm"))
    for name in ("da-gan-un", "da-gan-rn"):
        second = presets.small(name, DATASET, edition=2)
        recipe = replace(second, plan=replace(second.plan, steps=LONG))
        found.append(Trial(f"{name}-2-long", name, f"twice the turns, {FULL}", recipe))
    return found + _briefly(presets.concepts(DATASET))


def _briefly(group: Concepts) -> list[Trial]:
    """Return the trials that are trained for minutes, each with one change more than the last."""
    brief = editions.denoising(STEPS["cfgdm"], 64)
    plain = PixelDiffusion(group, brief, velocity=True)
    gentle = replace(plain, augment="gentle")
    attention = replace(gentle, attention=(1, 2))
    tokens = editions.pixel_diffusion(group, brief, 0.1)
    place = editions.set_diffusion(group, editions.denoising(STEPS["fsdm"], 32))
    pooled = replace(
        place, conditioning="film", pooling="mean", encoder=(128, 3, 2, 12), attention=(2,)
    )
    context = editions.neural_statistician(group, editions.setting(STEPS["vae-ns"]))
    alternating = editions.adversarial(STEPS["da-gan-un"])
    second = editions.da_gan(group, alternating, True)
    mean = replace(second, plan=replace(alternating, ema=0.99), mismatched=False)
    one = replace(mean, plan=alternating)
    turns, quarter = replace(one, critic_steps=5), replace(one, fold=4)
    momentum, both = (replace(mean, plan=replace(r.plan, betas=MOMENTUM)) for r in (one, mean))
    matched = replace(mean, mismatched=True)
    heavy = editions.vae_stn(group, editions.stepwise(STEPS["vae-stn"]))
    stn = replace(heavy, beta=1.0)
    return [
        Trial("cfgdm-tokens", "cfgdm", "exemplar through its own encoder too", tokens),
        Trial("cfgdm-plain", "cfgdm", "as in the first edition", plain),
        Trial("vae-ns-context", "vae-ns", "the context has a beta of its own, 0.25", context),
        Trial("vae-ns-gentle", "vae-ns", "gentle pairs", replace(context, beta_context=None)),
        Trial("da-gan-turns", "da-gan-un", "five turns of the critic, at half the side", turns),
        Trial("da-gan-one-turn", "da-gan-un", "one turn", one),
        Trial("da-gan-quarter", "da-gan-un", "one turn, at a quarter of the side", quarter),
        Trial("da-gan-momentum", "da-gan-un", "one turn, with momentum", momentum),
        Trial("da-gan-mean", "da-gan-un", "one turn, moving average of the weights", mean),
        Trial("da-gan-both", "da-gan-un", "momentum and the moving average", both),
        Trial("da-gan-matched", "da-gan-un", "average, exemplars of others", matched),
        Trial("da-gan-again", "da-gan-un", "the same from another seed", reseeded(matched, 7)),
        Trial("fsdm-place", "fsdm", "mean of each patch, put back in place", place),
        Trial("fsdm-pooled", "fsdm", "one vector for the set, in scale and shift", pooled),
        Trial("cfgdm-gentle", "cfgdm", "gentle pairs", gentle),
        Trial("cfgdm-attention", "cfgdm", "attention at 6x6 and 3x3", attention),
        Trial("vae-stn-gentle", "vae-stn", "gentle pairs", stn),
        Trial("vae-stn-heavy", "vae-stn", "the divergence weighs four times as much", heavy),
        Trial("vae-stn-plain", "vae-stn", "as in the first edition", replace(stn, augment=None)),
    ]


def run(
    minutes: float,
    store: Store,
    file: Path = FILE,
    say: Callable[[str], None] = print,
    *,
    only: Sequence[str] = (),
    clock: Clock = time.monotonic,
) -> int:
    """Make the trials that have no row, or `only` the named ones, in a slot of `minutes`.

    Trials of recipes in full are left out while they are not trained, by `oneshot sweep systems`
    for one, unless they are named. Returns 0 when all have their row. Raises ValueError for a trial
    that is not known.
    """
    known = {trial.name: trial for trial in trials()}
    for name in only:
        if name not in known:
            raise ValueError(f"unknown trial {name!r}; known: {', '.join(known)}")
    left = 0
    with slot(minutes, clock=clock) as mine:
        for name in only or known:
            trial, state = known[name], "there"
            if not has_row(trial, file):
                state = _make(trial, store, file, name in only) if mine.left else "waiting"
            left += state not in ("there", "made")
            say(f"{name:20} {state}")
    return 1 if left else 0


def _make(trial: Trial, store: Store, file: Path, named: bool) -> str:
    full = trial.change.endswith(FULL) and not named
    if full and trial.recipe and not store.find(trial.recipe):
        return "is not trained yet"
    # A store of its own: what it has loaded is forgotten when the row is there.
    own = Store(store.runs.parent, store.zoo, str(store.device))
    try:
        row = measure(trial, own, file.parent / file.stem)
    except OutOfTime as error:
        return str(error)
    lines.put(file, [row], Result, _name)
    return "made"


def measure(trial: Trial, store: Store, sheets: Path) -> Result:
    """Train, draw and score a trial and keep its sheet in a folder."""
    scores, drawn = store.get(presets.scores(trial.drawn)), store.get(trial.drawn)
    cards = [store.metadata(recipe)["card"] for recipe in trainings(trial.recipe)]
    if trial.recipe is not None:
        samples.save(
            sheets / f"{trial.name}.safetensors",
            shown(drawn, *SHOWN),
            samples.BITS,
            {"samples": trial.drawn.key},
        )
    return Result(
        trial.name,
        trial.system,
        trial.change,
        DATASET,
        SPLIT,
        scores.concepts,
        getattr(trial.drawn, "guidance", None),
        scores.recognizability,
        scores.recognizability_all,
        scores.originality,
        scores.diversity,
        round(sum(map(_core_seconds, cards)) / 60, 4),
        sum(card["steps"] for card in cards),
        sum(card["parameters"] for card in cards),
        store.device.type,
        trial.drawn.key,
    )


def shown(drawn: Drawn, concepts: int, variations: int) -> Shown:
    """Return the first drawings of up to so many concepts, evenly spread over those drawn."""
    rows = evenly(len(drawn.names), concepts)
    names = tuple(drawn.names[k] for k in rows)
    return Shown(drawn.drawings[rows, :variations], names, drawn.concepts[rows])


def _core_seconds(card: dict[str, Any]) -> float:
    """Return what a training computed; cards of the first edition know only the wall clock."""
    return card.get("core_seconds", card["seconds"])


def rows(file: Path = FILE) -> list[Result]:
    """Return all rows in the order of the trials; ValueError for a file that is not whole."""
    order = [trial.name for trial in trials()]
    found = [row for row in lines.read(file, Result) if row.name in order]
    return sorted(found, key=lambda row: order.index(row.name))


def has_row(trial: Trial, file: Path = FILE) -> bool:
    """Say whether a trial has a row that was made by its present recipe."""
    return any(row.key == trial.drawn.key for row in rows(file) if row.name == trial.name)


def seen(name: str, words: str, file: Path = FILE) -> None:
    """Keep what a person saw on the sheet of a trial; ValueError where it has no row."""
    found = [replace(row, seen=words) for row in rows(file) if row.name == name]
    if not found:
        raise ValueError(f"the trial {name!r} has no row yet: oneshot sweep study --only {name}")
    lines.put(file, found, Result, _name)


def sheet(name: str, file: Path = FILE) -> Shown | None:
    """Return the drawings that were kept of a trial, None when there are none."""
    return samples.load(file.parent / file.stem / f"{name}.safetensors")


def _name(row: Result) -> str:
    return row.name
