"""The table of regularized systems that ships: complete, of today's recipes, with intervals."""

import pytest

from oneshot import results, tables
from oneshot.objectives.regularizers import REGULARIZERS
from oneshot.sweep import Run

LEAST = 3
"""Betas of each regularizer, without which no direction is tested."""


@pytest.fixture(scope="module")
def rows():
    return results.read(tables.SHIPPED / "regularization.json")


def test_rows_are_of_the_recipes_of_today(rows):
    for row in rows:
        weights = tuple(sorted(row.regularizers.items()))
        place = row.dataset, row.preset
        run = Run(*place, weights, row.control, row.seed, row.guidance, row.split)
        assert row.recipes == run.keys, f"{row.name} on {row.dataset} was made by another recipe"


@pytest.mark.parametrize("preset", ["draft", "laptop"])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_each_regularizer_has_its_betas(rows, name, preset):
    betas = {
        row.regularizers[name]
        for row in rows
        if (row.dataset, row.preset, row.split) == ("quickdraw", preset, "category")
        and list(row.regularizers) == [name]
    }
    assert len(betas) >= LEAST


def test_intervals_of_latents_hold_their_values(rows):
    told = [i for row in rows for i in (row.probes | row.reconstruction).values()]
    assert len(told) > len(rows)
    assert all(interval.low <= interval.value <= interval.high for interval in told)


def test_drawings_are_kept_of_every_run_but_people(rows):
    file = tables.SHIPPED / "regularization.json"
    drawn = [row for row in rows if row.control != results.HUMAN]
    assert drawn and all(results.drawings(file, row) for row in drawn)
