"""The table of results: read, asked, and added to.

    table = read()
    plane = table.where(dataset="omniglot", size="laptop", critics="own").defaults()
    sweep = table.where(system="cfgdm").vary("guidance")

A record is added by `add(Record(...))`. It goes into the table that ships with the project, or into
the one in the user's cache when it is nobody else's (`place`); `read` returns both.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, overload

from oneshot import shipped
from oneshot.drawings.errors import DataError
from oneshot.drawings.listings import LISTED
from oneshot.drawings.sources import resolved, root, source
from oneshot.evaluations import lines, samples
from oneshot.evaluations.record import HUMAN, IDENTITY, Record, joined
from oneshot.evaluations.samples import Shown
from oneshot.recipes import presets
from oneshot.recipes.presets import judged
from oneshot.store import Store, default
from oneshot.systems import ALL

SHIPPED = shipped.DATA / "results"
"""Where the tables are that come with the project."""
NAME = "evaluations.jsonl"
DRAWINGS = "drawings"
"""The part among the recipes of a record that tells drawings of one's own apart."""


class Table(Sequence[Record]):
    """Records in the order of the file, and what can be asked of them.

    People stay in every selection that is theirs: no system is shown without them. `models` leaves
    them out.
    """

    def __init__(self, records: Iterable[Record], folders: Iterable[Path] = ()):
        self.records = tuple(records)
        self.folders = tuple(folders)
        """Where the drawings of the records are kept."""

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> "Table": ...
    def __getitem__(self, place):
        found = self.records[place]
        return self._of(found) if isinstance(place, slice) else found

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __add__(self, other: "Table") -> "Table":
        """Return the records of both, each once."""
        both = {record.identity: record for record in (*self, *other)}
        return Table(both.values(), dict.fromkeys((*self.folders, *other.folders)))

    @property
    def human(self) -> Record | None:
        """The record of the human drawings, None when there is none."""
        return next((record for record in self if record.system == HUMAN), None)

    @property
    def models(self) -> "Table":
        """All but the human drawings."""
        return self.filter(lambda record: record.system != HUMAN)

    @property
    def systems(self) -> dict[str, Record]:
        """The first record of each system, without people."""
        found: dict[str, Record] = {}
        for record in self.models:
            found.setdefault(record.system, record)
        return found

    @property
    def with_people(self) -> dict[str, Record]:
        """People and the first record of each system, by name; nothing without people."""
        return {HUMAN: self.human} | self.systems if self.human else {}

    def filter(self, wanted: Callable[[Record], bool]) -> "Table":
        """Return the records that are wanted."""
        return self._of(record for record in self if wanted(record))

    def where(self, **columns: Any) -> "Table":
        """Return the records with these values in these columns; a list stands for any of it.

        Columns are fields and properties of a `Record`, `**{"settings.beta": 1.0}` an entry of one.
        People have no system, settings or way of drawing; their size is that of their critics.
        Raises AttributeError for a column that there is not.
        """
        asked = {name: value if _many(value) else [value] for name, value in columns.items()}
        asked |= {"dataset": [*map(resolved, asked["dataset"])]} if "dataset" in asked else {}

        def wanted(record: Record) -> bool:
            if record.system != HUMAN:
                return all(record[name] in values for name, values in asked.items())
            own = {name: values for name, values in asked.items() if name in _PEOPLE}
            return all(_human_in(record, name, values) for name, values in own.items())

        return self.filter(wanted)

    def defaults(self) -> "Table":
        """Return the systems as they are by themselves: as they come and as they draw."""
        return self.filter(lambda record: not record.changed)

    def settings(self) -> "Table":
        """Return the systems that are other than by themselves in their settings alone."""
        other = {one.identity for one in self if one.changed and one.settings_alone}
        return self.filter(lambda record: record.system == HUMAN or record.identity in other)

    def vary(self, *names: str) -> "Table":
        """Return the records that have companions that differ in these parts of identity alone.

        A part is one of `IDENTITY` or an entry of "settings": `vary("settings.beta")`.
        """
        groups: dict[tuple, list[Record]] = {}
        for record in self.models:
            groups.setdefault(_rest(record, names), []).append(record)
        alone = {group[0].identity for group in groups.values() if len(group) < 2}
        return self.filter(lambda record: record.identity not in alone)

    def by(self, column: str) -> dict[Any, "Table"]:
        """Return the systems by the values of a column, in the order of the table."""
        groups: dict[Any, list[Record]] = {}
        for record in self.models:
            groups.setdefault(record[column], []).append(record)
        return {value: self._of(group) for value, group in groups.items()}

    def sort(self, *columns: str) -> "Table":
        """Return the records in rising order of columns."""
        return self._of(sorted(self, key=lambda r: [_ordered(r[name]) for name in columns]))

    def column(self, name: str) -> list[Any]:
        """Return the values of a column."""
        return [record[name] for record in self]

    def drawings(self, record: Record, kind: str) -> Shown | None:
        """Return the drawings of a kind that were kept of a record, None where there are none."""
        found = (samples.read(folder, record, kind) for folder in self.folders)
        return next((shown for shown in found if shown is not None), None)

    def _of(self, records: Iterable[Record]) -> "Table":
        return Table(records, self.folders)


_PEOPLE = ("dataset", "size", "split", "critics")


def _human_in(record: Record, name: str, values: Iterable[Any]) -> bool:
    wanted = [judged(value) for value in values] if name == "size" else values
    return record[name] in wanted


def _many(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset | range)


def _rest(record: Record, names: Sequence[str]) -> tuple:
    """Return the identity of a record but for some parts."""
    entries = {name.removeprefix("settings.") for name in names if name.startswith("settings.")}
    settings = {k: v for k, v in record.settings.items() if k not in entries}
    rest = [record[name] for name in IDENTITY if name not in (*names, "settings")]
    return (*rest, *(() if "settings" in names else sorted(settings.items())))


def read(*files: Path) -> Table:
    """Return the records of the tables that ship and of the user's own, or of these files.

    Of two records of one evaluation the later counts. Records of drawings of one's own count while
    those are as they were; where there are any, those that ship of a data set of the same name, but
    of other drawings, are left out. Raises ValueError, naming file and line, for what is no record.
    """
    own = [record for record in lines.read(cache(), Record) if _current(record)] * (not files)
    replaced = {record.dataset for record in own if DRAWINGS in record.recipes}
    files = files or (SHIPPED / NAME,)
    found = [record for file in files for record in lines.read(file, Record)]
    found = [record for record in found if record.dataset not in replaced] + own
    known = {record.identity: record for record in found}
    folders = [file.parent for file in files] + [cache().parent] * bool(own)
    return Table(known.values(), folders)


def cache(store: Store | None = None) -> Path:
    """Return the file of the user's own table."""
    return (store or default()).runs.parent / "results" / NAME


def place(
    dataset: str, size: str, system: str = "", name: str = NAME, store: Store | None = None
) -> Path:
    """Return the file of the table that records of a data set, a size and a system belong to.

    Smoke runs, drawings of one's own, editions whose concepts do not ship, some categories of
    Quick, Draw! and systems that are not the project's are beside the artefacts of a `store`, in
    the user's cache, and so is all that is found outside a checkout.
    """
    dataset = resolved(dataset)
    mine = (
        shipped.CHECKOUT is None
        or size == "smoke"
        or (":" in dataset and dataset not in LISTED)
        or source(dataset).fingerprint(root(dataset))
    )
    mine = mine or (system and system not in ALL)
    return cache(store).with_name(name) if mine else SHIPPED / name


def add(records: Iterable[Record], file: Path | None = None) -> None:
    """Put records into the table they belong to, or into a `file`, atomically.

    A record of an evaluation that is there already adds to it what it knows, unless the drawings
    were scored anew: then it takes its place. Other records of its system there say anew what of
    them is other than the system's own, which may not be what it was when they were written.
    Raises OSError when a table cannot be written.
    """
    into: dict[Path, list[Record]] = {}
    for record in records if file else map(_named, records):
        where = file or place(record.dataset, record.size, record.system)
        into.setdefault(where, []).append(record)
    for where, group in into.items():
        lines.put(where, group, Record, _order, joined, partial(_beside, {*map(_of, group)}))


def _beside(places: set[tuple], record: Record) -> Record:
    """Return a record as it is beside new ones of these places: `changed` is of today's systems."""
    if _of(record) not in places or record.system not in ALL:
        return record
    from oneshot.evaluations.evaluate import changed  # what is only read needs no evaluation

    return replace(record, changed=changed(record))


def _of(record: Record) -> tuple:
    """Return whose record it is: the parts of an identity before its settings."""
    return tuple(record[name] for name in IDENTITY[: IDENTITY.index("settings")])


def _named(record: Record) -> Record:
    """Return a record under the one name of its data set; it knows drawings that are one's own."""
    record = replace(record, dataset=resolved(record.dataset))
    drawings = presets.drawings(record.dataset, record.size)
    known = {DRAWINGS: drawings.key} if drawings.fingerprint else {}
    return replace(record, recipes=record.recipes | known)


def _current(record: Record) -> bool:
    """Say whether the drawings of a record are as they were when it was added."""
    if DRAWINGS not in record.recipes:
        return True
    try:
        return presets.drawings(record.dataset, record.size).key == record.recipes[DRAWINGS]
    except DataError:
        return False


def _order(record: Record) -> tuple:
    """Return what records are sorted by in a file: people first, then systems in their order."""
    systems = list(ALL)
    known = systems.index(record.system) if record.system in systems else len(systems)
    values = [_ordered(record[name]) for name in IDENTITY]
    return (*values[:4], known, *values[4:])


def _ordered(value: Any) -> tuple:
    """Return a value so that it can be compared with any other: None, numbers, text, settings."""
    if value is None:
        return (0,)
    if isinstance(value, dict):
        return (3, len(value), *((name, _ordered(entry)) for name, entry in sorted(value.items())))
    return (1, value) if isinstance(value, int | float) else (2, str(value))
