"""Tables in JSON files: a list of rows, each on a line of its own, so that a change is one line."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Self, TypeVar

from oneshot.metrics.intervals import Interval
from oneshot.training.checkpoint import write_atomic

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "results"
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
        intervals = [name for name, kind in types.items() if kind is Interval]
        return cls(**values | {name: Interval(**values[name]) for name in intervals})


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
