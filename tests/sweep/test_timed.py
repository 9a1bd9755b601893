"""`oneshot sweep systems` and `paper`: priorities, a time box, and going on where it stopped."""

import multiprocessing
import time
from dataclasses import replace

import pytest
from filelock import FileLock

from oneshot import systems
from oneshot.evaluations.evaluate import Evaluation
from oneshot.recipes import editions, presets
from oneshot.store import Store
from oneshot.sweep import timed
from oneshot.training.loop import Plan

ONE = {"datasets": ("glyphs",), "names": ("ddpm",)}


class Clock:
    """A clock that each reading moves on by a minute."""

    def __init__(self):
        self.minutes = -1

    def __call__(self) -> float:
        self.minutes += 1
        return 60.0 * self.minutes


@pytest.fixture
def fresh(smoke, tmp_path):
    """A store without models, whose drawings, concepts and critics are those of all tests."""
    group = presets.concepts("glyphs", "smoke")
    smoke.get(group)
    own = Store(tmp_path)
    for recipe in (group, group.drawings, group.critic):
        place = own.path(recipe)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(smoke.find(recipe))
    return own


def test_the_most_wanted_come_first_and_every_seed_is_another_recipe():
    found = timed.jobs()
    assert [job.name for job in found[:2]] == ["omniglot cfgdm", "omniglot fsdm"]
    assert found[0].recipe == presets.small("cfgdm", "omniglot", edition=2)
    assert found[-1].name == "any ldm seed 2"
    assert len({job.recipe.key for job in found}) == len(found) == 3 * (3 * 9 - 1 + 1)
    assert [job.seed for job in found] == sorted(job.seed for job in found)
    assert {job.recipe.plan.seed for job in found} == set(timed.SEEDS)
    again = {(job.system, job.dataset): job.recipe for job in found if job.seed == 2}
    assert again["ldm", "omniglot"] == Evaluation("omniglot", "laptop", "ldm", seed=2).model
    assert again["cfgdm", "quickdraw"] == Evaluation("quickdraw", "laptop", "cfgdm", seed=2).model


def test_paper_jobs_are_of_the_published_sizes():
    found = {job.system: job.recipe for job in timed.jobs("paper", ("omniglot",))[:9]}
    assert found["cfgdm"] == systems.recipe("cfgdm", "omniglot", "paper")
    assert set(found) == set(systems.SYSTEMS)


def test_an_unknown_system_is_named():
    with pytest.raises(ValueError, match="unknown system 'gpt'; known: cfgdm, fsdm"):
        timed.jobs("laptop", names=("gpt",))


def test_a_slot_ends_goes_on_and_is_done(fresh):
    """On a clock that moves a minute a look, so that no test waits."""
    said = []
    options = {"say": said.append, **ONE}
    assert timed.run("smoke", 4, fresh, clock=Clock(), **options) == 1
    assert "begun" in said[0] and "of 10" in said[0]
    assert "waiting" in said[1]
    assert said[-1] == "3 of 3 are left; the same command goes on from here"
    for _ in range(40):
        if not timed.run("smoke", 8, fresh, clock=Clock(), **options):
            break
    del said[:]
    assert timed.run("smoke", 5, fresh, clock=Clock(), **options) == 0
    assert [line.split()[-1] for line in said] == ["there"] * 3


def test_seeds_give_different_weights(fresh):
    assert timed.run("smoke", 60, fresh, say=lambda _: None, **ONE) == 0
    first, second = (fresh.get(job.recipe) for job in timed.jobs("smoke", **ONE)[:2])
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert any((a != b).any() for a, b in pairs)


def hold(store, recipe, held, release):
    lock = store.path(recipe).with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        held.set()
        release.wait(60)


def test_what_another_process_makes_is_left_alone(fresh):
    job = timed.jobs("smoke", **ONE)[0]
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(fresh, job.recipe, held, release))
    other.start()
    assert held.wait(60)
    try:
        (outcome,) = timed.work([job], 5, fresh, clock=time.monotonic)
    finally:
        release.set()
        other.join(60)
    assert (outcome.state, fresh.find(job.recipe)) == ("busy", None)
    assert not fresh.busy(job.recipe)


def test_missing_drawings_do_not_stop_the_rest(fresh, monkeypatch, tmp_path):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    recipe = replace(presets.small("ddpm", "omniglot", edition=2), plan=Plan(1, 2))
    (outcome,) = timed.work([timed.Job("ddpm", "omniglot", 0, recipe)], 5, fresh)
    assert outcome.state == "no data"
    assert "omniglot" in outcome.said.lower()


def test_systems_of_a_laptop_are_those_of_the_editions():
    assert (
        set(editions.SYSTEMS) | {"ldm", "vae-elastic"} == set(timed.ORDER) == set(systems.SYSTEMS)
    )
