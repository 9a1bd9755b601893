"""The table of results: what can be asked of it, and that nothing of it is lost."""

import json
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oneshot.evaluations import lines, samples, table
from oneshot.evaluations.evaluate import Evaluation
from oneshot.evaluations.record import HUMAN, Record
from oneshot.evaluations.samples import Shown
from oneshot.evaluations.table import SHIPPED, Table
from oneshot.metrics.intervals import Interval

MOVED = json.loads(Path(__file__).with_name("moved.json").read_text())
"""Of each row of the four tables there were: its name, the key of its scores, and their sha256.

Without what has been made again since: what the released critics judge, after resizing, and systems
in their second edition.
"""
SCORES = ("diversity", "originality", "recognizability", "recognizability_all")
BY_CONCEPT = ("raw_diversity", "distance", "scale", "recognizability")


def record(system="cfgdm", **changes) -> Record:
    score = Interval(0.5, 0.4, 0.6)
    fields = {
        "dataset": "omniglot",
        "size": "laptop",
        "split": "category",
        "critics": "own",
        "settings": {},
        "guidance": None if system == HUMAN else 1.0,
        "sampler": None if system == HUMAN else "ddim",
        "sampler_steps": None if system == HUMAN else 20,
        "variations": 20,
        "seed": 0,
        "changed": (),
        **dict.fromkeys((*SCORES, "diversity_raw"), score),
        "bins": [[0.1, 99.0]],
        "per_concept": {"scale": [1.0, 1.0, 2.0]},
        "recipes": {"samples": "drawn", "scores": "scored"},
    }
    return Record(system=system, **fields | changes)


def latent(family: str, beta: float | None = None, **changes) -> Record:
    settings = {"regularizer": family} | ({} if beta is None else {"beta": beta})
    return record("ldm", settings=settings, **changes)


@pytest.fixture(scope="module")
def shipped() -> Table:
    return table.read(SHIPPED / table.NAME)


@pytest.fixture(scope="module")
def by_scores(shipped) -> dict[str, Record]:
    found = {one.recipes["scores"][:16]: one for one in shipped}
    assert len(found) == len(shipped)  # an experiment is kept once
    return found


@pytest.mark.parametrize("old", MOVED, ids=[old["was"] for old in MOVED])
def test_every_evaluation_of_the_tables_there_were_is_here_with_its_values(by_scores, old):
    values = by_scores[old["scores"]].to_json()
    kept = {name: values[name] for name in SCORES}
    kept |= {f"{name} of concepts": values["per_concept"][name] for name in BY_CONCEPT}
    assert sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16] == old["values"]


def test_what_was_merged_is_one_experiment_under_several_names():
    keys = Counter(old["scores"] for old in MOVED)
    merged = [
        sorted(old["was"] for old in MOVED if old["scores"] == key)
        for key, count in keys.items()
        if count > 1
    ]
    assert sorted(merged) == [
        ["framework: glyphs laptop human", "regularization: glyphs draft human"],
        [
            "framework: omniglot draft human",
            "framework: omniglot laptop human",
            "guidance: omniglot laptop human",
            "speed: omniglot laptop human",
        ],
        [
            "framework: quickdraw laptop human",
            "guidance: quickdraw laptop human",
            "regularization: quickdraw draft human",
            "regularization: quickdraw laptop human",
            "speed: quickdraw laptop human",
        ],
        ["framework: quickdraw laptop ldm", "regularization: quickdraw laptop prototype 30"],
    ]
    assert len(MOVED) - len(keys) == 9


def test_drawings_that_a_record_names_are_there(shipped):
    named = [(one, kind) for one in shipped for kind in one.kept]
    assert len(named) > 100
    for one, kind in named:
        shown = shipped.drawings(one, kind)
        assert shown is not None, f"{kind} drawings of {one.slug}"
        assert shown.drawings.shape[1] <= samples.KINDS[kind][1]


def test_people_stay_in_every_selection_that_is_theirs():
    people = record(HUMAN, guidance=None)
    other = replace(people, dataset="glyphs")
    one = Table([people, other, record(), record("ddpm")])
    found = one.where(dataset="omniglot", size=["draft", "laptop"], system="ddpm", guidance=1.0)
    assert [r.system for r in found] == [HUMAN, "ddpm"]
    assert found.human == people and list(found.systems) == ["ddpm"]
    # the critics of a draft are those of a laptop
    assert one.where(size="draft").records == one[:2].records
    assert one.where(split="published").records == ()
    assert one.where(critics="released").human is None


def test_defaults_are_systems_by_themselves_and_vary_finds_companions():
    way = {"changed": ("guidance",)}
    rows = [record(guidance=0.0, **way), record(), record("ddpm"), record(variations=4)]
    rows += [latent("kl", 1.0), latent("kl", 2.0), latent("vq", 2.0)]
    found = Table([record(HUMAN), *rows])
    assert found.vary("guidance").records == found[:3].records
    assert found.vary("settings.beta").column("settings.beta") == [None, 1.0, 2.0]
    assert found.vary("settings").where(system="ldm").column("beta")[1:] == [1.0, 2.0, 2.0]
    assert [r.guidance for r in found.where(system="cfgdm").defaults().models] == [1.0, 1.0]
    assert found.where(system="cfgdm", variations=4).models.records == (rows[3],)
    assert list(found.where(system="ldm").by("family")) == ["kl", "vq"]
    assert found.sort("guidance").column("guidance")[:2] == [None, 0.0]


def test_a_column_that_there_is_not_is_refused():
    with pytest.raises(AttributeError, match="colour"):
        Table([record()]).where(colour="red")
    assert record()["settings.beta"] is None


def test_records_say_what_was_regularized():
    pair = replace(latent("barlow+prototype", 3.0), changed=("settings.beta",))
    pair = replace(pair, settings=pair.settings | {"beta_barlow": 30.0})
    assert pair.betas == {"barlow": 30.0, "prototype": 3.0} and pair.beta == 3.0
    assert pair.regularization == "barlow 30 + prototype 3" and pair.family == "barlow+prototype"
    assert pair.name == "ldm, barlow 30 + prototype 3"
    none = latent("none")
    assert (none.regularization, none.betas, none.beta) == ("none", {}, 0.0)
    assert record().family == "pixels"
    own = record("vae-stn", settings={"beta": 2.0}, changed=("settings.beta",))
    assert own.name == "vae-stn, beta 2" and own.family == "vae-stn"


def test_records_come_back_in_order_each_once_and_the_file_stays_the_same(tmp_path):
    file = tmp_path / "evaluations.jsonl"
    rows = [record("fsdm"), latent("kl", 2.0), latent("kl", 1.0), record(HUMAN), record("mine")]
    table.add(rows, file)
    names = ["human", "ldm", "ldm", "fsdm", "mine"]
    assert [r.system for r in table.read(file)] == names
    assert table.read(file)[1] == rows[2]
    first = file.read_bytes()
    table.add(rows[1:3], file)
    assert file.read_bytes() == first and len(first.splitlines()) == len(rows)


def test_a_record_adds_to_what_is_known_unless_it_was_scored_anew(tmp_path):
    file = tmp_path / "evaluations.jsonl"
    table.add([record(validation={"originality": 0.5}, kept=("spread",))], file)
    table.add([record(grey=Interval(0.3, 0.2, 0.4), kept=("sheet",))], file)
    (both,) = table.read(file)
    assert both.validation and both.grey and both.kept == ("sheet", "spread")
    table.add([record(recipes={"scores": "anew"})], file)
    (anew,) = table.read(file)
    assert anew.validation == {} and anew.kept == ()


def test_what_was_a_systems_own_says_so_no_longer_beside_what_is_so_today(tmp_path):
    file = tmp_path / "evaluations.jsonl"
    own = record(**Evaluation("omniglot", "laptop", "vae-stn").identity)
    earlier = replace(own, settings=own.settings | {"beta": own.settings["beta"] / 2})
    other, mine = replace(earlier, dataset="glyphs"), replace(earlier, system="mine")
    table.add([earlier, other, mine], file)
    table.add([own, replace(mine, seed=1)], file)
    found = table.read(file).where(system="vae-stn")
    assert found.where(dataset="omniglot").defaults().records == (own,)
    assert found.where(dataset="omniglot").settings().column("changed") == [("settings.beta",)]
    assert found.where(dataset="glyphs").records == (other,)  # nothing was added there
    assert {*table.read(file).where(system="mine").column("changed")} == {()}


def test_of_two_records_of_an_evaluation_the_newer_says_what_is_changed(tmp_path):
    file = tmp_path / "evaluations.jsonl"
    own = record(**Evaluation("omniglot", "laptop", "cfgdm").identity)
    table.add([replace(own, changed=("guidance",))], file)
    table.add([own], file)
    assert table.read(file).records == (own,)


def test_a_line_that_is_no_record_is_named(tmp_path):
    file = tmp_path / "evaluations.jsonl"
    table.add([record(), record("ddpm")], file)
    good = file.read_text()
    lacking = {k: v for k, v in record().to_json().items() if k != "grey"}
    for bad, fault in (("{", "Expecting"), ("[1]", ""), (json.dumps(lacking), "grey missing")):
        file.write_text(f"{good}{bad}\n")
        with pytest.raises(ValueError, match=rf"evaluations.jsonl, line 3, is no row.*{fault}"):
            table.read(file)
        with pytest.raises(ValueError, match="line 3"):
            table.add([record("fsdm")], file)
        assert file.read_text() == f"{good}{bad}\n"  # nothing is lost
    with pytest.raises(ValueError, match="is no row"):
        file.write_bytes(b"\xff\xfe")
        table.read(file)


def _add(file: Path, number: int) -> None:
    for step in range(3):
        table.add([record("ldm", seed=10 * number + step)], file)


def test_eight_processes_that_write_at_once_lose_nothing(tmp_path):
    file = tmp_path / "new" / "evaluations.jsonl"
    workers = [
        get_context("spawn").Process(target=_add, args=(file, number)) for number in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 8
    seeds = [one.seed for one in table.read(file)]
    assert seeds == [10 * number + step for number in range(8) for step in range(3)]


def test_what_is_not_the_projects_stays_in_the_cache(tmp_path, monkeypatch):
    own = table.cache()
    assert own.name == table.NAME and SHIPPED not in own.parents
    for where in (("omniglot", "smoke"), ("folder:mine", "laptop"), ("omniglot", "laptop", "mine")):
        assert table.place(*where) == own
    assert table.place("omniglot", "laptop", "cfgdm") == SHIPPED / table.NAME
    (tmp_path / "quickdraw" / "simplified").mkdir(parents=True)
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    assert table.place("quickdraw", "laptop") == SHIPPED / table.NAME
    (tmp_path / "quickdraw" / "simplified" / "cat.ndjson").touch()
    assert table.place("quickdraw", "laptop") == own
    folders = {record(dataset=f"folder:{name}").slug for name in ("mine", "yours")}
    assert len(folders) == 2


def test_the_users_own_records_are_shown_beside_those_that_ship(monkeypatch, tmp_path):
    monkeypatch.setattr(table, "cache", lambda *_: tmp_path / table.NAME)
    table.add([record("mine")])
    systems = table.read().where(dataset="omniglot", size="laptop").defaults().systems
    assert {"mine", "cfgdm"} <= systems.keys()


def test_drawings_are_of_the_very_record(tmp_path):
    pages = np.random.default_rng(0).integers(0, 256, (3, 5, 1, 7, 9), dtype=np.uint8)
    one = samples.keep(tmp_path, record(), "sheet", Shown(pages, ("a", "b", "c"), np.arange(3)))
    assert one.kept == ("sheet",)
    found = Table([one], [tmp_path / "elsewhere", tmp_path])
    np.testing.assert_array_equal(found.drawings(one, "sheet").drawings, np.rint(pages / 85) * 85)
    assert found.drawings(one, "spread") is None
    assert found.drawings(replace(one, recipes={"samples": "other"}), "sheet") is None
    assert found.drawings(replace(one, seed=1), "sheet") is None
    name = "omniglot-laptop-cfgdm-guidance1-ddim20-of20-seed0.safetensors"
    assert [path.name for path in (tmp_path / "drawings" / "sheet").iterdir()] == [name]


def test_a_table_that_cannot_be_written_is_noticed(tmp_path):
    lines.check_writable(tmp_path / "new" / "table.jsonl")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        lines.check_writable(tmp_path / "file" / "table.jsonl")


def own_folder(root: Path, side: int) -> Path:
    for concept in range(6):
        (root / f"concept{concept}").mkdir(parents=True, exist_ok=True)
        for k in range(4):
            page = np.full((side, side), 255, np.uint8)
            page[concept + 2 : concept + 8, k + 2 : k + 5] = 0
            Image.fromarray(page).save(root / f"concept{concept}" / f"{k}.png")
    return root


def test_records_of_ones_own_drawings_count_while_those_are_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "cache", lambda *_: tmp_path / "results" / table.NAME)
    root = own_folder(tmp_path / "mine", 30)
    monkeypatch.chdir(tmp_path)
    table.add([record(dataset="folder:mine/", size="smoke")])
    (found,) = table.read().where(dataset="folder:./mine")
    assert found.dataset == f"folder:{root.resolve()}"
    own_folder(root, 31)
    assert not table.read().where(dataset="folder:mine")
    own_folder(root, 30)
    assert len(table.read().where(dataset="folder:mine")) == 1
    root.rename(tmp_path / "away")
    assert not table.read().where(dataset=f"folder:{root}")


def test_systems_that_ship_do_not_stand_beside_people_of_other_drawings(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "cache", lambda *_: tmp_path / "results" / table.NAME)
    shipped = table.read().where(dataset="quickdraw")
    assert len(shipped) > 10
    (tmp_path / "quickdraw" / "simplified").mkdir(parents=True)
    drawing = '{"word":"cat","recognized":true,"drawing":[[[0,9],[0,9]]]}\n'
    (tmp_path / "quickdraw" / "simplified" / "cat.ndjson").write_text(drawing)
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    assert table.read().where(dataset="quickdraw").records == shipped.records
    table.add([record(HUMAN, dataset="quickdraw")])
    assert [one.system for one in table.read().where(dataset="quickdraw")] == [HUMAN]
    assert len(table.read().where(dataset="omniglot")) > 1
    monkeypatch.delenv("ONESHOT_DATA")
    monkeypatch.setattr("oneshot.drawings.sources.user_cache_path", lambda _: tmp_path / "none")
    assert table.read().where(dataset="quickdraw").records == shipped.records
