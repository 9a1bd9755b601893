"""Which score sees which failure, of letters by the critics that ship."""

import numpy as np
import pytest
import torch

from oneshot import systems
from oneshot.drawings import glyphs
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import TRAIN, VALIDATION
from oneshot.evaluations import failures
from oneshot.evaluations.failures import CAUGHT_BY, OTHERS, PEOPLE
from oneshot.metrics.features import embed
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import PLANE_SCORES
from oneshot.recipes import presets

CONCEPTS, TRAINED = 40, 40


@pytest.fixture(scope="module")
def found(smoke):
    """Some validation concepts beside some training concepts, by the critics of all of them."""
    names = glyphs.names(None)
    splits = glyphs.split(names)
    some = [np.flatnonzero(splits == split) for split in (TRAIN, VALIDATION)]
    rows = np.concatenate([part[:: len(part) // TRAINED][:TRAINED] for part in some])
    rows = np.sort(rows)
    pages = list(glyphs.pages(None, [names[k] for k in rows], 48, 0))
    stack, offsets = np.concatenate(pages), np.cumsum([0, *map(len, pages)])
    recipe = presets.concepts("glyphs")
    critic = smoke.get(recipe.critic)
    features = embed(critic, stack[:, None], recipe.threshold).unflatten(0, (len(pages), -1))
    middle = (features - features.mean(1, keepdim=True)).square().sum(2).argmin(1)
    chosen = tuple(names[k] for k in rows)
    members, exemplars = np.arange(len(stack)), offsets[:-1] + middle.numpy()
    group = ConceptSet(stack, members, offsets, chosen, splits[rows], exemplars)
    trained = torch.from_numpy(group.splits == TRAIN)
    scored = failures.beside_people(
        group,
        group.of("validation"),
        features[trained].flatten(0, 1),
        critic,
        {
            "recognizability": smoke.get(presets.recognition_critic("glyphs")),
            "second": smoke.get(presets.second_critic("glyphs")),
        },
        threshold=recipe.threshold,
        most=20,
        amplitude=systems.warped_by("glyphs"),
    )
    return {row.name: row for row in failures.compared(scored, "glyphs", "laptop")}


@pytest.mark.parametrize(("failure", "score"), CAUGHT_BY.items())
def test_each_failure_is_caught_by_the_score_that_is_for_it(found, failure, score):
    assert score in found[failure].seen


def test_other_people_do_not_fail(found):
    assert found[PEOPLE].seen == found[OTHERS].seen == []


def test_the_classic_plane_does_not_see_the_warp(found):
    assert not set(PLANE_SCORES) & set(found["warp"].seen)
    assert not {"bias", "grey", "second"} & set(found["warp"].seen)
    assert set(found["warp"].seen) >= {"recall", "coverage"}


def test_memory_and_one_drawing_are_seen_by_what_the_plane_lacks(found):
    """One drawing by another person is as original as people are, and as recognizable."""
    assert found["one drawing"].values["bias"].value == pytest.approx(1, abs=1e-3)
    assert not {"originality", "recognizability"} & set(found["one drawing"].seen)
    assert found["training drawings"].values["memory"].value == pytest.approx(0, abs=1e-3)
    assert "memory" not in found["another concept"].seen


def test_rows_hold_every_score_and_come_back(found, tmp_path, monkeypatch):
    rows = [*found.values()]
    assert all(row.values.keys() == row.gaps.keys() == set(failures.COMPARED) for row in rows)
    monkeypatch.setattr(failures, "measure", lambda *_: rows)
    failures.keep("glyphs", file=tmp_path / failures.NAME)
    monkeypatch.setattr(failures.table, "place", lambda *_, name: tmp_path / name)
    kept = failures.read("glyphs")
    assert list(kept) == [PEOPLE, OTHERS, *CAUGHT_BY]
    assert kept["warp"].seen == found["warp"].seen
    assert failures.read("omniglot") == {}


def test_seen_is_what_is_off_with_its_whole_interval():
    gaps = {
        "less": Interval(-0.3, -0.4, -0.11),
        "maybe": Interval(0.3, 0.05, 0.4),
        "more": Interval(0.3, 0.11, 0.4),
    }
    assert failures.Failure("glyphs", "laptop", "mine", {}, gaps).seen == ["less", "more"]
