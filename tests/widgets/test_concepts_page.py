"""What the page on concepts says of siblings and leakage, with divisions that are known."""

from dataclasses import replace

import pytest

from oneshot.drawings.splits import TEST, TRAIN, VALIDATION
from oneshot.metrics.claims import Claim
from oneshot.metrics.intervals import Interval
from oneshot.sweep import Division
from oneshot.widgets import clusters

NAMES = ["clock/1", "clock/2", "sun/1", "tree/1", "tree/2", "tree/3", "vase/1", "vase/2"]
SPLITS = [TRAIN, TEST, TEST, TRAIN, VALIDATION, TRAIN, TEST, TRAIN]


@pytest.fixture
def published():
    place = "quickdraw", "laptop", "published"
    return Division(*place, NAMES, SPLITS, [5] * len(NAMES), nearest=[0.4, 0.2, 0.3])


def test_siblings_are_of_categories_that_the_published_split_parts(published):
    assert clusters.examples(NAMES, published) == {"clock": [0, 1], "vase": [6, 7]}
    assert list(clusters.examples(NAMES)) == ["clock", "tree", "vase"]
    assert list(clusters.examples(NAMES, shown=1)) == ["clock"]
    whole = replace(published, splits=[TRAIN] * len(NAMES))
    assert list(clusters.examples(NAMES, whole)) == ["clock", "tree", "vase"]
    assert clusters.examples(["sun/1"]) == {}


def test_the_sides_that_are_told_are_those_of_the_siblings_shown(published):
    assert clusters.sides(published).data == (
        "Of the categories above a model is tested on clock 2 after training on clock 1; on vase 1 "
        "after training on vase 2."
    )
    assert clusters.sides(replace(published, splits=[TRAIN] * len(NAMES))).data == ""
    assert "not on this machine" in clusters.sides(None).data


def test_what_the_critic_has_seen_of_the_published_test_is_counted(published):
    category = replace(published, splits=[TRAIN, TRAIN, TEST, TRAIN, TRAIN, TRAIN, TEST, TEST])
    told = clusters.judged({"category": category, "published": published}).data
    assert "of the 3 test concepts" in told and told.endswith("trained on drawings of 1.")
    assert "not on this machine" in clusters.judged({"published": published}).data


def test_what_leakage_is_worth_is_said_as_its_interval_says():
    claim = Claim("With siblings.", Interval(1, -1, 3), "recognizability +1 [-1, +3]", "undecided")
    assert clusters.conclusion([claim]).data == (
        "- With siblings: **undecided** (recognizability +1 [-1, +3])."
    )
    assert "no runs" in clusters.conclusion([]).data
