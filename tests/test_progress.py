"""Long work says how far it is, where somebody sees it."""

import contextlib
import json
import os
import subprocess
import sys

import nbformat
import pytest

LONG = """\
from oneshot.progress import tqdm
for step in tqdm(range(3), desc="long work"):
    pass"""


def test_bars_of_a_page_are_seen_in_the_terminal_and_not_in_the_page(tmp_path):
    pty, termios = (pytest.importorskip(name) for name in ("pty", "termios"))
    notebook, output = tmp_path / "page.ipynb", tmp_path / "done.ipynb"
    tagged = nbformat.v4.new_code_cell("seed: int = 0", metadata={"tags": ["parameters"]})
    cells = [tagged, nbformat.v4.new_code_cell(LONG)]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    node = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    notebook.write_text(nbformat.writes(node))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    shown = b""
    command = [sys.executable, "-m", "oneshot", "run", str(notebook), "-o", str(output)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as running:
        os.close(theirs)
        with contextlib.suppress(OSError):  # how the end of a terminal is told
            while part := os.read(ours, 4096):
                shown += part
    os.close(ours)
    assert running.returncode == 0
    assert b"page: 100%" in shown and b"long work:   0%" in shown
    assert "long work" not in json.dumps(nbformat.read(output, as_version=4).cells[-2].outputs)
    assert "long work" in output.read_text(), "the page is another"
