"""The store: `get(recipe)` finds an artefact in the runs, else in the zoo, else makes it.

An artefact is one safetensors file whose metadata hold its recipe, its card and its provenance.
Runs live in `$ONESHOT_CACHE` (default: the user's cache folder), the zoo ships with the repository.
"""

import logging
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy
import torch
from filelock import FileLock, Timeout
from platformdirs import user_cache_path

import oneshot
from oneshot import device as devices
from oneshot import shipped
from oneshot.drawings.identity import sha256
from oneshot.drawings.sources import placeless
from oneshot.recipes.base import Artefact, Recipe, from_json
from oneshot.training.checkpoint import read_metadata, remove_unfinished, write_tensors

T = TypeVar("T")
SUMS = "SHA256SUMS"
log = logging.getLogger("oneshot")


class Store:
    """Two layers of artefacts: writable runs over the read-only zoo."""

    def __init__(
        self, runs: Path | None = None, zoo: Path | None = None, device: str | None = None
    ):
        cache = runs or os.environ.get("ONESHOT_CACHE") or user_cache_path("oneshot")
        self.runs = Path(cache).expanduser() / "runs"
        self.zoo = Path(zoo or os.environ.get("ONESHOT_ZOO") or shipped.DATA / "zoo")
        self.device = devices.resolve(device or os.environ.get("ONESHOT_DEVICE") or "auto")
        self._loaded: dict[str, Any] = {}

    def get(self, recipe: Recipe[T]) -> T:
        """Return the artefact of `recipe`, loaded; make it first when it is nowhere.

        Two processes that ask for the same artefact make it once: one makes, the other waits. The
        objects are shared: treat them as read-only.

        Raises ValueError for a file that is damaged or does not fit, and what making it raises.
        """
        if recipe.key not in self._loaded:
            # Building a network draws its first weights: a caller's own draws must not notice.
            with devices.same_randomness_after(self.device):
                if recipe.ephemeral:
                    loaded = recipe.load(self, recipe.make(self, Path()))
                else:
                    path = self.find(recipe) or self._make(recipe)
                    self._check_shipped(path)
                    loaded = recipe.load(self, Artefact(path))
            self._loaded[recipe.key] = loaded
        return self._loaded[recipe.key]

    def path(self, recipe: Recipe) -> Path:
        """Return where the runs keep the artefact of `recipe`."""
        return self.runs / type(recipe).__name__ / f"{recipe.key[:20]}.safetensors"

    def find(self, recipe: Recipe) -> Path | None:
        """Return the file that holds the artefact, in the runs or in the zoo, or None.

        Raises ValueError when the file is not whole or records another recipe.
        """
        path = self.path(recipe)
        if not path.exists():
            return self.zoo_files.get(recipe.key)
        # A process that was killed after its last step left where it had worked.
        shutil.rmtree(path.with_suffix(".work"), ignore_errors=True)
        if _contradict(read_metadata(path).get("recipe"), recipe.to_json()):
            raise ValueError(
                f"{path} was made when the defaults of {type(recipe).__name__}, or of what it is "
                "made from, were others; raise the `version` of what changed, or delete the file"
            )
        return path

    def busy(self, recipe: Recipe) -> bool:
        """Say whether another process is making the artefact of `recipe` right now."""
        lock = FileLock(self.path(recipe).with_suffix(".lock"))
        if not Path(lock.lock_file).exists():
            return False
        try:
            with lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def metadata(self, recipe: Recipe) -> dict[str, Any]:
        """Return the metadata (recipe, card, provenance) of an artefact, making it if needed."""
        return read_metadata(self.find(recipe) or self._make(recipe))

    @cached_property
    def zoo_files(self) -> dict[str, Path]:
        """Key of each artefact in the zoo and the file that holds it.

        A file of another version of this package is left out with a warning. Raises ValueError for
        a file that is not whole: what it held would be trained anew, for hours.
        """
        files = {}
        for path in sorted(self.zoo.glob("*.safetensors")):
            try:
                metadata = read_metadata(path)
            except shipped.PointerError:
                raise
            except ValueError:
                raise ValueError(f"{path} is damaged; {shipped.REPAIR}") from None
            try:
                files[from_json(metadata["recipe"]).key] = path
            except (ValueError, KeyError) as error:
                log.warning("the zoo file %s is not usable: %s", path.name, error)
        return files

    def _check_shipped(self, path: Path) -> None:
        listed = read_sums(self.zoo).get(path.name) if path.parent == self.zoo else None
        if listed and sha256(path) != listed:
            raise ValueError(
                f"{path} is damaged: its sha256 is not that of {SUMS}; {shipped.REPAIR}"
            )

    def _make(self, recipe: Recipe) -> Path:
        path = self.path(recipe)
        name = f"{type(recipe).__name__} {recipe.key[:8]}"
        with self._locked(path.with_suffix(".lock"), name):
            if path.exists():
                return path
            work = path.with_suffix(".work")
            work.mkdir(exist_ok=True)
            remove_unfinished(path)
            for stale in work.glob(".*"):
                stale.unlink()
            upstream = [self.metadata(r) for r in _stored_upstream(recipe)]
            log.info("making %s on %s", name, self.device)
            start = time.monotonic()
            with devices.same_randomness_after(self.device):
                made = recipe.make(self, work)
            provenance = describe_run(self.device) | {
                "seconds": round(time.monotonic() - start, 2),
                "seed": getattr(getattr(recipe, "plan", recipe), "seed", None),
                "data": _data_hashes(made.card, upstream),
            }
            metadata = {"recipe": recipe.to_json(), "card": made.card, "provenance": provenance}
            write_tensors(path, made.tensors, metadata)
            shutil.rmtree(work, ignore_errors=True)
        return path

    @contextmanager
    def _locked(self, path: Path, name: str) -> Iterator[None]:
        lock = FileLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            log.info("waiting for another process that is making %s", name)
            lock.acquire()
        except OSError as error:
            raise ValueError(
                f"nothing can be kept in {self.runs} ({error.strerror}); set ONESHOT_CACHE to a "
                "folder that can be written"
            ) from None
        try:
            yield
        finally:
            lock.release()


def describe_run(device: torch.device) -> dict[str, Any]:
    """Return when, with which versions and on what something is being made."""
    return {
        "commit": _commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": devices.describe(device),
        "versions": {
            "oneshot": oneshot.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": numpy.__version__,
        },
    }


def read_sums(zoo: Path) -> dict[str, str]:
    """Return the sha256 of each file that SHA256SUMS lists."""
    path = zoo / SUMS
    if not path.exists():
        return {}
    pairs = (line.split(maxsplit=1) for line in path.read_text().splitlines() if line.strip())
    return {file: digest for digest, file in pairs}


def _stored_upstream(recipe: Recipe) -> Iterator[Recipe]:
    for upstream in recipe.upstream():
        if upstream.ephemeral:
            yield from _stored_upstream(upstream)
        else:
            yield upstream


def _contradict(recorded: Any, wanted: Any) -> bool:
    """Say whether two recipes as JSON differ in a field that both have."""
    if isinstance(recorded, dict) and isinstance(wanted, dict):
        return any(_contradict(recorded[k], wanted[k]) for k in recorded.keys() & wanted.keys())
    if isinstance(recorded, list) and isinstance(wanted, list) and len(recorded) == len(wanted):
        return any(map(_contradict, recorded, wanted))
    if isinstance(recorded, str) and isinstance(wanted, str):
        return placeless(recorded) != placeless(wanted)
    return recorded != wanted


def _data_hashes(card: dict[str, Any], upstream: list[dict[str, Any]]) -> dict[str, str]:
    hashes = dict(card.get("data", {}))
    for metadata in upstream:
        hashes |= metadata["provenance"]["data"]
    return hashes


def _commit() -> str:
    # The folder that the package is installed in may lie in a repository of another project.
    if shipped.CHECKOUT is None or not (shipped.CHECKOUT / ".git").exists():
        return "unknown"
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=shipped.CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


_default: Store | None = None


def default() -> Store:
    """Return the store that the environment describes, one per process."""
    global _default
    if _default is None:
        _default = Store()
    return _default


def get(recipe: Recipe[T]) -> T:
    """Return the artefact of `recipe` from the default store; see `Store.get`."""
    return default().get(recipe)


def metadata(recipe: Recipe) -> dict[str, Any]:
    """Return the metadata of the artefact of `recipe` in the default store."""
    return default().metadata(recipe)
