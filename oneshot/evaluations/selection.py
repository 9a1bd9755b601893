"""Which of many runs stands for its family: chosen on validation concepts, never on test ones."""

from collections.abc import Sequence

import numpy as np

from oneshot.evaluations.record import IDENTITY, Record
from oneshot.evaluations.table import Table, read
from oneshot.metrics import paired
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import ORIGINALITY_PLANE
from oneshot.recipes.presets import judged


def regularized(
    dataset: str, size: str, split: str = "category", table: Table | None = None
) -> Table:
    """Return the runs of a sweep over regularizers, with people: all among which one is chosen.

    They are those that were scored on validation concepts, too.
    """
    found = read() if table is None else table
    asked = {"dataset": dataset, "size": size, "split": split, "critics": "own"}
    return found.where(**asked).filter(lambda record: bool(record.validation))


def warp(dataset: str, size: str, table: Table | None = None) -> dict[str, Record]:
    """Return the exemplar bent by what has learned nothing, by its name; nothing where unscored.

    It is a rival of whatever is called near to people. Its size is that of the critics of `size`.
    """
    found = read() if table is None else table
    asked = {"dataset": dataset, "size": judged(size), "split": "category", "critics": "own"}
    return found.where(**asked, system="warp").defaults().systems


def families(
    runs: Table,
    names: Sequence[str],
    betas: Sequence[float] = (),
    seeds: Sequence[int] = (),
    guidance: float | None = 1.0,
) -> Table:
    """Return the runs of these families (`Record.family`), with people; no betas or seeds is all.

    In the order of families as they are in the table, each by rising beta.
    """
    only = {"family": list(names), "guidance": guidance}
    if seeds:
        only["seed"] = list(seeds)
    found = runs.where(**only)
    if betas:
        found = found.filter(lambda r: not r.betas or r.beta in betas)
    return in_order(found)


def in_order(runs: Table) -> Table:
    """Return runs in the order of the beta that a sweep varies, what regularizes nothing first.

    With that all else is compared.
    """

    def order(record: Record) -> tuple:
        names = tuple(sorted(record.betas.items()))
        plain = (bool(names), "" if names else record.family)
        guidance = -1.0 if record.guidance is None else record.guidance
        return record.family != "none", record.beta, plain, len(names), names, guidance, record.seed

    people = [runs.human] if runs.human else []
    return Table([*people, *sorted(runs.models, key=order)], runs.folders)


def spread(runs: Table) -> tuple[float, float]:
    """Return the spread (2,) of originality and recognizability over runs.

    It is the unit of distances to human (`metrics.human`), taken over all runs of a sweep.
    """
    points = [[record[name].value for name in ORIGINALITY_PLANE] for record in runs.models]
    return tuple(spread_of(points).tolist()) if points else (1.0, 1.0)


def distance(runs: Sequence[Record], table: Table, unit: tuple[float, float]) -> Interval | None:
    """Return the distance to human of runs that differ in their seed alone, in units of `spread`.

    None where the `table` has no people, or nothing else to compare with.
    """
    if table.human is None or len(table.models) < 2:
        return None
    return paired.distance(runs, [table.human], unit)


def seeds_together(runs: Table) -> list[list[Record]]:
    """Return the runs, together where only their seeds differ."""
    found: dict[tuple, list[Record]] = {}
    for record in runs.models:
        found.setdefault(record.identity[:-1], []).append(record)
    return list(found.values())


def best(runs: Table, family: str = "") -> list[Record]:
    """Return the runs, one a seed, of the betas of a family that come nearest to human.

    Of all families, when none is named. Nearest on validation concepts, seeds averaged, because
    test concepts choose nothing; the axes are in units of their spread over these runs, there.
    Empty without the family or people.
    """
    mine = seeds_together(runs.where(family=family) if family else runs)
    if not mine or runs.human is None:
        return []
    unit = spread_of([validated(group) for group in seeds_together(runs)])
    human = validated([runs.human])
    return min(mine, key=lambda group: distance_to_human(validated(group), human, unit))


def best_of(runs: Table, names: Sequence[str]) -> list[Record]:
    """Return the first seed of the best beta of each family that there is."""
    return [record for name in names for record in best(runs, name)[:1]]


def comparable(runs: Table, family: str, to: Sequence[Record]) -> list[Record]:
    """Return the runs of the most recognizable betas of a family that are as original as `to`.

    At most `paired.COMPARABLE` less original, that is; both on validation concepts. Empty when no
    beta of the family is.
    """
    least = validated(to)[0] - paired.COMPARABLE
    groups = seeds_together(runs.where(family=family))
    enough = [group for group in groups if validated(group)[0] >= least]
    return max(enough, key=lambda group: validated(group)[1], default=[])


def path(run: Record, among: Table, part: str = "guidance") -> list[list[Record]]:
    """Return the records that differ from a run in one part of identity, and in seed, alone.

    By rising values of the part, seeds together; `part` may be an entry of "settings".
    """
    name, _, entry = part.partition(".")

    def rest(record: Record) -> list:
        values = dict(zip(IDENTITY, record.identity, strict=True))
        settings = {k: v for k, v in record.settings.items() if k != entry}
        return [v for k, v in values.items() if k not in (name, "seed", "settings")] + [settings]

    mine = among.models.filter(lambda record: rest(record) == rest(run)).sort(part, "seed")
    return [list(group) for group in mine.by(part).values()]


def validated(runs: Sequence[Record]) -> np.ndarray:
    """Return originality and recognizability on validation concepts, seeds averaged."""
    return np.mean(
        [[record.validation[name] for name in ORIGINALITY_PLANE] for record in runs], axis=0
    )
