"""A small checkout: the real configuration, style and extensions around one small page."""

import shutil
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]

SLIDER = """\
import numpy as np
from oneshot.widgets import sheets
from oneshot.widgets.sprite_slider import SpriteSlider, plane

ink = np.zeros((6, 1, 2, 1, 48, 48))
for number, page in enumerate(ink):
    page[..., : 8 * number + 6, 10:20] = 1
curve = np.column_stack([np.linspace(0.2, 0.8, 9), 99 - 20 * np.linspace(0, 1, 9) ** 2])
star = np.array([[0.5, 98], [0.52, 97], [0.48, 97], [0.5, 98]])
for human, name, which in ((curve, "guidance", "concept"), (star, "beta", "letter")):
    SpriteSlider(
        [sheets.grid(page) for page in ink],
        {name: [0.0, 0.5, 1.0], which: ["a", "b"]},
        captions=[f"frame {number}" for number in range(6)],
        plot=plane({"human": human, "model": curve - 1}, curve[[0, 4, 8]], reference="human"),
        alt="bars of ink",
    ).show()"""

EXPLORER = """\
import numpy as np
from oneshot.widgets.explorer import Dot, Explorer

names, ink = ["a", "b", "c"], np.zeros((6, 3, 4, 1, 48, 48))
for number, page in enumerate(ink):
    for concept, drawings in enumerate(page):
        drawings[..., : 6 * number + 6, 12 * concept : 12 * concept + 6] = 1
places = {"wide": (0.2, 90), "tall": (0.4, 70), "slow": (0.8, 50)}
dots = [Dot(group, at, ink[k], f"{group} draws") for k, (group, at) in enumerate(places.items())]
dots += [
    Dot("tuned", (0.5 + k / 10, 95 - 5 * k), ink[3 + k], f"tuned {k} draws", str(k))
    for k in range(3)
]
Explorer(
    dots, names, ink[0][:, 0], people=ink[5], human=(0.3, 97), called="beta", name="small",
    lines={"tuned": np.array([[0.5, 95], [0.7, 85]])}, marks={"copy": (0.0, 99)}, start=(1, 2),
).show()"""

TABLE = """\
from IPython.display import Markdown
Markdown("| statement | verdict |\\n|---|---|\\n| It is a table. | **holds** |")"""

BOARD = """\
from oneshot.claims.corrected import Verdict
from oneshot.claims.gathered import Part
from oneshot.claims.sensitivity import Finding
from oneshot.metrics.intervals import Interval
from oneshot.metrics.paired import FAILS, HOLDS, UNDECIDED, Claim
from oneshot.widgets import board

found, sure, few = [], dict(p=0.01, concepts=40), {"half": {HOLDS: 3, UNDECIDED: 2}}
for number, told in enumerate((HOLDS, FAILS, UNDECIDED, HOLDS)):
    part = Part("Two" if number == 3 else "One", "things", "Omniglot", ())
    part = Part("One", "things", "Letters", ()) if number == 1 else part
    claim = Claim(f"Statement {number}.", Interval(1, -1, 2), "so much", told, "fig. 2", **sure)
    found.append(Finding(part, Verdict(claim, told, 0.04, "one seed"), {"other axis": claim}, few))
board.board(found)"""

PLOT = """\
from oneshot.metrics.intervals import Interval
from oneshot.widgets import figures, tables
from oneshot.widgets.canvas import plot
near = {"human": Interval(0.0, 0.0, 0.1), "model": Interval(0.5, 0.4, 0.75)}
display(tables.grid(["far"], {"human": ["0.0 <small>0\u20130.1</small>"]}))
with plot(8.4, 3.2, panels=2) as (figure, panels):
    panels[0].plot([0, 1])
display(figure)
figures.ranking({"distance": near})"""

FIGURES = {
    SLIDER: {"name": "bars", "caption": "Bars of *ink*, to be moved. They grow."},
    EXPLORER: {"name": "explorer", "caption": "Who draws what, to be chosen."},
    PLOT: {"name": "far", "caption": "How far.", "paper": "boutin2023, figure 2"},
}


def notebook(path: Path, *cells: str, parameters: str = "seed: int = 0") -> Path:
    """Write a notebook of a title, a parameters cell and code cells."""
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    title = nbformat.v4.new_markdown_cell("# A small page\n\nWith one equation, $\\gamma = 1$.")
    code = [
        nbformat.v4.new_code_cell(
            cell, metadata={"figure": FIGURES[cell]} if cell in FIGURES else {}
        )
        for cell in cells
    ]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    node = nbformat.v4.new_notebook(cells=[title, tagged, *code], metadata={"kernelspec": kernel})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(node))
    return path


def lay_out(root: Path, *cells: str) -> Path:
    """Lay out a checkout with the real configuration, style and extensions, and one small page."""
    for name in ("book/assets", "book/extensions"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("_config.yml", "book/package.json", "book/package-lock.json", "book/gallery.md"):
        shutil.copy(ROOT / name, root / name)
    (root / "book" / "references.bib").write_text("")
    (root / "book" / "intro.md").write_text(
        "# Intro\n\nSee [the page](../notebooks/small.ipynb).\n"
    )
    (root / "book" / "glossary.md").write_text(
        "# Glossary\n\n```{glossary}\nequation\n  Two things and a sign.\n```\n"
    )
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\n"
        "parts: [{caption: Pages, chapters: "
        "[{file: notebooks/small}, {file: book/glossary}, {file: book/gallery}]}]\n"
    )
    notebook(root / "notebooks" / "small.ipynb", *cells)
    return root
