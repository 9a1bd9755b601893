"""Tables that compare systems come back as they were, sorted, and each row once."""

import json
from dataclasses import replace

import made_up
import numpy as np
import pytest

from oneshot import kept, shipped, tables
from oneshot.comparison import rows
from oneshot.comparison.rows import Comparison
from oneshot.results import HUMAN
from oneshot.store import Store
from oneshot.sweep.board import Board
from oneshot.sweep.grid import Sweep


@pytest.fixture
def home(tmp_path):
    return Store(tmp_path / "cache")


def test_rows_come_back_with_humans_first_and_in_the_order_of_the_systems(tmp_path, home):
    file = tmp_path / "framework.json"
    made = made_up.framework()
    rows.add(file, made[::-1])
    back = rows.read(file)
    names = ["human", "ldm", "cfgdm", "ddpm", "fsdm", "vae-stn", "vae-stn, beta 0.25"]
    assert [row.name for row in back][:7] == names
    assert back[2].diversity.value == pytest.approx(made[1].diversity.value, rel=1e-5)
    assert back[2] == rows.Row.from_json(json.loads(json.dumps(made[1].to_json())))
    first = file.read_bytes()
    rows.add(file, made[2:4])
    assert file.read_bytes() == first
    assert len(first.splitlines()) == 2 + len(made)


@pytest.mark.parametrize(("table", "count"), [("framework", 1), ("guidance", 3), ("speed", 6)])
def test_a_table_keeps_apart_only_what_it_varies(tmp_path, home, table, count):
    file = tmp_path / f"{table}.json"
    ways = [
        made_up.row("cfgdm", guidance=strength, sampler=sampler, steps=steps)
        for strength in (0.0, 0.5, 1.0)
        for sampler in ("ddim", "ddpm")
        for steps in (10, 20, 50)
    ]
    rows.add(file, ways)
    assert len(rows.read(file)) == count
    rows.add(file, [made_up.row("cfgdm", critics="released"), made_up.row(HUMAN)])
    assert len(rows.read(file)) == count + 2


def test_a_row_that_lacks_a_field_is_refused_by_name(tmp_path):
    values = made_up.row().to_json()
    del values["grey"]
    (tmp_path / "speed.json").write_text(json.dumps([values]))
    with pytest.raises(ValueError, match=r"speed.json is not a table of results .*grey"):
        rows.read(tmp_path / "speed.json")


def test_results_of_what_is_not_the_projects_stay_in_the_cache(home, tmp_path, monkeypatch):
    ours = shipped.DATA / "results" / "framework.json"
    cache = home.runs.parent
    assert tables.place("framework", "omniglot", "laptop", cache) == ours
    own = cache / "results" / "framework.json"
    assert tables.place("framework", "omniglot", "smoke", cache) == own
    assert tables.place("framework", "folder:mine", "laptop", cache) == own
    (tmp_path / "quickdraw" / "simplified").mkdir(parents=True)
    monkeypatch.setenv("ONESHOT_DATA", str(tmp_path))
    assert tables.place("framework", "quickdraw", "laptop", cache) == ours
    (tmp_path / "quickdraw" / "simplified" / "cat.ndjson").touch()
    assert tables.place("framework", "quickdraw", "laptop", cache) == own
    sweep = Sweep("folder:mine", "laptop", grid=({"kl": 1.0},))
    assert Board(sweep, home).file == cache / "results" / "regularization.json"
    assert len({tables.part(name) for name in ("folder:mine", "folder:yours", "glyphs")}) == 3


def test_a_comparison_knows_systems_variants_and_ways():
    found = Comparison(None, "omniglot", "laptop", "own", tuple(made_up.framework()))
    assert found.human.system == HUMAN
    assert next(iter(found.systems)) == "cfgdm" and HUMAN not in found.systems
    assert found.systems["vae-stn"].variant == {}
    betas = [row.settings["beta"] for row in found.variants("vae-stn", "beta")]
    assert betas == [0.25, 1.0, 4.0]
    speed = Comparison(None, "omniglot", "laptop", "own", tuple(made_up.speed()))
    assert len(speed.ways("cfgdm")) == 9 and speed.ways("ddpm") == []


def test_drawings_are_of_the_very_row(tmp_path):
    found = made_up.comparison(tmp_path)
    row = found.systems["vae-stn"]
    shown = found.drawings(row)
    np.testing.assert_array_equal(shown.drawings, made_up.drawings(row).drawings)
    variant = found.variants("vae-stn", "beta")[0]
    assert not np.array_equal(found.drawings(variant).drawings, shown.drawings)
    assert Comparison(found.file, "omniglot", "laptop").drawings(found.human) is None
    again = replace(row, recipes={"samples": "drawn anew"})
    assert Comparison(found.file, "omniglot", "laptop").drawings(again) is None


def test_files_of_drawings_say_what_they_are_of(tmp_path):
    names = {
        "framework": made_up.row("vae-ns", variant={"set_size": 10.0, "beta": 2.0}),
        "guidance": made_up.row("cfgdm", guidance=0.5),
        "speed": made_up.row("cfgdm", sampler="ddim", steps=20, preset="smoke", seed=3),
    }
    found = [rows.drawings_file(tmp_path / f"{table}.json", row) for table, row in names.items()]
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "drawings/framework/omniglot-vae-ns-beta2-set_size10.safetensors",
        "drawings/guidance/omniglot-cfgdm-guidance0.5.safetensors",
        "drawings/speed/omniglot-smoke-cfgdm-ddim-steps20-seed3.safetensors",
    ]
    assert kept.read(found[0]) is None
