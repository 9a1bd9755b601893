"""Concepts to look at: contact sheets, clusters of a category, and what splits let leak.

Each function takes concepts, or None when the drawings are not on this machine, and says so then.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps

import numpy as np
from IPython.display import Markdown

from oneshot import store
from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import SPLITS
from oneshot.metrics.features import embed
from oneshot.metrics.leakage import Leakage, leakage, parted
from oneshot.recipes import presets
from oneshot.results import Results
from oneshot.widgets.figures import HUMAN, MODEL, Plot, _plot
from oneshot.widgets.sheets import Sheet, contact_sheet, label


def _when_there_are_drawings(show: Callable) -> Callable:
    @wraps(show)
    def shown(concepts: ConceptSet | None, *arguments, **options):
        if concepts is None:
            return Markdown("*The drawings of this data set are not on this machine.*")
        return show(concepts, *arguments, **options)

    return shown


@_when_there_are_drawings
def summary(concepts: ConceptSet) -> Markdown:
    """Return how many concepts there are, of how many categories, in which splits."""
    counts = Counter(map(len, categories(concepts).values()))
    parts = [f"{n} of {k} concept{'s' * (k > 1)}" for k, n in sorted(counts.items())]
    splits = [f"{len(concepts.of(name))} {name}" for name in SPLITS]
    each = concepts.counts
    return Markdown(
        f"**{len(concepts)} concepts** out of {len(categories(concepts))} categories "
        f"({', '.join(parts)}): {', '.join(splits)}. Of a concept there are {np.median(each):g} "
        f"drawings in the middle, {each.min()} at least, {each.max()} at most."
    )


@_when_there_are_drawings
def sheet(concepts: ConceptSet, shown: int = 12, columns: int = 10) -> Sheet:
    """Return drawings of `shown` concepts, evenly chosen, beside their exemplars."""
    return _rows(concepts, np.linspace(0, len(concepts) - 1, shown).astype(int), columns)


@_when_there_are_drawings
def siblings(concepts: ConceptSet, shown: int = 4, columns: int = 10) -> Sheet | Markdown:
    """Return drawings of all concepts of `shown` categories that were split."""
    split = [ids for ids in categories(concepts).values() if len(ids) > 1]
    if not split:
        return Markdown("*No category of this data set was split.*")
    chosen = np.unique(np.linspace(0, len(split) - 1, shown).astype(int))
    return _rows(concepts, np.concatenate([split[k] for k in chosen]), columns)


@_when_there_are_drawings
def leaks(
    concepts: ConceptSet, published: ConceptSet, dataset: str, preset: str
) -> Plot | Markdown:
    """Return how near test exemplars are to training exemplars under both splits."""
    critic, home = presets.originality_critic(dataset, preset), store.default()
    if not home.find(critic):
        return Markdown("*The originality critic of this data set is not on this machine.*")
    exemplars = concepts.exemplar_images(range(len(concepts)))
    features = embed(home.get(critic), exemplars, critic.drawings.threshold).numpy()
    found = {
        "split by category": leakage(concepts.names, concepts.splits, features),
        "published split": leakage(published.names, published.splits, features),
    }
    with _plot(5.4, 3.0) as (figure, (ax,)):
        for (name, leak), colour in zip(found.items(), (HUMAN, MODEL), strict=True):
            rank = np.arange(1, len(leak.nearest) + 1) / len(leak.nearest)
            ax.step(
                np.sort(leak.nearest), rank, where="post", color=colour, label=_told(name, leak)
            )
        ax.set(
            xlabel="distance to the nearest training exemplar",
            ylabel="share of test concepts",
        )
        ax.legend(fontsize=8)
    return figure


def worth(by_category: Results, by_permutation: Results, published: ConceptSet | None) -> Markdown:
    """Return the scores of runs under both splits, and of test concepts with siblings apart."""
    if by_category.human is None or by_permutation.human is None:
        return Markdown("*There are no runs with both splits yet.*")
    lines = [
        "| run | split | originality | recognizability (%) | with siblings in training | without |",
        "|---|---|---|---|---|---|",
    ]
    for found, name in ((by_category, "by category"), (by_permutation, "published")):
        for row in found.rows:
            apart = ["", ""]
            if found is by_permutation and published is not None:
                sibling = parted(published.names, published.splits)
                right = np.array(row.per_concept["recognizability"])
                apart = [_mean(right[chosen]) for chosen in (sibling, ~sibling)]
            o, r = row.originality, row.recognizability
            scores = f"{o.value:.3f} | {r.value:.1f} ({r.low:.1f}\u2013{r.high:.1f})"
            lines.append(f"| {row.name} | {name} | {scores} | {' | '.join(apart)} |")
    return Markdown("\n".join(lines))


def categories(concepts: ConceptSet) -> dict[str, list[int]]:
    """Return the ids of the concepts of each category, "category/1" being one of "category"."""
    found: dict[str, list[int]] = {}
    for number, name in enumerate(concepts.names):
        found.setdefault(name.split("/")[0], []).append(number)
    return found


def _rows(concepts: ConceptSet, ids: Sequence[int], columns: int) -> Sheet:
    pages = concepts.sample(ids, columns)
    names = [label(concepts.names[k]) for k in ids]
    return contact_sheet(pages, concepts.exemplar_images(ids), rows=names)


def _told(name: str, leak: Leakage) -> str:
    return f"{name}: {leak.sibling.mean():.0%} with siblings in training"


def _mean(values: np.ndarray) -> str:
    return f"{values.mean():.1f} ({len(values)})" if len(values) else ""
