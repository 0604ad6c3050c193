"""Time and chance, as a run sees them; a test gives it others."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Optional, Protocol, TypeVar

if TYPE_CHECKING:
    from glacier.core.arrivals import Arrivals

__all__ = ["Clock", "SystemClock"]

T = TypeVar("T")


class Clock(Protocol):
    """What pauses and limits are measured by."""

    def now(self) -> float:
        """Seconds that only grow."""
        ...

    def chance(self) -> float:
        """A random number, at least 0 and below 1."""
        ...

    def wait(self, arrivals: Arrivals[T], seconds: float) -> Optional[T]:
        """What arrives next; ``None`` when so many seconds, or an hour, are over."""
        ...


class SystemClock:
    """The time and the chance of this machine."""

    now = staticmethod(monotonic)

    @staticmethod
    def chance() -> float:
        from random import random

        return random()

    @staticmethod
    def wait(arrivals: Arrivals[T], seconds: float) -> Optional[T]:
        return arrivals.get(seconds)


if TYPE_CHECKING:
    _: Clock = SystemClock()
