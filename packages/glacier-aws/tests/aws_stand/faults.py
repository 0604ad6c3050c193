"""Faults that a test asks for: S3 that answers 503 for a while, functions killed while they ask."""

from __future__ import annotations

import threading
from typing import NamedTuple, Optional

__all__ = ["Fault", "Faults"]


class Fault(NamedTuple):
    """What goes wrong with the next ``times`` requests to S3 that it concerns.

    It concerns the requests of functions with that method ("" is any), with ``key`` in their path,
    of the function ``function`` ("" is any). ``status`` is what they are answered; with 0 the
    process that asks is killed, after S3 has done what it asked for if ``done``.
    """

    status: int = 503
    times: int = 1
    method: str = ""
    key: str = ""
    function: str = ""
    done: bool = False


class Faults:
    """The faults of a stand that are still to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[list[object]] = []

    def add(self, fault: Fault) -> None:
        """Let it happen from now on."""
        with self._lock:
            self._left.append([fault, fault.times])

    def take(self, *, method: str, path: str, function: str) -> Optional[Fault]:
        """The fault that concerns a request, if there is one; it is used up by that."""
        with self._lock:
            for one in self._left:
                fault, times = one
                assert isinstance(fault, Fault)
                assert isinstance(times, int)
                if (
                    times > 0
                    and fault.method in ("", method)
                    and fault.function in ("", function)
                    and fault.key in path
                ):
                    one[1] = times - 1
                    return fault
        return None

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._left.clear()
