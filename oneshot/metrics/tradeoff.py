"""How one beta moves a system on the plane of originality and recognizability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oneshot.metrics.fits import band, fit_curve
from oneshot.metrics.intervals import Array
from oneshot.metrics.paired import Runs, points

DRAWS = 500
"""Resamples to which a curve is fitted anew."""
ENOUGH = 3
"""Betas that a curve takes; with fewer, what is measured is joined by straight lines."""

BANDED = 5
"""Betas from which on a curve has a band."""


@dataclass(frozen=True)
class Tradeoff:
    """Systems that differ in one beta, and the curve fitted through them.

    `betas` (J,) rise; `points` (J, 2) are originality and recognizability as measured, `places`
    (J, 2) the same on the curve. `path` (n, 2) is the curve, from the smallest beta to the largest,
    `band` (2, n, 2) are the bounds of its 95 % bootstrap band, where there are `BANDED` betas or
    more.
    """

    betas: Array
    points: Array
    places: Array
    path: Array
    band: Array | None = None


def tradeoff(betas: Sequence[float], systems: Sequence[Runs]) -> Tradeoff:
    """Fit a quadratic curve through systems trained at `betas`, positive and rising.

    The curve is parametric in (log10 of beta, originality, recognizability). Its band is over
    concepts, and over trainings where there are several, as the intervals of its points are. Raises
    ValueError when betas do not rise. *Latent Representation Matters* (NeurIPS 2024), fig. 3.
    """
    rising = np.asarray(betas, float)
    if not 0 < len(rising) == len(systems) or rising[0] <= 0 or (np.diff(rising) <= 0).any():
        raise ValueError(f"betas must be positive and rise, one a system, got {rising.tolist()}")
    measured = points(systems, draws=0)[0]
    if len(rising) < ENOUGH:
        return Tradeoff(rising, measured, measured, measured)
    decades = np.log10(rising)
    curve = fit_curve(np.column_stack((decades, measured)))
    enough = len(rising) >= BANDED
    around = band(decades, points(systems, DRAWS))[..., 1:] if enough else None
    return Tradeoff(rising, measured, curve(curve.hidden)[:, 1:], curve.path[:, 1:], around)
