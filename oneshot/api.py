"""What a researcher comes for: shipped models, the scores, and the protocol for one's own model."""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from oneshot import store, systems
from oneshot.drawings.sources import resolved
from oneshot.evaluations import measure, samples, table
from oneshot.evaluations.divisions import demand_same
from oneshot.evaluations.evaluate import Evaluation, trainings
from oneshot.evaluations.record import Record
from oneshot.metrics.scoring import Scores
from oneshot.metrics.scoring import score as scored
from oneshot.models.conformance import demand, shape_fault
from oneshot.models.generator import INVERTED, MOST_INK, Generator, device_of, pages_of, unit
from oneshot.progress import tqdm
from oneshot.recipes import presets
from oneshot.recipes.base import Recipe, count_parameters, digest
from oneshot.recipes.data import OriginalityCritic, RecognitionCritic
from oneshot.recipes.results import CONCEPTS_TOGETHER, Drawn, ReleasedCritic, quantise
from oneshot.recipes.results import Scores as ScoresRecipe
from oneshot.recipes.second import SecondCritic

MADE_BY: Mapping[type, str] = {
    OriginalityCritic: "originality_critic",
    RecognitionCritic: "recognition_critic",
    SecondCritic: "second_critic",
}
"""What `oneshot make` calls critics."""
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


class NotMade(LookupError):
    """What was asked for is neither shipped nor made here; the message names the command."""


def load(system: str, dataset: str, size: str = "laptop") -> Generator:
    """Return a trained model: one that ships, or one that was made here. It is never trained here.

    `system` is a name of `systems`, such as "ldm" or "warp", or regularizers of latent diffusion,
    "barlow:30+prototype:100". The model is in evaluation mode on the store's device; treat it as
    read-only. Raises ValueError for a name that is not known, and NotMade with the command that
    makes it.
    """
    recipe = systems.named_model(system, dataset, size)
    needed = trainings(recipe) or [presets.originality_critic(dataset, size)]
    _demand(needed, f"{system!r} of {dataset} at size {size}", system, dataset, size)
    return cast(Generator, store.get(recipe))


def score(
    drawings: Tensor | np.ndarray,
    exemplars: Tensor,
    dataset: str,
    *,
    critics: str = "own",
    size: str = "laptop",
    seed: int = 0,
) -> Scores:
    """Score drawings (C, V, 1, H, W) of exemplars (C, 1, H, W) with the critics of a data set.

    Both are in [0, 1], ink high, or bytes 0..255; C and V are at least 2. Threshold, critics and
    numbers of trials are those of the shipped results; `critics` are the data set's "own", the
    "released" ones for Omniglot, or others of `recipes.presets.CRITICS`, of which "half" judges the
    first half of the drawings; `seed` addresses episodes and bootstrap. Scores of drawings of other
    concepts than the data set's test concepts are not comparable with the shipped ones.

    Raises ValueError for drawings of another shape or range, and NotMade without critics.
    """
    recipe = presets.scores(presets.human(dataset, size), critics)
    _demand_critics(recipe, dataset, size)
    pages = torch.from_numpy(drawings) if isinstance(drawings, np.ndarray) else drawings
    if not isinstance(pages, Tensor) or pages.ndim != 5:
        raise ValueError(f"drawings are a tensor (C, V, 1, H, W), not {_shape(pages)}")
    # one page may be a failure of what drew it, all of them are a matter of sign
    if (unit(pages, "drawings") > 0.5).float().mean() > MOST_INK:
        raise ValueError(f"the drawings are {INVERTED}")
    return _scores(pages, pages_of(exemplars, "exemplars"), recipe, seed)


def compare(
    model: Generator,
    dataset: str,
    *,
    name: str,
    size: str = "laptop",
    critics: str = "own",
    guidance: float | None = None,
    variations: int | None = None,
    seed: int = 0,
    weights: Path | Mapping[str, Tensor] | None = None,
    training: Mapping[str, Any] | None = None,
) -> Record:
    """Take a model of one's own through the whole protocol; return its row of the table.

    It draws as many drawings of each test concept of the data set as the shipped models do, from
    the same exemplars, and the same critics score them. The row is kept under `name` in the table
    of the user's cache, with some drawings; `oneshot.results()` has it beside the shipped ones and
    `oneshot run notebooks/framework.ipynb -p extra=NAME` shows it. People are scored too where they
    have no row yet.

    A row says whose it is by the hash of `weights`: a file, or tensors by name; of a torch module
    they are its own unless given. `training` are its costs, such as {"steps": {"model": 9000},
    "seconds": 3600.0}; none need be given.

    Raises ValueError for a model that does not keep to `models.generator.Generator` or a name that
    is taken, DataError when the data set is not here, and NotMade without critics.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in systems.ALL:
        raise ValueError(
            f"{name!r} is no name for a model of one's own: it is of small letters, digits, '-', "
            f"'_' and '.', and none of {', '.join(systems.ALL)}"
        )
    people = Evaluation(dataset, size, systems.HUMAN, critics=critics)
    recipe = cast(ScoresRecipe, people.parts["scores"])
    _demand_critics(recipe, dataset, size)
    demand(model, people.concepts.drawings.side)
    demand_same(people, store.default())
    drawn = _drawn(model, people, guidance, variations, seed)
    found = _scores(torch.from_numpy(drawn.drawings), drawn.exemplars, recipe, recipe.seed)
    _add_people(people)
    record = measure.record(
        found,
        drawn.drawings,
        dataset=resolved(dataset),
        size=size,
        split=people.split,
        critics=critics,
        system=name,
        settings={},
        guidance=guidance,
        sampler=None,
        sampler_steps=None,
        seed=seed,
        variations=drawn.drawings.shape[1],
        changed=(),
        recipes=_keys(model, weights, drawn, recipe),
        parameters=count_parameters(model) if isinstance(model, nn.Module) else None,
        training=dict(training or {}),
    )
    if critics == "own":
        judge = store.get(recipe.originality), people.concepts.threshold, found.normaliser
        shown = measure.sample(drawn, *judge, *samples.KINDS["spread"], spread=True)
        record = samples.keep(table.cache().parent, record, "spread", shown)
    table.add([record])
    return Record.from_json(record.to_json())


def _demand(needed: Iterable[Recipe], what: str, name: str, dataset: str, size: str) -> None:
    """Raise NotMade, with the command, when something needed is neither shipped nor made here."""
    home = store.default()
    if any(home.find(recipe) is None for recipe in needed if not recipe.ephemeral):
        raise NotMade(
            f"{what} is neither shipped nor made here; `oneshot make {name} "
            f"{presets.options(dataset, size)}` makes it"
        )


def _demand_critics(recipe: ScoresRecipe, dataset: str, size: str) -> None:
    what, judged = f"a critic of {dataset} at size {size}", presets.judged(size)
    for critic in (recipe.recognition, recipe.originality):  # the first is made from the second
        if isinstance(critic, ReleasedCritic):
            if not critic.path.is_file():
                raise NotMade(critic.missing)
            continue
        seed = cast(Any, critic).plan.seed
        name = f"{MADE_BY[type(critic)]}{f' --seed {seed}' if seed else ''}"
        _demand([critic], what, name, dataset, judged)


def _scores(drawings: Tensor, exemplars: Tensor, recipe: ScoresRecipe, seed: int) -> Scores:
    """Score drawings as a recipe of other drawings says; where it takes half of those, of these."""
    critics = store.get(recipe.originality), store.get(recipe.recognition)
    own, half = recipe.drawn.concepts.threshold, drawings.shape[1] // 2
    threshold = own if recipe.threshold is None else recipe.threshold
    judged = drawings if recipe.variations is None else drawings[:, :half]
    return scored(judged, exemplars, *critics, threshold=threshold, seed=seed)


def _drawn(
    model: Generator, people: Evaluation, guidance: float | None, variations: int | None, seed: int
) -> Drawn:
    """Draw all test concepts, some at a time."""
    concepts = store.get(people.concepts)
    ids = concepts.of("test")
    count = variations or presets.variations(people.dataset, people.size)
    pages = []
    groups = np.array_split(ids, math.ceil(len(ids) / CONCEPTS_TOGETHER))
    for group in tqdm(groups, desc="drawing", unit="group", mininterval=1.0):
        exemplars = concepts.exemplar_images(group)
        there = exemplars.to(device_of(model, exemplars))
        numbers = [int(number) for number in group]
        drawn = model.draw(there, count, guidance=guidance, seed=seed, concepts=numbers)
        fault = shape_fault(drawn, len(group), count, tuple(exemplars.shape[1:]))
        if fault:
            raise ValueError(f"drawing the concepts {numbers}: {fault}")
        pages.append(quantise(drawn.detach()))
    names = tuple(concepts.names[number] for number in ids)
    return Drawn(torch.cat(pages).numpy(), concepts.exemplar_images(ids), ids, names)


def _add_people(people: Evaluation) -> None:
    """Put people into the user's table, beside whom a model is shown, unless they have a row."""
    there = table.read().where(**{name: people.identity[name] for name in ("dataset", "critics")})
    if any(people.of(record) for record in there.where(size=people.size)):
        return
    record = people.record(store.default())
    if shown := people.shown(store.default(), "spread"):
        record = samples.keep(table.cache().parent, record, "spread", shown)
    table.add([record], table.cache())


def _keys(
    model: Generator,
    weights: Path | Mapping[str, Tensor] | None,
    drawn: Drawn,
    recipe: ScoresRecipe,
) -> dict[str, str]:
    """Return hashes of the weights, where there are any, of the drawings, and of their scores."""
    if weights is None and isinstance(model, nn.Module):
        weights = model.state_dict()
    told = hashlib.sha256()
    if isinstance(weights, str | Path):
        told.update(Path(weights).read_bytes())
    for name, value in sorted(weights.items()) if isinstance(weights, Mapping) else ():
        array = value.detach().cpu().contiguous()
        told.update(f"{name} {array.dtype} {tuple(array.shape)}".encode())
        told.update(array.reshape(-1).view(torch.uint8).numpy().data)
    keys = {"model": told.hexdigest()} if weights else {}
    keys["samples"] = digest(drawn.drawings)
    parts = [keys["samples"], recipe.originality.key, recipe.recognition.key]
    parts += [] if recipe.threshold is None else [f"threshold {recipe.threshold:g}"]
    parts += [] if recipe.variations is None else ["half"]
    judged = " ".join(parts)
    return keys | {"scores": hashlib.sha256(judged.encode()).hexdigest()}


def _shape(value: object) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else type(value).__name__
