"""What pages and sweeps are asked, and games people saved, given words that are nearly right."""

import json
import math
import tempfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from fuzz import Kind, fuzz

from oneshot import execute, sweep
from oneshot.attribution import human
from oneshot.drawings.errors import DataError
from oneshot.execute import PageError, ParameterError
from oneshot.parameters import checked, declared
from oneshot.sweep import SweepError

DECLARED = """\
dataset: str = "glyphs"  # glyphs | omniglot | folder:*: whose drawings
guidance: list[float] = [0.0, 1.0]  # 0..100: strengths
systems: list[str] = []
seed: int = 0  # 0..
eta: float = 0.5  # 0..1: how
quick: bool = False
limit: int | None = None"""
TYPES = {"dataset": str, "seed": int, "eta": float, "quick": bool}


class Refused(Exception):
    """The first line of what a page says of a wrong parameter; the known ones follow it."""


def first_line(function, *arguments):
    try:
        return function(*arguments)
    except (PageError, ParameterError) as error:
        raise Refused(str(error).splitlines()[0]) from None


def are_right(found: dict[str, object]) -> None:
    for name, value in found.items():
        assert type(value) is TYPES.get(name, type(value)), (name, value)
    assert found.get("dataset", "glyphs").startswith(("glyphs", "omniglot", "folder:"))
    assert found.get("seed", 0) >= 0 and 0 <= found.get("eta", 0) <= 1
    assert all(type(v) is float and 0 <= v <= 100 for v in found.get("guidance", [0.0]))
    assert found.get("guidance") != []
    assert found.get("limit") is None or type(found["limit"]) is int


def words(file: Path) -> None:
    """Lines `name=value`, as on the command line; values that are JSON are tried as such, too."""
    known = declared(DECLARED)
    told = file.read_bytes().decode(errors="replace").splitlines()
    given = first_line(execute.assignments, told)
    are_right(first_line(checked, known, given))
    for name, value in given.items():
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            continue
        are_right(first_line(checked, known, {name: read}))


def page(*cells: tuple[str, list[str]]) -> bytes:
    code = [nbformat.v4.new_code_cell(text, metadata={"tags": tags}) for text, tags in cells]
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A page"), *code])
    return nbformat.writes(node).encode()


def notebook(file: Path) -> None:
    """A page, perhaps one that was executed: what it declares, and what it was asked."""
    node = first_line(execute._load, file)
    known = first_line(execute.parameters, node)
    found = first_line(checked, known, first_line(execute._take_back, node))
    assert found.keys() <= known.keys()
    for name, value in found.items():
        assert known[name].read(value) == value


def grid(file: Path) -> None:
    found = sweep.read(file)
    assert 0 < len(found.runs) <= 10_000 and len(set(found.runs)) == len(found.runs)
    for run in found.runs:
        betas = run.settings.get("regularizers", {})
        assert all(math.isfinite(beta) and beta > 0 for beta in dict(betas).values())
        assert 0 <= run.guidance <= 100 and run.seed >= 0


def game(file: Path) -> None:
    for pages in human.read(file).values():
        assert pages.shape[1:] == (48, 48) and (pages >= 0).all()
        np.testing.assert_allclose(pages.sum((1, 2)), 1, atol=1e-6)


CHECK = ("from oneshot.parameters import check_page\n\ncheck_page()", ["remove-cell"])
PAGES = [
    page((DECLARED, ["parameters"]), CHECK, ("print(seed)", [])),
    page((DECLARED, ["parameters"]), ("# Parameters\nseed = 3\nguidance = [1.0, 2]\n",
         ["injected-parameters"]), CHECK, ("print(seed)", [])),
    page((DECLARED, ["parameters"]), ('# Parameters\neta = float("nan")', ["injected-parameters"])),
]  # fmt: skip
WORDS = [
    b"dataset=folder:my own\nguidance=0,1.5,2\nseed=3\nquick=yes\nlimit=none",
    b'guidance=[0, 1e1]\nsystems=["ldm", "cfgdm"]\neta=0.25\nlimit=7\ndataset=omniglot',
]
SWEEPS = [
    b"dataset: quickdraw\npreset: laptop\nseeds: [0, 1]\ncontrols: [none, pixels]\n"
    b"grid:\n  - prototype: [1, 10, 1e-3]\n  - barlow: 30\n    prototype: [1, 10]\n",
    b"dataset: glyphs\nsplit: published\nguidance: 0.5\ngrid: [{kl: &b [1, 2]}, {vq: *b}]\n",
    b"{dataset: omniglot, seeds: 3, controls: augmentation, grid: [{simclr: 1, prototype: 2}]}",
]
GAMES = [
    json.dumps({"participant": "p", "side": 48, "games": [
        {"exemplar": "door", "clicks": [[12, 30], [13.5, 33]]},
        {"exemplar": "pizza", "clicks": []}]}, indent=1).encode(),
    json.dumps({"games": [{"exemplar": "a", "map": [[0, 0.5, 1], [1, 2, 3], [0, 0, 1]]}]}).encode(),
]  # fmt: skip
KINDS = {
    "words": Kind("words", "words.txt", WORDS, words, text=True, errors=(Refused,)),
    "notebook": Kind("notebook", "page.ipynb", PAGES[:2], notebook, text=True, errors=(Refused,)),
    "sweep": Kind("sweep", "sweep.yaml", SWEEPS, grid, text=True, errors=(SweepError,)),
    "game": Kind("game", "game.json", GAMES, game, text=True, errors=(DataError,)),
}


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        yield Path(name)


@pytest.mark.parametrize("name", KINDS)
def test_words_that_are_nearly_right(name, folder):
    fuzz(KINDS[name], folder, 2_000)


@pytest.mark.soak
@pytest.mark.parametrize("name", KINDS)
def test_very_many_words_that_are_nearly_right(name, folder, record_property):
    record_property("inputs", 50_000)
    fuzz(KINDS[name], folder, 50_000)


def test_a_sweep_that_names_itself_over_and_over_is_refused_at_once(folder):
    """Each line holds the one before twice, so that all of it written out would fill the memory."""
    lines = ["a: &a [1, 1]"]
    for before, name in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True):
        lines.append(f"{name}: &{name} [*{before}, *{before}, *{before}, *{before}]")
    for last in ("grid: [*z]", "seeds: *z", "preset: *z", "guidance: [*z]", "grid: [{kl: *z}]"):
        text = "\n".join(["dataset: glyphs", *lines, last])
        (folder / "sweep.yaml").write_text(text)
        with pytest.raises(SweepError, match="unknown key 'a'"):
            sweep.read(folder / "sweep.yaml")
        chain = text.split("\n")[1:-1]
        inline = "[1, 1]"
        for _ in range(22):
            inline = f"[&x{_} {inline}, *x{_}, *x{_}, *x{_}]"
        (folder / "sweep.yaml").write_text(f"dataset: glyphs\n{last.replace('*z', inline)}")
        with pytest.raises(SweepError) as error:
            sweep.read(folder / "sweep.yaml")
        assert len(str(error.value)) < 1000 and chain


def test_a_sweep_of_more_runs_than_anybody_waits_for_is_refused(folder):
    (folder / "sweep.yaml").write_text(
        f"dataset: glyphs\nseeds: {list(range(1000))}\ngrid:\n"
        f"  - prototype: {list(range(1, 1001))}\n    kl: {list(range(1, 1001))}\n"
    )
    with pytest.raises(SweepError, match="asks for 1,000,001,000 runs, more than 10,000"):
        sweep.read(folder / "sweep.yaml")
