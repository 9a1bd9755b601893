"""Concepts to look at: contact sheets, clusters of a category, and what splits let leak.

Each function takes concepts or their divisions, or None without those, and says so then.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import numpy as np
from IPython.display import Markdown

from oneshot.drawings.concepts import ConceptSet
from oneshot.drawings.splits import SPLITS, TEST, TRAIN
from oneshot.metrics.claims import Claim
from oneshot.metrics.intervals import Interval, interval_of, weights
from oneshot.metrics.leakage import parted
from oneshot.results import Results
from oneshot.sweep import statements
from oneshot.sweep.dividing import Division
from oneshot.widgets.figures import HUMAN, MODEL, Plot, _plot
from oneshot.widgets.sheets import Sheet, contact_sheet, label

TOLD = {"category": "split by category", "published": "published split"}
NO_RUNS = "*There are no runs with both splits yet.*"
NOT_HERE = "*The drawings of this data set are not on this machine.*"


def _when_there_are_drawings(show: Callable) -> Callable:
    @wraps(show)
    def shown(concepts: ConceptSet | None, *arguments, **options):
        return Markdown(NOT_HERE) if concepts is None else show(concepts, *arguments, **options)

    return shown


def summary(division: Division | None) -> Markdown:
    """Return how many concepts there are, of how many categories, in which splits."""
    if division is None:
        return Markdown(NOT_HERE)
    sizes = Counter(map(len, categories(division.names).values()))
    parts = [f"{n} of {k} concept{'s' * (k > 1)}" for k, n in sorted(sizes.items())]
    splits = [f"{division.splits.count(number)} {name}" for number, name in enumerate(SPLITS)]
    each = division.counts
    return Markdown(
        f"**{len(division.names)} concepts** out of {sum(sizes.values())} categories "
        f"({', '.join(parts)}): {', '.join(splits)}. Of a concept there are {np.median(each):g} "
        f"drawings in the middle, {min(each)} at least, {max(each)} at most."
    )


@_when_there_are_drawings
def sheet(concepts: ConceptSet, shown: int = 12, columns: int = 10) -> Sheet:
    """Return drawings of `shown` concepts, evenly chosen, beside their exemplars."""
    chosen = np.unique(np.linspace(0, len(concepts) - 1, shown).astype(int))
    return _rows(concepts, chosen, columns)


@_when_there_are_drawings
def siblings(
    concepts: ConceptSet, published: Division | None = None, shown: int = 4, columns: int = 10
) -> Sheet | Markdown:
    """Return drawings of all concepts of `shown` categories that were split; see `examples`."""
    chosen = examples(concepts.names, published, shown)
    if not chosen:
        return Markdown("*No category of this data set was split.*")
    return _rows(concepts, np.concatenate(list(chosen.values())), columns)


def sides(published: Division | None, shown: int = 4) -> Markdown:
    """Return in a sentence on which sides of the published split the concepts of `siblings` are."""
    if published is None:
        return Markdown(NOT_HERE)
    told = []
    for ids in examples(published.names, published, shown).values():
        tested = [label(published.names[k]) for k in ids if published.splits[k] == TEST]
        trained = [label(published.names[k]) for k in ids if published.splits[k] == TRAIN]
        if tested and trained:
            told.append(f"{' and '.join(tested)} after training on {' and '.join(trained)}")
    return Markdown(
        f"Of the categories above a model is tested on {'; on '.join(told)}." * bool(told)
    )


def examples(
    names: Sequence[str], published: Division | None = None, shown: int = 4
) -> dict[str, list[int]]:
    """Return `shown` of the categories that were split, evenly chosen, and their concepts' ids.

    Of those alone whose concepts the published split tests on and trains on, where there are any.
    """
    split = {name: ids for name, ids in categories(names).items() if len(ids) > 1}
    if published is not None:
        both = {TRAIN, TEST}
        apart = {n: k for n, k in split.items() if both <= {published.splits[i] for i in k}}
        split = apart or split
    chosen = np.unique(np.linspace(0, len(split) - 1, shown).astype(int)) if split else []
    return {list(split)[k]: split[list(split)[k]] for k in chosen}


def leaks(divisions: Mapping[str, Division]) -> Plot | Markdown:
    """Return how near test exemplars are to training exemplars under each split."""
    if not divisions:
        return Markdown(NOT_HERE)
    with _plot(5.4, 3.0) as (figure, (ax,)):
        for (split, division), colour in zip(divisions.items(), (HUMAN, MODEL), strict=True):
            rank = np.arange(1, len(division.nearest) + 1) / len(division.nearest)
            siblings = parted(division.names, np.array(division.splits)).mean()
            label = f"{TOLD[split]}: {siblings:.0%} with siblings in training"
            ax.step(np.sort(division.nearest), rank, where="post", color=colour, label=label)
        ax.set(
            xlabel="distance to the nearest training exemplar",
            ylabel="share of test concepts",
        )
        ax.legend(fontsize=8)
    return figure


def worth(by_category: Results, by_permutation: Results, published: Division | None) -> Markdown:
    """Return the scores of runs under both splits, and of test concepts with siblings apart."""
    if not _both(by_category, by_permutation, published):
        return Markdown(NO_RUNS)
    sibling = parted(published.names, np.array(published.splits))
    lines = [
        "| run | split | originality | recognizability (%) "
        f"| of {sibling.sum()} with siblings in training | of {(~sibling).sum()} without |",
        "|---|---|---|---|---|---|",
    ]
    pairs = statements.twins(by_category, by_permutation)
    for number, name in enumerate(("by category", "published")):
        for row in (pair[number] for pair in pairs):
            apart = ["", ""]
            if name == "published":
                right = np.array(row.per_concept["recognizability"])
                apart = [_percent(_mean(right[chosen])) for chosen in (sibling, ~sibling)]
            o, scores = row.originality, _percent(row.recognizability)
            far = f"{o.value:.3f} ({o.low:.3f}\u2013{o.high:.3f})"
            lines.append(f"| {row.name} | {name} | {far} | {scores} | {' | '.join(apart)} |")
    return Markdown("\n".join(lines))


def judged(divisions: Mapping[str, Division]) -> Markdown:
    """Return in a sentence how much of the published test the critic of originality has seen."""
    if not set(TOLD) <= set(divisions):
        return Markdown(NOT_HERE)
    category, published = (np.array(divisions[name].splits) for name in TOLD)
    tested = published == TEST
    seen = tested & (category == TRAIN)
    return Markdown(
        "The critic of originality is the one that found the concepts, under both splits: of the "
        f"{tested.sum()} test concepts of the published split it has been trained on drawings of "
        f"{seen.sum()}."
    )


def conclusion(told: Sequence[Claim]) -> Markdown:
    """Return what `gains` come to, one line a statement with its interval."""
    lines = [
        f"- {claim.statement.rstrip('.')}: **{claim.verdict}** ({claim.evidence})."
        for claim in told
    ]
    return Markdown("\n".join(lines) or NO_RUNS)


def gains(by_category: Results, by_permutation: Results, published: Division | None) -> list[Claim]:
    """Return what siblings in training gain each run there is under both splits."""
    if not _both(by_category, by_permutation, published):
        return []
    return statements.leakage(by_category, by_permutation, published)


def categories(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the ids of the concepts of each category, "category/1" being one of "category"."""
    found: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        found.setdefault(name.split("/")[0], []).append(number)
    return found


def _rows(concepts: ConceptSet, ids: Sequence[int], columns: int) -> Sheet:
    pages = concepts.sample(ids, columns)
    names = [label(concepts.names[k]) for k in ids]
    return contact_sheet(pages, concepts.exemplar_images(ids), rows=names)


def _both(by_category: Results, by_permutation: Results, published: Division | None) -> bool:
    people = by_category.human, by_permutation.human
    return None not in people and published is not None


def _mean(values: np.ndarray) -> Interval | None:
    return interval_of(weights(len(values)) @ values) if len(values) else None


def _percent(score: Interval | None) -> str:
    return f"{score.value:.1f} ({score.low:.1f}\u2013{score.high:.1f})" if score else ""
