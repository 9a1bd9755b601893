"""What comes with the package: beside it in a checkout, inside it where it is installed."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

CHECKOUT = _PACKAGE.parent if (_PACKAGE.parent / "pyproject.toml").is_file() else None
"""The checkout that the package runs from, None where it is installed."""

DATA = (CHECKOUT or _PACKAGE) / "data"
"""Weights, tables and grids that come with the project; written only in a checkout."""

REPAIR = "restore it from git" if CHECKOUT else "install the package again"
"""What to do about a shipped file that is damaged."""


def checkout() -> Path:
    """Return the checkout; raise ValueError where there is none, for what works only there."""
    if CHECKOUT is None:
        raise ValueError("this needs a checkout of the project: clone it, then `make setup`")
    return CHECKOUT
