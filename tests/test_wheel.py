"""The wheel works by itself: outside the checkout, offline, and without writing into itself."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
META = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE")
OFFLINE = """
import socket

def refuse(self, address):
    if self.family != socket.AF_UNIX:
        raise OSError(f"the test has no network, yet {address} was asked for")
    return connect(self, address)

connect, socket.socket.connect = socket.socket.connect, refuse
"""
PAGE = """
dataset: str = "glyphs"  # glyphs | omniglot
variations: int = 2  # 1..9: drawings of each
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder that the wheel of this tree was installed into."""
    folder = tmp_path_factory.mktemp("wheel")
    tree, site = folder / "tree", folder / "site"
    tree.mkdir()
    told = subprocess.run(
        ["git", "ls-files", "oneshot", "data", *META],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in told.stdout.splitlines():
        if (ROOT / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            # The weights are large: a link to each is enough to be packed.
            (tree / name).symlink_to(ROOT / name)
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    build = ["--no-build-isolation", "-C--build-option=--compression=stored"]
    pip(["wheel", ".", "-w", "..", *build, *options], tree)
    (wheel,) = folder.glob("*.whl")
    pip(["install", wheel, "--target", site, *options], folder)
    (site / "sitecustomize.py").write_text(OFFLINE)
    before = files(site)
    yield site
    assert files(site) == before


def pip(words, folder):
    done = subprocess.run([sys.executable, "-m", "pip", *words], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-3000:]


def files(site):
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*"))


@pytest.fixture
def said(site, tmp_path):
    """Return a function that runs a command in an empty folder and returns what it says."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ONESHOT")}
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    clean |= home | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words):
        done = subprocess.run(words, cwd=tmp_path, env=clean, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run


def test_it_carries_all_of_the_package_and_what_ships(site):
    listed = ["git", "ls-files", "oneshot", "data/zoo", "data/results", "data/sweeps"]
    listed += ["data/sketchbook.json"]
    told = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = [name for name in told.stdout.splitlines() if (ROOT / name).exists()]
    inside = [name if name.startswith("oneshot") else f"oneshot/{name}" for name in wanted]
    assert not set(inside) - set(files(site))
    for name, copy in zip(wanted, inside, strict=True):
        assert (site / copy).stat().st_size == (ROOT / name).stat().st_size, name


def test_its_weights_draw_its_results_are_read_and_nothing_is_written_to_it(said, tmp_path):
    code = """
import sys, torch
import oneshot
from oneshot import cli, shipped, zoo
from oneshot.evaluations import table
assert shipped.CHECKOUT is None
print(len(zoo.verify()), len(table.read()), table.place("omniglot", "laptop", "ldm"))
exemplars = torch.zeros(2, 1, 48, 48)
exemplars[:, :, 10:40, 22:26] = 1
drawn = oneshot.load("ldm", "glyphs").draw(exemplars, 3, seed=1)
print(*drawn.shape, float(drawn.mean()) > 0.01)
sys.stderr = sys.stdout
for words in (["bench"], ["book"], ["zoo", "publish", "glyphs"]):
    try:
        cli.main(words)
    except SystemExit as end:
        print(end.code)
"""
    first, second, *refused = said(sys.executable, "-c", code).splitlines()
    zoo, results, place = first.split()
    assert int(zoo) == len(list((ROOT / "data" / "zoo").glob("*.safetensors"))) > 0
    shipped = (ROOT / "data" / "results" / "evaluations.jsonl").read_text().splitlines()
    assert int(results) == len(shipped)
    assert place.startswith(str(tmp_path / "cache"))
    assert second == "2 3 1 48 48 True"
    assert ["checkout" in line for line in refused] == [True, False] * 3, refused
    assert refused[1::2] == ["1"] * 3


def test_a_page_of_the_book_runs(said, site, tmp_path):
    assert "glyphs" in said(site / "bin" / "oneshot", "zoo", "list")
    page = tmp_path / "beyond_jitter.ipynb"
    page.write_text((ROOT / "notebooks" / page.name).read_text())
    said(site / "bin" / "oneshot", "run", page.name, "-p", "dataset=glyphs", "-o", "out.ipynb")
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    shown = [str(out) for cell in done.cells for out in cell.get("outputs", ())]
    assert any("image/svg+xml" in out or "image/png" in out for out in shown)
    assert any("VAE-Elastic is nearer to people" in out for out in shown)


def test_a_notebook_runs(said, site, tmp_path):
    cells = [
        nbformat.v4.new_code_cell(PAGE, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("import oneshot; oneshot.__file__"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "page.ipynb")
    said(site / "bin" / "oneshot", "run", "page.ipynb", "-p", "variations=3", "-o", "out.ipynb")
    page = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert str(site) in str([cell.get("outputs") for cell in page.cells])
    assert page.metadata["oneshot"]["parameters"] == {"dataset": "glyphs", "variations": 3}
    assert page.metadata["oneshot"]["commit"] == "unknown"
