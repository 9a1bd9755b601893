"""Rows of a table come back as they were, and a file that holds none says what is wrong with it."""

from dataclasses import dataclass

import pytest

from oneshot import tables
from oneshot.metrics.intervals import Interval
from oneshot.tables import Record


@dataclass(frozen=True)
class Run(Record):
    name: str
    score: Interval
    settings: dict[str, float]


RUN = Run("ünit", Interval(0.5, 0.25, 0.75), {"beta": 2.0})
TEXT = """[
{"name": "ünit", "score": {"value": 0.5, "low": 0.25, "high": 0.75}, "settings": {"beta": 2.0}},
{"name": "b", "score": {"value": 1.0, "low": 0.0, "high": 2.0}, "settings": {}}
]
"""


def test_a_table_that_cannot_be_written_is_noticed(tmp_path):
    tables.check_writable(tmp_path / "new" / "table.json")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        tables.check_writable(tmp_path / "file" / "table.json")


def test_a_table_holds_a_row_a_line(tmp_path):
    runs = [RUN, Run("b", Interval(1.0, 0.0, 2.0), {})]
    file = tmp_path / "new" / "table.json"
    assert tables.read(file, Run) == []
    tables.write(file, [run.to_json() for run in runs])
    assert file.read_text() == TEXT
    assert tables.read(file, Run) == runs


def test_numbers_are_written_with_six_digits():
    values = Run("a", Interval(1 / 3, 1e-9 / 3, 200000 / 3), {"beta": 2 / 3}).to_json()
    assert values["score"] == {"value": 0.333333, "low": 3.33333e-10, "high": 66666.7}
    assert values["settings"] == {"beta": 0.666667}
    assert tables.short((1 / 3, [12345678, "x"], None)) == [0.333333, [12345678, "x"], None]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "Expecting"),
        ("[1]", "int"),
        ('[{"name": "a", "colour": 3}]', "colour, score, settings missing or unknown"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path, text, fault):
    file = tmp_path / "table.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=rf"table\.json is not a table of results \(.*{fault}"):
        tables.read(file, Run)
