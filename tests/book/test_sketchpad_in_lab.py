"""The pad in a real JupyterLab: strokes go to the kernel, and drawings are values of Python."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hand import BOARD, put, wait

from oneshot import own
from oneshot.drawings.reading import read_drawing
from oneshot.widgets import sketchpad

CELLS = (
    "import oneshot\npad = oneshot.sketchpad()\npad",
    "import json, numpy as np\n"
    "np.savez('pad.npz', exemplar=pad.exemplar, variations=pad.variations)\n"
    "print(json.dumps(pad.state))\n"
    "print(json.dumps(pad.scores))\n"
    "print(*pad.exemplar.shape, *pad.variations.shape)",
)
START = 120  # seconds that a server may take while the machine does other things


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab of its own, and the folder with a notebook that it serves."""
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("no JupyterLab here: `pip install 'oneshot[lab]'` to see the pad in it")
    home = tmp_path_factory.mktemp("lab")
    pages, runtime, settings = (home / name for name in ("pages", "runtime", "config"))
    for folder in (pages, settings / "labconfig"):
        folder.mkdir(parents=True)
    # A question about news would lie over the page.
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (settings / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    node = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    (pages / "pad.ipynb").write_text(nbformat.writes(node))
    places = {"JUPYTER_CONFIG_DIR": settings, "JUPYTER_RUNTIME_DIR": runtime, "IPYTHONDIR": home}
    options = [
        "ip=127.0.0.1",
        "port=0",
        "open_browser=False",
        "allow_root=True",
        f"root_dir={pages}",
    ]
    command = [sys.executable, "-m", "jupyterlab", "--IdentityProvider.token="]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, *(f"--ServerApp.{option}" for option in options)],
            env=os.environ | {name: str(place) for name, place in places.items()},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(server, runtime, home / "log"), pages
    finally:
        server.terminate()
        server.wait(30)


def _address(server: subprocess.Popen, runtime: Path, log: Path) -> str:
    until = time.monotonic() + START
    while server.poll() is None and time.monotonic() < until:
        for file in runtime.glob(f"jpserver-{server.pid}.json"):
            if text := file.read_text():
                return json.loads(text)["url"]
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def run(page, number: int) -> None:
    """Run a cell of the notebook; one that is run while the kernel starts is forgotten."""
    cell = page.locator(".jp-CodeCell").nth(number)
    until = time.monotonic() + START
    while not re.search(r"[*\d]", cell.locator(".jp-InputPrompt").inner_text()):
        assert time.monotonic() < until, "the kernel did not start"
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(2000)


def test_what_is_drawn_in_jupyterlab_is_drawn_in_python(lab, open_page):
    address, folder = lab
    page, faults = open_page(
        f"{address}lab/tree/pad.ipynb", viewport={"width": 1280, "height": 1400}
    )
    run(page, 0)
    page.wait_for_selector(BOARD)
    put(page)
    wait(page)
    run(page, 1)
    printed = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output pre")
    printed.wait_for()
    state, scores, shapes = printed.inner_text().strip().split("\n")
    assert shapes == "1 1 48 48 16 1 48 48"
    assert [fault for fault in faults if fault.startswith("error")] == []

    state, scores = json.loads(state), json.loads(scores)
    exemplar = read_drawing(state["strokes"])
    model = next(one for one in sketchpad.choices() if one["name"] == state["model"])
    settings = {name: state[name] for name in ("guidance", "seed")}
    (expected,) = own.draw({"mine": exemplar}, model["system"], model["dataset"], **settings)
    found = np.load(folder / "pad.npz")
    assert exemplar.max() == 1 and expected.variations.std() > 0.1
    assert np.abs(found["exemplar"] - exemplar.numpy()).max() < 1e-3
    assert np.abs(found["variations"] - expected.variations.numpy()).max() < 1e-3
    for one, other in zip(scores, expected.scores, strict=True):
        assert one == pytest.approx(other, abs=1e-3)
