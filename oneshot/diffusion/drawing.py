"""Sampling for many exemplars at once, with noise that knows its concept and variation."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from oneshot import rng
from oneshot.diffusion.guidance import Denoiser, guided
from oneshot.diffusion.samplers import SAMPLERS, Callback
from oneshot.diffusion.schedules import Schedule


def sample_groups(
    denoiser: Denoiser,
    conditions: Tensor,
    shape: Sequence[int],
    variations: int,
    schedule: Schedule,
    *,
    together: int,
    guidance: float,
    seed: int,
    concepts: Sequence[int],
    sampler: str,
    steps: int,
    callback: Callback | None = None,
    clip: float | None = None,
) -> Iterator[Tensor]:
    """Yield samples (c, v, *shape) for the rows of `conditions` (C, ...), concept by concept.

    A group holds about `together` samples: several concepts with all their variations, or some of
    the variations of one. The groups in order, flattened, are the C * V samples. `denoiser` is
    called with x (c, v, *shape), where the v variations share time, condition and keep, and each
    sample's noise depends only on (seed, concepts[c], v, step). `callback` sees every `Step` of
    every group.

    Raises ValueError for an unknown sampler and for steps that the schedule has not.
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"unknown sampler {sampler!r}: expected one of {sorted(SAMPLERS)}")
    for rows, span in _groups(len(conditions), variations, together):

        def noise(step: int, rows: slice = rows, span: slice = span) -> Tensor:
            # Step 0 is where sampling starts, so that the sampler's own steps count from 1.
            return rng.noise(seed, concepts[rows], span.stop, shape, step + 1)[:, span]

        condition = conditions[rows]
        eps = guided(denoiser, condition, guidance, both=callback is not None)
        x = noise(-1).to(condition.device)
        yield SAMPLERS[sampler](eps, x, schedule, steps, noise=noise, callback=callback, clip=clip)


def _groups(concepts: int, variations: int, together: int) -> Iterator[tuple[slice, slice]]:
    """Cut concepts x variations into blocks of about `together`, in concept-major order."""
    rows, columns = max(1, together // variations), min(variations, together)
    for row in range(0, concepts, rows):
        for column in range(0, variations, columns):
            yield slice(row, row + rows), slice(column, min(column + columns, variations))
