"""What has ended, in the order in which it did: put by any thread, waited for by one."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Deque, Generic, Optional, TypeVar, overload

__all__ = ["Arrivals"]

T = TypeVar("T")

_LONGEST = 3600.0  # seconds; a lock takes no time without end


class Arrivals(Generic[T]):
    """A queue whose waits end on time.

    Those of ``queue.SimpleQueue`` may not, before Python 3.13: a wait that is over while it is
    being prepared, or while a signal is handled, never ends, for less than no time is all time to
    its lock. ``queue.Queue`` cannot be left by Ctrl-C at any moment without a lock that stays held.
    """

    __slots__ = ("_items", "_wake")

    def __init__(self) -> None:
        self._items: Deque[T] = deque()
        self._wake = Lock()  # free when something may have come since it was last taken

    def put(self, item: T) -> None:
        """Add an item, and wake who waits; never blocks."""
        self._items.append(item)
        if self._wake.locked():
            with suppress(RuntimeError):  # another thread was quicker
                self._wake.release()

    @overload
    def get(self) -> T: ...
    @overload
    def get(self, timeout: float) -> Optional[T]: ...
    def get(self, timeout: Optional[float] = None) -> Optional[T]:
        """The next item; with a ``timeout`` in seconds ``None`` when it, or an hour, is over."""
        if timeout is None:
            while not self._items:
                self._wake.acquire()
        else:
            end = monotonic() + min(timeout, _LONGEST)
            while not self._items:
                if not self._wake.acquire(timeout=max(0.0, end - monotonic())):
                    break
        return self._items.popleft() if self._items else None

    def empty(self) -> bool:
        """Whether nothing has come that was not taken."""
        return not self._items
