"""What guidance does to the drawings of one model, in statements tested with intervals.

All strengths are scored on the same concepts, so one resample of concepts serves them all and what
is compared is paired. *Diffusion Models as Artists* (ICML 2023), fig. 4.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oneshot.metrics import claims, intervals
from oneshot.metrics.claims import Claim
from oneshot.metrics.intervals import Interval
from oneshot.metrics.scoring import Scores

TOLERANCE = 2.0
"""Points of recognizability that are no difference to speak of."""

Array = NDArray[np.float64]


def statements(strengths: Sequence[float], scores: Sequence[Scores], human: Scores) -> list[Claim]:
    """Return what guidance is said to do, tested on the scores at each of the strengths.

    The first three compare the strongest guidance with the weakest, and take two strengths; the
    others compare with people. Raises ValueError unless all were scored on the same concepts.
    """
    if len(strengths) != len(scores) or not scores:
        raise ValueError(f"{len(strengths)} strengths of guidance for {len(scores)} scores")
    if {score.concepts for score in scores} != {human.concepts}:
        raise ValueError("all strengths and people must be scored on the same concepts")
    order = np.argsort(strengths)
    weak, strong = scores[order[0]], scores[order[-1]]
    low, high = (f"guidance {strengths[i]:g}" for i in (order[0], order[-1]))
    said = [
        f"At {high} drawings are more recognizable than at {low}.",
        f"At {high} drawings are less original than at {low}.",
        f"The curve ends nearer to the exemplar at {high} than at {low}.",
    ]
    if order[0] == order[-1] or strengths[order[0]] == strengths[order[-1]]:
        compared = [Claim.untested(statement, "takes two strengths") for statement in said]
    else:
        compared = [
            Claim.tested(said[0], "recognizability", _recognizable(strong) - _recognizable(weak)),
            _less(said[1], "originality", _original(strong) - _original(weak)),
            _less(said[2], "originality of the last group", _end(strong) - _end(weak)),
        ]
    return [
        *compared,
        _near(high, strong, human),
        _short(high, strong, human),
        _never(strengths, scores, human),
    ]


def _near(name: str, strong: Scores, human: Scores) -> Claim:
    statement = (
        f"At {name}, drawings nearest to their exemplar are as recognizable as human ones, up to "
        f"{TOLERANCE:g} points."
    )
    first = [
        intervals.weights(s.concepts) @ _bins(s, "recognizability")[:, 0] for s in (strong, human)
    ]
    difference = first[0] - first[1]
    return _claim(
        statement, "recognizability of the first group", difference, difference + TOLERANCE
    )


def _short(name: str, strong: Scores, human: Scores) -> Claim:
    statement = f"At {name} the curve ends before the human one."
    return _less(statement, "originality of the last group", _end(strong) - _end(human))


def _never(strengths: Sequence[float], scores: Sequence[Scores], human: Scores) -> Claim:
    """Test whether people are beyond every strength in one of the two scores at least.

    Differences are in units of the spread of a score over strengths, taken once. A strength is
    beaten when either of its two intervals is wholly above 0, so of each strength the greater bound
    counts, and of those the least. (The interval of the greater difference would not do: of two
    differences that are noise around 0, one is nearly always above it.)
    """
    statement = "At no strength are drawings both as original and as recognizable as human ones."
    behind = np.stack(
        [
            [_original(human) - _original(score), _recognizable(human) - _recognizable(score)]
            for score in scores
        ]
    )
    spread = np.ptp(behind[:, :, 0], axis=0)
    shortfall = behind / np.where(spread > 0, spread, 1)[:, None]
    least = int(shortfall[:, :, 0].max(1).argmin())
    original, recognizable = (intervals.interval_of(-values) for values in behind[least])
    evidence = (
        f"closest, guidance {strengths[least]:g}: originality {claims.signed(original)}, "
        f"recognizability {claims.signed(recognizable)}"
    )
    pairs = [[intervals.interval_of(values) for values in pair] for pair in shortfall]
    bounds = (
        min(max(getattr(interval, bound) for interval in pair) for pair in pairs)
        for bound in ("value", "low", "high")
    )
    interval = Interval(*bounds)
    return Claim(statement, interval, evidence, claims.verdict(interval))


def _less(statement: str, about: str, difference: Array) -> Claim:
    return _claim(statement, about, difference, -difference)


def _claim(statement: str, about: str, difference: Array, positive: Array) -> Claim:
    """Return a claim that `positive` is above 0, told by the `difference` with its own sign."""
    told = Claim.tested(statement, about, difference).evidence
    return replace(Claim.tested(statement, about, positive), evidence=told)


def _recognizable(scores: Scores) -> Array:
    return intervals.weights(scores.concepts) @ np.asarray(scores.per_concept["recognizability"])


def _original(scores: Scores) -> Array:
    weights = intervals.weights(scores.concepts)
    far, size = (np.asarray(scores.per_concept[name]) for name in ("distance", "scale"))
    return (weights @ far) / (weights @ size)


def _end(scores: Scores) -> Array:
    return intervals.weights(scores.concepts) @ _bins(scores, "originality")[:, -1]


def _bins(scores: Scores, name: str) -> Array:
    return np.asarray(scores.per_concept[f"bin_{name}"])
