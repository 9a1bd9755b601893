"""Tables in text files, a row a line so that a change is one line, written whole under a lock.

Files named `.jsonl` hold a JSON object a line, those named `.json` one list of them.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self, TypeVar

from filelock import FileLock

from oneshot.metrics.intervals import Interval
from oneshot.training.checkpoint import remove_unfinished, write_atomic


@dataclass(frozen=True)
class Row:
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
    if kind == tuple[str, ...]:
        return tuple(value)
    return value


R = TypeVar("R", bound=Row)


def read(file: Path, kind: type[R]) -> list[R]:
    """Return the rows of a table in its order, none when there is no such file.

    Raises ValueError, naming the file and the line, for what is no row of this kind.
    """
    if not file.exists():
        return []
    return [_row(file, number, values, kind) for number, values in _values(file)]


def _row(file: Path, number: int, values: Any, kind: type[R]) -> R:
    try:
        return kind.from_json(values)
    except (ValueError, TypeError, AttributeError) as error:
        raise _damaged(file, number, error) from None


def _values(file: Path) -> Iterator[tuple[int, Any]]:
    """Yield the number of each line that holds a row, and the row as JSON."""
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        text = line if file.suffix == ".jsonl" else line.removesuffix(b",")
        if text in (b"", b"[", b"]"):
            continue
        try:
            yield number, json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _damaged(file, number, error) from None


def _damaged(file: Path, number: int, error: Exception) -> ValueError:
    return ValueError(
        f"{file}, line {number}, is no row of a table of results ({error}); restore the file from "
        "git, or delete that line"
    )


def put(
    file: Path,
    rows: Iterable[R],
    kind: type[R],
    key: Callable[[R], Any],
    join: Callable[[R, R], R] = lambda old, new: new,
    keep: Callable[[R], R] = lambda old: old,
) -> None:
    """Put rows into a table in the order of keys, atomically; each stands in for that of its key.

    `join` says what becomes of an old and a new row of one key, `keep` of a row that was there. The
    lock lies beside the table, so that no other process loses rows, whatever store it works in.
    """
    with _locked(file):
        remove_unfinished(file)
        known = {key(row): keep(row) for row in read(file, kind)}
        for row in rows:
            name = key(row)
            known[name] = join(known[name], row) if name in known else row
        _write(file, [known[name].to_json() for name in sorted(known)])


def check_writable(file: Path) -> None:
    """Raise OSError when a table cannot be written, so that this is known before hours of work."""
    with _locked(file):
        if not os.access(file.parent, os.W_OK):
            raise PermissionError(f"{file} cannot be written")


def _locked(file: Path) -> FileLock:
    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file.with_suffix(".lock"))


def _write(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    text = "\n".join(lines) if file.suffix == ".jsonl" else "[\n" + ",\n".join(lines) + "\n]"
    write_atomic(file, f"{text}\n".encode())


def short(value: Any) -> Any:
    """Return JSON values whose floats have six significant digits: no score has more."""
    if isinstance(value, dict):
        return {name: short(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [short(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
