"""What `make check` checks, so that it does not wait for somebody to run it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_the_tree_is_as_ruff_would_have_it(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_notebooks_hold_no_outputs():
    notebooks = sorted(map(str, (ROOT / "notebooks").glob("*.ipynb")))
    done = subprocess.run(
        [sys.executable, "-m", "nbstripout", "--verify", *notebooks], capture_output=True, text=True
    )
    assert notebooks and done.returncode == 0, done.stdout + done.stderr
