"""Recipes of drawings, critics and concepts: everything that comes before a generative model."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from oneshot.drawings import clustering, listings, quickdraw
from oneshot.drawings.augment import JITTERS, PAIRS, VIEWS
from oneshot.drawings.batches import Episodes, Pairs
from oneshot.drawings.concepts import ConceptSet, memory_map
from oneshot.drawings.errors import DataError
from oneshot.drawings.sources import placeless, root, source
from oneshot.metrics.features import embed
from oneshot.models.critics import STEMS, ConvCritic, Critic, PatchCritic, ResNetCritic
from oneshot.objectives.critics import ProtoNetObjective, SimCLRObjective
from oneshot.progress import tqdm
from oneshot.recipes.base import (
    Artefact,
    Getter,
    Made,
    NetworkRecipe,
    Recipe,
    check_name,
    check_number,
    digest,
    trained,
)
from oneshot.training.loop import Plan

CRITICS = ("conv", "patch", "resnet")
log = logging.getLogger("oneshot")


@dataclass(frozen=True)
class Drawings(Recipe[ConceptSet]):
    """All drawings of a dataset, rendered: the raw material.

    `limit` is the most drawings a concept gives, `concepts` the most concepts (evenly spaced in
    sorted order); 0 means all. `fingerprint` tells drawings apart that are called the same
    (`sources.Source`); where a folder of one's own lies is no part of the key. Of an edition that
    is a list of concepts (`drawings.listings`), what is listed is rendered, concept by concept.
    """

    dataset: str
    side: int = 48
    limit: int = 0
    concepts: int = 0
    fingerprint: str = ""

    def identity(self) -> dict[str, Any]:
        """Return the fields as the key is made of them: drawings are the same in any place."""
        return super().identity() | {"dataset": placeless(self.dataset)}

    def make(self, store: Getter, work: Path) -> Made:
        """Read and render every drawing; the card lists the concepts and hashes the pages.

        Raises DataError when they cannot be read, or are not those of the fingerprint.
        """
        if self.listed:
            return self._from_listing()
        origin, place = source(self.dataset), root(self.dataset)
        names = origin.names(place)
        if self.fingerprint and origin.name != "folder":
            log.info(
                "the drawings of %s in %s are others than the models that ship were trained on: "
                "models of them are trained first",
                *(self.dataset, place),
            )
        if self.concepts and self.concepts < len(names):
            # not `evenly`, which rounds: that would be other drawings under the same key
            names = [names[i] for i in np.linspace(0, len(names) - 1, self.concepts).astype(int)]
        reading = origin.pages(place, names, self.side, self.limit)
        pages = list(tqdm(reading, desc=f"drawing {self.dataset}", total=len(names)))
        offsets = np.cumsum([0, *map(len, pages)])
        if origin.fingerprint(place, self.limit) != self.fingerprint:
            raise DataError(
                f"the drawings of {self.dataset} in {place} are not those that were asked for, or "
                "changed while they were read; run the same command again"
            )
        stack = np.concatenate(pages)
        card = {"names": names, "data": {self.dataset: digest(stack)}, "drawings": len(stack)}
        tensors = {"pages": torch.from_numpy(stack), "offsets": torch.from_numpy(offsets)}
        return Made(tensors, card)

    def load(self, store: Getter, artefact: Artefact) -> ConceptSet:
        """Return the drawings as concepts whose exemplar is simply the first drawing."""
        names = tuple(artefact.card["names"])
        pages = memory_map(artefact.path, "pages")
        offsets = memory_map(artefact.path, "offsets", "I64")
        members = np.arange(len(pages))
        if self.listed:
            exemplars, splits = (artefact.tensors[k].numpy() for k in ("exemplars", "splits"))
            return ConceptSet(pages, members, offsets, names, splits, exemplars)
        splits = source(self.dataset).split(list(names))
        return ConceptSet(pages, members, offsets, names, splits, offsets[:-1].copy())

    @property
    def listed(self) -> bool:
        """Whether a list says which drawings belong to which concept."""
        return self.dataset in listings.LISTED

    def _from_listing(self) -> Made:
        wanted = listings.listing(self.dataset).some(self.concepts, self.limit)
        stack, there = quickdraw.listed_pages(root(self.dataset), wanted, self.side)
        found, places = wanted.present(there)
        stack = stack[(there.cumsum() - 1)[places]]
        missing = {
            "drawings": int(len(wanted.hashes) - len(found.hashes)),
            "concepts": len(wanted.names) - len(found.names),
        }
        if missing["drawings"]:
            log.warning(
                "%s: %d of %d listed drawings and %d of %d concepts are not in the files of this "
                "machine; all is of the rest until they are fetched and the cache is deleted",
                *(self.dataset, missing["drawings"], len(wanted.hashes)),
                *(missing["concepts"], len(wanted.names)),
            )
        card = {"names": list(found.names), "data": {self.dataset: digest(stack)}}
        tensors = {"pages": stack, "offsets": found.offsets, "exemplars": found.exemplars}
        tensors |= {"splits": found.splits}
        card |= {"drawings": len(stack), "missing": missing}
        return Made({name: torch.from_numpy(value) for name, value in tensors.items()}, card)

    @property
    def threshold(self) -> float:
        """Ink above this is ink when a drawing of this dataset is binarised."""
        return source(self.dataset).threshold


@dataclass(frozen=True)
class OriginalityCritic(NetworkRecipe[Critic]):
    """SimCLR on the training drawings: the feature space of diversity and originality.

    With `start`, another critic of the same network, training goes on from its weights.
    """

    drawings: Drawings
    plan: Plan = field(default_factory=lambda: Plan(steps=1500, batch=192))
    widths: tuple[int, ...] = (64, 64, 64, 64)
    stem: str = "strided"
    strength: str = "normal"
    start: "OriginalityCritic | None" = None

    def __post_init__(self):
        check_name("stem", self.stem, STEMS)
        check_name("strength of views", self.strength, VIEWS)

    def network(self) -> Critic:
        """Return the untrained network."""
        return ConvCritic(self.drawings.side, self.widths, features="embedding", stem=self.stem)

    def make(self, store: Getter, work: Path) -> Made:
        """Train on pairs of augmented views of the training concepts."""
        concepts = store.get(self.drawings)
        torch.manual_seed(self.plan.seed)
        network = _started(self.network(), self.start, store)
        objective = SimCLRObjective(network, self.drawings.threshold, self.strength)
        batches = Pairs(concepts, self.plan.batch, self.plan.seed)
        return trained(objective, network, batches, self.plan, work, store, "originality critic")


@dataclass(frozen=True)
class Concepts(Recipe[ConceptSet]):
    """Drawings sorted into concepts, each with its exemplar: the member nearest the centroid.

    With `clusters` above 1 each category is split into at most that many clusters (named
    "category/k") by silhouette in the critic's space; of a cluster the `inner` share nearest the
    centroid is kept, and clusters of fewer than `least` or of more spread than `spread` times the
    mean are dropped. The split is by category, so that no sibling cluster leaks.
    """

    drawings: Drawings
    critic: Recipe[Critic]
    clusters: int = 1
    inner: float = 1.0
    least: int = 1
    most: int = 0
    spread: float = 0.0
    seed: int = 0

    def make(self, store: Getter, work: Path) -> Made:
        """Embed every drawing, cluster where asked, and choose exemplars; or take the list's."""
        drawings = store.get(self.drawings)
        if self.drawings.listed:
            return _as_listed(drawings)
        features = embed(
            store.get(self.critic), drawings.pages[:, None], self.drawings.threshold
        ).numpy()
        names, members, spreads = [], [], []
        for concept, name in enumerate(tqdm(drawings.names, desc="finding concepts")):
            rows = drawings.rows(concept)
            parts = clustering.split_category(features[rows], self.clusters, self.seed + concept)
            for part in range(parts.max() + 1):
                chosen = rows[parts == part]
                chosen = chosen[clustering.inner(features[chosen], self.inner, self.most)]
                if len(chosen) >= self.least:
                    names.append(name if self.clusters == 1 else f"{name}/{part + 1}")
                    members.append(chosen)
                    spreads.append(clustering.radius(features[chosen]))
        if not names:
            raise ValueError(f"no concept has {self.least} drawings; lower `least`")
        limit = self.spread * float(np.mean(spreads)) if self.spread else np.inf
        kept = [i for i, value in enumerate(spreads) if value <= limit]
        names, members = [names[i] for i in kept], [members[i] for i in kept]
        exemplars = [rows[clustering.inner(features[rows], 0)[0]] for rows in members]
        card = {"names": names, "drawings": int(sum(map(len, members)))}
        card["exemplars"] = digest(drawings.pages[exemplars])
        tensors = {
            "members": torch.from_numpy(np.concatenate(members)),
            "offsets": torch.tensor(np.cumsum([0, *map(len, members)])),
            "exemplars": torch.tensor(np.array(exemplars)),
        }
        return Made(tensors, card)

    def load(self, store: Getter, artefact: Artefact) -> ConceptSet:
        """Return the concepts over the memory-mapped drawings."""
        names = tuple(artefact.card["names"])
        if self.drawings.listed:
            return store.get(self.drawings)
        splits = source(self.drawings.dataset).split(list(names))
        arrays = {name: value.numpy() for name, value in artefact.tensors.items()}
        pages = store.get(self.drawings).pages
        chosen = artefact.card.get("exemplars")
        if chosen and chosen != digest(pages[arrays["exemplars"]]):
            log.warning(
                "%s: the drawings here are not those among which exemplars were chosen; "
                "`oneshot data verify %s` says which files differ",
                *2 * (self.drawings.dataset,),
            )
        return ConceptSet(pages, names=names, splits=splits, **arrays)

    @property
    def threshold(self) -> float:
        """Ink above this is ink when a drawing of this dataset is binarised."""
        return self.drawings.threshold


@dataclass(frozen=True)
class RecognitionCritic(NetworkRecipe[Critic]):
    """A prototypical network: names a drawing among the exemplars of an episode.

    `network_name` is one of `CRITICS`, `stem` of `models.critics.STEMS`, of a conv network.
    `augment` is None or one of `drawings.augment.JITTERS`, `classes` None or one of its `PAIRS`.
    With `start`, another critic of the same network, training goes on from its weights. Raises
    ValueError for another name.
    """

    concepts: Concepts
    plan: Plan = field(default_factory=lambda: Plan(steps=1500, batch=60))
    queries: int = 4
    network_name: str = "conv"
    stem: str = "strided"
    augment: str | None = None
    classes: str | None = None
    start: "RecognitionCritic | OriginalityCritic | None" = None

    def __post_init__(self):
        check_name("network", self.network_name, CRITICS)
        check_name("stem", self.stem, STEMS)
        check_name("augment", self.augment, (None, *JITTERS))
        check_name("classes", self.classes, (None, *PAIRS))
        check_number("queries", self.queries, 1)

    def network(self) -> Critic:
        """Return the untrained network."""
        side = self.concepts.drawings.side
        if self.network_name == "patch":
            return PatchCritic(side)
        if self.network_name == "resnet":
            return ResNetCritic(side)
        return ConvCritic(side, features="head", stem=self.stem)

    def make(self, store: Getter, work: Path) -> Made:
        """Train on one-shot episodes of `plan.batch` training concepts."""
        concepts = store.get(self.concepts)
        torch.manual_seed(self.plan.seed)
        network = _started(self.network(), self.start, store)
        objective = ProtoNetObjective(network, self.concepts.threshold, self.augment, self.classes)
        batches = Episodes(concepts, self.plan.batch, self.queries, self.plan.seed)
        return trained(objective, network, batches, self.plan, work, store, "recognition critic")


def _as_listed(drawings: ConceptSet) -> Made:
    arrays = {name: getattr(drawings, name) for name in ("members", "offsets", "exemplars")}
    card = {"names": list(drawings.names), "drawings": len(drawings.members)}
    return Made({k: torch.tensor(np.asarray(v)) for k, v in arrays.items()}, card)


def _started(network: Critic, start: Recipe | None, store: Getter) -> Critic:
    """Return the network with the weights of a trained critic, or as it is when there is none."""
    if start is not None:
        network.load_state_dict(store.get(start).state_dict())
    return network
