"""From categories to concepts: clusters of drawings that look alike.

One Quick, Draw! category mixes visually distinct ideas (an alarm clock is round or square), so an
exemplar would say little about the other drawings. *Latent Representation Matters* (NeurIPS 2024)
splits each category in a self-supervised feature space; the exact recipe is not released, this is
ours.
"""

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import cdist

from oneshot.rng import generator


def split_category(features: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return a cluster number (n,) for the features (n, K) of one category.

    k-means with k = 2..most; the k of the highest mean silhouette wins, and k = 1 when none is
    above 0.
    """
    best, labels = 0.0, np.zeros(len(features), dtype=np.int64)
    distances = cdist(features, features)
    for k in range(2, min(most, len(features) // 2) + 1):
        _, found = kmeans2(features, k, minit="++", rng=generator(seed, k), iter=30)
        score = silhouette(distances, found)
        if score > best:
            best, labels = score, found
    return labels


def silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean silhouette of a clustering, from distances (n, n) and labels (n,).

    A drawing's silhouette is (b - a) / max(a, b), a its mean distance to its own cluster and b to
    the nearest other one; a drawing alone in its cluster counts 0 (Rousseeuw 1987).
    """
    clusters = np.unique(labels)
    if len(clusters) < 2:
        return 0.0
    member = labels[:, None] == clusters
    size = member.sum(0)
    sums = distances @ member
    own = member.argmax(1)
    rows = np.arange(len(labels))
    a = sums[rows, own] / np.maximum(size[own] - 1, 1)
    means = sums / size
    means[rows, own] = np.inf
    b = means.min(1)
    scores = (b - a) / np.maximum(np.maximum(a, b), 1e-12)
    return float(np.where(size[own] > 1, scores, 0).mean())


def inner(features: np.ndarray, share: float, most: int = 0) -> np.ndarray:
    """Return the indices of the `share` of features (n, K) nearest their mean, nearest first.

    At most `most` are returned (0: no limit).
    """
    distances = np.linalg.norm(features - features.mean(0), axis=1)
    order = np.argsort(distances, kind="stable")[: max(1, round(share * len(features)))]
    return order[:most] if most else order


def radius(features: np.ndarray) -> float:
    """Return the mean distance of features (n, K) to their mean."""
    return float(np.linalg.norm(features - features.mean(0), axis=1).mean())
