"""Curves through the points of a sweep: how a setting moves a model on the plane of scores.

A sweep over, say, beta gives one point (setting, originality, recognizability) a model. The fitted
curve is parametric: each coordinate is a polynomial in a hidden variable u in [0, 1], which is
found together with the coefficients. Boutin et al., *Diversity vs. Recognizability* (NeurIPS 2022,
fig. 4) and *Latent Representation Matters* (NeurIPS 2024, fig. 3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import make_smoothing_spline

from oneshot.metrics.intervals import Array

ROUNDS, IMPROVEMENT, TOLERANCE = 20, 1e-5, 1e-4
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class ParametricCurve:
    """A polynomial curve in K dimensions.

    `coefficients` (degree + 1, K), lowest power first; `hidden` (J,) is the place u of each fitted
    point; `error` the sum of squared distances between points and places, each coordinate
    in units of its range over the points.
    """

    coefficients: Array
    hidden: Array
    error: float

    def __call__(self, u: ArrayLike) -> Array:
        """Return the points (n, K) of the curve at u (n,), 0 at its beginning and 1 at its end."""
        return _powers(np.asarray(u, float), len(self.coefficients) - 1) @ self.coefficients

    @cached_property
    def path(self) -> Array:
        """A hundred points (100, K) along the curve, to be drawn."""
        return self(np.linspace(0, 1, 100))


def fit_curve(points: ArrayLike, degree: int = 2) -> ParametricCurve:
    """Fit a parametric curve to points (J, K), given in the order of the setting.

    The hidden variable starts centripetal; then a least-squares fit alternates with a
    golden-section search of each inner point's nearest place between its neighbours, until an
    improvement below 1e-5 or 20 rounds. A degree of 1 fits a straight line.

    Distances mix the coordinates, so each is first divided by its range over the points; the
    released code mixes them in their own units. Raises ValueError for fewer than degree + 1 points.
    """
    points = np.asarray(points, dtype=float)
    _check(points, degree)
    scale = _range(points)
    coefficients, hidden, error = _fit((points / scale)[None], degree)
    return ParametricCurve(coefficients[0] * scale, hidden[0], float(error[0]))


def band(settings: ArrayLike, scores: ArrayLike, degree: int = 2) -> Array:
    """Return the 95 % bootstrap band of the curve through the scores of a sweep.

    It is the lower and the upper bound (2, 100, K), point by point along the hidden variable.

    `settings` (J,) are the values of the sweep, for instance log10 of beta; `scores` (1 + R, J, S)
    are S scores at each setting, as measured and on each of R resamples (`paired.points`). The
    curve is fitted anew to each. Raises ValueError for other shapes.
    """
    settings, scores = np.asarray(settings, float), np.asarray(scores, float)
    if scores.ndim != 3 or scores.shape[1] != len(settings) or len(scores) < 2:
        raise ValueError(
            f"scores must be (1 + resamples, settings, scores) with {len(settings)} settings, got "
            f"{scores.shape}"
        )
    column = np.broadcast_to(settings[:, None], (*scores.shape[:2], 1))
    points = np.concatenate((column, scores), axis=2)
    _check(points[0], degree)
    scale = _range(points[0])
    coefficients, _, _ = _fit(points[1:] / scale, degree)
    paths = _powers(np.linspace(0, 1, 100), degree) @ (coefficients * scale)
    return np.quantile(paths, [0.025, 0.975], axis=0)


def smooth(betas: ArrayLike, values: ArrayLike) -> Callable:
    """Return a smoothing spline of a score against beta, as a function of beta.

    `betas` are positive and increasing, `values` (J,) the score at each; the spline is cubic in
    log10 of beta, and its curvature is weighed against its error as generalized cross-validation
    finds best. Raises ValueError for fewer than five points.
    """
    betas, values = np.asarray(betas, dtype=float), np.asarray(values, dtype=float)
    if len(betas) < 5:
        raise ValueError(f"a smoothing spline needs at least 5 points, got {len(betas)}")
    if betas[0] <= 0 or (np.diff(betas) <= 0).any():
        raise ValueError(f"betas must be positive and increasing, got {betas.tolist()}")
    spline = make_smoothing_spline(np.log10(betas), values)
    return lambda beta: spline(np.log10(beta))


def _fit(points: Array, degree: int) -> tuple[Array, Array, Array]:
    """Fit many curves at once: points (R, J, K) to coefficients, hidden (R, J) and errors (R,)."""
    hidden = _centripetal(points)
    coefficients = _least_squares(points, hidden, degree)
    error = _distance(points, hidden, coefficients).sum(1)
    for _ in range(ROUNDS):
        hidden = _reparametrise(points, hidden, coefficients)
        coefficients = _least_squares(points, hidden, degree)
        before, error = error, _distance(points, hidden, coefficients).sum(1)
        if (before - error <= IMPROVEMENT * before).all():
            break
    return coefficients, hidden, error


def _centripetal(points: Array) -> Array:
    """Return places (R, J) whose steps go with the square root of the distance of the points."""
    steps = np.sqrt(np.linalg.norm(np.diff(points, axis=1), axis=2))
    total = np.maximum(steps.sum(1, keepdims=True), np.finfo(float).tiny)
    return np.concatenate((np.zeros_like(total), np.cumsum(steps, 1) / total), axis=1)


def _least_squares(points: Array, hidden: Array, degree: int) -> Array:
    return np.linalg.pinv(_powers(hidden, degree)) @ points


def _reparametrise(points: Array, hidden: Array, coefficients: Array) -> Array:
    """Move each inner place, one after the other, to the nearest one between its neighbours."""
    hidden = hidden.copy()
    for j in range(1, hidden.shape[1] - 1):

        def distance(u, j=j):
            return _distance(points[:, j : j + 1], u[:, None], coefficients)[:, 0]

        found = _golden_section(distance, hidden[:, j - 1], hidden[:, j + 1])
        better = distance(found) < distance(hidden[:, j])
        hidden[:, j] = np.where(better, found, hidden[:, j])
    return hidden


def _golden_section(function: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Return where in [low, high] (R,) each of R functions is smallest, to the tolerance."""
    for _ in range(int(np.ceil(np.log(TOLERANCE) / np.log(GOLDEN)))):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        go_left = function(left) < function(right)
        low, high = np.where(go_left, low, left), np.where(go_left, right, high)
    return (low + high) / 2


def _distance(points: Array, hidden: Array, coefficients: Array) -> Array:
    """Return the squared distances (R, J) of points to their places."""
    degree = coefficients.shape[1] - 1
    return np.square(_powers(hidden, degree) @ coefficients - points).sum(-1)


def _powers(u: Array, degree: int) -> Array:
    return u[..., None] ** np.arange(degree + 1)


def _range(points: Array) -> Array:
    spread = np.ptp(points, axis=0)
    return np.where(spread > 0, spread, 1.0)


def _check(points: Array, degree: int) -> None:
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(f"points must be finite numbers (J, K), got shape {points.shape}")
    if len(points) < degree + 1:
        raise ValueError(
            f"a curve of degree {degree} needs {degree + 1} points, got {len(points)}: lower the "
            "degree or add settings to the sweep"
        )
