"""What drawing has in common across the families that have no guidance."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn

from oneshot.rng import noise


def unguided_noise(
    system: str,
    exemplars: Tensor,
    variations: int,
    shape: Sequence[int],
    *,
    guidance: float | None,
    seed: int,
    concepts: Sequence[int] | None,
) -> Tensor:
    """Return the standard normal noise (C, V, *shape) of a drawing, on the exemplars' device.

    Row (c, v) depends only on (seed, concepts[c], v). Raises ValueError if `guidance` is given,
    because `system` never learned to draw without its exemplar, or if `concepts` does not name each
    of the `exemplars` (C, 1, H, W).
    """
    if guidance is not None:
        raise ValueError(
            f"{system} has no guidance, but guidance={guidance} was asked for; leave it None, "
            "or draw with a diffusion model trained with condition dropout"
        )
    concepts = range(len(exemplars)) if concepts is None else concepts
    if len(concepts) != len(exemplars):
        raise ValueError(
            f"{system} was given {len(exemplars)} exemplars and {len(concepts)} concepts; "
            "give one concept number for each exemplar"
        )
    return noise(seed, concepts, variations, shape).to(exemplars.device)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put `module` in evaluation mode for the duration of a `with` block.

    Afterwards each of its parts is in the mode it had.
    """
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training
