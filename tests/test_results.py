"""Tables of results are whole, sorted, stable, and say when they are not what they should be."""

from dataclasses import replace

import numpy as np
import pytest

from oneshot import results
from oneshot.metrics.human import distance_to_human, spread_of
from oneshot.metrics.intervals import Interval
from oneshot.recipes import Drawn
from oneshot.results import Results, Row
from oneshot.store import Store


def row(originality=0.5, recognizability=90.0, validation=(0.5, 90.0), **changes) -> Row:
    scores = {name: Interval(0.1, 0.0, 0.2) for name in results.SCORES}
    scores["originality"] = Interval(originality, originality - 0.1, originality + 0.1)
    scores["recognizability"] = Interval(recognizability, recognizability - 1, recognizability + 1)
    fields = {
        "dataset": "glyphs",
        "preset": "laptop",
        "split": "category",
        "regularizers": {},
        "control": "none",
        "seed": 0,
        "guidance": 1.0,
        "distance_to_human": None,
        "validation": dict(zip(results.PLANE, validation, strict=True)),
        "bins": [[0.1, 99.0]],
        "probes": {"linear": Interval(12.3, 10.0, 14.0)},
        "reconstruction": {"error": Interval(4.0, 3.0, 5.0)},
        "steps": {"autoencoder": 30},
        "seconds": 1.25,
        "per_concept": {
            "raw_diversity": [1.0, 2.0],
            "distance": [0.9 * originality, 1.1 * originality],
            "scale": [1.0, 1.0],
            "recognizability": [recognizability - 1, recognizability + 1],
        },
        "recipes": {"samples": "abc"},
    }
    return Row(**fields | scores | changes)


def regularized(name, beta, **changes) -> Row:
    return row(regularizers={name: beta}, control="", **changes)


HUMAN = row(0.6, 97.0, control=results.HUMAN, guidance=None, validation=(0.6, 97.0))


@pytest.fixture
def home(tmp_path):
    return Store(tmp_path / "cache")


def test_rows_come_back_as_they_were_sorted_and_each_once(tmp_path, home):
    file = tmp_path / "table.json"
    combined = row(regularizers={"prototype": 1.0, "barlow": 30.0}, control="")
    rows = [combined, regularized("prototype", 100.0), regularized("prototype", 3.0), row()]
    results.add(file, rows)
    first = file.read_bytes()
    found = [replace(r, distance_to_human=None) for r in results.read(file)]
    assert found == rows[::-1]
    results.add(file, rows[1:3])
    assert file.read_bytes() == first
    changed = regularized("prototype", 3.0, seconds=7.0)
    results.add(file, [changed])
    assert [r.seconds for r in results.read(file)] == [1.25, 7.0, 1.25, 1.25]
    assert len(file.read_text().splitlines()) == 6  # a row a line, so that a change is one line


def test_distances_to_human_are_measured_among_all_runs_of_a_group(tmp_path, home):
    file = tmp_path / "table.json"
    near = regularized("kl", 1.0, originality=0.58, recognizability=96.0)
    far = regularized("kl", 2.0, originality=0.9, recognizability=60.0)
    results.add(file, [near, row(dataset="omniglot")])
    assert {r.distance_to_human for r in results.read(file)} == {None}
    results.add(file, [HUMAN, far])
    human, *runs, other = results.read(file)
    models = [near.point, far.point]
    expected = distance_to_human(models, HUMAN.point, spread_of(models))
    found = [r.distance_to_human for r in runs]
    assert [distance.value for distance in found] == pytest.approx(expected.tolist(), rel=1e-5)
    assert all(distance.low <= distance.value <= distance.high for distance in found)
    assert (human.distance_to_human, other.distance_to_human) == (None, None)


def test_only_keeps_the_rows_that_were_asked_for():
    rows = (
        HUMAN,
        row(),
        regularized("kl", 1.0),
        regularized("kl", 10.0),
        regularized("kl", 1.0, seed=1),
        regularized("kl", 1.0, guidance=0.0),
        row(regularizers={"barlow": 30.0, "prototype": 10.0}, control=""),
    )
    table = Results(None, "glyphs", "laptop", rows)
    assert table.only(["kl"], seeds=[0]).rows == (HUMAN, *rows[2:4])
    assert table.only(["none", "kl"], [1.0]).rows == (HUMAN, rows[1], rows[2], rows[4])
    assert table.only(["barlow+prototype"], [10.0]).families == {"barlow+prototype": [rows[6]]}
    assert table.only(["vq"]).human == HUMAN
    assert list(table.families) == ["none", "kl", "barlow+prototype"]


def test_the_best_of_a_family_is_nearest_to_human_on_validation_concepts():
    rows = (
        HUMAN,
        row(validation=(0.9, 50.0)),
        # test scores say otherwise: they choose nothing
        regularized("kl", 1.0, validation=(0.61, 96.0), originality=2.0),
        regularized("kl", 1.0, validation=(0.59, 98.0), originality=2.0, seed=1),
        regularized("kl", 9.0, validation=(0.65, 97.0), originality=0.6),
    )
    best = Results(None, "glyphs", "laptop", rows).best("kl")
    assert [(r.regularizers["kl"], r.seed) for r in best] == [(1.0, 0), (1.0, 1)]
    assert Results(None, "glyphs", "laptop", rows).best("vq") == []


def test_some_drawings_are_kept_two_bits_a_pixel(tmp_path):
    dice = np.random.default_rng(0)
    pages = dice.integers(0, 256, (40, 12, 1, 8, 8), dtype=np.uint8)
    drawn = Drawn(pages, None, np.arange(100, 140), tuple(f"c{k}" for k in range(40)))
    file = tmp_path / "table.json"
    results.save_drawings(file, row(), drawn)
    shown = Results(file, "glyphs", "laptop", ()).drawings(row())
    assert shown.drawings.shape == (16, 10, 1, 8, 8)
    places = shown.concepts - 100
    assert (places[0], places[-1]) == (0, 39)
    assert shown.names == tuple(f"c{k}" for k in places)
    np.testing.assert_array_equal(shown.drawings, np.rint(pages[places][:, :10] / 85) * 85)
    (kept,) = (tmp_path / "drawings").iterdir()
    assert kept.name == "glyphs-laptop-category-none-guidance1-seed0.safetensors"
    assert kept.stat().st_size < 16 * 10 * 8 * 2 + 1000


def test_drawings_of_another_run_under_the_same_name_are_not_shown(tmp_path):
    file = tmp_path / "table.json"
    drawn = Drawn(np.zeros((2, 3, 1, 8, 8), np.uint8), None, np.arange(2), ("a", "b"))
    results.save_drawings(file, row(), drawn)
    assert results.drawings(file, row()).drawings.shape == (2, 3, 1, 8, 8)
    assert results.drawings(file, row(recipes={"samples": "other"})) is None
    assert results.drawings(file, row(seed=1)) is None


def test_a_comparable_beta_is_as_original_and_as_recognizable_as_can_be():
    rows = (
        HUMAN,
        row(validation=(0.70, 60.0)),
        regularized("kl", 1.0, validation=(0.72, 61.0)),
        regularized("kl", 5.0, validation=(0.66, 80.0)),
        regularized("kl", 9.0, validation=(0.60, 95.0)),
    )
    table = Results(None, "glyphs", "laptop", rows)
    reference = table.best("none")
    assert [r.varying for r in table.comparable("kl", reference)] == [5.0]
    assert [r.varying for r in table.comparable("kl", reference, tolerance=0.2)] == [9.0]
    assert table.comparable("kl", [row(validation=(0.9, 60.0))]) == []
    assert table.comparable("vq", reference) == []


def test_merging_keeps_each_row_once():
    rows = (HUMAN, row(), regularized("kl", 1.0))
    table = Results(None, "glyphs", "laptop", rows)
    other = Results(None, "glyphs", "laptop", (HUMAN, regularized("kl", 2.0)))
    assert [r.name for r in table.merged(other).rows] == ["human", "none", "kl 1", "kl 2"]


def test_combinations_vary_the_prototype_wherever_it_stands_in_the_name():
    names = [({"prototype": 3.0, "simclr": 1.0}, "prototype"), ({"kl": 0.1}, "kl"), ({}, "")]
    for regularizers, varied in names:
        assert row(regularizers=regularizers).varied == varied
