"""The zoo: trained artefacts that ship with the repository, as ordinary files of the store.

A zoo file is an artefact whose large weights are kept in half precision, or in eight bits, and
whose metadata have one more entry, `zoo`: its name, what it is, and the scores it reached.
`SHA256SUMS` beside the files says what they should be.
"""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from filelock import FileLock
from torch import Tensor

from oneshot import shipped, systems
from oneshot.drawings.identity import sha256
from oneshot.drawings.sources import SOURCES, source
from oneshot.evaluations import selection
from oneshot.evaluations.at_hand import evaluation_of
from oneshot.metrics.scoring import Scores
from oneshot.recipes import presets
from oneshot.recipes.base import Recipe, from_json
from oneshot.recipes.latent import LatentDiffusion
from oneshot.recipes.results import Human, Samples
from oneshot.recipes.together import ANY
from oneshot.store import SUMS, Store, default, read_sums
from oneshot.training.checkpoint import read_metadata, read_tensors, write_atomic, write_tensors

HEADLINE = ("diversity", "originality", "recognizability", "recognizability_all")

SHIPPED_DATA = tuple(name for name in SOURCES if name != "folder")
"""What a model of all data sets has learned from."""


class ZooError(Exception):
    """A zoo file is missing, damaged or not what its recipe says; the message says which."""


@dataclass(frozen=True)
class Entry:
    """One file of the zoo; `hours` is what its training computed on one core.

    Of the first edition it is what passed on the clock, None where nothing was trained.
    """

    name: str
    system: str
    dataset: str
    preset: str
    parameters: int | None
    hours: float | None
    sha256: str
    metrics: dict[str, Any]


def entries(store: Store | None = None) -> list[Entry]:
    """Return the zoo's entries, sorted by name.

    Raises ZooError when there is no zoo, or for the first file that is damaged.
    """
    return [_entry(path) for path in sorted(_folder(store).glob("*.safetensors"))]


def show(name: str, store: Store | None = None) -> dict[str, Any]:
    """Return all metadata of the entry `name`: licence, zoo, card, provenance and recipe.

    Weights are the project's; what they learned from has a licence of its own.

    Raises ZooError naming the entries there are.
    """
    path = _folder(store) / f"{Path(name).name}.safetensors"
    if Path(name).name != name or not path.exists():
        known = ", ".join(entry.name for entry in entries(store)) or "none"
        raise ZooError(f"no {name!r} in the zoo; there is {known}")
    about = _metadata(path)
    learned = SHIPPED_DATA if about["zoo"]["dataset"] == ANY else (about["zoo"]["dataset"],)
    licence = {"weights": "MIT"} | {source(one).label: source(one).licence for one in learned}
    return {"sha256": sha256(path), "licence": licence, **about}


def verify(store: Store | None = None) -> list[Entry]:
    """Return all entries after checking them against SHA256SUMS and their recipes.

    Raises ZooError for the first file that is missing, damaged, unlisted or whose recipe this
    version of the package does not know.
    """
    zoo = _folder(store)
    listed = read_sums(zoo)
    found = {path.name for path in zoo.glob("*.safetensors")}
    for name in sorted(found | listed.keys()):
        if name not in found:
            raise ZooError(f"{zoo / name} is listed in {SUMS} but missing; {shipped.REPAIR}")
        if name not in listed:
            raise ZooError(f"{zoo / name} is not listed in {SUMS}; export it with its recipe")
        shipped.refuse_pointer(zoo / name)
        if sha256(zoo / name) != listed[name]:
            raise ZooError(f"{zoo / name} is damaged: its sha256 is not that of {SUMS}")
        try:
            from_json(read_metadata(zoo / name)["recipe"])
        except (ValueError, KeyError) as error:
            raise ZooError(f"{zoo / name} holds no recipe known here: {error}") from None
    return entries(store)


def export(
    recipe: Recipe,
    name: str,
    *,
    system: str,
    dataset: str,
    preset: str,
    metrics: dict[str, Any] | None = None,
    store: Store | None = None,
) -> Path:
    """Copy the artefact of `recipe` into the zoo as `name` and return the file.

    Matrices and kernels are stored as float16; vectors (biases, norms, statistics) and integers
    stay as they are. Raises ValueError for the zoo of an installed package, which is not written.
    """
    store = writable(store)
    metadata = store.metadata(recipe)
    tensors, _ = read_tensors(store.find(recipe) or store.path(recipe))
    about: dict[str, Any] = {"name": name, "system": system, "dataset": dataset, "preset": preset}
    about["metrics"] = metrics or {}
    stored = {k: _half(v) for k, v in tensors.items()}
    return put(store.zoo / f"{name}.safetensors", stored, metadata | {"zoo": about})


def put(path: Path, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> Path:
    """Write a file of the zoo, list its check sum beside it, and return it."""
    write_tensors(path, tensors, metadata)
    with FileLock(path.with_name(f"{SUMS}.lock")):
        sums = read_sums(path.parent) | {path.name: sha256(path)}
        text = "".join(f"{digest}  {file}\n" for file, digest in sorted(sums.items()))
        write_atomic(path.parent / SUMS, text.encode())
    return path


def publish_systems(
    dataset: str,
    names: Iterable[str],
    preset: str = "laptop",
    store: Store | None = None,
    *,
    edition: int | None = None,
) -> list[Path]:
    """Export these systems of `dataset`, with test scores; return the files.

    Another `edition` than the one that pages ask for lies beside it, as "omniglot-cfgdm-edition2",
    until its rows of results are there and it takes the name of the first.

    What learned all data sets together has no test concepts of its own, so no scores, and takes its
    autoencoder along; `evaluations.transfer` scores it.

    Raises ValueError for a system that is not known, and ZooError for one that is not trained.
    """
    store = writable(store)
    if dataset == ANY:
        return [file for name in names for file in _publish_any(name, preset, store)]
    human = _headline(store.get(presets.scores(presets.human(dataset, preset))))
    about: dict[str, Any] = {"dataset": dataset, "preset": preset, "store": store}
    files = []
    for name in names:
        model = asked = systems.recipe(name, dataset, preset)
        if edition is not None:
            model = presets.small(name, dataset, preset, edition)
        _demand(model, name, dataset, preset, store)
        drawn = Samples(model, "test", presets.variations(dataset, preset))
        metrics = _reached(drawn, store) | {"human": human}
        beside = "" if model == asked else f"-edition{edition}"
        file = f"{dataset.replace(':', '-')}-{name}{beside}"
        files.append(export(model, file, system=name, metrics=metrics, **about))
    return files


def _publish_any(name: str, preset: str, store: Store) -> list[Path]:
    model = cast(LatentDiffusion, systems.recipe(name, ANY, preset))
    _demand(model, name, ANY, preset, store)
    about = {"dataset": ANY, "preset": preset, "store": store}
    parts = (("autoencoder", model.autoencoder), (name, model))
    return [export(recipe, f"{ANY}-{part}", system=part, **about) for part, recipe in parts]


def _demand(model: Recipe, name: str, dataset: str, preset: str, store: Store) -> None:
    if not store.find(model):
        which = presets.options(dataset, preset)
        raise ZooError(f"{name} is not trained: oneshot make {name} {which}")


def _reached(drawn: Samples | Human, store: Store) -> dict[str, Any]:
    return getattr(drawn, "options", {}) | _headline(store.get(presets.scores(drawn)))


def publish(
    dataset: str, preset: str = "laptop", swept: str = "draft", store: Store | None = None
) -> list[Path]:
    """Export the critics and all trained systems of `dataset`, with test scores; return the files.

    The critics are trained first where they are not. Concepts are exported but of Quick, Draw!,
    whose second edition is a list; of the embedded data set, so is the best autoencoder of each
    family of regularizers in the sweeps of size `swept`.
    """
    store = writable(store)
    human = {"human": _headline(store.get(presets.scores(presets.human(dataset, preset))))}
    parts = [
        ("originality-critic", presets.originality_critic(dataset, preset), human),
        ("recognition-critic", presets.recognition_critic(dataset, preset), human),
    ]
    if second := _second(dataset, preset, store):
        parts.append(second)
    if dataset in ("glyphs", "omniglot"):
        parts.append(("concepts", presets.concepts(dataset, preset), {}))
    if store.find(presets.autoencoder(dataset, preset)):
        parts.append(("autoencoder", presets.autoencoder(dataset, preset), {}))
    for name in systems.SYSTEMS:
        model = systems.recipe(name, dataset, preset)
        if store.find(model):
            drawn = systems.samples(name, dataset, preset)
            parts.append((name, model, _reached(drawn, store) | human))
    about = {"dataset": dataset, "preset": preset, "store": store}
    files = [
        export(recipe, f"{dataset.replace(':', '-')}-{name}", system=name, metrics=metrics, **about)
        for name, recipe, metrics in parts
    ]
    return files + (_publish_swept(dataset, swept, store) if dataset == "glyphs" else [])


def _second(dataset: str, preset: str, store: Store) -> tuple[str, Recipe, dict] | None:
    """Return the second recognition critic where it is trained."""
    recipe = presets.second_critic(dataset, preset)
    if not store.find(recipe):
        return None
    people = store.get(presets.scores(presets.human(dataset, preset), "vit"))
    return "second-critic", recipe, {"human": _headline(people)}


def _publish_swept(dataset: str, preset: str, store: Store) -> list[Path]:
    runs, files = selection.in_order(selection.regularized(dataset, preset)), []
    about = {"system": "autoencoder", "dataset": dataset, "preset": preset, "store": store}
    for record in selection.best_of(runs, list(runs.by("family"))):
        recipe = evaluation_of(record).parts.get("autoencoder")
        if recipe and store.find(recipe):
            betas = record.regularization.replace(" + ", "-").replace(" ", "")
            probes = {probe: asdict(interval) for probe, interval in record.probes.items()}
            name = f"{dataset}-{preset}-autoencoder-{betas}"
            files.append(export(recipe, name, metrics={"probes": probes}, **about))
    return files


def writable(store: Store | None) -> Store:
    """Return a store, the default for None; ValueError for the zoo of an installed package."""
    store = store or default()
    if store.zoo == shipped.DATA / "zoo":
        shipped.checkout()
    return store


def _headline(scores: Scores) -> dict[str, Any]:
    return {name: asdict(getattr(scores, name)) for name in HEADLINE}


def _folder(store: Store | None) -> Path:
    zoo = (store or default()).zoo
    if not zoo.is_dir():
        own = os.environ.get("ONESHOT_ZOO")
        todo = "unset ONESHOT_ZOO to use the shipped one" if own else shipped.REPAIR
        raise ZooError(f"there is no zoo in {zoo}; {todo}")
    return zoo


def _metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = read_metadata(path)
    except shipped.PointerError:
        raise
    except ValueError:
        raise ZooError(f"{path} is damaged; {shipped.REPAIR}") from None
    if not metadata.keys() >= {"recipe", "card", "provenance", "zoo"}:
        raise ZooError(f"{path} says nothing of what it is; {shipped.REPAIR}")
    return metadata


def _entry(path: Path) -> Entry:
    metadata = _metadata(path)
    about, card = metadata["zoo"], metadata["card"]
    seconds = card.get("core_seconds", card.get("seconds"))
    return Entry(
        about["name"],
        about["system"],
        about["dataset"],
        about["preset"],
        card.get("parameters"),
        None if seconds is None else round(seconds / 3600, 2),
        sha256(path),
        about["metrics"],
    )


def _half(value: Tensor) -> Tensor:
    return value.half() if value.dtype == torch.float32 and value.dim() >= 2 else value
