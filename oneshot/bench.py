"""Run the benchmarks of the checkout: ours against plain versions, in the same run."""

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from oneshot import shipped


def rows(only: str = "") -> list[dict[str, Any]]:
    """Return the rows of every file in benchmarks/ whose name contains `only`.

    Each is as `row` returns it. Raises ValueError when no file fits, and outside a checkout.
    """
    root = shipped.checkout()
    files = [f for f in sorted((root / "benchmarks").glob("*.py")) if only in f.stem]
    if not files:
        raise ValueError(f"no benchmark has {only!r} in its name")
    sys.path.insert(0, str(root))
    found = []
    for file in files:
        print(f"timing {file.stem}", file=sys.stderr)
        module = importlib.import_module(f"benchmarks.{file.stem}")
        found += module.rows() if hasattr(module, "rows") else [module.row()]
    return found


def row(name: str, ours_s: float, plain_s: float, target: float) -> dict[str, Any]:
    """Return {name, ours_s, plain_s, ratio, target} of a benchmark.

    Those are seconds both ways, how many times ours is faster, and how many times it should be.
    """
    ratio = plain_s / ours_s
    return {"name": name, "ours_s": ours_s, "plain_s": plain_s, "ratio": ratio, "target": target}


def fastest(function: Callable[[], object], tries: int) -> float:
    """Return the processor seconds of the fastest of some calls.

    Not those of the clock, which other programs lengthen, nor of this thread alone, which leave out
    what a library does on threads of its own.
    """
    seconds = []
    for _ in range(tries):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return min(seconds)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to one thread for the duration of a `with` block."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
