"""Processes killed at random moments, and eight at once; run with a case, a folder and a number.

Children are forked, for which this process uses no tensors. It fails with a traceback when what
the survivors leave is not, to the bit, what a process left that nobody disturbed.
"""

import contextlib
import itertools
import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch._dynamo  # what every optimiser imports: once here instead of in each child

from oneshot.evaluations import lines
from oneshot.metrics.scoring import score
from oneshot.models.critics import ConvCritic
from oneshot.recipes.base import Made, Recipe, train_card
from oneshot.store import Store
from oneshot.training import loop
from oneshot.training.checkpoint import read_metadata, read_tensors
from oneshot.training.precision import Precision

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "training"), str(TESTS / "book")]
import objectives  # noqa: E402

CROWD = 8
PASSING = {"seconds", "core_seconds", "created", "fetched", "id", "execution"}
"""What of metadata tells when something was made, not what it is."""


@dataclass(frozen=True)
class Pages(Recipe):
    """Random drawings: large enough that writing them takes as long as making them."""

    concepts: int = 1500
    by: str = ""

    def make(self, store, work):
        with (store.runs / "notes").open("a") as notes:
            notes.write(f"{self.by}made\n")
        random = torch.Generator().manual_seed(1)
        pages = torch.rand(self.concepts, 6, 1, 24, 24, generator=random)
        return Made({"pages": pages}, {"concepts": self.concepts})

    def load(self, store, artefact):
        return artefact.tensors["pages"]


@dataclass(frozen=True)
class Scored(Recipe):
    """Scores of the drawings by critics that know nothing."""

    pages: Pages

    def make(self, store, work):
        drawings = store.get(self.pages)
        torch.manual_seed(2)
        critics = (
            ConvCritic(24, (8, 8, 8), features=reads).eval() for reads in ("embedding", "head")
        )
        table = score(drawings, drawings[:, 0], *critics, threshold=0.5, bins=3, trials=20)
        return Made({}, table.to_json())

    def load(self, store, artefact):
        return artefact.card


@dataclass(frozen=True)
class Trained(Recipe):
    """A network that is trained, saved after each step."""

    plan: loop.Plan

    def make(self, store, work):
        loop.probe = lambda *_: Precision()
        objective = objectives.Blurry()
        trained = loop.train(
            objective, objectives.batches, self.plan, work, store.device, checkpoint_seconds=0
        )
        return Made(objective.state_dict(), train_card(trained, work))

    def load(self, store, artefact):
        return artefact.tensors


@dataclass(frozen=True)
class Line(lines.Row):
    """A row of a table."""

    name: str
    value: float


def getting(recipe):
    """Return a case: what a process does in a folder to get an artefact."""

    def get(folder: Path):
        Store(folder, folder / "zoo").get(recipe)

    return get


def put(folder: Path, names=range(30)):
    """Put rows into a table, one at a time."""
    for name in names:
        rows = [Line(f"{name:03}", name / 3)]
        lines.put(folder / "table.jsonl", rows, Line, lambda row: row.name)


def fetch(folder: Path):
    """Fetch two data sets from a server on this machine."""
    import downloads

    downloads.fetch(folder)


def page(folder: Path):
    """Run a page that makes an artefact; what a run needs meanwhile has a place of its own."""
    import tempfile

    from oneshot import execute, store

    places = {name: folder / name for name in ("cache", "ipython", "temporary")}
    for place in places.values():
        place.mkdir(exist_ok=True)
    tempfile.tempdir = str(places["temporary"])
    os.environ |= {"ONESHOT_CACHE": str(places["cache"]), "TMPDIR": tempfile.tempdir}
    store._default = None
    execute.run(folder.parent / "page.ipynb", folder / "page.ipynb", seed=3)


WHOLE = {".safetensors", ".ndjson", ".zip", ".ipynb"}
"""Files that appear whole or not at all."""
CASES = {
    "training": getting(Trained(loop.Plan(25, seed=3, lr=0.01, ema=0.9))),
    "scoring": getting(Scored(Pages(12))),
    "store writes": getting(Pages()),
    "table writes": put,
    "downloads": fetch,
    "notebook runs": page,
}
CELL = """\
from oneshot.recipes import presets
from oneshot.store import default

drawings = default().get(presets.drawings("glyphs", "smoke"))
print(seed, drawings.names[:3], int(drawings.pages.astype(int).sum()))"""


@contextlib.contextmanager
def prepared(case: str, folder: Path):
    """Give a case what all its processes share."""
    if case == "downloads":
        import downloads

        with downloads.served():
            yield
    elif case == "notebook runs":
        import papermill  # noqa: F401  (once, instead of in each child)
        import small

        small.notebook(folder / "page.ipynb", CELL)
        yield
        gone(folder)
    else:
        yield


def gone(folder: Path) -> None:
    """Raise AssertionError unless every process that knows the folder ends by itself, soon."""
    import psutil

    told = str(folder)
    left = [
        p for p in psutil.process_iter(["cmdline"]) if told in " ".join(p.info["cmdline"] or [])
    ]
    own = [p.pid for p in (psutil.Process(), *psutil.Process().parents())]
    left = [p for p in left if p.pid not in own]
    _, alive = psutil.wait_procs(left, timeout=60)
    assert not alive, [p.info["cmdline"] for p in alive]


def child(function, *arguments) -> int:
    """Run a function in a fork and return its process id."""
    pid = os.fork()
    if not pid:
        torch.set_num_threads(1)
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
        try:
            function(*arguments)
            os._exit(0)
        finally:
            os._exit(1)
    return pid


def end(pid: int) -> int:
    return os.waitpid(pid, 0)[1]


def left(folder: Path) -> dict[str, object]:
    """Return every file that a case left and what it holds, but for when it was made."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name != "runs/notes" and not name.startswith("ipython/"):
            found[name] = None if path.is_dir() else held(path)
    return found


def held(path: Path) -> object:
    """Return what a file holds, but for when it was made."""
    if path.suffix == ".safetensors":
        tensors, _ = read_tensors(path)
        data = {k: v.numpy().tobytes() for k, v in tensors.items()}
        return data, json.dumps(_lasting(read_metadata(path)), sort_keys=True)
    if path.suffix not in (".ipynb", ".json"):
        return path.read_bytes()
    value = json.loads(path.read_text())
    cells = [c for c in value.get("cells", []) if "provenance" not in c["metadata"].get("tags", [])]
    return json.dumps(_lasting(value | {"cells": cells}), sort_keys=True)


def check_whole(place: Path, wanted: dict[str, object]) -> None:
    """Raise AssertionError where a file that has its last name is not yet what it is to be."""
    for name, value in wanted.items():
        path = place / name
        if path.suffix in WHOLE and path.exists():
            assert held(path) == value, f"{name} was half written"


def _lasting(value):
    if isinstance(value, dict):
        return {k: _lasting(v) for k, v in value.items() if k not in PASSING}
    return [_lasting(item) for item in value] if isinstance(value, list) else value


def killed(case: str, folder: Path, deaths: int, dice: random.Random) -> int:
    """Kill the case so many times at random moments; return at how many something was begun."""
    folder = new(folder)
    with prepared(case, folder):
        return _killed(case, folder, deaths, dice)


def _killed(case: str, folder: Path, deaths: int, dice: random.Random) -> int:
    function, whole = CASES[case], new(folder / "whole")
    start = time.monotonic()
    assert end(child(function, whole)) == 0
    seconds, wanted = time.monotonic() - start, left(whole)
    died = begun = 0
    for place in (folder / str(number) for number in itertools.count()):
        new(place)
        while died < deaths:
            pid = child(function, place)
            time.sleep(dice.uniform(0, seconds))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            if (status := end(pid)) == 0:
                break
            assert os.WIFSIGNALED(status), f"{case}: failed instead of going on"
            died += 1
            check_whole(place, wanted)
            begun += len(left_names(place)) > 1
        else:
            assert end(child(function, place)) == 0
        found = left(place)
        assert found.keys() == wanted.keys(), f"{case}: {found.keys() ^ wanted.keys()}"
        for name, value in wanted.items():
            assert found[name] == value, f"{case}: {name} differs"
        if died >= deaths:
            return begun


def left_names(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*")]


def new(folder: Path) -> Path:
    (folder / "runs").mkdir(parents=True)
    return folder


def race_for_an_artefact(folder: Path) -> None:
    """Eight processes ask for one artefact at once: one makes it, all get it."""
    place, recipe = new(folder), Pages(40)
    begin, go = os.pipe()

    def ask():
        os.close(go)
        os.read(begin, 1)
        assert Store(place, place / "zoo").get(recipe).shape == (40, 6, 1, 24, 24)

    crowd = [child(ask) for _ in range(CROWD)]
    os.close(go)
    assert [end(pid) for pid in crowd] == [0] * CROWD
    assert (place / "runs" / "notes").read_text() == "made\n"
    names = sorted(path.suffix for path in (place / "runs" / "Pages").iterdir())
    assert names == [".lock", ".safetensors"], names


def race_for_a_table(folder: Path) -> None:
    """Eight processes put rows into one table at once: no row is lost."""
    place, alone = new(folder / "raced"), new(folder / "alone")
    crowd = [child(put, place, range(k, 80, CROWD)) for k in range(CROWD)]
    assert [end(pid) for pid in crowd] == [0] * CROWD
    assert end(child(put, alone, range(80))) == 0
    assert left(place) == left(alone)


def company(folder: Path) -> None:
    """Artefacts that are made beside others are, to the bit, those that are made alone."""
    together, alone = new(folder / "together"), new(folder / "alone")
    cases = [CASES[name] for name in ("training", "scoring", "store writes")]
    crowd = [child(case, together) for case in cases]
    assert [end(pid) for pid in crowd] == [0] * len(crowd)
    assert [end(child(case, alone)) for case in cases] == [0] * len(crowd)
    assert left(together) == left(alone)


if __name__ == "__main__":
    case, folder, number, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    if case in CASES:
        print(killed(case, folder, number, random.Random(seed)))
    else:
        for turn in range(number):
            globals()[case.replace(" ", "_")](folder / str(turn))
        print(number)
