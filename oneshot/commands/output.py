"""Standard output of a command: one JSON document, or lines for a person."""

import argparse
import json
import math
from typing import Any


def say(arguments: argparse.Namespace, document: Any, lines: list[str]) -> None:
    """Print the document as JSON when that is asked for, else the lines for a person."""
    if arguments.json:
        print(json.dumps(finite(document), indent=2, default=str, allow_nan=False))
    else:
        print(*lines, sep="\n")


def finite(value: Any) -> Any:
    """Return JSON values with null for numbers that JSON does not have: NaN and infinities."""
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
