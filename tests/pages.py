"""Pages run here, in the process of the test, instead of in a kernel."""

import ast
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import nbformat
from IPython.display import Markdown

from oneshot import execute
from oneshot.widgets import explorer, sprite_slider  # noqa: F401, what is imported first is patched

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def outputs(name: str, **given: object) -> list[object]:
    """Return what the cells of a page show."""
    node = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    known = execute.parameters(node)
    space = {key: parameter.default for key, parameter in known.items()} | given
    shown, ran = [], []
    shell = SimpleNamespace(user_ns=space, history_manager=SimpleNamespace(input_hist_parsed=ran))
    with (
        mock.patch("IPython.display.display", lambda *values: shown.extend(values)),
        mock.patch("oneshot.widgets.sprite_slider.display", lambda *values: shown.extend(values)),
        mock.patch("oneshot.widgets.explorer.display", lambda *values: shown.extend(values)),
        mock.patch("IPython.get_ipython", lambda: shell),
    ):
        for cell in node.cells:
            ran += [cell.source] * (cell.cell_type == "code")
            if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
                tree = ast.parse(cell.source)
                last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
                exec(compile(tree, name, "exec"), space)
                if last is not None:
                    shown.append(eval(compile(ast.Expression(last.value), name, "eval"), space))
    return [value for value in shown if value is not None]


def told(shown: list[object]) -> str:
    """Return the words among what cells show."""
    return "\n".join(value.data for value in shown if isinstance(value, Markdown))
