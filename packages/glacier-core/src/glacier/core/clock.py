"""Time and chance, as a run sees them; a test gives it others."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Optional, Protocol, TypeVar

if TYPE_CHECKING:
    from queue import SimpleQueue

__all__ = ["Clock", "SystemClock"]

T = TypeVar("T")

_LONGEST = 3600.0  # seconds; a lock takes no time without end


class Clock(Protocol):
    """What pauses and limits are measured by."""

    def now(self) -> float:
        """Seconds that only grow."""
        ...

    def chance(self) -> float:
        """A random number, at least 0 and below 1."""
        ...

    def wait(self, queue: SimpleQueue[T], seconds: float) -> Optional[T]:
        """The next item of a queue; ``None`` when so many seconds, or an hour, are over."""
        ...


class SystemClock:
    """The time and the chance of this machine."""

    now = staticmethod(monotonic)

    @staticmethod
    def chance() -> float:
        from random import random

        return random()

    @staticmethod
    def wait(queue: SimpleQueue[T], seconds: float) -> Optional[T]:
        from queue import Empty

        try:
            return queue.get(timeout=min(seconds, _LONGEST))
        except Empty:
            return None


if TYPE_CHECKING:
    _: Clock = SystemClock()
