"""Notebooks that install their repository first, and the files that Binder installs from."""

import ast
import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from oneshot import execute, launch

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_copies_install_the_commit_of_the_pages_and_run_as_they_did(tmp_path):
    launch.write(PAGES, tmp_path, "https://example.org/somebody/oneshot/")
    asked = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True).stdout.strip() or "HEAD"
    for page in PAGES:
        copy = tmp_path / "notebooks" / page.name
        node = nbformat.read(copy, as_version=4)
        nbformat.validate(node)
        setup = node.cells[1].source
        assert f"git+https://example.org/somebody/oneshot@{commit}" in setup
        ast.parse(re.sub("%pip.*", "pass", setup))
        assert execute.parameters(copy) == execute.parameters(page)
        assert len(node.cells) == len(nbformat.read(page, as_version=4).cells) + 1


def test_what_is_no_address_is_refused(tmp_path):
    for address in ("oneshot", 'https://a.org/"; import os', "https://a.org/a b"):
        with pytest.raises(ValueError, match="https address"):
            launch.write(PAGES[:1], tmp_path, address)
    assert not list(tmp_path.iterdir())


def test_binder_installs_the_pinned_packages_of_this_checkout():
    lines = (ROOT / "binder" / "requirements.txt").read_text().splitlines()
    pins = next(line.split()[1] for line in lines if line.startswith("-c "))
    assert (ROOT / "binder" / pins).resolve() == ROOT / "constraints.txt"
    assert "-e .[lab]" in lines
    assert (ROOT / "binder" / "runtime.txt").read_text().strip() == "python-3.11"
