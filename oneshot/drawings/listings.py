"""Editions of a data set: which drawing belongs to which concept, as a list that ships.

Concepts found by clustering hang on floating-point features, which differ from machine to machine.
An edition is a list instead: the content hash of each drawing of each concept, its exemplar and its
split. It holds no drawing. The drawings are looked up in whatever files are there, wherever they
are in them, so that a list gives the same concepts on every machine.

`quickdraw:2` names the second edition of Quick, Draw!-FS, `quickdraw:1` the first, which is
clustered on each machine anew; plain `quickdraw` is the one that `DEFAULT` says. To move all
recipes to the second edition, once models have been trained on it, change that one line; rows of
results that are called `quickdraw` stay those of the first.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from oneshot.drawings.errors import DataError
from oneshot.drawings.splits import EACH, SPLITS

DEFAULT = {"quickdraw": "1"}
"""The edition that is meant when none is named."""
EDITIONS = {"quickdraw": ("1", "2")}
LISTED = ("quickdraw:2",)
"""The editions that are lists; they never change: another list is another edition."""
LEAST = 0.5
"""The share of its drawings without which a concept is left out."""


def named(dataset: str) -> str:
    """Return the name of a data set in recipes, where a first edition has none of its own.

    "quickdraw:2" stays, "quickdraw:1" becomes "quickdraw", and "quickdraw" what `DEFAULT` says.
    """
    name, _, edition = dataset.partition(":")
    if name not in EDITIONS:
        return dataset
    edition = edition or DEFAULT[name]
    return name if edition == "1" else f"{name}:{edition}"


def spelled(dataset: str) -> str:
    """Return the name to give for the data set that recipes call `dataset`: undoes `named`."""
    return f"{dataset}:1" if dataset in EDITIONS else dataset


@dataclass(frozen=True)
class Listing:
    """Which drawings belong to each concept, each concept's exemplar and split.

    Concept k owns `hashes[offsets[k]:offsets[k + 1]]`, content hashes as int64, nearest to the
    middle of the concept first; `exemplars[k]` is the place of its exemplar in `hashes`.
    """

    names: tuple[str, ...]
    offsets: np.ndarray
    hashes: np.ndarray
    exemplars: np.ndarray
    splits: np.ndarray

    def categories(self) -> dict[str, np.ndarray]:
        """Return the hashes of each category, the part of a concept's name before the slash."""
        found: dict[str, list[np.ndarray]] = {}
        for k, name in enumerate(self.names):
            part = self.hashes[self.offsets[k] : self.offsets[k + 1]]
            found.setdefault(name.split("/")[0], []).append(part)
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def some(self, concepts: int, limit: int) -> "Listing":
        """Return at most `concepts` concepts, evenly spaced, of at most `limit` drawings; 0: all.

        The exemplar is always among the drawings.
        """
        count = len(self.names)
        chosen = list(range(count))
        if concepts and concepts < count:
            # as `recipes.data.Drawings` chooses of what is not listed
            chosen = np.linspace(0, count - 1, concepts).astype(int).tolist()
        return self._of(chosen, [self._first(k, limit) for k in chosen])

    def present(self, there: np.ndarray) -> tuple["Listing", np.ndarray]:
        """Return the part whose drawings are there, and the places of its hashes among these.

        `there` is a truth value for each hash. Concepts that lack more than half of their drawings
        are left out; where an exemplar is missing, the drawing nearest to the middle of the concept
        takes its place. Raises DataError when too few concepts are left to divide.
        """
        kept = [np.flatnonzero(part) for part in np.split(there, self.offsets[1:-1])]
        kept = [start + places for start, places in zip(self.offsets, kept, strict=False)]
        least = LEAST * np.diff(self.offsets)
        chosen = [k for k, places in enumerate(kept) if len(places) >= max(1, least[k])]
        if np.bincount(self.splits[chosen], minlength=len(SPLITS)).min() < EACH:
            raise DataError(
                f"of the {len(self.names)} listed concepts {len(chosen)} have their drawings here, "
                f"too few to divide; run `oneshot data fetch quickdraw --per-category 0`, or name "
                "the first edition: quickdraw:1"
            )
        places = [kept[k] for k in chosen]
        return self._of(chosen, places), np.concatenate(places)

    def _first(self, concept: int, limit: int) -> np.ndarray:
        places = np.arange(self.offsets[concept], self.offsets[concept + 1])
        if not limit or limit >= len(places):
            return places
        others = places[places != self.exemplars[concept]][: limit - 1]
        return np.sort(np.append(others, self.exemplars[concept]))

    def _of(self, concepts: Sequence[int], places: list[np.ndarray]) -> "Listing":
        offsets = np.cumsum([0, *map(len, places)])
        exemplars = []
        for k, start, own in zip(concepts, offsets, places, strict=False):
            at = np.flatnonzero(own == self.exemplars[k])
            exemplars.append(start + (at[0] if len(at) else 0))
        rows = np.concatenate(places) if places else np.empty(0, dtype=np.int64)
        return Listing(
            tuple(self.names[k] for k in concepts),
            offsets,
            self.hashes[rows],
            np.array(exemplars, dtype=np.int64),
            self.splits[np.asarray(concepts, dtype=np.int64)],
        )


@cache
def listing(dataset: str) -> Listing:
    """Return the list of an edition; raise DataError when it is not whole."""
    return read(file(dataset))[0]


def read(path: Path) -> tuple[Listing, dict[str, Any]]:
    """Return a list and what it says of itself; raise DataError when it is missing or damaged."""
    try:
        with safe_open(path, "np") as opened:
            told = json.loads(opened.metadata()["about"])
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        found = Listing(tuple(told.pop("names")), **arrays)
        if digest(found) != told["sha256"]:
            raise ValueError("its sha256 is another")
    except FileNotFoundError:
        raise DataError(f"{path} is missing; restore it from git") from None
    except Exception as error:
        raise DataError(f"{path} is no whole list of concepts ({error}); restore it") from None
    return found, told


def write(path: Path, found: Listing, told: dict[str, Any]) -> None:
    """Write a list and what is told of it, atomically."""
    told = {**told, "sha256": digest(found), "names": found.names}
    names = ("offsets", "hashes", "exemplars", "splits")
    arrays = {name: np.ascontiguousarray(getattr(found, name)) for name in names}
    fresh = path.with_name(f".{path.name}")
    fresh.write_bytes(save(arrays, {"about": json.dumps(told, sort_keys=True)}))
    fresh.replace(path)


def digest(found: Listing) -> str:
    """Return the sha256 of all that a list says."""
    total = hashlib.sha256("\n".join(found.names).encode())
    for name in ("offsets", "hashes", "exemplars", "splits"):
        total.update(np.ascontiguousarray(getattr(found, name)).tobytes())
    return total.hexdigest()


def file(dataset: str) -> Path:
    """Return where the list of an edition is; raise ValueError when the edition has none."""
    if dataset not in LISTED:
        raise ValueError(f"{dataset} has no list of concepts; {', '.join(LISTED)} have")
    return Path(__file__).with_name(f"{dataset.replace(':', '-')}.safetensors")
