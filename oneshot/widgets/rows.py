"""The numbers behind what a page shows, which travel with it.

They lie in the metadata of the output, where the book finds them and offers them as a file.
"""

import json
from collections.abc import Mapping
from typing import Any

from oneshot.metrics.intervals import Interval


class Rows:
    """Something to display that carries the rows of numbers it shows."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.rows: list[dict[str, Any]] = []

    def note(self, **values: Any) -> None:
        """Add a row: text and numbers by column, an interval as NAME, NAME_low and NAME_high."""
        self.rows.append(flat(values))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple:
        columns = list(dict.fromkeys(column for row in self.rows for column in row))
        values = [[row.get(column) for column in columns] for row in self.rows]
        return {}, ({"oneshot": {"columns": columns, "rows": values}} if values else {})


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Return a row in what JSON can hold; of an interval the value and both ends."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Interval):
            ends = {"": value.value, "_low": value.low, "_high": value.high}
            row |= {f"{name}{end}": round(float(number), 6) for end, number in ends.items()}
        elif hasattr(value, "__float__"):
            row[name] = round(float(value), 6)
        else:
            row[name] = json.dumps(value) if isinstance(value, Mapping) else value
    return row
