"""How concepts are divided into splits: what a page can say of them without their drawings."""

from dataclasses import dataclass
from pathlib import Path

from oneshot import store
from oneshot.drawings.errors import DataError
from oneshot.drawings.listings import LISTED
from oneshot.evaluations import lines, table
from oneshot.evaluations.at_hand import concepts
from oneshot.evaluations.evaluate import Evaluation
from oneshot.metrics.features import embed
from oneshot.metrics.leakage import nearest
from oneshot.recipes import presets
from oneshot.recipes.base import Getter

DIVISIONS = ("category", "published")


@dataclass(frozen=True)
class Division(lines.Row):
    """The K concepts of a data set as one of `DIVISIONS` divides them.

    `names` are "category/k" or plain, `splits` numbers as in `drawings.splits`, `counts` drawings
    of each, and `nearest` what `metrics.leakage.nearest` says of each test concept.
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

    @property
    def categories(self) -> dict[str, list[int]]:
        """The ids of the concepts of each category, "category/1" being one of "category"."""
        found: dict[str, list[int]] = {}
        for number, name in enumerate(self.names):
            found.setdefault(name.split("/")[0], []).append(number)
        return found


def divisions(dataset: str, size: str, file: Path | None = None) -> dict[str, Division]:
    """Return the divisions of a data set by split: those kept, else measured from its drawings.

    Kept ones are of the concepts that systems were scored on. Without kept ones, drawings or critic
    there is none.
    """
    place = dataset, presets.judged(size)
    kept = lines.read(file or table.place(dataset, size, name="concepts.json"), Division)
    if there := {row.split: row for row in kept if (row.dataset, row.preset) == place}:
        return there
    found = (measure(dataset, size, split) for split in DIVISIONS)
    return {row.split: row for row in found if row}


def demand_same(one: Evaluation, home: Getter, file: Path | None = None) -> None:
    """Raise DataError where the concepts here are not those that kept rows were scored on.

    Clusters of the first edition of Quick, Draw! differ by processor; scores on other concepts
    would stand beside the kept ones as if they were paired. Of a division that is not kept nothing
    is known.
    """
    kept = lines.read(file or table.place(one.dataset, one.size, name="concepts.json"), Division)
    place = one.dataset, presets.judged(one.size), one.split
    row = next((row for row in kept if row.identity == place), None)
    if row is None:
        return
    group = home.get(one.concepts)
    here = list(group.names), group.splits.tolist(), group.counts.tolist()
    if here != (row.names, row.splits, row.counts):
        raise DataError(
            f"the {len(group)} concepts of {one.dataset} that this machine made are not the "
            f"{len(row.names)} that the kept rows were scored on, so their scores cannot be "
            f"compared; those of an edition that ships its concepts, such as {LISTED[0]}, can"
        )


def measure(dataset: str, size: str, split: str) -> Division | None:
    """Measure a division in the space of the originality critic; None where that cannot be."""
    group, home = concepts(dataset, size, split), store.default()
    critic = presets.originality_critic(dataset, size)
    if group is None or not home.find(critic):
        return None
    exemplars = group.exemplar_images(range(len(group)))
    features = embed(home.get(critic), exemplars, critic.drawings.threshold).numpy()
    return Division(
        dataset,
        presets.judged(size),
        split,
        list(group.names),
        group.splits.tolist(),
        group.counts.tolist(),
        nearest(group.splits, features).tolist(),
    )


def keep(dataset: str, size: str, file: Path | None = None) -> list[Division]:
    """Measure the divisions of a data set into a table, in place of those before; return them.

    Raises DataError, and leaves the table as it is, where they cannot be measured.
    """
    found = [row for split in DIVISIONS if (row := measure(dataset, size, split))]
    if not found:
        raise DataError(
            f"the concepts of {dataset} are not on this machine; get its drawings, then "
            f"`oneshot make concepts {presets.options(dataset, size)}`"
        )
    where = file or table.place(dataset, size, name="concepts.json")
    lines.put(where, found, Division, lambda row: row.identity)
    return found
