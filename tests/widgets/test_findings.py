"""The board of statements counts what the pages test, and nothing that was not tested."""

from dataclasses import replace

import made_up
import pytest
import regularized
from IPython.display import Markdown
from matplotlib.figure import Figure
from pages import outputs, told

from oneshot import results, tables
from oneshot.attribution import agreement
from oneshot.comparison import findings as gathered
from oneshot.comparison import rows, statements
from oneshot.comparison.findings import OWN, PAPERS, Part
from oneshot.comparison.statements import Explained
from oneshot.metrics.claims import FAILS, HOLDS, UNDECIDED, UNTESTED, Claim
from oneshot.widgets import findings

WHERE = {
    "dataset": "omniglot",
    "second": "omniglot",
    "latent": "glyphs",
    "size": "laptop",
    "system": "cfgdm",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make all tables of results ones in a folder of the test."""
    monkeypatch.setattr(tables, "place", lambda name, *_: tmp_path / f"{name}.json")
    monkeypatch.setattr(agreement, "SHIPPED", tmp_path / "agreement.json")
    return tmp_path


@pytest.fixture
def written(folder, smoke):
    """Fill them."""
    for name in ("framework", "guidance"):
        made = made_up.comparison(folder, name)
        rows.add(made.file, made.rows)
    results.add(folder / "regularization.json", regularized.table())
    return folder


def claim(verdict):
    return Explained(Claim(f"It {verdict}.", None, "seen", verdict))


def test_without_results_the_page_says_so(folder):
    words = told(outputs("findings", **WHERE))
    assert words.count("Nothing has been tested yet") == 2
    assert words.count("Nothing of this has been tested yet") == len(PAPERS) + 1
    assert "No system can be compared yet" in words


def test_with_results_the_page_shows_every_paper(written):
    shown = outputs("findings", **WHERE)
    words = told(shown)
    assert sum(isinstance(value, Figure) for value in shown) == 1
    assert "- Omniglot: **CFGDM**" in words
    titles = [line.removeprefix("### ") for line in words.splitlines() if line.startswith("### ")]
    assert titles == [
        "Families beside people, Omniglot",
        "Systems on the plane, Omniglot",
        "Generalization curves, Omniglot",
        "Guidance, Omniglot",
        "Regularizers alone, Letters by a synthetic hand",
        "Regularizers together, Letters by a synthetic hand",
    ]
    assert "not tested" not in words.lower()
    parts = gathered.gather(["omniglot"], "laptop", "glyphs", "laptop")
    lines = sum(len(part.told) for part in parts)
    assert (
        words.count("| **holds** |")
        + words.count("| **does not hold** |")
        + words.count("| **undecided** |")
        == lines
    )


def test_bars_are_as_long_as_statements_came_out_so():
    parts = [
        Part(PAPERS[0], "one", tuple(map(claim, (HOLDS, HOLDS, FAILS)))),
        Part(PAPERS[2], "two", tuple(map(claim, (UNDECIDED, HOLDS)))),
    ]
    (axes,) = findings.board(parts).axes
    widths = [[bar.get_width() for bar in bars] for bars in axes.containers]
    assert widths == [[2], [0], [1], [1], [1], [0]]
    assert [text.get_text() for text in axes.texts] == ["2", "1", "1", "1"]
    lines = findings.summary(parts).data.splitlines()
    assert lines == [
        f"- *{PAPERS[0]}*: statements tested 3; holds 2, does not hold 1, undecided 0.",
        f"- *{PAPERS[2]}*: statements tested 2; holds 1, does not hold 0, undecided 1.",
    ]
    assert isinstance(findings.board([]), Markdown)


def test_what_was_not_tested_is_on_no_board():
    assert gathered._tested([claim(HOLDS), claim(UNTESTED).claim]) == (claim(HOLDS),)


def test_families_as_published_copy_and_stray(tmp_path):
    found = made_up.comparison(tmp_path)
    assert {item.claim.verdict for item in statements.families(found)[:4]} == {HOLDS}
    swapped = replace(
        found,
        rows=tuple(
            replace(
                row,
                system={"da-gan-un": "vae-ns", "vae-ns": "da-gan-un"}.get(row.system, row.system),
            )
            for row in found.rows
        ),
    )
    assert [item.claim.verdict for item in statements.families(swapped)[:4]] == [
        FAILS,
        HOLDS,
        HOLDS,
        FAILS,
    ]


def test_own_questions_are_not_counted_among_the_papers():
    parts = [Part(OWN, "mine", (claim(HOLDS),)), Part(PAPERS[0], "theirs", (claim(FAILS),))]
    assert findings.summary(parts).data.splitlines() == [
        f"- *{PAPERS[0]}*: statements tested 1; holds 0, does not hold 1, undecided 0.",
        f"- *{OWN}*: statements tested 1; holds 1, does not hold 0, undecided 0.",
    ]
    assert "theirs" not in findings.tables(parts, OWN).data
