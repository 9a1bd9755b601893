"""One-shot drawing: models, metrics and attribution behind a book of executable experiments.

    model = oneshot.load("ldm", "glyphs")           # a shipped model; never trained by surprise
    page = oneshot.read_drawing("mine.png")         # (1, 1, 48, 48) in [0, 1], ink high
    drawings = model.draw(page, 20, guidance=1.0)   # (1, 20, 1, 48, 48)

    oneshot.check(mine)                             # does my own model keep to the contract?
    oneshot.compare(mine, "omniglot", name="mine")  # the whole protocol: a row beside the shipped
    oneshot.results()                               # the table of all evaluations
    oneshot.sketchpad()                             # in JupyterLab: draw, and models answer

The names in `__all__` are the stable API: what they take and give changes only with a new major
version. All else may change with any. Nothing heavy is imported before one of them is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oneshot.api import compare as compare
    from oneshot.api import load as load
    from oneshot.api import score as score
    from oneshot.drawings.reading import read_drawing as read_drawing
    from oneshot.evaluations.table import read as results
    from oneshot.models.conformance import check as check
    from oneshot.widgets.sketchpad import Sketchpad as sketchpad

__version__ = "0.1.0"
__all__ = ["check", "compare", "load", "read_drawing", "results", "score", "sketchpad"]

_PLACES = {
    "check": ("oneshot.models.conformance", "check"),
    "compare": ("oneshot.api", "compare"),
    "load": ("oneshot.api", "load"),
    "read_drawing": ("oneshot.drawings.reading", "read_drawing"),
    "results": ("oneshot.evaluations.table", "read"),
    "score": ("oneshot.api", "score"),
    "sketchpad": ("oneshot.widgets.sketchpad", "Sketchpad"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'oneshot' has no attribute {name!r}")
    module, there = _PLACES[name]
    return getattr(import_module(module), there)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
