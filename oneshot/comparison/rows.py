"""Rows of the tables that compare systems: one a system and way of drawing, each in one JSON file.

`data/results/framework.json` holds every system as it draws by default, and variants of it,
`guidance.json` strengths of guidance, `speed.json` samplers and steps. They ship with the project.
Rows of preset "smoke" and of a user's own folder are no results: they stay in the cache.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oneshot import kept, tables
from oneshot.kept import Shown
from oneshot.metrics.intervals import Interval
from oneshot.results import HUMAN
from oneshot.systems import SYSTEMS
from oneshot.tables import Record

WAYS = {"framework": (), "guidance": ("guidance",), "speed": ("sampler", "steps")}
"""The tables, and in what way of drawing the rows of one system differ in each."""

SCORES = (
    "diversity",
    "diversity_raw",
    "originality",
    "recognizability",
    "recognizability_all",
)
PER_CONCEPT = ("raw_diversity", "distance", "scale", "recognizability")


@dataclass(frozen=True)
class Row(Record):
    """What is known of one system that drew in one way.

    `settings` maps the fields of the system's recipe that some run varies to their values,
    `variant` those alone that are other than the system's own. `guidance`, `sampler` and `steps`
    are None for a family that has none. Scores are those of `metrics.scoring.Scores` on test
    concepts, by the data set's own critics or the "released" ones; `bins` are the points of the
    generalization curve, `bands` the bounds of the recognizability of each, `density` that of
    originality. `grey` is the share of inked pixels that are neither ink nor paper.

    `parameters` counts what draws. `training` holds "steps", "seconds", "precision" and "device" of
    all trainings of the system, `drawing` the "precision" of its drawings and, where it was timed,
    the "milliseconds" that one takes on a "device"; both are empty for humans. `published` is the
    point of the paper, None where there is none. `per_concept` holds lists over test concepts, of
    bins the first and the last, `recipes` the keys of the parts.
    """

    dataset: str
    preset: str
    system: str
    critics: str
    variant: dict[str, float]
    settings: dict[str, float]
    seed: int
    guidance: float | None
    sampler: str | None
    steps: int | None
    variations: int
    diversity: Interval
    diversity_raw: Interval
    originality: Interval
    recognizability: Interval
    recognizability_all: Interval
    bins: list[list[float]]
    bands: list[list[float]]
    density: list[float]
    grey: Interval
    parameters: int | None
    training: dict[str, Any]
    drawing: dict[str, Any]
    published: dict[str, float] | None
    per_concept: dict[str, list]
    recipes: dict[str, str]

    @property
    def name(self) -> str:
        """The system and what is other than its own: "vae-stn, beta 2", "cfgdm"."""
        return ", ".join([self.system, *(f"{k} {v:g}" for k, v in sorted(self.variant.items()))])

    @property
    def concepts(self) -> int:
        """The number of test concepts."""
        return len(self.per_concept["scale"])

    @property
    def point(self) -> tuple[float, float]:
        """Diversity and recognizability (in percent)."""
        return self.diversity.value, self.recognizability.value

    def identity(self, table: str) -> tuple:
        """Return what no two rows of a table share; in its order humans come first."""
        order = [HUMAN, *SYSTEMS]
        place = order.index(self.system) if self.system in order else len(order)
        group = self.dataset, self.preset, self.critics, place, self.system
        own = len(self.variant), tuple(sorted(self.variant.items()))
        way = [getattr(self, name) for name in WAYS[table]]
        # humans have no way of drawing, and come before 0
        return (*group, *own, *((value is not None, value or 0) for value in way), self.seed)


@dataclass(frozen=True)
class Comparison:
    """Rows of one table, data set, preset and pair of critics, and the file they are from."""

    file: Path
    dataset: str
    preset: str
    critics: str = "own"
    rows: tuple[Row, ...] = ()
    _kept: dict[Path, Shown | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def human(self) -> Row | None:
        """The row of the human drawings, None when there is none."""
        return next((row for row in self.rows if row.system == HUMAN), None)

    @property
    def systems(self) -> dict[str, Row]:
        """The row of each system as it is by itself, the first where there are several ways."""
        found: dict[str, Row] = {}
        for row in self.rows:
            if row.system != HUMAN and not row.variant:
                found.setdefault(row.system, row)
        return found

    def variants(self, system: str, setting: str) -> list[Row]:
        """Return the rows of a system that differ in one setting alone, itself included, by it."""
        rows = [row for row in self.rows if row.system == system and set(row.variant) <= {setting}]
        return sorted(rows, key=lambda row: row.settings[setting])

    def ways(self, system: str) -> list[Row]:
        """Return the rows of a system that differ in the way of drawing alone."""
        return [row for row in self.rows if row.system == system and not row.variant]

    def drawings(self, row: Row) -> Shown | None:
        """Return the drawings that were kept of a row, None unless there are some of this one."""
        file = drawings_file(self.file, row)
        if file not in self._kept:
            self._kept[file] = kept.read(file, samples=row.recipes.get("samples"))
        return self._kept[file]


def read(file: Path) -> list[Row]:
    """Return the rows of a table in its order, none when there is no such file.

    Raises ValueError when the file is no table of this version.
    """
    return tables.read(file, Row)


def add(file: Path, rows: Iterable[Row]) -> None:
    """Put rows into a table, in place of those of the same identity, atomically."""
    tables.put(file, rows, Row, lambda row: row.identity(file.stem))


def drawings_file(file: Path, row: Row) -> Path:
    """Return where drawings of a row are kept beside its table."""
    marks = [f"{name}{value:g}" for name, value in sorted(row.variant.items())]
    way = {name: getattr(row, name) for name in WAYS[file.stem]}
    for name, value in way.items():
        marks.append(value if isinstance(value, str) else f"{name}{value:g}")
    marks += [f"seed{row.seed}"] * (row.seed != 0)
    size = [row.preset] * (row.preset != "laptop")
    name = "-".join([tables.part(row.dataset), *size, row.system, *marks])
    return file.parent / "drawings" / file.stem / f"{name}.safetensors"
