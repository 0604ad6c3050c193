"""A clock for tests, whose time passes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, TypeVar

if TYPE_CHECKING:
    from glacier.core.arrivals import Arrivals

__all__ = ["FakeClock"]

T = TypeVar("T")


class FakeClock:
    """Skips what a run would wait for, and notes it, in seconds, in ``waited``.

    ``chance`` stands for the random part of each pause: 1 makes it as long as it may be.
    """

    def __init__(self, *, chance: float = 1.0) -> None:
        self._chance = chance
        self._now = 0.0
        self.waited: List[float] = []

    def now(self) -> float:
        return self._now

    def chance(self) -> float:
        return self._chance

    def wait(self, arrivals: Arrivals[T], seconds: float) -> Optional[T]:
        """What has arrived; if nothing has, that much time is over."""
        if not arrivals.empty():
            return arrivals.get()
        self.waited.append(seconds)
        self._now += seconds
        return None
