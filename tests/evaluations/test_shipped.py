"""The table that ships: every regularizer at its betas, intervals that hold, drawings of each."""

import pytest

from oneshot import systems
from oneshot.evaluations import table
from oneshot.evaluations.record import HUMAN

SHIPPED = ("barlow", "classification", "kl", "prototype", "simclr", "vq")
"""Regularizers of which runs ship; others may be known."""
LEAST = 3
"""Betas of each regularizer, without which no direction is tested."""


@pytest.fixture(scope="module")
def shipped():
    return table.read(table.SHIPPED / table.NAME)


@pytest.mark.parametrize("size", ["draft", "laptop"])
@pytest.mark.parametrize("name", SHIPPED)
def test_each_regularizer_has_its_betas(shipped, name, size):
    runs = shipped.where(dataset="quickdraw", size=size, split="category", family=name)
    assert len({run.beta for run in runs.models if run.validation}) >= LEAST


def test_intervals_of_latents_hold_their_values(shipped):
    told = [i for run in shipped for i in (run.probes | run.reconstruction).values()]
    assert len(told) > len(shipped)
    assert all(interval.low <= interval.value <= interval.high for interval in told)


def test_drawings_are_kept_of_every_system_by_the_books_own_critics(shipped):
    of_people = (HUMAN, *systems.NULLS)
    drawn = [one for one in shipped.where(critics="own") if one.system not in of_people]
    assert all(bool(one.kept) == (one.seed == 0) for one in drawn) and len(drawn) > 100
    people = [one for one in shipped if one.system in of_people and one.dataset != "glyphs"]
    assert people and not any(one.kept for one in people)
