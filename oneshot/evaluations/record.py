"""One evaluation: what was drawn and by whom, how it scored, and what it took."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from oneshot.evaluations.lines import Row
from oneshot.metrics.intervals import Interval
from oneshot.systems import HUMAN as HUMAN

IDENTITY = (
    "dataset",
    "size",
    "split",
    "critics",
    "system",
    "settings",
    "guidance",
    "sampler",
    "sampler_steps",
    "variations",
    "seed",
)
"""What no two records of a table share."""
SCORES = ("diversity", "diversity_raw", "originality", "recognizability", "recognizability_all")
AS_TEXT = {"cfgdm": "pixels"}
"""How systems without regularizers are called among regularized ones."""


@dataclass(frozen=True)
class Record(Row):
    """What is known of one evaluation, on test concepts.

    Identity: `size` is that of the models ("laptop"), `split` how concepts are divided ("category",
    "published"), `critics` who judged, and how (`presets.CRITICS`). `settings` maps those fields of
    the system's recipe that some evaluation varies to their values; of latent diffusion these are
    "regularizer" ("none", "augmentation", "barlow", "barlow+prototype") and "beta", of pairs that
    of the prototype beside "beta_barlow". `guidance`, `sampler` and `sampler_steps` are None for a
    family that has none. `variations` counts the drawings of a concept, `seed` is of trainings and
    drawings. `changed` names the parts of the identity, as in `Table.vary`, that are other than
    the system's own. People are system "human", of the size whose critics judge them.

    Scores are those of `metrics.scoring.Scores`: `bins` are the points of the generalization curve,
    `bands` the bounds of the recognizability of each, `density` that of originality; `grey` is the
    share of inked pixels that are neither ink nor paper. `validation` holds "originality" and
    "recognizability" on validation concepts, by which runs are chosen; empty where nothing is.
    `probes` and `reconstruction` are of the latents of validation concepts. `per_concept` holds
    lists over test concepts, of bins the first and the last; where the scores of `metrics.beyond`
    were asked for, what these are made from as well (`paired.resampled`).

    Cost: `parameters` counts what draws; `training` holds "steps" by network, "seconds",
    "precision" and "device"; `drawing` "precision" and, where it was timed, "milliseconds" for one,
    in which precision it was "timed", and "device". `recipes` maps parts to the keys of their
    recipes, `kept` names the samples of drawings beside the table (`evaluations.samples`).
    """

    dataset: str
    size: str
    split: str
    critics: str
    system: str
    settings: dict[str, Any]
    guidance: float | None
    sampler: str | None
    sampler_steps: int | None
    variations: int
    seed: int
    changed: tuple[str, ...]
    diversity: Interval
    diversity_raw: Interval | None
    originality: Interval
    recognizability: Interval
    recognizability_all: Interval
    bins: list[list[float]]
    per_concept: dict[str, list]
    recipes: dict[str, str]
    bands: list[list[float]] = field(default_factory=list)
    density: list[float] = field(default_factory=list)
    grey: Interval | None = None
    validation: dict[str, float] = field(default_factory=dict)
    probes: dict[str, Interval] = field(default_factory=dict)
    reconstruction: dict[str, Interval] = field(default_factory=dict)
    parameters: int | None = None
    training: dict[str, Any] = field(default_factory=dict)
    drawing: dict[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def __getitem__(self, column: str) -> Any:
        """Return a field or property, or an entry of one: "settings.beta"; None without it."""
        name, _, entry = column.partition(".")
        value = getattr(self, name)
        return value.get(entry) if entry else value

    def __hash__(self) -> int:
        return hash(self.identity)

    @cached_property
    def identity(self) -> tuple:
        """What no two records of a table share, to compare."""
        return tuple(_hashable(getattr(self, name)) for name in IDENTITY)

    @property
    def concepts(self) -> int:
        """The number of test concepts."""
        return len(self.per_concept["scale"])

    @property
    def family(self) -> str:
        """The regularizers without their betas: "barlow+prototype", "none"; else the system."""
        return family(self.system, self.settings)

    @property
    def settings_alone(self) -> bool:
        """Whether nothing but settings is other than the system's own."""
        return all(name.startswith("settings.") for name in self.changed)

    @property
    def own_settings(self) -> bool:
        """Whether its settings are the system's own."""
        return not any(name.startswith("settings.") for name in self.changed)

    @property
    def betas(self) -> dict[str, float]:
        """The regularizers and their betas, by name."""
        return betas(self.settings)

    @property
    def beta(self) -> float:
        """The beta that a sweep of this family varies, 0 where there is none."""
        return self.settings.get("beta", 0.0)

    @property
    def regularization(self) -> str:
        """The regularizers with their betas: "barlow 30 + prototype 100", "none", "pixels"."""
        return regularization(self.system, self.settings)

    @property
    def name(self) -> str:
        """The system and the settings that are other than its own: "vae-stn, beta 2", "cfgdm"."""
        if "regularizer" in self.settings:
            return self.system if self.own_settings else f"{self.system}, {self.regularization}"
        other = {name: self[name] for name in self.changed if name.startswith("settings.")}
        told = [f"{k.removeprefix('settings.')} {v:g}" for k, v in sorted(other.items())]
        return ", ".join([self.system, *told])

    @property
    def slug(self) -> str:
        """The identity in a file's name; two folders of drawings are two names."""
        kind, _, path = self.dataset.partition(":")
        data = f"{kind}{zlib.crc32(path.encode()):08x}" if path else kind
        other = [self.split] * (self.split != "category") + [self.critics] * (self.critics != "own")
        regular = "regularizer" in self.settings
        told = [self.regularization.replace(" + ", "-").replace(" ", "")] * regular
        if not regular:
            told = [f"{k}{v:g}" for k, v in sorted(self.settings.items())]
        if self.guidance is not None:
            told.append(f"guidance{self.guidance:g}")
        if self.sampler:
            told.append(f"{self.sampler}{self.sampler_steps}")
        told += [f"of{self.variations}", f"seed{self.seed}"]
        return "-".join([data, self.size, *other, self.system, *told])


def family(system: str, settings: Mapping[str, Any]) -> str:
    """Return what is regularized, without betas; else the system; see `Record.family`."""
    return settings.get("regularizer") or AS_TEXT.get(system, system)


def regularization(system: str, settings: Mapping[str, Any]) -> str:
    """Return the regularizers with their betas, or the family; see `Record.regularization`."""
    told = (f"{name} {beta:g}" for name, beta in betas(settings).items())
    return " + ".join(told) or family(system, settings)


def betas(settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the regularizers that settings name and their betas, by name."""
    if "regularizer" not in settings or "beta" not in settings:
        return {}
    names = sorted(settings["regularizer"].split("+"))
    return {name: settings.get(f"beta_{name}", settings["beta"]) for name in names}


def joined(old: Record, new: Record) -> Record:
    """Return one record of what two know of the same evaluation; the newer one where they differ.

    Drawings that were scored otherwise are another matter: of these the old record says nothing.
    """
    if old.recipes.get("scores") != new.recipes.get("scores"):
        return new
    known = {f.name: getattr(new, f.name) or getattr(old, f.name) for f in fields(new)}
    maps = ("per_concept", "training", "drawing", "recipes")
    known |= {name: getattr(old, name) | getattr(new, name) for name in maps}
    known |= {"changed": new.changed, "kept": tuple(sorted({*old.kept, *new.kept}))}
    return replace(new, **known)


def _hashable(value: Any) -> Any:
    return tuple(sorted(value.items())) if isinstance(value, dict) else value
