"""A sweep on a cluster whose workers die, and whose scheduler does and starts again."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from oneshot import store, sweep
from oneshot.evaluations import table
from oneshot.evaluations.evaluate import missing

pytest.importorskip("distributed")
FILE = "dataset: glyphs\npreset: smoke\ncontrols: []\ngrid: [{{prototype: {}}}]\n"
SPY = """
import os
from pathlib import Path
from oneshot import store

def noted(path, *rest, write=store.write_tensors):
    write(path, *rest)
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(path.name + chr(10))

if store.write_tensors.__module__ == store.read_metadata.__module__:  # not yet
    store.write_tensors = noted
"""
"""Runs in each worker: notes what is made to its end."""
ONE_THREAD = ("--nthreads", "1", "--no-nanny", "--no-dashboard")


class Cluster:
    """A scheduler at one address and workers, each a process of its own."""

    def __init__(self, folder: Path):
        self.folder, self.notes, self.running = folder, folder / "notes", []
        (folder / "spy.py").write_text(SPY)
        self.notes.touch()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def start(self, workers: int) -> None:
        """Start a scheduler and workers of it."""
        place = ("--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        self.scheduler = self._process("scheduler", *place)
        more = ("--local-directory", str(self.folder), "--preload", str(self.folder / "spy.py"))
        self.workers = [
            self._process("worker", self.address, *ONE_THREAD, *more) for _ in range(workers)
        ]

    def _process(self, kind: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
        env = os.environ | {"NOTES": str(self.notes), "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
        with (self.folder / "cluster.log").open("a") as log:
            self.running.append(subprocess.Popen(command, stdout=log, stderr=log, env=env))
        return self.running[-1]

    def kill(self, *processes: subprocess.Popen) -> None:
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def made(self) -> list[str]:
        return self.notes.read_text().split()


@pytest.fixture
def cluster(tmp_path):
    found = Cluster(tmp_path)
    yield found
    found.kill(*found.running)


def asked(cluster: Cluster, file: Path) -> subprocess.Popen:
    code = "from oneshot.cli import main; main()"
    command = [sys.executable, "-c", code, "sweep", str(file), "--scheduler", cluster.address]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **pipe, env=os.environ | {"PYTHONUNBUFFERED": "1"})


def until(running: subprocess.Popen, count: int) -> None:
    """Read what a sweep says until so many artefacts are made."""
    for line in running.stdout:
        found = re.match(r"(\d+) of \d+ artefacts", line)
        if found and int(found[1]) >= count:
            return
    pytest.fail(f"the sweep ended: {running.stderr.read()[-2000:]}")


def survives(cluster: Cluster, betas: list[float], smoke: store.Store) -> int:
    """Kill two of four workers and then the scheduler of a sweep; return what was made."""
    file = cluster.folder / "sweep.yaml"
    file.write_text(FILE.format(betas))
    asked_for = sweep.read(file)
    runs = [asked_for.human, *asked_for.runs]
    asked_of_workers = missing(runs, smoke)
    wanted = {smoke.path(recipe).name for recipe in asked_of_workers}
    cluster.start(4)
    with asked(cluster, file) as running:
        until(running, 1)
        cluster.kill(*cluster.workers[:2])
        until(running, len(wanted) // 2)
        cluster.kill(cluster.scheduler)
        _, said = running.communicate(timeout=300)
    assert running.returncode == 1
    assert "the scheduler was lost" in said and "the same command goes on from here" in said
    assert "Traceback" not in said and len(said.splitlines()) == 1
    before = cluster.made()
    assert 0 < len(before) < len(wanted)
    cluster.start(2)
    with asked(cluster, file) as running:
        told, said = running.communicate(timeout=3000)
    assert (running.returncode, said) == (0, "")
    assert f"glyphs smoke: {len(runs)} runs, {len(runs)} done" in told
    made = cluster.made()
    assert sorted(made) == sorted(wanted), "each once"
    assert missing(runs, smoke) == []
    known = table.read(table.cache(smoke))
    assert all(any(run.of(record) for record in known) for run in runs)
    # Of these only: the store is shared, and tests of what fails leave places of work in it.
    places = [smoke.path(recipe).with_suffix(".work") for recipe in asked_of_workers]
    assert not [place for place in places if place.exists()]
    return len(made)


def test_workers_and_the_scheduler_die_and_the_same_command_goes_on(judges, cluster):
    assert survives(cluster, [7, 8], judges) >= 14


@pytest.mark.soak
def test_forty_recipes_on_a_cluster_that_loses_workers_and_its_scheduler(
    judges, cluster, record_property
):
    record_property("faults", 3)
    made = survives(cluster, [11, 12, 13, 14, 15, 16], judges)
    record_property("inputs", made)
    assert made >= 40
