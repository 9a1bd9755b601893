"""All scores of a set of drawings in one call, with confidence intervals over concepts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from oneshot.metrics.curves import Curve, density, generalization_curve
from oneshot.metrics.features import embed
from oneshot.metrics.intervals import Interval, mean, ratio
from oneshot.metrics.originality import distance, normaliser, raw_diversity, scale
from oneshot.metrics.recognizability import Recognizability, recognizability

DENSITY_GRID = np.linspace(0, 2, 201)
"""Originalities at which `Scores.density` is given."""

_INTERVALS = (
    "diversity",
    "diversity_raw",
    "originality",
    "recognizability",
    "recognizability_all",
)


@dataclass(frozen=True)
class Scores:
    """What the two critics say of the drawings of some concepts.

    Diversity and originality are in units of the drawings' own normaliser, `diversity_raw` is not
    normalised; recognizabilities are in percent, at `ways` ways and among all `concepts`. `bins`
    are the points [originality, recognizability] of the generalization curve, `density` is that of
    originality on `DENSITY_GRID`.

    `per_concept` holds what the intervals were made from, each a list over concepts:
    `raw_diversity`, `scale`, `distance` (mean raw distance to the exemplar), `recognizability`,
    `recognizability_all`, and for each concept a list over bins, `bin_originality` and
    `bin_recognizability`.
    """

    concepts: int
    variations: int
    ways: int
    diversity: Interval
    diversity_raw: Interval
    originality: Interval
    recognizability: Interval
    recognizability_all: Interval
    bins: list[list[float]]
    density: list[float]
    per_concept: dict[str, list]

    @property
    def normaliser(self) -> float:
        """The normaliser of the drawings themselves."""
        return float(np.mean(self.per_concept["scale"]))

    def originality_against(self, human: "Scores") -> Interval:
        """Return the originality in units of the normaliser of `human` scores of the same concepts.

        Raises ValueError when the numbers of concepts differ.
        """
        if self.concepts != human.concepts:
            raise ValueError(
                f"these scores are of {self.concepts} concepts, the human ones of "
                f"{human.concepts}; score both on the same concepts"
            )
        return ratio(self.per_concept["distance"], human.per_concept["scale"])

    def to_json(self) -> dict[str, Any]:
        """Return the scores as JSON values, from which `from_json` rebuilds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Scores":
        """Rebuild scores from `to_json`; raise ValueError when a field is missing."""
        fields = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        if missing := cls.__dataclass_fields__.keys() - fields.keys():
            raise ValueError(f"not scores: {', '.join(sorted(missing))} missing")
        for name in _INTERVALS:
            fields[name] = Interval(**fields[name])
        return cls(**fields)


def score(
    drawings: Tensor,
    exemplars: Tensor,
    originality_critic: nn.Module,
    recognition_critic: nn.Module,
    *,
    threshold: float,
    seed: int = 0,
    ways: int = 20,
    trials: int | None = 500,
    bins: int = 10,
) -> Scores:
    """Score drawings (C, N, 1, H, W) against the exemplars (C, 1, H, W) they vary.

    Images are uint8 or float, ink high; they are prepared for each critic as `features.prepare`
    says, binarised at `threshold`. A critic is a module with an attribute `side` that maps images
    (B, 1, side, side) to features: 256-d embeddings of SimCLR for originality, the 128-d metric
    space for recognizability. `seed` addresses episodes and bootstrap.

    Each concept is tested `trials` times in episodes of `ways` concepts (fewer when there are not
    as many), and a fifth as often in each bin of the curve; 500 and 100 are the published numbers.
    `trials=None` gives the exact expectations instead. With fewer drawings than `bins`, each
    drawing of a concept is a bin.

    Raises ValueError for shapes that do not fit, fewer than two concepts, or fewer than two
    drawings of a concept.
    """
    _check(drawings, exemplars)
    features, queries = (
        (
            embed(critic, drawings, threshold, name=name),
            embed(critic, exemplars, threshold, name=f"{name} of exemplars"),
        )
        for critic, name in (
            (originality_critic, "originality"),
            (recognition_critic, "recognition"),
        )
    )
    curve = generalization_curve(
        features,
        queries,
        bins=min(bins, drawings.shape[1]),
        ways=ways,
        trials=trials and max(1, trials // 5),
        seed=seed,
    )
    few = recognizability(*queries, ways, trials, seed=seed)
    every = recognizability(*queries, "all")
    return _table(features, curve, few, every, drawings.shape[1], seed)


def _table(
    features: tuple[Tensor, Tensor],
    curve: Curve,
    few: Recognizability,
    every: Recognizability,
    variations: int,
    seed: int,
) -> Scores:
    far = distance(*features)
    diverse, size = raw_diversity(features[0]), scale(features[0])
    right, right_all = few.per_concept, every.per_concept
    return Scores(
        concepts=len(far),
        variations=variations,
        ways=few.ways,
        diversity=ratio(diverse, size, seed=seed),
        diversity_raw=mean(diverse, seed=seed),
        originality=ratio(far.mean(1), size, seed=seed),
        recognizability=mean(right, seed=seed),
        recognizability_all=mean(right_all, seed=seed),
        bins=_short(curve.points),
        density=_short(density(far / normaliser(features[0]), DENSITY_GRID)),
        per_concept={
            "raw_diversity": _short(diverse),
            "scale": _short(size),
            "distance": _short(far.mean(1)),
            "recognizability": _short(right),
            "recognizability_all": _short(right_all),
            "bin_originality": _short(curve.originality),
            "bin_recognizability": _short(curve.recognizability),
        },
    )


def _short(values: Tensor | np.ndarray) -> list:
    """Return nested lists of six significant digits: what is measured has no more."""
    if np.ndim(values) > 1:
        return [_short(row) for row in values]
    return [float(f"{value:.6g}") for value in values.tolist()]


def _check(drawings: Tensor, exemplars: Tensor) -> None:
    if drawings.ndim != 5 or drawings.shape[2] != 1:
        raise ValueError(f"drawings must be (C, N, 1, H, W), got {tuple(drawings.shape)}")
    if exemplars.ndim != 4 or exemplars.shape[:2] != (len(drawings), 1):
        raise ValueError(
            f"exemplars must be ({len(drawings)}, 1, H, W) to go with drawings "
            f"{tuple(drawings.shape)}, got {tuple(exemplars.shape)}"
        )
    if len(drawings) < 2 or drawings.shape[1] < 2:
        raise ValueError(
            "scores need at least 2 concepts and 2 drawings of each, got "
            f"{len(drawings)} and {drawings.shape[1]}"
        )
