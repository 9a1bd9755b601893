"""Tables of results: one row a run, in one JSON file, with some of its drawings beside it.

`data/results/regularization.json` ships with the project, so that a page shows what was measured
without training anything. Runs of preset "smoke" are no results: their rows stay in the cache.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from oneshot import kept, tables
from oneshot.kept import Shown
from oneshot.metrics import claims
from oneshot.metrics.claims import Measured
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.metrics.intervals import Interval
from oneshot.recipes.results import Drawn
from oneshot.systems import HUMAN
from oneshot.tables import Record

SCORES = ("diversity", "originality", "recognizability", "recognizability_all")
PLANE = ("originality", "recognizability")
PER_CONCEPT = ("raw_diversity", "distance", "scale", "recognizability")
SHOWN_CONCEPTS, SHOWN_VARIATIONS = 16, 10
BITS = 2  # a pixel of the drawings kept


@dataclass(frozen=True)
class Row(Record):
    """What is known of one run: how its autoencoder was regularized, and what came of it.

    `regularizers` maps names to beta. `control` is "" unless there are none: then it is "none",
    "augmentation", "pixels" or, for the drawings of the data set itself, "human". Scores are those
    of `metrics.scoring.Scores` on test concepts; `validation` holds "originality" and
    "recognizability" on validation concepts, by which runs are chosen. `distance_to_human` is among
    the runs of the same data set, preset and split (`Results.spread`), None for humans and where
    there are none.
    `probes` and `reconstruction` are of the latents of validation concepts (`recipes.Probes`),
    empty where there are none, `steps` and `seconds` of all trainings. `per_concept` holds lists
    over test concepts. `recipes` maps the parts of the run to the keys of their recipes.
    """

    dataset: str
    preset: str
    split: str
    regularizers: dict[str, float]
    control: str
    seed: int
    guidance: float | None
    diversity: Interval
    originality: Interval
    recognizability: Interval
    recognizability_all: Interval
    distance_to_human: Interval | None
    validation: dict[str, float]
    bins: list[list[float]]
    probes: dict[str, Interval]
    reconstruction: dict[str, Interval]
    steps: dict[str, int]
    seconds: float
    per_concept: dict[str, list[float]]
    recipes: dict[str, str]

    @property
    def family(self) -> str:
        """The regularizers without their betas, or the control: "barlow+prototype", "none"."""
        return self.control or "+".join(sorted(self.regularizers))

    @property
    def name(self) -> str:
        """The regularizers with their betas, or the control: "barlow 30 + prototype 100"."""
        return describe(self.regularizers, self.control)

    @property
    def slug(self) -> str:
        """The name for a file: "barlow30-prototype100"."""
        return self.name.replace(" + ", "-").replace(" ", "")

    @property
    def point(self) -> tuple[float, float]:
        """Originality and recognizability (in percent)."""
        return self.originality.value, self.recognizability.value

    @property
    def varied(self) -> str:
        """The regularizer whose beta a sweep of this family varies: in combinations "prototype"."""
        return "prototype" if len(self.regularizers) > 1 else min(self.regularizers, default="")

    @property
    def varying(self) -> float:
        """The beta of `varied`."""
        return self.regularizers.get(self.varied, 0.0)

    @property
    def identity(self) -> tuple:
        """What no two rows of a table share."""
        return identity(self.group, self.regularizers, self.control, self.guidance, self.seed)

    @property
    def group(self) -> tuple[str, str, str]:
        """What rows that are compared with each other share."""
        return self.dataset, self.preset, self.split


def identity(
    group: tuple[str, str, str],
    regularizers: dict[str, float],
    control: str,
    guidance: float | None,
    seed: int,
) -> tuple:
    """Return what tells a row from others; in its order controls come first, combinations last."""
    weights = tuple(sorted(regularizers.items()))
    strength = -1.0 if guidance is None else guidance
    return (*group, control == "", control, len(weights), weights, strength, seed)


def describe(regularizers: dict[str, float], control: str = "") -> str:
    """Return the name of a run in a table: "barlow 30 + prototype 100", or its control."""
    return control or " + ".join(f"{k} {beta:g}" for k, beta in sorted(regularizers.items()))


def read(file: Path) -> list[Row]:
    """Return the rows of a table in its order, none when there is no such file.

    Raises ValueError when the file is no table of this version.
    """
    return tables.read(file, Row)


def add(file: Path, rows: Iterable[Row]) -> None:
    """Put rows into a table, in place of those of the same identity, atomically.

    Every distance to human is measured anew, because it depends on the set of runs.
    """
    tables.put(file, rows, Row, lambda row: row.identity, _measured)


def save_drawings(file: Path, row: Row, drawn: Drawn) -> None:
    """Keep some drawings of a run beside its table, two bits a pixel, without their exemplars.

    They are the first variations of concepts spread evenly over the split.
    """
    chosen = np.linspace(0, len(drawn.names) - 1, SHOWN_CONCEPTS).round().astype(int)
    chosen = np.unique(chosen)
    names = tuple(drawn.names[i] for i in chosen)
    shown = Shown(drawn.drawings[chosen, :SHOWN_VARIATIONS], names, drawn.concepts[chosen])
    kept.save(_drawings_file(file, row), shown, BITS, row.recipes)


@dataclass(frozen=True)
class Results:
    """Rows of one data set and preset, and the table they are from.

    `spread` (2,) is that of the originality and the recognizability of all runs of the group, of
    which these may be some: the unit of distances to human (`metrics.human`).
    """

    file: Path | None
    dataset: str
    preset: str
    rows: tuple[Row, ...]
    spread: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def of(
        cls, group: tuple[str, str, str], rows: Iterable[Row], file: Path | None = None
    ) -> "Results":
        """Take the rows of a group, `Row.group`, out of those of a table."""
        mine = tuple(row for row in rows if row.group == group)
        runs = [row.point for row in mine if row.control != HUMAN]
        spread = tuple(spread_of(runs).tolist()) if runs else (1.0, 1.0)
        return cls(file, *group[:2], mine, spread)

    @property
    def human(self) -> Row | None:
        """The row of the human drawings, None when there is none."""
        return next((row for row in self.rows if row.control == HUMAN), None)

    def distance(self, runs: Sequence[Row]) -> Interval | None:
        """Return the distance to human of runs that differ in their seed alone.

        None of the humans themselves, and without them or any other run.
        """
        others = [row for row in self.rows if row.control != HUMAN]
        if self.human is None or runs[0].control == HUMAN or len(others) < 2:
            return None
        return claims.distance(Measured.of(runs), Measured.of([self.human]), self.spread)

    @property
    def families(self) -> dict[str, list[Row]]:
        """The rows of runs by family, in the order of the beta that a sweep varies."""
        found: dict[str, list[Row]] = {}
        # what regularizes nothing is what all else is compared with
        order = sorted(self.rows, key=lambda r: (r.control != "none", r.varying, r.identity))
        for row in order:
            if row.control != HUMAN:
                found.setdefault(row.family, []).append(row)
        return found

    def only(
        self,
        names: Sequence[str],
        betas: Sequence[float] = (),
        seeds: Sequence[int] = (),
        guidance: float | None = 1.0,
    ) -> "Results":
        """Return the rows of these families, with the humans; no betas or seeds means all."""
        kept = [
            row
            for row in self.rows
            if row.control == HUMAN
            or (
                row.family in names
                and row.guidance == guidance
                and (not seeds or row.seed in seeds)
                and (not betas or row.control or row.varying in betas)
            )
        ]
        return replace(self, rows=tuple(kept))

    def merged(self, other: "Results") -> "Results":
        """Return the rows of both, each once."""
        rows = {row.identity: row for row in (*self.rows, *other.rows)}
        return replace(self, rows=tuple(rows[key] for key in sorted(rows)))

    def systems(self, family: str = "") -> list[list[Row]]:
        """Return the runs, those of a family if one is named, together where only seeds differ."""
        found: dict[tuple, list[Row]] = {}
        for row in self.rows:
            if row.control != HUMAN and family in ("", row.family):
                found.setdefault(row.identity[:-1], []).append(row)
        return list(found.values())

    def best(self, family: str = "") -> list[Row]:
        """Return the rows, one a seed, of the betas of a family that come nearest to human.

        Of all families, when none is named. Nearest on validation concepts, seeds averaged, because
        test concepts choose nothing; the axes are in units of their spread over these runs, there.
        Empty without the family or the humans.
        """
        if not self.systems(family) or self.human is None:
            return []
        spread = spread_of([_validation(rows) for rows in self.systems()])
        human = _validation([self.human])
        return min(
            self.systems(family),
            key=lambda rows: distance_to_human(_validation(rows), human, spread),
        )

    def best_of(self, families: Sequence[str]) -> list[Row]:
        """Return the first seed of the best beta of each family that there is."""
        return [row for family in families for row in self.best(family)[:1]]

    def comparable(
        self, family: str, to: Sequence[Row], tolerance: float = claims.COMPARABLE
    ) -> list[Row]:
        """Return the rows of the most recognizable betas of a family that are as original as `to`.

        At most `tolerance` less original, that is; both on validation concepts. Empty when no beta
        of the family is.
        """
        least = _validation(to)[0] - tolerance
        enough = [rows for rows in self.systems(family) if _validation(rows)[0] >= least]
        return max(enough, key=lambda rows: _validation(rows)[1], default=[])

    def drawings(self, row: Row) -> Shown | None:
        """Return the drawings that were kept of a run."""
        return drawings(self.file, row)


def drawings(file: Path, row: Row) -> Shown | None:
    """Return the drawings kept of a run, or None when there are none of this very run."""
    return kept.read(_drawings_file(file, row), samples=row.recipes.get("samples"))


def _validation(rows: Sequence[Row]) -> np.ndarray:
    """Return originality and recognizability on validation concepts, seeds averaged."""
    return np.mean([[row.validation[name] for name in PLANE] for row in rows], axis=0)


def _measured(rows: list[Row]) -> list[Row]:
    """Measure the distances to human among the rows of each group."""
    groups = {row.group: Results.of(row.group, rows) for row in rows}
    return [replace(row, distance_to_human=groups[row.group].distance([row])) for row in rows]


def _drawings_file(file: Path, row: Row) -> Path:
    guidance = "" if row.guidance is None else f"-guidance{row.guidance:g}"
    dataset = tables.part(row.dataset)
    name = f"{dataset}-{row.preset}-{row.split}-{row.slug}{guidance}-seed{row.seed}.safetensors"
    return file.parent / "drawings" / name
