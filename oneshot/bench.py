"""Run the benchmarks of the checkout: ours against plain versions, in the same run."""

import importlib
import sys
from typing import Any

from oneshot.store import REPOSITORY


def rows(only: str = "") -> list[dict[str, Any]]:
    """Return the rows of every file in benchmarks/ whose name contains `only`.

    A row is {name, ours_s, plain_s, ratio, target}: seconds both ways, how many times ours is
    faster, and how many times it should be. Raises ValueError when no file fits.
    """
    files = [f for f in sorted((REPOSITORY / "benchmarks").glob("*.py")) if only in f.stem]
    if not files:
        raise ValueError(f"no benchmark has {only!r} in its name")
    sys.path.insert(0, str(REPOSITORY))
    found = []
    for file in files:
        print(f"timing {file.stem}", file=sys.stderr)
        module = importlib.import_module(f"benchmarks.{file.stem}")
        found += module.rows() if hasattr(module, "rows") else [module.row()]
    return found
