"""The board of a sweep: which runs are done, which are being made, and how far they are."""

import json
import sys

from oneshot.evaluations import samples, table
from oneshot.evaluations.divisions import demand_same
from oneshot.evaluations.evaluate import Evaluation
from oneshot.evaluations.record import Record, regularization
from oneshot.recipes.base import Recipe
from oneshot.store import Store
from oneshot.sweep.grid import Sweep

COLUMNS = {"autoencoder": "autoencoder", "diffusion": "model", "samples": "samples"}
COLUMNS |= {"scores": "scores"}
"""Columns of the table and the parts of an evaluation that they are of."""
KIND = "sheet"
"""The drawings that are kept of a run."""
DONE, MISSING, NO_PART = "done", "-", ""


class Board:
    """Keeps the records of a sweep's runs and says how all of them stand."""

    def __init__(self, sweep: Sweep, store: Store):
        self.store = store
        self.runs = [sweep.human, *sweep.runs]
        self.file = table.place(sweep.dataset, sweep.preset, store=store)
        self.errors: dict[str, str] = {}
        known = table.read(self.file)
        self.records: dict[Evaluation, Record] = {}
        for run in self.runs:
            if there := [record for record in known if run.of(record)]:
                self.records[run] = there[0]
        self.title = f"{sweep.dataset} {sweep.preset}"
        self._there: set[str] = set()
        self._shown, self._progress = 0, ""

    @property
    def left(self) -> list[Evaluation]:
        """The runs that have no record yet."""
        return [run for run in self.runs if run not in self.records]

    @property
    def finished(self) -> bool:
        """Whether every run has its record."""
        return not self.left

    def collect(self) -> list[Evaluation]:
        """Write records, and some drawings, of runs finished meanwhile, and return these runs.

        Raises DataError as `divisions.demand_same` does.
        """
        found = {}
        for run in self.left:
            if all(self.store.find(recipe) for recipe in run.wanted):
                # what such a store has loaded is forgotten when the record is there
                home = Store(self.store.runs.parent, self.store.zoo, str(self.store.device))
                demand_same(run, home)
                record, shown = run.record(home), run.shown(home, KIND)
                if shown is not None:
                    record = samples.keep(self.file.parent, record, KIND, shown)
                found[run] = record
        if found:
            table.add(found.values(), self.file)
            self.records |= found
        return list(found)

    def fail(self, key: str, reason: str) -> None:
        """Note that an artefact could not be made; a log, which has no table, says so at once."""
        if not sys.stdout.isatty() and reason not in self.errors.values():
            print(f"failed: {reason}", flush=True)
        self.errors[key] = reason

    def table(self) -> str:
        """Return how every run stands, a line each."""
        return "\n".join(self._lines(self.runs))

    def show(self, progress: str, found: list[Evaluation]) -> None:
        """Say how far the sweep is and what was found; on a terminal, over what was said before.

        A terminal shows the runs that are being made; a log, a line for each record and each change
        of `progress`.
        """
        if not sys.stdout.isatty():
            if progress != self._progress:
                print(*map(self._line, found), progress, sep="\n", flush=True)
            self._progress = progress
            return
        busy = [run for run in self.left if self._state(run) in ("running", "failed")]
        lines = [*self._lines(busy), progress]
        up = f"\x1b[{self._shown}A\x1b[J" if self._shown else ""
        print(up + "\n".join(lines), flush=True)
        self._shown = len(lines)

    def _lines(self, runs: list[Evaluation]) -> list[str]:
        told = [f"failed: {reason}" for reason in dict.fromkeys(self.errors.values())]
        return [self._summary(), self._head(), *map(self._line, runs), *told]

    def _summary(self) -> str:
        states = [self._state(run) for run in self.runs]
        counts = {state: states.count(state) for state in (DONE, "running", "failed", "missing")}
        told = ", ".join(f"{n} {state}" for state, n in counts.items() if n)
        return f"{self.title}: {len(self.runs)} runs, {told}"

    def _head(self) -> str:
        return _columns("run", "seed", *COLUMNS, "originality, recognizability")

    def _line(self, run: Evaluation) -> str:
        record = self.records.get(run)
        scores = ""
        if record:
            scores = f"{record.originality.value:.3f}, {record.recognizability.value:.1f} %"
        guidance = "" if run.guidance in (None, 1.0) else f" (guidance {run.guidance:g})"
        return _columns(
            regularization(run.system, run.settings) + guidance, run.seed, *self._cells(run), scores
        )

    def _state(self, run: Evaluation) -> str:
        if run in self.records:
            return DONE
        if any(recipe.key in self.errors for recipe in run.parts.values()):
            return "failed"
        return "running" if set(self._cells(run)) - {DONE, MISSING, NO_PART} else "missing"

    def _cells(self, run: Evaluation) -> list[str]:
        parts = [run.parts.get(name) for name in COLUMNS.values()]
        if run in self.records:
            return [DONE if part else NO_PART for part in parts]
        return [self._part(part) if part else NO_PART for part in parts]

    def _part(self, recipe: Recipe) -> str:
        if recipe.key in self.errors:
            return "failed"
        # Artefacts never vanish, and looking into many files every few seconds takes its time.
        if recipe.key in self._there or self.store.find(recipe):
            self._there.add(recipe.key)
            return DONE
        return progress(recipe, self.store) if self.store.busy(recipe) else MISSING


def progress(recipe: Recipe, store: Store) -> str:
    """Return how far a training is, or "running" for what is not trained step by step."""
    log = store.path(recipe).with_suffix(".work") / "log.jsonl"
    plan = getattr(recipe, "plan", None)
    try:
        step = json.loads(log.read_text().splitlines()[-1])["step"]
        return f"{100 * step // plan.steps} %" if plan else "running"
    except (OSError, IndexError, ValueError):
        return "running"


def _columns(name: object, seed: object, *cells: object) -> str:
    *parts, last = cells
    return f"  {name!s:<34}{seed!s:>4}  " + "".join(f"{part!s:<13}" for part in parts) + str(last)
