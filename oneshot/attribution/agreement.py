"""Whether maps of importance agree with people's, and whether that says anything.

The measure is Spearman's rank correlation of pixels, one number a concept. Most of it is "what
matters is near the ink", so it is also taken on the ink and its neighbours alone, and read beside
a null: the exemplar's own ink, blurred. Boutin et al., *Latent Representation Matters* (NeurIPS
2024), fig. 5b and table 2; the measure on ink, the null and the effect sizes are ours.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage, stats

from oneshot import tables
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Array, Interval

INK = 0.5  # a pixel at least as dark is ink
REACH = 1  # px around ink that still count as on it


@dataclass(frozen=True)
class Agreement:
    """How maps of C concepts agree with human ones, each measure (C,).

    `all` is the rank correlation over all pixels and `ink` that over ink and its neighbours. `gini`
    and `half` say how sparse the maps are, whatever people do.
    """

    all: Array
    ink: Array
    gini: Array
    half: Array


def agreement(maps: ArrayLike, human: ArrayLike, exemplars: ArrayLike) -> Agreement:
    """Compare maps (C, H, W) with human maps (C, H, W) of the exemplars (C, 1, H, W) in [0, 1].

    Maps may have any scale; negative values count by their size. Raises ValueError when the shapes
    do not fit or an exemplar has no ink.
    """
    maps, human = np.abs(np.asarray(maps)), np.asarray(human)
    near = near_ink(exemplars)
    if not maps.shape == human.shape == near.shape:
        raise ValueError(
            f"maps, human maps and exemplars must show the same (C, H, W), got {maps.shape}, "
            f"{human.shape} and {near.shape}"
        )
    return Agreement(spearman(maps, human), spearman(maps, human, near), gini(maps), half(maps))


def spearman(first: ArrayLike, second: ArrayLike, where: ArrayLike | None = None) -> Array:
    """Return the rank correlation (C,) of maps (C, H, W), over the pixels `where` (C, H, W) if any.

    Ties share their mean rank. A map without contrast says nothing and correlates 0.
    """
    first, second = (np.asarray(maps).reshape(len(maps), -1) for maps in (first, second))
    if where is None:
        return _pearson(stats.rankdata(first, axis=1), stats.rankdata(second, axis=1))
    rows = zip(first, second, np.asarray(where).reshape(len(first), -1), strict=True)
    return np.concatenate([spearman(a[None, on], b[None, on]) for a, b, on in rows])


def _pearson(first: Array, second: Array) -> Array:
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (first, second))
    scale = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    return np.divide((a * b).sum(1), scale, out=np.zeros(len(a)), where=scale > 0)


def near_ink(exemplars: ArrayLike, reach: int = REACH) -> np.ndarray:
    """Return where exemplars (C, 1, H, W) have ink within `reach` px, bool (C, H, W).

    Diagonal neighbours are one pixel away. Raises ValueError for an exemplar without ink.
    """
    ink = np.asarray(exemplars)[:, 0] > INK
    if not (empty := ink.any((1, 2))).all():
        raise ValueError(f"exemplar {int(empty.argmin())} has no ink above {INK}")
    square = np.ones((1, 2 * reach + 1, 2 * reach + 1), dtype=bool)
    return ndimage.binary_dilation(ink, square)


def gini(maps: ArrayLike) -> Array:
    """Return the Gini coefficient (C,) of non-negative maps (C, H, W).

    0 is the same everywhere, 1 - 1 / (H W) all in one pixel. A map of zeros is the same everywhere.
    """
    values = np.sort(np.asarray(maps, dtype=float).reshape(len(maps), -1), axis=1)
    count = values.shape[1]
    total = values.sum(1)
    ranked = values @ np.arange(1, count + 1)
    even = np.full(len(values), (count + 1) / 2)
    return 2 / count * np.divide(ranked, total, out=even, where=total > 0) - (count + 1) / count


def half(maps: ArrayLike) -> Array:
    """Return the share (C,) of pixels of maps (C, H, W) above half of the map's maximum."""
    values = np.asarray(maps).reshape(len(maps), -1)
    return (values > values.max(1, keepdims=True) / 2).mean(1)


@dataclass(frozen=True)
class Comparison:
    """Two systems compared concept by concept.

    `difference` is the mean of first - second with its interval, `p` the two-sided p-value of the
    Wilcoxon signed-rank test, `p_holm` the same corrected for all comparisons made at once, and
    `effect` the matched-pairs rank biserial correlation in [-1, 1].
    """

    first: str
    second: str
    difference: Interval
    p: float
    p_holm: float
    effect: float

    @property
    def stars(self) -> str:
        """Three below 0.001 and one below 0.05, as published, of the corrected p-value."""
        return "***" if self.p_holm < 1e-3 else "*" if self.p_holm < 0.05 else ""


def pairwise(scores: Mapping[str, ArrayLike]) -> list[Comparison]:
    """Compare all pairs of systems by their scores (C,), one a concept, the same concepts for all.

    The published tests are one-sided and not corrected; these are neither.
    """
    pairs = list(combinations(scores, 2))
    tests = [signed_rank(scores[a], scores[b]) for a, b in pairs]
    corrected = holm([p for p, _ in tests])
    return [
        Comparison(a, b, intervals.difference(scores[a], scores[b]), p, float(p_holm), effect)
        for (a, b), (p, effect), p_holm in zip(pairs, tests, corrected, strict=True)
    ]


def signed_rank(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """Return p-value and effect size of the Wilcoxon signed-rank test of paired scores (C,).

    The effect is the rank biserial correlation, (W+ - W-) / (W+ + W-) (Kerby 2014). Concepts on
    which both score the same are left out.
    """
    gaps = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    gaps = gaps[gaps != 0]
    if not len(gaps):
        return 1.0, 0.0
    ranks = stats.rankdata(np.abs(gaps))
    return float(stats.wilcoxon(gaps).pvalue), float((np.sign(gaps) @ ranks) / ranks.sum())


def holm(p: ArrayLike) -> Array:
    """Return p-values (n,) corrected so that the chance of any false alarm is kept (Holm 1979)."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def row(system: str, kind: str, model: Agreement, null: Agreement) -> dict[str, object]:
    """Return what a table says of a system: means, intervals, and the tests against the null.

    `says_something` is whether the model's maps agree with people's on the ink clearly better than
    the null's: the whole interval of the paired difference lies above 0.
    """
    beyond = intervals.difference(model.ink, null.ink)
    means = {
        "spearman_all": model.all,
        "spearman_ink": model.ink,
        "null_all": null.all,
        "null_ink": null.ink,
        "gini": model.gini,
        "share_above_half": model.half,
    }
    found = {name: intervals.mean(values) for name, values in means.items()}
    found["ink_beyond_null"] = beyond
    return {
        "system": system,
        "kind": kind,
        "concepts": len(model.all),
        **{name: round(i.value, 4) for name, i in found.items()},
        "intervals": {name: [round(i.low, 4), round(i.high, 4)] for name, i in found.items()},
        "p_all": signed_rank(model.all, null.all)[0],
        "p_ink": signed_rank(model.ink, null.ink)[0],
        "says_something": beyond.low > 0,
    }


IDENTITY = ("dataset", "preset", "human", "system", "kind")
"""What no two rows of a table share; a page says the first three, `row` the others."""


def save(file: Path, rows: Iterable[dict[str, object]]) -> None:
    """Put rows into a JSON table, in place of those of the same `IDENTITY`."""
    known = json.loads(file.read_text()) if file.exists() else []
    table = {tuple(row[name] for name in IDENTITY): row for row in (*known, *rows)}
    tables.write(file, [table[key] for key in sorted(table)])
