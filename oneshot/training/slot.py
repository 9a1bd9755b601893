"""The slot of time that a training has, and how it may use the device while it lasts."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

Clock = Callable[[], float]


class OutOfTime(Exception):
    """The slot is over; the checkpoint is written and the same command goes on from there."""


@dataclass(frozen=True)
class Slot:
    """Until when, in seconds of `clock`, a training may run, and whether it is compiled."""

    end: float
    clock: Clock
    compiled: bool = False

    @property
    def left(self) -> float:
        """Seconds that are left, 0 at the end."""
        return max(0.0, self.end - self.clock())


_now: ContextVar[Slot | None] = ContextVar("slot", default=None)


@contextmanager
def slot(
    minutes: float, *, compiled: bool = False, clock: Clock = time.monotonic
) -> Iterator[Slot]:
    """Give every training in the block `minutes` together; then they raise `OutOfTime`.

    Raises ValueError unless `minutes` is above 0.
    """
    if not minutes > 0:
        raise ValueError(f"minutes is a number above 0, not {minutes}")
    mine = Slot(clock() + 60 * minutes, clock, compiled)
    token = _now.set(mine)
    try:
        yield mine
    finally:
        _now.reset(token)


def current() -> Slot | None:
    """Return the slot that this code runs in, None when time is not limited."""
    return _now.get()
