"""Rows of a table come back as they were, and a file that holds none says what is wrong with it."""

from dataclasses import dataclass

import pytest

from oneshot.evaluations import lines
from oneshot.evaluations.lines import Row
from oneshot.metrics.intervals import Interval


@dataclass(frozen=True)
class Run(Row):
    name: str
    score: Interval
    settings: dict[str, float]


RUN = Run("ünit", Interval(0.5, 0.25, 0.75), {"beta": 2.0})
FIRST = '{"name": "b", "score": {"value": 1.0, "low": 0.0, "high": 2.0}, "settings": {}}'
SECOND = (
    '{"name": "ünit", "score": {"value": 0.5, "low": 0.25, "high": 0.75}, '
    '"settings": {"beta": 2.0}}'
)


@pytest.mark.parametrize(
    ("name", "text"),
    [("table.json", f"[\n{FIRST},\n{SECOND}\n]\n"), ("table.jsonl", f"{FIRST}\n{SECOND}\n")],
)
def test_a_table_holds_a_row_a_line(tmp_path, name, text):
    runs = [RUN, Run("b", Interval(1.0, 0.0, 2.0), {})]
    file = tmp_path / "new" / name
    assert lines.read(file, Run) == []
    lines.put(file, runs, Run, lambda run: run.name)
    assert file.read_text() == text
    assert lines.read(file, Run) == runs[::-1]


def test_numbers_are_written_with_six_digits():
    values = Run("a", Interval(1 / 3, 1e-9 / 3, 200000 / 3), {"beta": 2 / 3}).to_json()
    assert values["score"] == {"value": 0.333333, "low": 3.33333e-10, "high": 66666.7}
    assert values["settings"] == {"beta": 0.666667}
    assert lines.short((1 / 3, [12345678, "x"], None)) == [0.333333, [12345678, "x"], None]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "Expecting"),
        ("1", "int"),
        ('{"name": "a", "colour": 3}', "colour, score, settings missing or unknown"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path, text, fault):
    file = tmp_path / "table.json"
    file.write_text(f"[\n{text}\n]\n")
    with pytest.raises(ValueError, match=rf"table\.json, line 2, is no row .*{fault}"):
        lines.read(file, Run)
