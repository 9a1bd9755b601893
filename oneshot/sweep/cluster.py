"""Making what a sweep misses, on Dask distributed, while a table keeps up.

The store is the only state: an artefact that is there is never made again, a training that was
killed goes on from its checkpoint, and a run gets its record when its last artefact is there.
"""

import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from oneshot import store
from oneshot.evaluations import lines
from oneshot.evaluations.at_hand import check_data
from oneshot.evaluations.divisions import demand_same
from oneshot.evaluations.evaluate import missing
from oneshot.recipes.base import Recipe, from_json
from oneshot.store import Store
from oneshot.sweep.board import Board
from oneshot.sweep.grid import SweepError, read

BEAT = 5.0  # seconds between two looks at what is going on
PATIENCE = 60  # seconds that a scheduler may take to have a worker
WORKER = {
    "OMP_NUM_THREADS": "1",
    # The bars of several trainings would write over each other and over the table.
    "TQDM_DISABLE": "1",
    "DASK_LOGGING__DISTRIBUTED": "error",
    # A worker that is ended cannot tidy up its semaphores.
    "PYTHONWARNINGS": "ignore:resource_tracker",
}
"""Environment of the processes of a cluster on this machine."""
QUIET = ("distributed", "distributed.client", "distributed.core", "asyncio")
"""Loggers of what is underneath, whose accounts are for who debugs it."""


def main(file: str | Path, scheduler: str = "", workers: int = 0, dry_run: bool = False) -> int:
    """Make what the sweep in a YAML file misses and write its records; print a table meanwhile.

    Without the address of a `scheduler`, a cluster of `workers` processes of one thread each (0:
    one a core) is started on this machine. With `dry_run` only the table is printed. Returns 0 when
    every run has its record, 1 when some failed, 130 when it was interrupted.

    Raises SweepError before anything starts when the file or the cluster is not as it should be,
    DataError when drawings are missing or their concepts are not those of kept rows, and OSError
    when the table cannot be written.
    """
    sweep, home = read(file), store.default()
    board = Board(sweep, home)
    if not dry_run:
        board.collect()
    print(board.table())
    if dry_run or board.finished:
        return 0
    recipes = missing(board.left, home)
    for drawings in {run.concepts.drawings for run in board.left}:
        check_data(drawings, home)
    for run in {run.concepts: run for run in board.left}.values():
        demand_same(run, home)
    lines.check_writable(board.file)
    try:
        with _client(scheduler, workers, home) as client:
            _make_all(client, recipes, board)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where this one stopped")
        return 130
    print(board.table())
    return 0 if board.finished else 1


def make(recipe: dict[str, Any], cache: str, zoo: str, *after: None) -> None:
    """Make an artefact in a worker; `after` is what had to be made before."""
    torch.set_num_threads(1)
    # A store of its own: what it has loaded is forgotten when the artefact is made.
    Store(Path(cache), Path(zoo)).metadata(from_json(recipe))


def cores() -> int:
    """Return how many cores this process may use; where that is not told, how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def listed(folder: str) -> list[tuple[str, int]]:
    """Return name and size of the artefacts in a folder, sorted; none where there is no folder."""
    return sorted((path.name, path.stat().st_size) for path in Path(folder).glob("*.safetensors"))


def _make_all(client: Any, recipes: Sequence[Recipe], board: Board) -> None:
    """Have everything made, upstream first, and tell the board what became of it."""
    from distributed import wait

    home, futures = board.store, {}
    for place, recipe in enumerate(recipes):
        before = [futures[key] for key in _above(recipe) if key in futures]
        futures[recipe.key] = client.submit(
            make,
            recipe.to_json(),
            str(home.runs.parent),
            str(home.zoo),
            *before,
            key=f"{type(recipe).__name__}-{recipe.key[:20]}",
            priority=-place,
        )
    names = {future: key for key, future in futures.items()}
    left = set(names)
    while left:
        try:
            done, left = wait(left, timeout=BEAT, return_when="FIRST_COMPLETED")  # pyright: ignore[reportGeneralTypeIssues]
        except TimeoutError:
            done = set()
        except (OSError, CancelledError) as error:
            first = str(error).partition("\n")[0].rstrip(":")  # what follows lists every future
            raise SweepError(
                f"the scheduler was lost ({first}); the same command goes on from here"
            ) from None
        for future in done:
            if future.status != "finished":
                board.fail(names[future], _reason(future))
        board.show(f"{len(names) - len(left)} of {len(names)} artefacts", board.collect())


def _above(recipe: Recipe) -> Iterator[str]:
    for upstream in recipe.upstream():
        yield upstream.key
        yield from _above(upstream)


def _reason(future: Any) -> str:
    if future.status != "error":
        return f"{future.status}: the scheduler is gone or was told to forget it"
    error = future.exception()
    return f"{type(error).__name__}: {error}"


@contextmanager
def _client(scheduler: str, workers: int, home: Store) -> Iterator[Any]:
    """Give a client of the scheduler, or of a cluster on this machine that ends with the block."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise SweepError("sweeps need Dask: pip install 'oneshot[sweep]'") from None
    # What happens to workers is in the table; Dask's own account of it is for who debugs Dask.
    # The end of a scheduler, too, is said once, and not again by each future that waited for it.
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if not scheduler and workers < 0:
        raise SweepError(f"--workers is a number of processes, 0 for one a core, not {workers}")
    if not scheduler:
        with _uninterrupted():
            cluster = LocalCluster(
                n_workers=workers or cores(),
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address=None,  # pyright: ignore[reportArgumentType]
                env=WORKER,
                silence_logs=logging.ERROR,
            )
        with cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise SweepError(f"no scheduler answers at {scheduler} ({error})") from None
    with client:
        _check_workers(client, scheduler, home)
        yield client


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let processes that start in the block outlive Ctrl-C: who started them ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _check_workers(client: Any, scheduler: str, home: Store) -> None:
    """Raise SweepError unless there are workers that can do the work."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise SweepError(
            f"{scheduler} has no worker; start some: dask worker {scheduler}"
        ) from None
    for worker, threads in client.nthreads().items():
        if threads > 1:
            # Training seeds the generator of the process: two in one would not be reproducible.
            raise SweepError(f"worker {worker} has {threads} threads; start it with --nthreads 1")
    home.runs.mkdir(parents=True, exist_ok=True)
    for worker, there in client.run(os.path.isdir, str(home.runs)).items():
        if not there:
            raise SweepError(
                f"worker {worker} does not see {home.runs}; set ONESHOT_CACHE to a folder that "
                "all machines share"
            )
    mine = listed(str(home.zoo))
    for worker, seen in client.run(listed, str(home.zoo)).items():
        if seen != mine:
            # What is missing there would be trained again, for hours.
            raise SweepError(
                f"worker {worker} does not see the zoo in {home.zoo} as it is here; set "
                "ONESHOT_ZOO to a folder that all machines share"
            )
