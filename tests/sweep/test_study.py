"""The recipe study: its trials, its file, and the slot of minutes it works in."""

import json
from dataclasses import replace

import pytest

from oneshot import systems
from oneshot.recipes import presets
from oneshot.recipes.base import reseeded
from oneshot.sweep import study


class Clock:
    """A clock that each reading moves on by a minute."""

    def __init__(self):
        self.minutes = -1

    def __call__(self) -> float:
        self.minutes += 1
        return 60.0 * self.minutes


@pytest.fixture
def small(monkeypatch):
    """A study of people and of two trials on glyphs at size smoke."""
    monkeypatch.setattr(study, "DATASET", "glyphs")
    human = presets.human("glyphs", "smoke", study.SPLIT)
    monkeypatch.setattr(presets, "human", lambda *_, **__: human)
    monkeypatch.setattr(presets, "variations", lambda *_, **__: 4)
    far = presets.small("fsdm", "glyphs", edition=2)
    far = replace(far, plan=replace(far.plan, seed=99))
    found = [
        study.Trial("people", "human", "people's own drawings", None),
        study.Trial("plain", "cfgdm", "plain", systems.recipe("cfgdm", "glyphs", "smoke"), 1.0),
        study.Trial("far", "fsdm", "far, in full", far),
    ]
    monkeypatch.setattr(study, "trials", lambda: found)
    return found


def test_trials_have_names_of_their_own_and_never_see_test_concepts():
    found = study.trials()
    assert len({trial.name for trial in found}) == len(found)
    assert {trial.drawn.split for trial in found} == {"validation"}
    assert len({trial.drawn.key for trial in found}) == len(found)
    assert found[0].name == "people"


def test_rows_are_written_once_and_keep_what_was_seen(smoke, small, tmp_path):
    file, said = tmp_path / "study.jsonl", []
    assert study.run(60, smoke, file, said.append) == 1, "one is not trained"
    assert [line.split(maxsplit=1)[1] for line in said] == ["made", "made", "is not trained yet"]
    people, plain = study.rows(file)
    assert (people.name, plain.name) == ("people", "plain")
    assert people.core_minutes == people.parameters == 0
    assert plain.steps == 10
    assert plain.core_minutes > 0
    assert plain.guidance == 1
    for row in (people, plain):
        interval = row.recognizability
        assert 0 <= interval.low <= interval.value <= interval.high <= 100
    kept = study.sheet("plain", file)
    assert kept.drawings.shape == (min(6, plain.concepts), 4, 1, 48, 48)
    assert study.sheet("people", file) is None, "people's drawings are not ours to keep"

    study.seen("plain", "specks on a blank page", file)
    before = file.read_bytes()
    assert study.run(60, smoke, file, said.append, only=["people", "plain"]) == 0
    assert file.read_bytes() == before
    assert study.rows(file)[1].seen == "specks on a blank page"


def test_a_trial_in_full_is_trained_when_it_is_named(smoke, small, tmp_path):
    file, said = tmp_path / "study.jsonl", []
    recipe = reseeded(systems.recipe("cfgdm", "glyphs", "smoke"), 4321)
    small[:] = [study.Trial("long", "cfgdm", "long, in full", recipe, 1.0)]
    study.run(60, smoke, file, said.append)
    study.run(60, smoke, file, said.append, only=["long"])
    assert [line.split(maxsplit=1)[1] for line in said] == ["is not trained yet", "made"]
    assert [row.name for row in study.rows(file)] == ["long"]


def test_a_slot_that_is_over_leaves_the_rest(smoke, small, tmp_path):
    file, said = tmp_path / "study.jsonl", []
    assert study.run(1.5, smoke, file, said.append, clock=Clock()) == 1
    assert [line.split()[1] for line in said] == ["made", "waiting", "waiting"]
    assert [row.name for row in study.rows(file)] == ["people"]


def test_a_row_of_another_recipe_is_made_again(smoke, small, tmp_path):
    file = tmp_path / "study.jsonl"
    study.run(60, smoke, file, lambda _: None, only=["people"])
    before = file.read_text()
    file.write_text(json.dumps(json.loads(before) | {"key": "another", "steps": 7}) + "\n")
    study.run(60, smoke, file, lambda _: None, only=["people"])
    assert file.read_text() == before


def test_what_is_not_known_is_named(smoke, small, tmp_path):
    file = tmp_path / "study.jsonl"
    with pytest.raises(ValueError, match="unknown trial 'plan'; known: people, plain"):
        study.run(1, smoke, file, only=["plan"])
    with pytest.raises(ValueError, match="'plain' has no row yet"):
        study.seen("plain", "a blank page", file)
    file.write_text("junk\n")
    with pytest.raises(ValueError, match="line 1, is no row of a table"):
        study.rows(file)
