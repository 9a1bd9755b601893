"""Whether maps of importance agree with people's, and more than knowing no model does.

The measure is Spearman's rank correlation of pixels, one number a concept. Most of it is "what
matters is near the ink", so it is also taken on the ink and its neighbours alone, and read beside
a null: the exemplar's own ink, blurred. Not to be above the null is not to be shown to agree with
people; it is no proof that a map is empty. Boutin et al., *Latent Representation Matters* (NeurIPS
2024), fig. 5b and table 2; the measure on ink, the null and the effect sizes are ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage, stats

from oneshot.attribution.maps import READINGS
from oneshot.evaluations import lines
from oneshot.metrics import intervals
from oneshot.metrics.intervals import Array, Interval
from oneshot.metrics.ranks import holm, signed_rank
from oneshot.objectives.regularizers import REGULARIZERS
from oneshot.shipped import DATA

SHIPPED = DATA / "results" / "agreement.json"
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

    Ties share their mean rank. A map that is the same everywhere correlates 0.
    """
    first, second = _rows(first), _rows(second)
    if where is None:
        return _pearson(stats.rankdata(first, axis=1), stats.rankdata(second, axis=1))
    rows = zip(first, second, np.asarray(where).reshape(len(first), -1), strict=True)
    return np.concatenate([spearman(a[None, on], b[None, on]) for a, b, on in rows])


def _rows(maps: ArrayLike) -> np.ndarray:
    maps = np.asarray(maps)
    return maps.reshape(len(maps), -1)


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
    values = np.sort(_rows(maps).astype(float), axis=1)
    count = values.shape[1]
    total = values.sum(1)
    ranked = values @ np.arange(1, count + 1)
    even = np.full(len(values), (count + 1) / 2)
    return 2 / count * np.divide(ranked, total, out=even, where=total > 0) - (count + 1) / count


def half(maps: ArrayLike) -> Array:
    """Return the share (C,) of pixels of maps (C, H, W) above half of the map's maximum."""
    values = _rows(maps)
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


@dataclass(frozen=True)
class Row(lines.Row):
    """How well the maps of one system agree with people's: means over concepts.

    `human` says where the human maps are from, `kind` is one of `KINDS`. Maps were blurred by
    `blur` px before they were compared. `null_all` and `null_ink` are what blurred ink scores,
    `ink_beyond_null` is the difference to it, paired. `gini` and `share_above_half` say how sparse
    the maps are, `human_gini` and `human_share` how sparse people's. `p_all` and `p_ink` test the
    system against blurred ink (`signed_rank`), not corrected: a row may stand beside any others, so
    `beside_null` corrects for those that are shown; `effect_ink` belongs to the latter.
    `per_concept` holds the correlations over "all" pixels and on "ink", and the shares above "half"
    of these maps and of people's ("human_half"), so that rows of the same human maps can be
    compared in pairs.
    """

    dataset: str
    preset: str
    human: str
    system: str
    kind: str
    blur: float
    concepts: int
    spearman_all: Interval
    spearman_ink: Interval
    null_all: Interval
    null_ink: Interval
    ink_beyond_null: Interval
    gini: Interval
    share_above_half: Interval
    human_gini: Interval
    human_share: Interval
    p_all: float
    p_ink: float
    effect_ink: float
    per_concept: dict[str, list[float]]

    @property
    def beats_null(self) -> bool:
        """Whether all of the interval on ink lies above blurred ink."""
        return self.ink_beyond_null.low > 0

    @property
    def place(self) -> tuple[str, str, str]:
        """What rows that are compared with each other share."""
        return self.dataset, self.preset, self.human

    @property
    def identity(self) -> tuple:
        """What no two rows of a table share; in its order kinds are as in `KINDS`."""
        return (*self.place, KINDS.index(self.kind), self.system, self.blur)


KINDS = ("published", *READINGS, "critic")
"""What is read off a system, in the order of a table."""
NULL = "blurred ink"
"""The system that knows no model: what its maps share with people's is where the ink lies."""
CONTROL = "map of a different exemplar"
"""What a system is called, after its name, whose maps were given to other exemplars."""
CONSISTENCY = 0.88
"""Mean rank correlation of the maps of two halves of the participants, over all pixels, as stated
by Boutin et al., *Latent Representation Matters* (NeurIPS 2024), fig. 5b; SPEC F.4."""


def rows(
    maps: Mapping[str, ArrayLike],
    human: ArrayLike,
    exemplars: ArrayLike,
    kinds: Mapping[str, str],
    place: tuple[str, str, str],
    blur: float = 0.0,
) -> list[Row]:
    """Compare maps (C, H, W) of systems by name, `NULL` among them, with human maps (C, H, W).

    Returns a row for each system other than `NULL`. `kinds` names the kind of each of them,
    `place` is data set, preset and origin of the human maps. `blur` is noted of all maps but
    published ones, which are as printed. Raises KeyError without `NULL`.
    """
    scores = {name: agreement(page, human, exemplars) for name, page in maps.items()}
    null, systems = scores[NULL], [name for name in scores if name != NULL]
    tests = {name: signed_rank(scores[name].ink, null.ink) for name in systems}
    same = {
        "null_all": intervals.mean(null.all),
        "null_ink": intervals.mean(null.ink),
        "human_gini": intervals.mean(gini(human)),
        "human_share": intervals.mean(half(human)),
    }
    return [
        Row(
            *place,
            system=name,
            kind=kinds[name],
            blur=0.0 if kinds[name] == "published" else blur,
            concepts=len(null.ink),
            spearman_all=intervals.mean(scores[name].all),
            spearman_ink=intervals.mean(scores[name].ink),
            ink_beyond_null=intervals.difference(scores[name].ink, null.ink),
            gini=intervals.mean(scores[name].gini),
            share_above_half=intervals.mean(scores[name].half),
            p_all=signed_rank(scores[name].all, null.all)[0],
            p_ink=tests[name][0],
            effect_ink=tests[name][1],
            per_concept={k: getattr(scores[name], k).tolist() for k in ("all", "ink", "half")}
            | {"human_half": half(human).tolist()},
            **same,
        )
        for name in systems
    ]


def beside_null(found: Sequence[Row], where: str) -> Array:
    """Return p-values (n,) of rows against blurred ink, corrected for these rows together (`holm`).

    `where` is "all" pixels or "ink".
    """
    return holm([getattr(row, f"p_{where}") for row in found])


def stars(p: float) -> str:
    """Return three stars for a corrected p-value below 0.001 and one below 0.05, as published."""
    return "***" if p < 1e-3 else "*" if p < 0.05 else ""


def of_regularizers(found: Iterable[Row], reading: str) -> list[Row]:
    """Return the rows of regularized models with a reading, that without a regularizer first."""
    known = {"none", *REGULARIZERS}
    mine = [row for row in found if row.kind == reading and known >= {*family(row).split("+")}]
    return sorted(mine, key=lambda row: row.system != "none")


def family(row: Row) -> str:
    """Return the regularizers of a model without their betas: "barlow+prototype"."""
    return "+".join(sorted(term.partition(":")[0] for term in row.system.split("+")))


def read(file: Path) -> list[Row]:
    """Return the rows of a table, none when there is no such file; ValueError if it is none."""
    return lines.read(file, Row)


def shipped(preset: str = "laptop") -> list[Row]:
    """Return the rows that come with the project, of the first comparison of a size; or none.

    So that a page without human maps can still show what was measured where there are some.
    """
    found = [row for row in read(SHIPPED) if row.preset == preset]
    return [row for row in found if row.place == found[0].place]


def save(file: Path, rows: Iterable[Row]) -> None:
    """Put rows into a JSON table, in place of those of the same identity, atomically."""
    lines.put(file, rows, Row, lambda row: row.identity)
