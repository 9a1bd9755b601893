"""What `make check` checks, so that it does not wait for somebody to run it."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
SCREEN = 40
"""Lines of code."""


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


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_a_cell_of_a_notebook_fits_a_screen(name):
    """So that what is chosen, what is computed and what is shown are seen together."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    long = {cell.id: lines for cell in code if (lines := cell.source.count("\n") + 1) > SCREEN}
    assert code and not long, f"lines of cells that are longer than {SCREEN}: {long}"
