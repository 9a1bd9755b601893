"""What every recipe is: a frozen dataclass whose canonical JSON names one artefact."""

import dataclasses
import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from oneshot.models.generator import PageNetwork
from oneshot.training.checkpoint import read_metadata, read_tensors
from oneshot.training.eight_bits import restored
from oneshot.training.loop import Plan, Trained, train
from oneshot.training.objective import Objective

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Network_co = TypeVar("Network_co", bound=nn.Module, covariant=True)
R = TypeVar("R", bound="Recipe[Any]")

KINDS: dict[str, type] = {}


@dataclass(frozen=True)
class Made:
    """What making an artefact gives: tensors, and a card of JSON values about them."""

    tensors: dict[str, Tensor]
    card: dict[str, Any]


class Artefact:
    """A stored artefact, read only as far as it is looked at."""

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """All tensors of the file, those in eight bits as floats."""
        return restored(read_tensors(self.path)[0])

    @cached_property
    def card(self) -> dict[str, Any]:
        """What the artefact says of itself."""
        return read_metadata(self.path)["card"]


class Getter(Protocol):
    """What a recipe needs of the store: other artefacts, and where to compute."""

    @property
    def device(self) -> torch.device: ...

    def get(self, recipe: "Recipe[T]") -> T: ...


@dataclass(frozen=True)
class Recipe(ABC, Generic[T_co]):
    """Everything needed to make one artefact, which `store.get` returns as a `T_co`.

    A subclass is a frozen dataclass of JSON-like fields, `Plan`s and other recipes. Its `version`
    is raised whenever the same fields come to mean another artefact.
    """

    version: ClassVar[int] = 1
    ephemeral: ClassVar[bool] = False
    """True when the artefact is quicker made than stored."""

    def __init_subclass__(cls):
        super().__init_subclass__()
        KINDS[cls.__name__] = cls

    @abstractmethod
    def make(self, store: Getter, work: Path) -> Made:
        """Make the artefact; `work` is a folder that outlives an interruption."""

    @abstractmethod
    def load(self, store: Getter, artefact: Any) -> T_co:
        """Turn an `Artefact`, or when ephemeral what was just `Made`, into what `get` returns."""

    @cached_property
    def key(self) -> str:
        """sha256 of the canonical JSON: kind, version and the fields that differ from defaults."""
        text = json.dumps(_encode(self, full=False), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def identity(self) -> dict[str, Any]:
        """Return the fields by name, as the key is made of them."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def to_json(self) -> dict[str, Any]:
        """Return all fields as JSON values, from which `from_json` rebuilds the recipe."""
        return _encode(self, full=True)

    def upstream(self) -> Iterator["Recipe"]:
        """Yield the recipes this one is made from."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Recipe):
                    yield item


def from_json(value: dict[str, Any]) -> Recipe:
    """Rebuild a recipe from `Recipe.to_json`.

    Raises ValueError when the kind, the version or a field is not known here, or of another type.
    """
    try:
        decoded = _decode(value)
    except (TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a recipe: {error}") from None
    if not isinstance(decoded, Recipe):
        raise ValueError(f"not a recipe: {str(value)[:80]}")
    return decoded


def reseeded(recipe: R, seed: int) -> R:
    """Return a recipe whose own training, and that of its autoencoder, are seeded by `seed`.

    Concepts, and the critics that chose them, stay as they are. Raises ValueError for what is not
    trained by a plan.
    """
    if not isinstance(plan := getattr(recipe, "plan", None), Plan):
        raise ValueError(f"a {type(recipe).__name__} is not trained, so it has no seed")
    codes = getattr(recipe, "autoencoder", None)
    parts = {"autoencoder": reseeded(codes, seed)} if isinstance(codes, Recipe) else {}
    return dataclasses.replace(recipe, plan=dataclasses.replace(plan, seed=seed), **parts)


NETWORKS = ("patch", "published")
"""Sizes in which a model comes that a laptop could not train as published."""


def check_name(what: str, value: object, known: Iterable[str | None]) -> None:
    """Raise ValueError, naming the known ones, unless `value` is one of them."""
    if value not in (names := list(known)):
        raise ValueError(f"unknown {what} {value!r}; known: {', '.join(map(str, names))}")


def check_number(what: str, value: float, least: float) -> None:
    """Raise ValueError unless `value` is a finite number from `least` up."""
    if not least <= value < math.inf:
        raise ValueError(f"{what} is a number from {least} up, not {value}")


def check_share(what: str, value: float) -> None:
    """Raise ValueError unless `value` is a probability below 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{what} is a number from 0 to below 1, not {value}")


@dataclass(frozen=True)
class Unmade(Recipe[T_co]):
    """What is quicker loaded than stored: nothing of it is made."""

    ephemeral: ClassVar[bool] = True

    def make(self, store: Getter, work: Path) -> Made:
        """Return nothing: `load` has all that it takes."""
        return Made({}, {})


def trained(
    objective: Objective,
    network: nn.Module,
    batches: Callable[[int], dict[str, Tensor]],
    plan: Plan,
    work: Path,
    store: Getter,
    name: str,
) -> Made:
    """Train `objective`, and by it `network`; return its weights, and a card of what that took.

    `name` is what the training is called while it runs; see `training.loop.train`.
    """
    took = train(objective, batches, plan, work, store.device, name=name)
    card = train_card(took, work) | {"parameters": count_parameters(network)}
    return Made(network.state_dict(), card)


def train_card(trained: Trained, work: Path) -> dict[str, Any]:
    """Return what a training says of itself: steps, seconds, precision, and about 100 log rows."""
    rows = [json.loads(row) for row in (work / "log.jsonl").read_text().splitlines()]
    thinned = rows[:: max(1, len(rows) // 100)]
    return {**dataclasses.asdict(trained), "log": thinned}


def digest(array: np.ndarray) -> str:
    """Return the sha256 of the bytes of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


@dataclass(frozen=True)
class NetworkRecipe(Recipe[Network_co]):
    """A recipe of one network that is trained."""

    @abstractmethod
    def network(self) -> Network_co:
        """Return the untrained network."""

    def load(self, store: Getter, artefact: Artefact) -> Network_co:
        """Return the network with the stored weights, frozen, in eval mode on the store's device.

        A generator is told the side of its pages, which not all networks show by themselves.
        """
        network = self.network()
        if isinstance(network, PageNetwork):
            network.side = self.concepts.drawings.side  # pyright: ignore[reportAttributeAccessIssue]
        load_weights(network, artefact.tensors, artefact)
        return network.eval().requires_grad_(False).to(store.device)


def load_weights(network: nn.Module, weights: dict[str, Tensor], artefact: Artefact) -> None:
    """Load weights in place; raise ValueError, naming the file, when they fit another network."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        fault = str(error).splitlines()[1].strip()
        raise ValueError(f"{artefact.path} holds weights of another network: {fault}") from None


def count_parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def _encode(value: Any, full: bool) -> Any:
    if isinstance(value, Recipe | Plan):
        kind = type(value)
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        if not full:
            fields |= value.identity() if isinstance(value, Recipe) else {}
            fields = {
                f.name: fields[f.name]
                for f in dataclasses.fields(value)
                if f.default is dataclasses.MISSING or fields[f.name] != f.default
            }
        head = {"kind": kind.__name__, "version": getattr(kind, "version", 1)}
        return head | {name: _encode(item, full) for name, item in fields.items()}
    if isinstance(value, list | tuple):
        return [_encode(item, full) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a recipe holds JSON values, plans and recipes, not {type(value).__name__}")


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = {"Plan": Plan, **KINDS}.get(value.get("kind", ""))
    if kind is None:
        raise ValueError(f"unknown kind of recipe {value.get('kind')!r:.100}")
    if value.get("version") != getattr(kind, "version", 1):
        told = f"{value.get('version')!s:.40}"
        raise ValueError(f"{value['kind']} is of version {told}, not known here")
    fields = {k: _decode(v) for k, v in value.items() if k not in ("kind", "version")}
    unknown = set(fields) - {f.name for f in dataclasses.fields(kind)}
    if unknown:
        raise ValueError(f"{value['kind']} has no field {sorted(unknown)!s:.200}")
    return kind(**fields)
