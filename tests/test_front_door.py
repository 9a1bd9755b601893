"""The front door: what a researcher comes for, from `import oneshot` alone."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import oneshot
from oneshot import execute, store, systems
from oneshot.api import NotMade
from oneshot.evaluations import table
from oneshot.evaluations.record import HUMAN
from oneshot.recipes import presets
from oneshot.rng import generator

ROOT = Path(__file__).resolve().parent.parent
GLYPHS = {"dataset": "glyphs", "size": "smoke"}


class CopyingMachine:
    """Gives back what it is shown."""

    def draw(self, exemplars, variations, *, guidance=None, seed=0, concepts=None):
        return exemplars[:, None].repeat(1, variations, 1, 1, 1)


class RandomConcept:
    """Shows what people drew of some concept, whatever it is asked to vary."""

    def __init__(self, concepts):
        self.concepts, self.pages = concepts.of("test"), concepts.pages
        self.rows = [concepts.rows(k) for k in self.concepts]

    def draw(self, exemplars, variations, *, guidance=None, seed=0, concepts=None):
        drawn = []
        for concept in concepts:
            chance = generator(seed, concept)
            rows = [self.rows[k] for k in chance.integers(len(self.rows), size=variations)]
            drawn.append([self.pages[row[chance.integers(len(row))]] for row in rows])
        return torch.from_numpy(np.array(drawn))[:, :, None].float() / 255


@pytest.fixture
def own_table(judges, tmp_path, monkeypatch):
    """An empty table in place of the user's own."""
    file = tmp_path / "results" / table.NAME
    monkeypatch.setattr(table, "cache", lambda store=None: file)
    return file


def ran(script):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout


def test_import_is_quick_and_nothing_heavy_comes_with_it():
    script = (
        "import sys, time; start = time.perf_counter(); import oneshot;"
        "print(time.perf_counter() - start, 'torch' in sys.modules, 'numpy' in sys.modules)"
    )
    seconds, torch_there, numpy_there = min(ran(script).split() for _ in range(3))
    assert float(seconds) < 0.1
    assert (torch_there, numpy_there) == ("False", "False")


def test_the_stable_api_is_all_there():
    assert oneshot.__all__ == sorted(oneshot._PLACES)
    for name in oneshot.__all__:
        assert callable(getattr(oneshot, name)) and name in dir(oneshot)
        assert getattr(oneshot, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'paint'"):
        _ = oneshot.paint


def test_a_model_is_loaded_and_draws_what_is_read(smoke):
    smoke.get(systems.recipe("vae-stn", "glyphs", "smoke"))
    model = oneshot.load("vae-stn", "glyphs", "smoke")
    stroke = [[[10, 120, 240], [10, 200, 40]]]
    page = oneshot.read_drawing(stroke)
    assert page.shape == (1, 1, 48, 48)
    assert model.draw(page, 3, seed=1).shape == (1, 3, 1, 48, 48)


def test_nothing_is_trained_by_surprise(smoke, monkeypatch):
    monkeypatch.setattr(smoke, "_make", lambda recipe: pytest.fail(f"{recipe} is being made"))
    told = "oneshot make cfgdm --dataset omniglot --preset paper` makes it"
    with pytest.raises(NotMade, match=re.escape(told)):
        oneshot.load("cfgdm", "omniglot", "paper")
    with pytest.raises(NotMade, match=r"'barlow:7' of glyphs at size laptop.*make barlow:7"):
        oneshot.load("barlow:7", "glyphs")
    with pytest.raises(NotMade, match=r"human-half' of omniglot at size paper is neither shipped"):
        oneshot.load("human-half", "omniglot", "paper")
    with pytest.raises(ValueError, match=r"no model is called 'potion'.*ldm"):
        oneshot.load("potion", "glyphs")
    pages = torch.zeros(2, 2, 1, 48, 48)
    with pytest.raises(NotMade, match="make recognition_critic --dataset quickdraw --preset paper"):
        oneshot.score(pages, pages[:, 0], "quickdraw", size="paper")


@pytest.mark.parametrize(
    ("critics", "dataset", "told"),
    [
        (
            "own",
            "quickdraw:2",
            "make recognition_critic --dataset quickdraw:2 --preset paper` makes",
        ),
        ("vit", "quickdraw", "make second_critic --dataset quickdraw` makes it"),
        ("seed", "glyphs", "make recognition_critic --seed 1 --dataset glyphs` makes it"),
        ("released", "omniglot", "is missing: the recognition critic released with"),
    ],
)
def test_the_critic_that_is_missing_is_named(critics, dataset, told, tmp_path, monkeypatch):
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    size = "paper" if "paper" in told else "laptop"
    pages = torch.zeros(2, 2, 1, 48, 48)
    with pytest.raises(NotMade, match=re.escape(told)):
        oneshot.score(pages, pages[:, 0], dataset, critics=critics, size=size)


def test_scores_are_those_of_the_protocol(judges):
    people = presets.human("glyphs", "smoke")
    drawn = judges.get(people)
    found = oneshot.score(drawn.drawings, drawn.exemplars, **GLYPHS)
    assert found == judges.get(presets.scores(people))
    pages = torch.from_numpy(drawn.drawings).float() / 255
    assert oneshot.score(pages, drawn.exemplars, **GLYPHS) == found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pages: pages * 255, "drawings are in [0, 1], ink high, and these go from 0 to 255"),
        (lambda pages: 1 - pages, "the drawings are ink nearly all over"),
        (lambda pages: pages[:, 0], "a tensor (C, V, 1, H, W), not (2, 1, 48, 48)"),
        (lambda pages: pages / 0, "drawings are not all finite"),
        (lambda pages: [1, 2], "a tensor (C, V, 1, H, W), not list"),
        (lambda pages: pages[:, :1], "2 concepts and 2 drawings of each"),
    ],
)
def test_drawings_that_cannot_be_scored_are_refused(judges, change, said):
    drawn = judges.get(presets.human("glyphs", "smoke"))
    pages = torch.from_numpy(drawn.drawings[:2]).float() / 255
    with pytest.raises(ValueError, match=re.escape(said)):
        oneshot.score(change(pages), drawn.exemplars[:2], **GLYPHS)


def test_a_copying_machine_is_recognized_and_nothing_else(own_table):
    row = oneshot.compare(CopyingMachine(), name="copier", **GLYPHS)
    assert row.originality.value == pytest.approx(0, abs=1e-5)
    for score in (row.recognizability, row.recognizability_all):
        assert score.value == pytest.approx(100)
    there = oneshot.results().where(dataset="glyphs", size="smoke")
    assert {record.system for record in there} == {HUMAN, "copier"}
    assert there.systems["copier"] == row
    assert there.drawings(row, "spread").drawings.shape[2:] == (1, 48, 48)
    assert row.parameters is None and row.training == {} and "model" not in row.recipes


def test_a_random_concept_is_recognized_by_chance(own_table, smoke):
    model = RandomConcept(smoke.get(presets.concepts("glyphs", "smoke")))
    row = oneshot.compare(model, name="random", variations=40, **GLYPHS)
    chance = 100 / row.concepts
    assert abs(row.recognizability_all.value - chance) < 10
    assert row.variations == 40


class Bent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = torch.nn.Parameter(torch.tensor(2.0))

    def draw(self, exemplars, variations, *, guidance=None, seed=0, concepts=None):
        moved = torch.roll(exemplars, int(self.shift), dims=3)
        return moved[:, None].repeat(1, variations, 1, 1, 1)


def test_a_row_says_which_weights_it_is_of(own_table, tmp_path):
    model = Bent()
    costs = {"steps": {"model": 3}, "seconds": 2.0}
    first = oneshot.compare(model, name="bent", training=costs, **GLYPHS)
    assert first.parameters == 1 and first.training == costs
    assert oneshot.compare(Bent(), name="bent", **GLYPHS).recipes == first.recipes
    torch.nn.init.constant_(model.shift, 3.0)
    second = oneshot.compare(model, name="bent", **GLYPHS)
    assert not set(first.recipes.values()) & set(second.recipes.values())
    there = oneshot.results().where(dataset="glyphs", size="smoke").systems
    assert there["bent"].recipes == second.recipes
    file = tmp_path / "weights.bin"
    keys = []
    for content in (b"one", b"two"):
        file.write_bytes(content)
        row = oneshot.compare(CopyingMachine(), name="copier", weights=file, **GLYPHS)
        keys.append(row.recipes["model"])
    assert keys[0] != keys[1]


@pytest.mark.parametrize("name", ["", "ldm", HUMAN, "warp", "My Model", "../mine", "m" * 41, None])
def test_a_name_that_is_taken_or_no_name_is_refused(own_table, name):
    with pytest.raises(ValueError, match="is no name for a model of one's own"):
        oneshot.compare(CopyingMachine(), name=name, **GLYPHS)
    assert not own_table.exists()


def test_a_model_that_breaks_the_contract_leaves_no_row(own_table):
    class Broken(CopyingMachine):
        def draw(self, *given, **options):
            return 255 * super().draw(*given, **options)

    with pytest.raises(ValueError, match=r"Broken is no generator: drawings are in \[0, 1\]"):
        oneshot.compare(Broken(), name="broken", **GLYPHS)

    class Diverging(CopyingMachine):
        def draw(self, exemplars, variations, **options):
            drawn = super().draw(exemplars, variations, **options)
            return drawn / 0 if variations > 3 else drawn

    with pytest.raises(ValueError, match=r"drawing the concepts .*: drawings are not all finite"):
        oneshot.compare(Diverging(), name="diverging", **GLYPHS)
    assert not own_table.exists()


def test_critics_in_other_circumstances_judge_so(own_table):
    class Grey(CopyingMachine):
        """Draws lines that are ink above a lower threshold alone, but for the first half."""

        def draw(self, exemplars, variations, **options):
            drawn = super().draw(exemplars, variations, **options).clone()
            moved = torch.roll(drawn, 1, dims=3)
            drawn = torch.maximum(drawn, 0.25 * moved)
            drawn[:, variations // 2 :] = torch.roll(drawn[:, variations // 2 :], 5, dims=4)
            return drawn

    found = {
        name: oneshot.compare(Grey(), name="grey", critics=name, **GLYPHS)
        for name in ("own", "thin", "bold", "half")
    }
    assert found["bold"].originality.value > found["own"].originality.value + 0.01
    assert {one.variations for one in found.values()} == {found["own"].variations}
    assert found["half"].diversity_raw.value == pytest.approx(0, abs=1e-5)
    assert found["own"].diversity_raw.value > 0.01
    assert len({one.recipes["scores"] for one in found.values()}) == len(found)
    drawn = presets.human("glyphs", "smoke")
    half = store.get(presets.scores(drawn, "half")).diversity_raw
    people = store.get(drawn)
    pages = people.drawings, people.exemplars
    assert oneshot.score(*pages, "glyphs", size="smoke", critics="half").diversity_raw == half


def test_people_are_scored_once(own_table):
    oneshot.compare(CopyingMachine(), name="copier", **GLYPHS)
    people = oneshot.results().where(dataset="glyphs", size="smoke").human
    marked = replace(people, seed=people.seed, validation={"marked": 1.0})
    table.add([marked], own_table)
    oneshot.compare(CopyingMachine(), name="again", **GLYPHS)
    there = oneshot.results().where(dataset="glyphs", size="smoke")
    assert there.human.validation == {"marked": 1.0}
    assert set(there.systems) == {"copier", "again"}


def test_a_model_of_ones_own_is_shown_on_the_framework_page(judges, store_apart, tmp_path):
    """By a kernel, which finds the table of this test."""
    oneshot.compare(CopyingMachine(), name="copier", **GLYPHS)
    given = {"dataset": "glyphs", "second": "glyphs", "preset": "smoke"}
    page = "notebooks/framework.ipynb"
    shown, hidden = (
        execute.run(ROOT / page, tmp_path / f"{number}.ipynb", **given, extra=extra).read_text()
        for number, extra in enumerate((["copier"], []))
    )
    assert "**copier**" in shown and "**copier**" not in hidden
