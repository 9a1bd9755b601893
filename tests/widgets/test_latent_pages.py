"""Pages of the latent track: whole with results, plain without, and runnable at size smoke."""

from dataclasses import replace

import nbformat
import pytest
import regularized
from IPython.display import Markdown
from pages import NOTEBOOKS, outputs, told

from oneshot import execute, results, tables

PAGES = ("regularization", "combinations", "samples", "latent_space", "concepts")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Make the table of runs one in a folder of the test."""
    file, place = tmp_path / "regularization.json", tables.place
    monkeypatch.setattr(
        tables, "place", lambda name, *at: file if name == file.stem else place(name, *at)
    )
    return file


@pytest.mark.parametrize("name", PAGES)
def test_without_results_a_page_runs_to_its_end_and_says_so(name, table, capsys):
    shown = outputs(name, dataset="quickdraw", preset="laptop")
    words = told(shown) + capsys.readouterr().out
    plain = "not on this machine" if name == "concepts" else "There is no run on quickdraw"
    assert plain in words
    # how concepts are divided is kept without their drawings
    assert sum(not isinstance(value, Markdown) for value in shown) == (name == "concepts")


@pytest.mark.parametrize("name", PAGES)
def test_with_results_a_page_shows_them(name, table, smoke, capsys):
    made = regularized.made_up(table.parent)
    for preset in ("draft", "laptop"):
        results.add(table, [replace(row, dataset="quickdraw", preset=preset) for row in made.rows])
    for file in (table.parent / "drawings").iterdir():
        file.rename(file.with_name(file.name.replace("glyphs", "quickdraw", 1)))
    shown = outputs(name, dataset="quickdraw", preset="laptop")
    words = told(shown)
    if name != "concepts":
        assert "Runs on quickdraw at size laptop: **none** 1" in words
        assert "to show yet" not in words
        assert "have been kept yet" not in words
    if name == "combinations":
        assert "Not there yet: prototype+simclr, kl+prototype, prototype+vq" in words
        assert "Barlow with the prototype comes nearest to the human drawings." in words
    if name == "regularization":
        assert "**not tested yet**" not in words
        assert words.count("rises with the beta of") == 12


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("regularization", {"regularizers": ["prototype", "barlow"]}),
        ("combinations", {"partners": ["barlow"]}),
        ("samples", {"regularizers": ["prototype", "barlow"]}),
        ("latent_space", {"regularizers": ["prototype", "barlow"]}),
        ("concepts", {"betas": [30]}),
    ],
)
def test_a_page_runs_on_glyphs_within_a_minute_once_its_runs_are_made(name, given, smoke, tmp_path):
    given |= {"dataset": "glyphs", "preset": "smoke"}
    for attempt in range(2):
        file = execute.run(NOTEBOOKS / f"{name}.ipynb", tmp_path / f"{attempt}.ipynb", **given)
    page = nbformat.read(file, as_version=4)
    assert page.metadata["oneshot"]["seconds"] < 60
    text = str([cell.get("outputs") for cell in page.cells])
    assert "to show yet" not in text
    assert "not on this machine" not in text
    assert "image/" in text
