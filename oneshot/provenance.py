"""Where a result comes from: the commit, the versions and the device that made it."""

import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGES = ("oneshot", "torch", "numpy")


def here() -> dict[str, object]:
    """Return commit, versions and device of this process, ready for JSON."""
    # torch takes seconds to import; asking for a commit or a version should not.
    from oneshot import device

    versions = {"python": platform.python_version()}
    versions |= {name: metadata.version(name) for name in PACKAGES}
    return {
        "commit": commit(),
        "versions": versions,
        "device": device.describe(device.resolve()),
    }


@cache
def commit() -> str:
    """Return the short git commit of this package, with "+" if its files differ from that commit.

    Returns "unknown" when the package does not lie in a git checkout.
    """
    package = Path(__file__).parent
    head = _git(package, "rev-parse", "--short=10", "HEAD")
    changed = _git(package, "status", "--porcelain", "--untracked-files=no", "--", str(package))
    return f"{head}{'+' if changed else ''}" if head else "unknown"


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def sentence(record: Mapping) -> str:
    """Return the line at the foot of a page for a record of `here()`, seconds and parameters."""
    versions = record["versions"]
    given = ", ".join(f"{name}={value}" for name, value in record["parameters"].items())
    return (
        f"Made by oneshot {versions['oneshot']} (commit {record['commit']}) "
        f"with torch {versions['torch']} and Python {versions['python']} on {record['device']} "
        f"in {record['seconds']} s{f'; {given}' if given else ''}."
    )
