"""What a generator of drawings is, and what every family asks of what it is given."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from oneshot.diffusion.guidance import check_strength

Network = TypeVar("Network", bound=nn.Module)
MOST_INK = 0.8
"""A page with more of it inked is taken for one whose paper is high and whose ink is low."""
INVERTED = (
    "ink nearly all over: ink is 1 and paper 0 here; if the paper is white, give 1 - page, or let "
    "`oneshot.read_drawing` tell ink from paper"
)
ROUNDING = 1e-5  # by which a resized page may leave [0, 1]


class Generator(Protocol):
    """What draws: a shipped model, a null model, or a user's own.

    `draw` is given exemplars (C, 1, H, W) in [0, 1], ink at 1 and paper at 0, and gives
    `variations` drawings of each, (C, V, 1, H, W) in [0, 1], finite, with ink high, on the model's
    device. It takes exemplars from any device.

    Noise is a pure function of its address: drawing (c, v) depends on its exemplar and on (seed,
    concepts[c], v) alone. So neither the number of variations nor the company of other exemplars
    changes it, the same seed gives the same drawings on every device, and models of one kind draw
    from the same noise. `concepts` None counts from 0. `rng.noise` gives such noise.

    `guidance` None is the model's own way. ValueError is raised for what `accept` refuses, and for
    guidance of a model that has none. The caller's random state stays as it was.
    `oneshot.check(model)` tells whether a model keeps to all this.
    """

    def draw(
        self,
        exemplars: Tensor,
        variations: int,
        *,
        guidance: float | None = None,
        seed: int = 0,
        concepts: Sequence[int] | None = None,
    ) -> Tensor:
        """Return drawings (C, V, 1, H, W) in [0, 1] of `exemplars` (C, 1, H, W) in [0, 1]."""
        ...


class PageNetwork(nn.Module):
    """A network that is a generator; `side` is that of its pages where its recipe says so."""

    side: int | None = None


def accept(
    model: object,
    exemplars: Tensor,
    variations: int,
    *,
    guidance: float | None = None,
    seed: int = 0,
    concepts: Sequence[int] | None = None,
) -> tuple[Tensor, list[int]]:
    """Return exemplars as float32 on the model's own device, and a concept number for each.

    Exemplars are floats (C, 1, H, W) in [0, 1], ink high, of `model.side` pixels where the model
    has such an attribute; booleans are 0 and 1, and bytes (uint8) are 0..255. Raises ValueError for
    others, for pages that are nearly all ink, which are white on black, and unless `variations` is
    from 1 up, `guidance` None or as `check_strength` wants it, `seed` and `concepts` whole numbers
    within 64 bits, one concept for each exemplar.
    """
    pages = pages_of(exemplars, "exemplars", getattr(model, "side", None))
    if not _whole(variations) or variations < 1:
        raise ValueError(f"draw at least one variation of an exemplar, not {variations!r}")
    if guidance is not None:
        if not isinstance(guidance, Real):
            raise ValueError(f"guidance is a number, not {guidance!r}")
        check_strength(float(guidance))
    _address("seed", seed)
    numbers = list(range(len(pages))) if concepts is None else list(concepts)
    if len(numbers) != len(pages):
        raise ValueError(
            f"{len(pages)} exemplars came with {len(numbers)} concepts: give one concept number "
            "for each exemplar, since it addresses the noise"
        )
    for number in numbers:
        _address("a concept", number)
    return pages.to(device_of(model, pages)), [int(number) for number in numbers]


def device_of(model: object, otherwise: Tensor) -> torch.device:
    """Return the device of a model's weights, that of a tensor for a model without any."""
    tensors = (*model.parameters(), *model.buffers()) if isinstance(model, nn.Module) else ()
    return next((tensor.device for tensor in tensors), otherwise.device)


def refuse_guidance(system: str, guidance: float | None) -> None:
    """Raise ValueError if `guidance` is given: `system` has not learned to do without exemplar."""
    if guidance is not None:
        raise ValueError(
            f"{system} has no guidance, but guidance={guidance} was asked for; leave it None, "
            "or draw with a diffusion model trained with condition dropout"
        )


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


def pages_of(pages: Tensor, what: str, side: int | None = None) -> Tensor:
    """Return pages (N, 1, H, W) as float32 in [0, 1], ink high; `what` they are is said of others.

    Raises ValueError as `accept` does.
    """
    if not isinstance(pages, Tensor):
        raise ValueError(
            f"{what} are a torch tensor (C, 1, H, W), not {type(pages).__name__}; "
            "`oneshot.read_drawing` makes one of a picture, an array or strokes"
        )
    wanted = f"(C, 1, {side or 'H'}, {side or 'W'})"
    if pages.ndim != 4 or pages.shape[1] != 1 or 0 in pages.shape:
        raise ValueError(
            f"{what} are {wanted} with C from 1 up, not {tuple(pages.shape)}; "
            "`page[None, None]` makes one exemplar of one page (H, W)"
        )
    if side and pages.shape[2:] != (side, side):
        height, width = pages.shape[2:]
        raise ValueError(
            f"this model draws pages of {side} x {side} pixels, and these {what} have {height} "
            f"x {width}; `oneshot.read_drawing` brings a drawing to size"
        )
    pages = unit(pages, what)
    if (pages > 0.5).float().mean((1, 2, 3)).max() > MOST_INK:
        raise ValueError(f"some {what} are {INVERTED}")
    if not pages.amax((1, 2, 3)).all():
        raise ValueError(f"some {what} are blank: there is no ink on them to go by")
    return pages


def unit(pages: Tensor, what: str) -> Tensor:
    """Return pages as float32 in [0, 1]; raise ValueError where that takes a guess."""
    if pages.dtype == torch.bool:
        return pages.float()
    if pages.dtype == torch.uint8:
        if pages.max() == 1:
            raise ValueError(
                f"{what} of bytes are 0..255, and the most in these is 1: give them as floats or "
                "booleans"
            )
        return pages.float() / 255
    if not pages.is_floating_point():
        raise ValueError(f"{what} are floats in [0, 1] or bytes 0..255, not {pages.dtype}")
    pages = pages.detach().float()
    if not torch.isfinite(pages).all():
        raise ValueError(f"{what} are not all finite: there are NaN or infinite pixels in them")
    low, high = pages.min().item(), pages.max().item()
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise ValueError(
            f"{what} are in [0, 1], ink high, and these go from {low:g} to {high:g}; divide "
            "pages of 0..255 by 255"
        )
    return pages


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _address(name: str, value: object) -> None:
    if not _whole(value) or not -(2**63) <= value < 2**64:  # type: ignore[operator]
        raise ValueError(f"{name} is a whole number within 64 bits, not {value!r}")
