"""How concepts are divided into splits: what a page can say of them without their drawings."""

from dataclasses import dataclass
from pathlib import Path

from oneshot import store, tables
from oneshot.drawings.errors import DataError
from oneshot.metrics.features import embed
from oneshot.metrics.leakage import leakage
from oneshot.recipes import presets
from oneshot.sweep.grid import SPLITS
from oneshot.sweep.looking import concepts
from oneshot.tables import Record


@dataclass(frozen=True)
class Division(Record):
    """The K concepts of a data set as one of `grid.SPLITS` divides them.

    `names` are "category/k" or plain, `splits` numbers as in `drawings.splits`, `counts` drawings
    of each, and `nearest` what `metrics.leakage.Leakage` says of each test concept.
    """

    dataset: str
    preset: str
    split: str
    names: list[str]
    splits: list[int]
    counts: list[int]
    nearest: list[float]

    @property
    def identity(self) -> tuple[str, str, str]:
        """What no two rows of a table share."""
        return self.dataset, self.preset, self.split


def divisions(dataset: str, preset: str, file: Path | None = None) -> dict[str, Division]:
    """Return the divisions of a data set by split: measured where its drawings are, else kept.

    Without drawings, critic or kept ones there is none.
    """
    found = (measure(dataset, preset, split) for split in SPLITS)
    if measured := {row.split: row for row in found if row}:
        return measured
    place = dataset, _judged(dataset, preset)
    kept = tables.read(file or _table(dataset, preset), Division)
    return {row.split: row for row in kept if (row.dataset, row.preset) == place}


def measure(dataset: str, preset: str, split: str) -> Division | None:
    """Measure a division in the space of the originality critic; None where that cannot be."""
    group, home = concepts(dataset, preset, split), store.default()
    critic = presets.originality_critic(dataset, preset)
    if group is None or not home.find(critic):
        return None
    exemplars = group.exemplar_images(range(len(group)))
    features = embed(home.get(critic), exemplars, critic.drawings.threshold).numpy()
    return Division(
        dataset,
        _judged(dataset, preset),
        split,
        list(group.names),
        group.splits.tolist(),
        group.counts.tolist(),
        leakage(group.names, group.splits, features).nearest.tolist(),
    )


def keep(dataset: str, preset: str, file: Path | None = None) -> list[Division]:
    """Measure the divisions of a data set into a table, in place of those before; return them.

    Raises DataError, and leaves the table as it is, where they cannot be measured.
    """
    found = [row for split in SPLITS if (row := measure(dataset, preset, split))]
    if not found:
        raise DataError(
            f"the concepts of {dataset} are not on this machine; get its drawings, then "
            f"`oneshot make concepts {presets.options(dataset, preset)}`"
        )
    tables.put(file or _table(dataset, preset), found, Division, lambda row: row.identity)
    return found


def _table(dataset: str, preset: str) -> Path:
    return tables.place("concepts", dataset, preset, store.default().runs.parent)


def _judged(dataset: str, preset: str) -> str:
    return presets.preset_of(presets.concepts(dataset, preset))
