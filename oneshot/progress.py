"""Progress bars of long work: in a notebook, in a terminal, or in the one that executes a page."""

import os
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm as terminal_bar
from tqdm.auto import tqdm as own_bar

TERMINAL = "ONESHOT_TERMINAL"
"""Environment variable: the terminal where the bars of a page that is executed are seen, if any."""


def tqdm(*args: Any, **options: Any) -> terminal_bar:
    """Return a bar as `tqdm.auto.tqdm` does, with the same arguments.

    In a page that `oneshot run` executes it is a line in that command's terminal, under the bar of
    cells, and no part of the page.
    """
    if not (place := os.environ.get(TERMINAL)):
        return own_bar(*args, **options)
    below = {"file": _opened(place), "position": 1, "leave": False, "disable": False}
    return terminal_bar(*args, **options | below)


@cache
def _opened(place: str) -> TextIO:
    return Path(place).open("w")  # for as long as the kernel lives
