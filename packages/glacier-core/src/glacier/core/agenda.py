"""What is to happen in a run at a later time."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Generic, List, Optional, TypeVar

from glacier.core.clock import Clock

if TYPE_CHECKING:
    from glacier.core.arrivals import Arrivals

__all__ = ["Agenda", "Entry"]

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  # what arrives

_TICK = 1e-6  # seconds; sums of times are not exact, and nobody waits for less
_FEW = 64  # dropped entries that are not worth clearing away


class Entry(Generic[T]):
    """Something on the agenda; ``None`` once it is dropped."""

    __slots__ = ("due", "serial", "what")

    def __init__(self, due: float, serial: int, what: T) -> None:
        self.due = due
        self.serial = serial
        self.what: Optional[T] = what

    def __lt__(self, other: Entry[T]) -> bool:
        return (self.due, self.serial) < (other.due, other.serial)


class Agenda(Generic[T]):
    """A heap by time; of two entries for one time the first that was added comes first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: List[Entry[T]] = []
        self._serials = count()
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._entries) - self._dropped

    def add(self, seconds: float, what: T) -> Entry[T]:
        """Let something be due in so many seconds."""
        entry = Entry(self._clock.now() + seconds, next(self._serials), what)
        heappush(self._entries, entry)
        return entry

    def drop(self, entry: Entry[T]) -> None:
        """Take an entry off that is not due yet; nothing is held of it any more."""
        if entry.what is None:
            return
        entry.what = None
        self._dropped += 1
        if self._dropped > _FEW and 2 * self._dropped > len(self._entries):
            self._entries = [one for one in self._entries if one.what is not None]
            heapify(self._entries)
            self._dropped = 0

    def due(self) -> List[T]:
        """Take off what is due, in the order of time."""
        found: List[T] = []
        entries, now = self._entries, self._clock.now() + _TICK
        while entries and (entries[0].what is None or entries[0].due <= now):
            entry = heappop(entries)
            if entry.what is None:
                self._dropped -= 1
            else:
                found.append(entry.what)
                entry.what = None  # dropping it later must not count
        return found

    def wait(self, arrivals: Arrivals[I]) -> Optional[I]:
        """What arrives next, or ``None`` when something is due before, or soon."""
        while self._entries and self._entries[0].what is None:
            heappop(self._entries)
            self._dropped -= 1
        if not self._entries:
            return arrivals.get()
        seconds = self._entries[0].due - self._clock.now()
        return self._clock.wait(arrivals, max(0.0, seconds))
