"""Whether a model keeps to the contract of a generator, tried on two small exemplars."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oneshot.drawings.raster import SIDE, fit_square, render
from oneshot.models.generator import Generator

SEED = 5
CLOSE = 1e-2
"""Differences of pixels that another grouping of the same noise may make, in bf16 at worst."""


def check(model: Generator, side: int | None = None) -> tuple[str, ...]:
    """Try whether a model keeps to `models.generator.Generator`; return what it might do better.

    `side` is the height and width of its pages, `model.side` or 48 unless given. It is asked for a
    dozen drawings. What is returned are sentences, none for a model that keeps to all of it: noise
    that depends on the company, bad input that is drawn from, traces that drawing leaves.

    Raises ValueError, with every fault in it, for a model that cannot be scored: one without `draw`
    or whose drawings have another shape or range, are not finite, or differ with the same seed.
    """
    size: int = side or getattr(model, "side", None) or SIDE
    demand(model, size)
    pages = exemplars(size)
    return (*_habits(model, pages), *_accepted(model, pages))


def demand(model: Generator, side: int) -> None:
    """Raise ValueError, with every fault in it, for a model that cannot be scored."""
    if not callable(getattr(model, "draw", None)):
        raise ValueError(
            f"{type(model).__name__} is no generator: it has no method "
            "draw(exemplars, variations, *, guidance=None, seed=0, concepts=None)"
        )
    if faults := list(_faults(model, exemplars(side))):
        raise ValueError(f"{type(model).__name__} is no generator: {'; '.join(faults)}")


def exemplars(side: int) -> Tensor:
    """Return two exemplars (2, 1, side, side) in [0, 1]: a zigzag, and a cross in a box."""
    zigzag = [np.array([[0, 0], [30, 90], [60, 10], [90, 100]], float)]
    box = [np.array([[0, 0], [90, 0], [90, 90], [0, 90], [0, 0]], float)]
    cross = [np.array([[10, 10], [80, 80]], float), np.array([[80, 10], [10, 80]], float)]
    drawn = [render(fit_square(strokes), side) for strokes in (zigzag, box + cross)]
    return torch.tensor(np.stack(drawn))[:, None].float() / 255


def shape_fault(drawn: Any, count: int, variations: int, page: tuple[int, ...]) -> str | None:
    """Return what is wrong with drawings that should be (count, variations, *page) in [0, 1]."""
    wanted = (count, variations, *page)
    if not isinstance(drawn, Tensor) or not drawn.is_floating_point():
        kind = drawn.dtype if isinstance(drawn, Tensor) else type(drawn).__name__
        return f"drawings are a tensor of floats, not {kind}"
    if tuple(drawn.shape) != wanted:
        return f"drawings are (C, V, 1, H, W), here {wanted}, not {tuple(drawn.shape)}"
    if not torch.isfinite(drawn).all():
        return "drawings are not all finite"
    low, high = drawn.min().item(), drawn.max().item()
    if low < 0 or high > 1:
        return f"drawings are in [0, 1], and these go from {low:g} to {high:g}"
    return None


def _faults(model: Generator, pages: Tensor) -> Iterator[str]:
    try:
        first = model.draw(pages, 3, guidance=None, seed=SEED, concepts=[0, 1])
        again = model.draw(pages, 3, guidance=None, seed=SEED, concepts=[0, 1])
    except Exception as error:
        yield (
            f"`draw(exemplars, 3, seed={SEED})` raised {type(error).__name__} for exemplars "
            f"{tuple(pages.shape)} in [0, 1]: {error}"
        )
        return
    fault = shape_fault(first, len(pages), 3, tuple(pages.shape[1:]))
    if fault:
        yield fault
    elif not _alike(first, again):
        yield "the same seed gives other drawings each time"


def _habits(model: Generator, pages: Tensor) -> Iterator[str]:
    modes = (
        [part.training for part in model.modules()] if isinstance(model, torch.nn.Module) else []
    )
    with torch.random.fork_rng():
        torch.manual_seed(SEED + 1)
        state = torch.get_rng_state()
        whole = model.draw(pages, 3, seed=SEED, concepts=[7, 9])
        moved = not torch.equal(state, torch.get_rng_state())
    if moved:
        yield "drawing changes torch's random state: draw noise from `oneshot.rng.noise`"
    if modes and modes != [part.training for part in model.modules()]:  # type: ignore[attr-defined]
        yield "drawing changes what is in training mode"
    if whole.requires_grad:
        yield "drawings carry gradients: draw under torch.no_grad()"
    alone = model.draw(pages[1:], 2, seed=SEED, concepts=[9])
    if not _alike(alone, whole[1:, :2]):
        yield (
            "a drawing changes with the number of variations or the company of other exemplars: "
            "its noise should depend on (seed, concept, variation) alone"
        )


def _accepted(model: Generator, pages: Tensor) -> Iterator[str]:
    for told, ask in refusals(pages).items():
        try:
            ask(model)
        except ValueError:
            continue
        except Exception as error:
            yield f"{told} ends in {type(error).__name__} instead of a ValueError"
        else:
            yield f"{told} is drawn from as if it were right: see `models.generator.accept`"


def refusals(pages: Tensor) -> dict[str, Callable[[Generator], Any]]:
    """Return what a generator refuses, in words, and how it is asked for it."""
    smaller = torch.nn.functional.avg_pool2d(pages, 2)
    broken = pages.clone()
    broken[0, 0, 3, 3] = torch.nan
    given = {
        "an exemplar with NaN in it": broken,
        "an exemplar of 0..255": pages * 255,
        "an exemplar of bytes that are 0 and 1": (pages > 0.5).to(torch.uint8),
        "an exemplar of integers": (pages * 255).long(),
        "an exemplar in [-1, 1]": 2 * pages - 1,
        "an exemplar that is white on black": 1 - pages,
        "a blank exemplar": torch.stack([pages[0], 0 * pages[0]]),
        "an exemplar of another size": smaller,
        "an exemplar without its channel": pages[:, 0],
        "an exemplar without batch and channel": pages[0, 0],
        "an exemplar of three channels": pages.expand(-1, 3, -1, -1),
        "no exemplar at all": pages[:0],
        "an array in place of a tensor": pages.numpy(),
    }
    told = {name: _drawn(value) for name, value in given.items()}
    told |= {
        f"guidance {value}": _drawn(pages, guidance=value)
        for value in (float("nan"), float("inf"), -0.5)
    }
    told |= {f"seed {value}": _drawn(pages, seed=value) for value in (2**64, -(2**63) - 1, 0.5)}
    told |= {f"{value} variations": _drawn(pages, variations=value) for value in (0, -1, 1.5)}
    return told | {"one concept for two exemplars": _drawn(pages, concepts=[1])}


def _drawn(pages: Any, variations: Any = 1, **options: Any) -> Callable[[Generator], Any]:
    return lambda model: model.draw(pages, variations, **options)


def _alike(one: Tensor, other: Tensor) -> bool:
    return bool(torch.allclose(one.float(), other.float(), atol=CLOSE, rtol=0))
