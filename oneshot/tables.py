"""Tables in JSON files: a list of rows, each on a line of its own, so that a change is one line."""

import json
import os
import zlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Self, TypeVar

from filelock import FileLock

from oneshot import shipped
from oneshot.drawings.sources import root, source
from oneshot.metrics.intervals import Interval
from oneshot.training.checkpoint import write_atomic

SHIPPED = shipped.DATA / "results"
"""Where the tables are that come with the project."""


class Record:
    """What rows that are dataclasses have in common: how they become JSON and come back."""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values of six significant digits, from which `from_json` rebuilds the row."""
        return short(asdict(self))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild a row; raise ValueError when a field is missing or unknown."""
        types = {field.name: field.type for field in fields(cls)}
        if wrong := types.keys() ^ values.keys():
            raise ValueError(f"not a row of results: {', '.join(sorted(wrong))} missing or unknown")
        return cls(**{name: _typed(types[name], value) for name, value in values.items()})


def _typed(kind: Any, value: Any) -> Any:
    """Return a JSON value as what a field of this type holds."""
    if value is None:
        return None
    if kind in (Interval, Interval | None):
        return Interval(**value)
    if kind == dict[str, Interval]:
        return {name: Interval(**bounds) for name, bounds in value.items()}
    return value


R = TypeVar("R", bound=Record)


def read(file: Path, kind: type[R]) -> list[R]:
    """Return the rows of a table in its order, none when there is no such file.

    Raises ValueError when the file is no table of rows of this kind.
    """
    if not file.exists():
        return []
    try:
        return [kind.from_json(values) for values in json.loads(file.read_text())]
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} is not a table of results ({error})") from None


def place(name: str, dataset: str, preset: str, cache: Path) -> Path:
    """Return the file of a table that rows of a data set and preset belong to.

    Smoke runs, drawings of one's own and some categories of Quick, Draw! are no results of the
    project: theirs is in the `cache`.
    """
    mine = preset == "smoke" or ":" in dataset or source(dataset).fingerprint(root(dataset))
    return (cache / "results" if mine else SHIPPED) / f"{name}.json"


def part(dataset: str) -> str:
    """Return how a data set is called in a file's name; two folders are two names."""
    kind, _, path = dataset.partition(":")
    return f"{kind}{zlib.crc32(path.encode()):08x}" if path else kind


def put(
    file: Path,
    rows: Iterable[R],
    kind: type[R],
    key: Callable[[R], Hashable],
    settle: Callable[[list[R]], Iterable[R]] = iter,
) -> None:
    """Put rows into a table in place of those of the same key, in the order of keys, atomically.

    `settle` may change rows that depend on others. The lock lies beside the table, so that no other
    process loses rows, whatever store it works in.
    """
    with _locked(file):
        known = {key(row): row for row in (*read(file, kind), *rows)}
        ordered = [known[name] for name in sorted(known)]
        write(file, [row.to_json() for row in settle(ordered)])


def check_writable(file: Path) -> None:
    """Raise OSError when a table cannot be written, so that this is known before hours of work."""
    with _locked(file):
        if not os.access(file.parent, os.W_OK):
            raise PermissionError(f"{file} cannot be written")


def _locked(file: Path) -> FileLock:
    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file.with_suffix(".lock"))


def write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table of rows that are JSON values, atomically."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    write_atomic(file, ("[\n" + ",\n".join(lines) + "\n]\n").encode())


def short(value: Any) -> Any:
    """Return JSON values whose floats have six significant digits: no score has more."""
    if isinstance(value, dict):
        return {name: short(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [short(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
