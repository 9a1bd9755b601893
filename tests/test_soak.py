"""The table of the long tests counts what they say they did."""

import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import soak

ROOT = Path(__file__).parents[1]


def report(name, when="call", failed=False, seconds=1.2, keywords=("soak",), **properties):
    return SimpleNamespace(
        keywords={name: 1 for name in keywords},
        user_properties=list(properties.items()),
        location=("tests/x.py", 1, name),
        duration=seconds,
        when=when,
        failed=failed,
    )


REPORTS = [
    report("test_a_kill[one]", when="setup", seconds=0.4),
    report("test_a_kill[one]", faults=50),
    report("test_a_kill[one]", when="teardown", faults=50, seconds=0),
    report("test_a_kill[two]", faults=30, failed=True),
    report("test_inputs", inputs=2000, failures=3, failed=True, seconds=1000),
    report("test_short", keywords=()),
]
TABLE = """\
| test | inputs tried | faults injected | failures | seconds | commit |
|---|---:|---:|---:|---:|---:|
| a kill: one | 0 | 50 | 0 | 2 | abc |
| a kill: two | 0 | 30 | 1 | 1 | abc |
| inputs | 2,000 | 0 | 3 | 1,000 | abc |
| all | 2,000 | 80 | 4 | 1,003 |  |"""


def told():
    return {name: (*counts, "abc") for name, *counts in soak.rows(REPORTS)}


def test_the_table_has_a_row_for_each_test_and_their_sum():
    assert "\n".join(soak.table(told())) == TABLE


def test_the_table_replaces_the_one_before(tmp_path):
    file = tmp_path / "x.md"
    file.write_text(f"# Top\n{soak.BEGIN}\nold\n{soak.END}\nfoot\n")
    for _ in range(2):
        soak.put(file, ["| new |"], "today")
    assert file.read_text() == (
        f"# Top\n{soak.BEGIN}\nLast run: today.\n\n| new |\n{soak.END}\nfoot\n"
    )


def test_a_test_that_was_not_run_again_keeps_its_row(tmp_path):
    file = tmp_path / "x.md"
    file.write_text(f"# Top\n{soak.BEGIN}\nNo run yet.\n{soak.END}\nfoot\n")
    assert soak.kept(file) == {}
    soak.put(file, soak.table(told()), "today")
    assert soak.kept(file) == told()


def test_a_file_without_a_place_for_the_table_is_refused(tmp_path):
    file = tmp_path / "x.md"
    file.write_text("# Top\n")
    with pytest.raises(ValueError, match=r"x\.md has no place for the table"):
        soak.put(file, [], "today")
    assert file.read_text() == "# Top\n"


def test_pytest_takes_the_command_of_make_soak():
    (line,) = [one for one in (ROOT / "Makefile").read_text().splitlines() if "-m soak" in one]
    words = shlex.split(line.split("$(PY)")[1].replace("-n auto --dist loadfile", ""))
    done = subprocess.run(
        [sys.executable, *words, "--collect-only"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "test_fuzz.py" in done.stdout
