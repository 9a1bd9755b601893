"""Tests by ranks, and p-values of many tests at once."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata, wilcoxon

from oneshot.metrics.intervals import DRAWS, Array
from oneshot.rng import generator

_PAIRS = 0x50414952  # keeps its random stream apart from that of concepts


def signed_rank(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """Return p-value and effect size of the Wilcoxon signed-rank test of paired scores (C,).

    The effect is the rank biserial correlation, (W+ - W-) / (W+ + W-) (Kerby 2014). Concepts on
    which both score the same are left out.
    """
    gaps = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    gaps = gaps[gaps != 0]
    if not len(gaps):
        return 1.0, 0.0
    ranks = rankdata(np.abs(gaps))
    _, p = np.asarray(wilcoxon(gaps))
    return float(p), float((np.sign(gaps) @ ranks) / ranks.sum())


def holm(p: ArrayLike) -> Array:
    """Return p-values (n,) corrected so that the chance of any false alarm is kept (Holm 1979)."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def rank_correlation(pairs: ArrayLike) -> Array:
    """Return Spearman's correlation (1 + `DRAWS`,) of pairs (N, 2): as given, then resampled.

    The pairs themselves are resampled, for instance runs. Where all of one kind are equal it is 0.
    """
    pairs = np.asarray(pairs, float)
    drawn = generator(0, _PAIRS).integers(len(pairs), size=(DRAWS, len(pairs)))
    ranks = rankdata(pairs[np.vstack([np.arange(len(pairs)), drawn])], axis=1)
    ranks -= ranks.mean(1, keepdims=True)
    products = (ranks[..., 0] * ranks[..., 1]).sum(1)
    size = np.sqrt(np.prod(np.square(ranks).sum(1), axis=1))
    return np.divide(products, size, out=np.zeros_like(products), where=size > 0)
