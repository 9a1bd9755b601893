"""The scripts and style sheets of the widgets, which lie beside this file."""

from pathlib import Path

_HERE = Path(__file__).parent


def script(name: str) -> Path:
    """Return the script of a widget."""
    return _HERE / f"{name}.js"


def bundle(*names: str) -> str:
    """Return several scripts as one module, in which each sees what those before it define."""
    return "\n".join(script(name).read_text() for name in names)


def style(name: str) -> str:
    """Return the style sheet of a widget, after what all widgets have in common."""
    return "".join((_HERE / f"{part}.css").read_text() for part in ("widget", name))
