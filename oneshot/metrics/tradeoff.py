"""How one beta moves a system on the plane of originality and recognizability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oneshot.metrics.fits import band, fit_curve
from oneshot.metrics.paired import Runs, points

Array = NDArray[np.float64]

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
    `band` are the bounds of `tradeoff_band` where there are `BANDED` betas or more.
    """

    betas: Array
    points: Array
    places: Array
    path: Array
    band: tuple[Array, Array] | None = None


def tradeoff(betas: Sequence[float], systems: Sequence[Runs], degree: int = 2) -> Tradeoff:
    """Fit a curve through systems trained at `betas`, positive and rising.

    The curve is parametric in (log10 of beta, originality, recognizability). Raises ValueError when
    betas do not rise. *Latent Representation Matters* (NeurIPS 2024), fig. 3.
    """
    places = _checked(betas, systems)
    measured = points(systems, draws=0)[0]
    if len(places) < ENOUGH:
        return Tradeoff(places, measured, measured, measured)
    curve = fit_curve(np.column_stack((np.log10(places), measured)), degree)
    around = tradeoff_band(betas, systems, degree) if len(places) >= BANDED else None
    return Tradeoff(places, measured, curve(curve.hidden)[:, 1:], curve.path[:, 1:], around)


def tradeoff_band(
    betas: Sequence[float], systems: Sequence[Runs], degree: int = 2
) -> tuple[Array, Array] | None:
    """Return the bounds (100, 2) of the 95 % bootstrap band of `tradeoff`.

    Over concepts, and over trainings where there are several, as the intervals of its points are.
    None when there are too few betas for a curve.
    """
    places = _checked(betas, systems)
    if len(places) < ENOUGH:
        return None
    bounds = band(np.log10(places), points(systems, DRAWS), degree)
    return bounds.low[:, 1:], bounds.high[:, 1:]


def _checked(betas: Sequence[float], systems: Sequence[Runs]) -> Array:
    """Return betas (J,)."""
    found = np.asarray(betas, float)
    if len(found) != len(systems) or not len(found) or found[0] <= 0 or (np.diff(found) <= 0).any():
        raise ValueError(f"betas must be positive and rise, one a system, got {found.tolist()}")
    return found
