"""What pages look at: the rows of runs, and what else of them is at hand."""

from collections.abc import Sequence

from torch import nn

from oneshot import results, store, tables
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.errors import DataError
from oneshot.recipes import presets
from oneshot.results import Results, Row
from oneshot.store import Store
from oneshot.sweep.board import Board
from oneshot.sweep.grid import Sweep, families
from oneshot.sweep.runs import Run, check_data, missing

SMOKE_BETAS = (1.0, 100.0)


def look(
    dataset: str,
    preset: str,
    names: Sequence[str],
    betas: Sequence[float] = (),
    seeds: Sequence[int] = (),
    guidance: float = 1.0,
    split: str = "category",
) -> results.Results:
    """Return the rows of families (`results.Row.family`) that there are, humans included.

    Without `betas` or `seeds`, all that there are. Runs of preset "smoke" are made here and now, at
    betas 1 and 100 and seed 0 unless others are given; those of other presets come out of the table
    of results.

    Raises SweepError for a name or a number that cannot be.
    """
    home = store.default()
    controls, grid = families(names, betas or SMOKE_BETAS)
    sweep = Sweep(dataset, preset, split, (guidance,), tuple(seeds) or (0,), controls, grid)
    if preset == "smoke":
        betas = betas or SMOKE_BETAS
        board = Board(sweep, home)
        for recipe in missing(board.left, home):
            home.metadata(recipe)
        board.collect()
    return made(dataset, preset, home, split).only(names, betas, seeds, guidance)


def made(dataset: str, preset: str, home: Store, split: str = "category") -> Results:
    """Return all rows of a data set, preset and split in the table of results."""
    file = tables.place("regularization", dataset, preset, home.runs.parent)
    return Results.of((dataset, preset, split), results.read(file), file)


def best(found: Results, names: Sequence[str]) -> list[tuple[Row, Run]]:
    """Return the rows of `Results.best_of` and the runs they are of."""
    return [(row, _run(row)) for row in found.best_of(names)]


def networks(found: Results, names: Sequence[str]) -> dict[str, nn.Module]:
    """Return, by the name of its run, the autoencoder of the best run of each family.

    Those that are neither in the store nor in the zoo are left out: nothing is trained.
    """
    home = store.default()
    codes = {row.name: run.parts.get("autoencoder") for row, run in best(found, names)}
    return {
        name: home.get(recipe) for name, recipe in codes.items() if recipe and home.find(recipe)
    }


def _run(row: Row) -> Run:
    weights = tuple(sorted(row.regularizers.items()))
    place = (row.dataset, row.preset, weights, row.control)
    return Run(*place, row.seed, row.guidance, row.split)


def concepts(dataset: str, preset: str, split: str = "category") -> ConceptSet | None:
    """Return the concepts of a data set when its drawings and critic are at hand, else None.

    At preset "smoke" what is missing is made, but drawings are never fetched.
    """
    home = store.default()
    run = Run(dataset, preset, split=split)
    try:
        check_data([run], home)
    except DataError:
        return None
    if preset != "smoke" and not home.find(presets.concepts(dataset, preset)):
        return None
    return home.get(run.concepts)
