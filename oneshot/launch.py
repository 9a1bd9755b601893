"""Notebooks that install what they need, for places that open a notebook and nothing else."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import nbformat

SETUP = """\
# Installs the package of the book, in about two minutes, where it is not there yet.
import importlib.util

if importlib.util.find_spec("oneshot") is None:
    %pip install --quiet git+{repository}@{commit}
"""
ADDRESS = re.compile(r"(https|file)://[\w./~-]+")


def write(pages: Iterable[Path], folder: Path, repository: str) -> None:
    """Write copies of notebooks into `folder/notebooks` that first install their repository.

    They install the commit that the pages are of. Raises ValueError for an address that is none.
    """
    if not ADDRESS.fullmatch(repository):
        raise ValueError(f"{repository}: expected the https address of a git repository")
    for page in pages:
        node = nbformat.read(page, as_version=4)
        setup = SETUP.format(repository=repository.rstrip("/"), commit=_commit(page.parent))
        cell = nbformat.v4.new_code_cell(setup.rstrip(), id="setup", metadata={"tags": ["setup"]})
        node.cells.insert(1, cell)
        copy = folder / "notebooks" / page.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(nbformat.writes(node))


def _commit(folder: Path) -> str:
    """Return the commit of a folder, or the default branch where there is no git."""
    asked = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "HEAD"
