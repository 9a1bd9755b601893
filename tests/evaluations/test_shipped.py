"""The table that ships: every regularizer at its betas, intervals that hold, drawings of each."""

import pytest

from oneshot import systems
from oneshot.evaluations import failures, table
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


@pytest.mark.parametrize("dataset", ["glyphs", "omniglot", "quickdraw:2"])
def test_each_constructed_failure_is_seen_by_what_is_for_it_and_people_by_nothing(dataset):
    seen = {name: set(row.seen) for name, row in failures.read(dataset).items()}
    assert seen[failures.PEOPLE] == seen[failures.OTHERS] == set()
    for name, score in failures.CAUGHT_BY.items():
        assert score in seen[name], f"{score} does not see {name}"
    assert {"originality", "recall", "coverage", "density"} <= seen["copies"]
    assert {"recognizability", "precision", "second"} <= seen["another concept"]
    assert not {"diversity", "originality", "recognizability"} & seen["warp"]


def test_the_warp_of_omniglot_is_where_people_are_on_the_planes(shipped):
    people, warp = (
        shipped.where(dataset="omniglot", size="laptop", critics="own", system=["warp"])
        .defaults()
        .with_people[name]
        for name in (HUMAN, "warp")
    )
    for score, was in (("diversity", 0.451), ("originality", 0.497), ("recognizability", 97.5)):
        assert warp[score].low <= was <= warp[score].high
        assert warp[score].low <= people[score].value <= warp[score].high
