"""Make the list of an edition: which drawing belongs to which concept, by content hash."""

from pathlib import Path

import numpy as np

from oneshot.drawings import listings, quickdraw
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.listings import Listing
from oneshot.drawings.sources import root
from oneshot.recipes import presets
from oneshot.recipes.base import Getter


def make(dataset: str, store: Getter) -> Path:
    """Find the concepts of an edition and write its list, unless it is there; return the file.

    Raises ValueError when the list that is there is another: features are floating-point numbers,
    so another machine may find other clusters, and models know the ones that ship.
    """
    recipe = presets.clusters(dataset)
    found = of(store.get(recipe), store.get(recipe.drawings), recipe.drawings.limit)
    file = listings.file(dataset)
    if file.exists():
        _compare(listings.listing(dataset), found, file)
        return file
    told = {
        "edition": dataset,
        "clusters": recipe.key,
        "critic": recipe.critic.key,
        "of": "Quick, Draw! by Google, CC-BY 4.0; hashes of drawings, no drawing",
    }
    listings.write(file, found, told)
    return file


def of(concepts: ConceptSet, categories: ConceptSet, limit: int) -> Listing:
    """Return the list of concepts made of the first `limit` drawings of each category.

    A concept is in the split of its category: the critic that found the concepts was trained on
    the training categories, so that it has seen none of what is held out.
    """
    place = root("quickdraw")
    names = quickdraw.names(place)
    hashes = np.concatenate(list(quickdraw.hashes(place, names, limit)))
    if len(hashes) != len(concepts.pages):
        raise ValueError(
            f"there are {len(hashes):,} drawings in {place}, and concepts were found in "
            f"{len(concepts.pages):,}: the files have changed; delete the drawings in the cache"
        )
    split = dict(zip(categories.names, categories.splits, strict=True))
    parts = [concepts.rows(k) for k in range(len(concepts))]
    places = [
        start + int(np.flatnonzero(rows == exemplar)[0])
        for start, rows, exemplar in zip(concepts.offsets, parts, concepts.exemplars, strict=False)
    ]
    return Listing(
        concepts.names,
        np.asarray(concepts.offsets),
        hashes[concepts.members],
        np.array(places),
        np.array([split[name.split("/")[0]] for name in concepts.names], dtype=np.uint8),
    )


def _compare(ships: Listing, found: Listing, file: Path) -> None:
    if listings.digest(ships) == listings.digest(found):
        return
    there = np.isin(found.hashes, ships.hashes).mean()
    raise ValueError(
        f"{file} lists {len(ships.names)} concepts and stays as it is; this machine finds "
        f"{len(found.names)}, {there:.1%} of whose drawings are listed"
    )
