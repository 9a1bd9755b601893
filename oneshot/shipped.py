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


class PointerError(ValueError):
    """A file that Git LFS keeps elsewhere was read before it was fetched."""


def refuse_pointer(path: Path) -> None:
    """Raise PointerError when a file is a Git LFS pointer in place of its content."""
    with path.open("rb") as file:
        head = file.read(len(_POINTER))
    if head == _POINTER:
        raise PointerError(
            f"{path} is a Git LFS pointer, a note of where the file is kept, and not the file; run "
            "`git lfs pull` in the checkout it belongs to"
        )


_POINTER = b"version https://git-lfs.github.com/spec/"
