"""Sweeps: what a grid asks for, what is made of it and when, and what survives a kill."""

import os
import signal
import subprocess
import sys
from concurrent.futures import CancelledError
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from oneshot import store, sweep, systems
from oneshot.claims.latent_representation import FIXED
from oneshot.drawings.errors import DataError
from oneshot.evaluations import samples, table
from oneshot.evaluations.evaluate import Evaluation, missing
from oneshot.evaluations.record import betas, regularization
from oneshot.objectives.regularizers import REGULARIZERS
from oneshot.recipes import Autoencoder, Human, presets
from oneshot.store import Store
from oneshot.sweep import Sweep, SweepError
from oneshot.sweep.board import progress
from oneshot.training.loop import TrainingDiverged


def run_of(name="none", beta=None, **changes) -> Evaluation:
    """Return a run of the smallest models, as a sweep asks for it."""
    settings = {"regularizer": name} | ({} if beta is None else {"beta": beta})
    way = {"guidance": 1.0, "chosen": True} | changes
    return Evaluation("glyphs", "smoke", "ldm", tuple(settings.items()), **way)


def named(run: Evaluation) -> str:
    return regularization(run.system, run.settings)


SHIPPED = sorted((Path(__file__).parent.parent / "data" / "sweeps").glob("*.yaml"))
TINY = "dataset: glyphs\npreset: smoke\ncontrols: []\ngrid: [{prototype: [1, 100]}]\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "sweep.yaml"
    file.write_text(text)
    return file


def kept(home: Store, run: Evaluation) -> list:
    """Return the records of a run in the user's own table."""
    return [record for record in table.read(table.cache(home)) if run.of(record)]


class Counting(Store):
    """A store that only says what it has and remembers nothing."""

    def __init__(self, there=()):
        self.there = {recipe.key for recipe in there}

    def find(self, recipe):
        return Path() if recipe.key in self.there else None


def test_a_grid_is_gone_through_in_its_order_seed_after_seed():
    asked = Sweep(
        "glyphs",
        "smoke",
        seeds=(0, 1),
        controls=("none", "augmentation"),
        grid=({"prototype": [10, 1]}, {"barlow": 30, "prototype": [1]}),
    )
    names = [(named(run), run.seed) for run in asked.runs]
    once = ["none", "augmentation", "prototype 10", "prototype 1", "barlow 30 + prototype 1"]
    assert names == [(name, seed) for seed in (0, 1) for name in once]


def test_runs_asked_for_twice_are_made_once():
    asked = Sweep("glyphs", controls=(), grid=({"kl": 1}, {"kl": [1.0, 2]}))
    assert [named(run) for run in asked.runs] == ["kl 1", "kl 2"]


def test_a_run_is_made_of_the_recipes_of_the_presets():
    run = run_of("prototype", 30.0)
    model = presets.latent_diffusion("glyphs", "smoke", {"prototype": 30})
    assert run.model.key == model.key
    assert run.parts["samples"].key == systems.samples("ldm", "glyphs", "smoke", guidance=1.0).key
    assert run.parts["scores"].key == presets.scores(run.parts["samples"]).key


def test_a_seed_changes_both_trainings_and_the_noise_but_no_critic():
    first, second = (run_of(seed=seed).parts for seed in (0, 1))
    for name in first:
        assert first[name].key != second[name].key
    assert second["model"].plan.seed == second["autoencoder"].plan.seed == 1
    assert second["samples"].seed == 1
    assert first["scores"].recognition == second["scores"].recognition


def test_the_augmentation_control_trains_on_views_without_a_regularizer():
    codes = run_of("augmentation").parts["autoencoder"]
    assert (codes.augment, codes.betas) == ("view", {})


def test_the_pixel_control_is_cfgdm_without_an_autoencoder():
    run = Sweep("glyphs", "smoke", controls=("pixels",)).runs[0]
    assert run.model.key == systems.recipe("cfgdm", "glyphs", "smoke").key
    assert list(run.parts) == ["model", "samples", "scores", "validation"]
    other = replace(run, seed=1, split="published")
    assert (other.model.plan.seed, other.model.concepts) == (1, other.concepts)


def test_upstream_comes_first_and_what_is_shared_before_all_else():
    asked = Sweep("glyphs", "smoke", grid=({"prototype": [1, 2]},))
    needed = missing([asked.human, *asked.runs], Counting())
    keys = [recipe.key for recipe in needed]
    assert len(set(keys)) == len(keys)
    for place, recipe in enumerate(needed):
        for upstream in recipe.upstream():
            assert upstream.ephemeral or keys.index(upstream.key) < place
    kinds = [type(recipe).__name__ for recipe in needed]
    critics = ["Drawings", "OriginalityCritic", "Concepts", "RecognitionCritic"]
    assert kinds[:4] == critics
    assert kinds[4:6] == ["Scores", "Scores"]
    assert isinstance(needed[4].drawn, Human)
    # of three models, each with drawings and scores of test and validation concepts
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        **dict.fromkeys(critics, 1),
        **dict.fromkeys(("Autoencoder", "Probes", "LatentDiffusion"), 3),
        "Samples": 6,
        "Scores": 8,
    }


def test_what_is_there_is_not_made_again_nor_what_it_was_made_from():
    run = run_of()
    parts = run.parts
    shared = (run.concepts, run.concepts.drawings, run.concepts.critic, run.critic)
    needed = missing([run], Counting((*shared, parts["samples"], parts["probes"])))
    # the model is needed for the drawings of validation concepts alone
    kinds = ["Scores", "Autoencoder", "LatentDiffusion", "Samples", "Scores"]
    assert [type(recipe).__name__ for recipe in needed] == kinds
    needed = missing([run], Counting((*shared, parts["model"], parts["validation"])))
    assert [type(recipe).__name__ for recipe in needed] == [
        "Autoencoder",
        "Probes",
        "Samples",
        "Scores",
    ]
    assert missing([run], Counting(run.wanted)) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_sweeps_can_be_read(file):
    asked = sweep.read(file.stem)
    assert asked.preset == file.stem.rsplit("-", 1)[1]
    codes = [(run, run.parts.get("autoencoder")) for run in asked.runs]
    assert all(c is None or c.betas == betas(run.settings) for run, c in codes)
    assert {run.system for run, c in codes if c is None} <= {"cfgdm"}


def test_the_sweeps_of_fig_3_and_4_hold_every_regularizer_and_combination():
    third, fourth = sweep.read("fig3-laptop"), sweep.read("fig4-laptop")
    alone = {name: set() for name in REGULARIZERS}
    for run in third.runs:
        for name, beta in betas(run.settings).items():
            alone[name].add(beta)
    assert all(len(betas) >= 3 for betas in alone.values())
    combined = {frozenset(found) for run in fourth.runs if (found := betas(run.settings))}
    assert combined == {frozenset((name, "prototype")) for name in FIXED}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dataset: glyphs\nbetas: [1]", "unknown key 'betas'; known: dataset, preset"),
        ("dataset: glyphs\nseed: 1", "unknown key 'seed'; did you mean 'seeds'?"),
        ("preset: smoke", "`dataset` is missing"),
        (
            "dataset: glyphs\npreset: tiny",
            "preset: unknown 'tiny'; known: smoke, draft, laptop, paper",
        ),
        ("dataset: mnist", "dataset: unknown dataset 'mnist'; known: glyphs"),
        ("dataset: 3", "dataset: 3 is not a name"),
        ("dataset: folder", "dataset: say which folder: folder:PATH"),
        ("dataset: glyphs\nseeds: [-1]", "seeds: -1 is below 0"),
        ("dataset: glyphs\ngrid: [{protoype: 1}]", "grid, entry 1: unknown 'protoype'; did you"),
        ("dataset: glyphs\ngrid: [{kl: 1}, {kl: big}]", "entry 2, kl: 'big' is not a number"),
        ("dataset: glyphs\ngrid: [{kl: [1, true]}]", "entry 1, kl: True is not a number"),
        ("dataset: glyphs\ngrid: [{kl: .inf}]", "entry 1, kl: inf is not a number"),
        ("dataset: glyphs\ngrid: [{kl: 0}]", "entry 1, kl: expected betas above 0"),
        ("dataset: glyphs\ngrid: [{kl: {a: 1}}]", "entry 1, kl: expected a value or a list"),
        ("dataset: glyphs\ngrid: [{kl: 1, vq: 1}]", "entry 1: kl samples the latent and vq"),
        ("dataset: glyphs\ngrid: [kl]", "entry 1: expected `regularizer: betas`, got 'kl'"),
        ("dataset: glyphs\ngrid: {kl: 1}", "grid: expected a list of `regularizer: betas`"),
        ("dataset: glyphs\nseeds: [one]", "seeds: 'one' is not a whole number"),
        (
            "dataset: glyphs\nguidance: -1",
            "guidance is a number from 0, which is none, to 100, not -1",
        ),
        ("dataset: glyphs\nsplit: random", "split: unknown 'random'; known: category, published"),
        ("dataset: glyphs\ncontrols: [ink]", "controls: unknown 'ink'; known: none"),
        ("dataset: glyphs\ncontrols: []", "the sweep has no run"),
        ("dataset: [", "is not YAML"),
        ("dataset: glyphs\nseeds: [1]\nseeds: [2]", "'seeds' is given twice"),
        ("dataset: glyphs\ngrid: [{kl: 1, kl: 2}]", "'kl' is given twice"),
        ("- glyphs", "expected `key: value` lines"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_and_what_is_known(tmp_path, text, message):
    file = written(tmp_path, text)
    with pytest.raises(SweepError) as raised:
        sweep.main(file)
    assert message in str(raised.value)
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_of_another_encoding_is_refused_by_name(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_bytes("dataset: glyphs  # für alle".encode("latin-1"))
    with pytest.raises(SweepError, match=r"sweep\.yaml is not text in UTF-8"):
        sweep.read(file)


@pytest.mark.parametrize(
    ("end", "message"),
    [("[" * 3000, "lists more than 20 deep"), ("#" * 1_000_001, "longer than the 1,000,000")],
    ids=["deep", "long"],
)
def test_a_file_that_would_take_minutes_is_refused_at_once(tmp_path, end, message):
    with pytest.raises(SweepError, match=message):
        sweep.read(written(tmp_path, f"dataset: glyphs\ngrid: {end}"))


def test_a_missing_file_is_refused_with_the_shipped_ones(tmp_path):
    with pytest.raises(SweepError, match="data/sweeps has fig3-draft, fig3-laptop"):
        sweep.read(tmp_path / "none.yaml")


def test_numbers_in_yaml_may_be_written_without_a_point(tmp_path):
    asked = sweep.read(written(tmp_path, "dataset: glyphs\ncontrols: []\ngrid: [{kl: 1e-3}]"))
    assert betas(asked.runs[0].settings) == {"kl": 0.001}


def test_a_dry_run_prints_the_table_and_makes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(store, "_default", Store(tmp_path / "cache"))
    assert sweep.main(written(tmp_path, TINY), dry_run=True) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "glyphs smoke: 3 runs, 3 missing"
    assert told[3].split() == ["prototype", "1", "0", "-", "-", "-", "-"]
    assert not (tmp_path / "cache").exists()


def test_a_sweep_on_a_scheduler_makes_rows_and_then_nothing(smoke, tmp_path, capsys):
    distributed = pytest.importorskip("distributed")
    file = written(tmp_path, TINY.replace("[1, 100]", "30"))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        assert sweep.main(file, scheduler=cluster.scheduler_address) == 0
    told = capsys.readouterr().out
    assert "2 done" in told
    (row,) = kept(smoke, run_of("prototype", 30.0))
    run = run_of("prototype", 30.0)
    assert run.of(row)
    measured = smoke.get(run.parts["scores"])
    assert (row.originality.value, row.recognizability.value) == pytest.approx(
        (measured.originality.value, measured.recognizability.value), rel=1e-5
    )
    assert row.training["steps"] == {"autoencoder": 30, "diffusion": 30}
    assert 0 <= row.probes["linear"].value <= 100
    assert row.reconstruction["blank"].low > 0
    before = {path: path.stat().st_mtime_ns for path in smoke.runs.rglob("*.safetensors")}
    # no scheduler answers there, but none is asked
    assert sweep.main(file, scheduler="tcp://127.0.0.1:9") == 0
    assert before == {path: path.stat().st_mtime_ns for path in smoke.runs.rglob("*.safetensors")}


def test_drawings_are_kept_beside_the_table_two_bits_a_pixel(smoke):
    (row,) = kept(smoke, run_of("prototype", 30.0))
    shown = samples.read(table.cache(smoke).parent, row, "sheet")
    drawn = smoke.get(run_of("prototype", 30.0).parts["samples"])
    places = [drawn.names.index(name) for name in shown.names]
    whole = drawn.drawings[places][:, : shown.drawings.shape[1]]
    np.testing.assert_array_equal(shown.drawings, np.rint(whole / 85) * 85)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(store, "_default", Store(tmp_path / "cache"))
    monkeypatch.setattr(sweep.cluster, "PATIENCE", 1)
    with pytest.raises(SweepError, match="no scheduler answers at tcp:"):
        sweep.main(written(tmp_path, TINY), scheduler="tcp://127.0.0.1:9")


def test_workers_of_several_threads_are_refused(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(store, "_default", Store(tmp_path / "cache"))
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        pytest.raises(SweepError, match="has 2 threads; start it with --nthreads 1"),
    ):
        sweep.main(written(tmp_path, TINY), scheduler=cluster.scheduler_address)


class Elsewhere:
    """A client of two workers, of which one sees another zoo."""

    def __init__(self, home, other):
        self.zoo, self.other = str(home.zoo), str(other)

    def wait_for_workers(self, count, timeout):
        pass

    def nthreads(self):
        return {"tcp://here:1": 1, "tcp://there:2": 1}

    def run(self, function, folder):
        there = self.other if folder == self.zoo else folder
        return {"tcp://here:1": function(folder), "tcp://there:2": function(there)}


def test_a_worker_that_does_not_see_the_zoo_would_train_it_again_and_is_refused(tmp_path):
    home, other = Store(tmp_path / "cache", tmp_path / "zoo"), tmp_path / "other"
    for folder in (home.zoo, other):
        folder.mkdir()
        (folder / "critic.safetensors").write_bytes(b"weights")
    sweep.cluster._check_workers(Elsewhere(home, other), "tcp://s", home)
    refused = pytest.raises(SweepError, match=r"worker tcp://there:2 does not see the zoo in .*zoo")
    (other / "critic.safetensors").write_bytes(b"other weights")
    with refused:
        sweep.cluster._check_workers(Elsewhere(home, other), "tcp://s", home)
    with refused:
        sweep.cluster._check_workers(Elsewhere(home, tmp_path / "none"), "tcp://s", home)


def test_cores_are_counted_where_they_cannot_be_assigned(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert sweep.cluster.cores() == os.cpu_count()
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5, 7}, raising=False)
    assert sweep.cluster.cores() == 3


def test_a_recipe_that_raises_fails_its_run_and_no_other(smoke, tmp_path, monkeypatch, capsys):
    distributed = pytest.importorskip("distributed")
    make = Autoencoder.make

    def breaking(self, store, work):
        if self.betas == {"prototype": 70.0}:
            raise TrainingDiverged("the loss is nan at step 3")
        return make(self, store, work)

    monkeypatch.setattr(Autoencoder, "make", breaking)
    file = written(tmp_path, TINY.replace("[1, 100]", "[70, 30]"))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        assert sweep.main(file, scheduler=cluster.scheduler_address) == 1
    told = capsys.readouterr().out
    assert "glyphs smoke: 3 runs, 2 done, 1 failed" in told
    assert "failed: TrainingDiverged: the loss is nan at step 3" in told
    broken, whole = sweep.read(file).runs
    assert all(smoke.find(recipe) for recipe in whole.wanted)
    assert not any(smoke.find(recipe) for recipe in broken.wanted)


def test_an_interrupted_sweep_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    distributed = pytest.importorskip("distributed")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_default", Store(tmp_path / "cache"))
    monkeypatch.setattr(sweep.cluster, "_client", lambda *_: nullcontext(Forgetful()))
    monkeypatch.setattr(distributed, "wait", interrupted)
    assert sweep.main(written(tmp_path, TINY)) == 130
    assert "interrupted; the same command goes on where this one stopped" in capsys.readouterr().out


def test_a_failed_artefact_fails_its_runs_and_is_told_once(tmp_path, capsys):
    board = sweep.board.Board(
        Sweep("glyphs", "smoke", controls=(), grid=({"kl": [1, 2]},)), Store(tmp_path)
    )
    board.fail(board.runs[1].parts["autoencoder"].key, "TrainingDiverged: lower lr")
    board.fail(board.runs[1].parts["model"].key, "TrainingDiverged: lower lr")
    assert capsys.readouterr().out == "failed: TrainingDiverged: lower lr\n"
    told = board.table().splitlines()
    assert told[0] == "glyphs smoke: 3 runs, 1 failed, 2 missing"
    assert told[3].split()[3:5] == ["failed", "failed"]
    assert told[-1] == "failed: TrainingDiverged: lower lr"
    assert len(told) == 6


def test_other_concepts_than_those_of_kept_rows_are_refused_before_anything_starts(
    tmp_path, monkeypatch
):
    def refuse(run, home):
        raise DataError(f"the concepts of {run.dataset} are others here")

    monkeypatch.setattr(sweep.cluster, "demand_same", refuse)
    monkeypatch.setattr(sweep.cluster, "_client", lambda *_: pytest.fail("a cluster was started"))
    monkeypatch.setattr(store, "_default", Store(tmp_path))
    with pytest.raises(DataError, match="the concepts of glyphs are others here"):
        sweep.main(written(tmp_path, TINY))


def test_a_table_that_cannot_be_written_is_refused_before_anything_starts(tmp_path, monkeypatch):
    (tmp_path / "results").write_text("in the way")
    monkeypatch.setattr(store, "_default", Store(tmp_path))
    monkeypatch.setattr(sweep.cluster, "_client", lambda *_: pytest.fail("a cluster was started"))
    with pytest.raises(OSError, match="results"):
        sweep.main(written(tmp_path, TINY))


class Forgetful:
    """A client whose scheduler takes everything and answers nothing."""

    def submit(self, *arguments, key, priority):
        return key


@pytest.mark.parametrize("error", [CancelledError("gone"), OSError("closed")])
def test_a_lost_scheduler_is_said_with_what_to_do(tmp_path, monkeypatch, error):
    distributed = pytest.importorskip("distributed")

    def lost(*_, **__):
        raise error

    monkeypatch.setattr(distributed, "wait", lost)
    asked = Sweep("glyphs", "smoke")
    board = sweep.board.Board(asked, Store(tmp_path))
    with pytest.raises(SweepError, match=r"the scheduler was lost .*; the same command goes on"):
        sweep.cluster._make_all(Forgetful(), missing(asked.runs, board.store), board)


def test_a_log_has_a_line_for_each_row_and_each_change(tmp_path, capsys):
    board = sweep.board.Board(Sweep("glyphs", "smoke"), Store(tmp_path))
    board.show("1 of 9 artefacts", [])
    board.show("1 of 9 artefacts", [])
    board.show("2 of 9 artefacts", board.runs[1:])
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "1 of 9 artefacts"
    assert told[1].split()[:2] == ["none", "0"]
    assert told[2:] == ["2 of 9 artefacts"]


def test_progress_is_read_from_the_lock_and_the_log_of_a_training(tmp_path):
    home = Store(tmp_path)
    recipe = run_of().parts["autoencoder"]
    work = home.path(recipe).with_suffix(".work")
    work.mkdir(parents=True)
    assert not home.busy(recipe)
    assert progress(recipe, home) == "running"
    (work / "log.jsonl").write_text('{"step": 3}\n{"step": 15}\n')
    assert progress(recipe, home) == "50 %"
    with FileLock(home.path(recipe).with_suffix(".lock")):
        assert home.busy(recipe)
    assert not home.busy(recipe)


GRID = "dataset: glyphs\npreset: smoke\ncontrols: []\ngrid: [{{prototype: {}}}]\n"
HERE = """
import sys
from distributed import LocalCluster
from oneshot import sweep
from oneshot.sweep import cluster

make = cluster.make

def told(recipe, *rest):
    make(recipe, *rest)
    print("made", recipe["kind"], cluster.from_json(recipe).key, flush=True)

cluster.make = told
one = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
with LocalCluster(**one) as local:
    sys.exit(sweep.main(sys.argv[1], scheduler=local.scheduler_address))
"""


def whole(runs: list[Evaluation], home: Store) -> dict[Path, int]:
    """Return the finished artefacts of runs and when they were written."""
    paths = {home.path(recipe) for run in runs for recipe in run.parts.values()}
    return {path: path.stat().st_mtime_ns for path in paths if path.exists()}


def check_everything_is_there(runs: list[Evaluation], home: Store) -> None:
    assert missing(runs, home) == []
    assert len(whole(runs, home)) == sum(len(run.parts) for run in runs)
    left = [home.path(r).with_suffix(".work") for run in runs for r in run.parts.values()]
    assert not any(path.exists() for path in left)
    assert all(kept(home, run) for run in runs)


def test_a_killed_sweep_makes_nothing_twice_and_loses_nothing(smoke, tmp_path):
    pytest.importorskip("distributed")
    file = written(tmp_path, GRID.format("[2, 3]"))
    runs = sweep.read(file).runs
    command = [sys.executable, "-c", HERE, str(file)]
    told = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        for line in running.stdout:
            told.append(line)
            if line.startswith("made Autoencoder"):
                running.kill()
    before = whole(runs, smoke)
    assert smoke.path(runs[0].parts["autoencoder"]) in before
    assert smoke.path(runs[1].parts["scores"]) not in before
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr[-2000:]
    assert before.items() <= whole(runs, smoke).items()
    keys = [line.split()[2] for line in [*told, *again.stdout.splitlines()] if "made" in line]
    assert len(keys) == len(set(keys))
    check_everything_is_there(runs, smoke)


@pytest.mark.soak
def test_a_cluster_of_processes_dies_with_its_sweep_and_the_next_goes_on(smoke, tmp_path):
    pytest.importorskip("distributed")
    psutil = pytest.importorskip("psutil")
    file = written(tmp_path, GRID.format("[4, 5, 6]"))
    code = "import sys; from oneshot import sweep; sys.exit(sweep.main(sys.argv[1], workers=2))"
    runs = sweep.read(file).runs
    before = whole(runs, smoke)
    for patience in (12, 18, 25, None):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(file)], stderr=subprocess.DEVNULL
        ) as running:
            try:
                assert running.wait(patience) == 0
            except subprocess.TimeoutExpired:
                workers = psutil.Process(running.pid).children(recursive=True)
                running.kill()
                _, alive = psutil.wait_procs(workers, timeout=30)
                assert not alive
        assert before.items() <= whole(runs, smoke).items()
        before = whole(runs, smoke)
    check_everything_is_there(runs, smoke)


@pytest.mark.soak
def test_ctrl_c_ends_a_cluster_without_a_word_but_ours(smoke, tmp_path):
    pytest.importorskip("distributed")
    file = written(tmp_path, GRID.format("[4, 5, 6]"))
    # Jobs that a script starts in the background ignore Ctrl-C, and hand that down.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heard}; from oneshot.cli import main; main()"
    command = [sys.executable, "-c", code, "sweep", str(file), "--workers", "2"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"ONESHOT_CACHE": str(tmp_path / "cache"), "PYTHONUNBUFFERED": "1"},
    ) as running:
        while "artefacts" not in running.stdout.readline():
            assert running.poll() is None
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to everyone
        out, err = running.communicate(timeout=300)
    assert running.returncode == 130 and err == ""
    assert out.endswith("interrupted; the same command goes on where this one stopped\n")


def test_a_negative_number_of_workers_is_refused(tmp_path):
    words = "--workers is a number of processes, 0 for one a core, not -1"
    with (
        pytest.raises(SweepError, match=words),
        sweep.cluster._client("", -1, Store(tmp_path / "c")),
    ):
        pytest.fail("a cluster was started")
