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


@pytest.mark.parametrize("deaths", [50, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("case", ["training", "scoring", "store writes", "table writes"])
def test_killed_at_random_moments(case, deaths, tmp_path, record_property):
    record_property("faults", deaths)
    assert ran(case, tmp_path / "kills", deaths) > deaths / 4, "most died before they began"


@pytest.mark.parametrize("times", [1, pytest.param(50, marks=pytest.mark.soak)])
@pytest.mark.parametrize("case", ["race for an artefact", "race for a table", "company"])
def test_many_at_once(case, times, tmp_path, record_property):
    record_property("faults", times)
    assert ran(case, tmp_path / "race", times) == times
