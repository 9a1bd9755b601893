"""Killed at any moment, a run goes on to the same bits and leaves nothing lying about."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SCRIPT = Path(__file__).with_name("kills.py")


def ran(case: str, folder: Path, number: int) -> int:
    """Return what the script counted; a failure tells the seed of its moments."""
    seed = os.environ.get("ONESHOT_FAULT_SEED", str(int.from_bytes(os.urandom(4))))
    words = [sys.executable, SCRIPT, case, folder, str(number), seed]
    done = subprocess.run(words, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, f"ONESHOT_FAULT_SEED={seed}\n{done.stdout}{done.stderr[-3000:]}"
    return int(done.stdout.split()[-1])


DEATHS = {"downloads": (20, 200), "notebook runs": (3, 50)}
"""How many deaths there are in each run of the tests, and in the long one; others 50 and 200."""
CASES = ["training", "scoring", "store writes", "table writes", *DEATHS]


def check_killed(case: str, deaths: int, folder: Path) -> None:
    assert ran(case, folder / "kills", deaths) > deaths / 4, "most died before they began"


@pytest.mark.parametrize("case", CASES)
def test_killed_at_random_moments(case, tmp_path):
    check_killed(case, DEATHS.get(case, (50, 200))[0], tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES)
def test_killed_at_very_many_moments(case, tmp_path, record_property):
    deaths = DEATHS.get(case, (50, 200))[1]
    record_property("faults", deaths)
    check_killed(case, deaths, tmp_path)


@pytest.mark.parametrize("times", [1, pytest.param(50, marks=pytest.mark.soak)])
@pytest.mark.parametrize("case", ["race for an artefact", "race for a table", "company"])
def test_many_at_once(case, times, tmp_path, record_property):
    record_property("faults", times)
    assert ran(case, tmp_path / "race", times) == times
