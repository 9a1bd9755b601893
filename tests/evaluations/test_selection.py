"""What is chosen is chosen on validation concepts; distances are in spreads of all runs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import regularized

from oneshot.evaluations import selection, table
from oneshot.evaluations.table import SHIPPED, Table
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.metrics.intervals import Interval

MOVED = json.loads(Path(__file__).with_name("moved.json").read_text())


def run(name=None, beta=1.0, validation=(0.5, 90.0), control="", point=(0.5, 90.0), **changes):
    one = regularized.row({name: beta} if name else None, control, point)
    told = dict(zip(("originality", "recognizability"), validation, strict=True))
    return replace(one, validation=told, **changes)


HUMAN = run(control="human", validation=(0.6, 97.0), point=(0.6, 97.0))


PIXELS = {"draft": (0.765962, 75.6977), "laptop": (0.692017, 81.7419)}
"""Where the control on pixels stood in that table; it draws by another sampler since."""


@pytest.mark.parametrize("old", [old for old in MOVED if "distance" in old], ids=lambda o: o["was"])
def test_distances_to_human_are_those_of_the_table_there_was(old):
    found = table.read(SHIPPED / table.NAME)
    (one,) = [record for record in found if record.recipes["scores"][:16] == old["scores"]]
    runs = selection.regularized(one.dataset, one.size, one.split, found)
    if one.dataset == "quickdraw":
        runs = Table(_as_it_was(record) for record in runs)
    far = selection.distance([one], runs, selection.spread(runs))
    assert far.value == pytest.approx(old["distance"], rel=2e-5)


def _as_it_was(record):
    """Return a record, of the control on pixels with the scores it had; they are in the unit."""
    if record.family != "pixels":
        return record
    scores = zip(("originality", "recognizability"), PIXELS[record.size], strict=True)
    return replace(record, **{name: Interval(value, value, value) for name, value in scores})


def test_a_sweep_is_all_that_was_scored_on_validation_concepts_too():
    runs = [HUMAN, run("kl"), run("kl", 2.0, dataset="omniglot")]
    other = replace(run("vq"), validation={})
    found = selection.regularized("glyphs", "laptop", table=Table([*runs, other]))
    assert found.records == (HUMAN, runs[1])


def test_families_are_those_asked_for_what_regularizes_nothing_first():
    runs = Table([
        run("kl", 10.0), run("kl", 1.0), HUMAN, run("kl", 1.0, seed=1), run(control="pixels"),
        run("kl", 1.0, guidance=0.0), run(control="none"),
    ])  # fmt: skip
    found = selection.families(runs, ["none", "kl", "pixels"], [1.0])
    assert [one.regularization for one in found] == ["human", "none", "pixels", "kl 1", "kl 1"]
    assert selection.families(runs, ["kl"], seeds=[0]).column("beta") == [0.0, 1.0, 10.0]
    assert selection.families(runs, ["vq"]).records == (HUMAN,)


def test_the_best_of_a_family_is_nearest_to_human_on_validation_concepts():
    runs = Table([
        HUMAN,
        run(control="none", validation=(0.9, 50.0)),
        # test scores say otherwise: they choose nothing
        run("kl", 1.0, (0.61, 96.0), point=(2.0, 90.0)),
        run("kl", 1.0, (0.59, 98.0), point=(2.0, 90.0), seed=1),
        run("kl", 9.0, (0.65, 97.0), point=(0.6, 90.0)),
    ])  # fmt: skip
    assert [(one.beta, one.seed) for one in selection.best(runs, "kl")] == [(1.0, 0), (1.0, 1)]
    assert selection.best(runs) == selection.best(runs, "kl")
    assert selection.best(runs, "vq") == [] and selection.best(runs.models) == []
    assert [one.family for one in selection.best_of(runs, ["vq", "kl", "none"])] == ["kl", "none"]


def test_a_comparable_beta_is_as_original_and_as_recognizable_as_can_be():
    runs = Table([
        HUMAN,
        run(control="none", validation=(0.70, 60.0)),
        run("kl", 1.0, (0.72, 61.0)),
        run("kl", 5.0, (0.66, 80.0)),
        run("kl", 9.0, (0.60, 95.0)),
    ])  # fmt: skip
    reference = selection.best(runs, "none")
    assert [one.beta for one in selection.comparable(runs, "kl", reference)] == [5.0]
    assert selection.comparable(runs, "kl", [run(validation=(0.9, 60.0))]) == []
    assert selection.comparable(runs, "vq", reference) == []


def test_distances_are_measured_among_all_runs():
    near, far = run("kl", 1.0, point=(0.58, 96.0)), run("kl", 2.0, point=(0.9, 60.0))
    runs = Table([HUMAN, near, far])
    places = [[one.originality.value, one.recognizability.value] for one in runs]
    expected = distance_to_human(places[1:], places[0], spread_of(places[1:]))
    found = [selection.distance([one], runs, selection.spread(runs)) for one in (near, far)]
    assert [one.value for one in found] == pytest.approx(expected.tolist(), rel=1e-5)
    assert all(one.low <= one.value <= one.high for one in found)
    assert selection.distance([near], Table([HUMAN, near]), (1.0, 1.0)) is None
    assert selection.distance([near], runs.models, (1.0, 1.0)) is None
