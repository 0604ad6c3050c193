"""Faults that a test asks for: services that fail for a while, functions killed while they ask."""

from __future__ import annotations

import threading
from typing import NamedTuple, Optional

__all__ = ["Fault", "Faults"]


class Fault(NamedTuple):
    """What goes wrong with the next ``times`` requests to a service that it concerns.

    It concerns what roles ask of ``service`` with that method ("" is any), with ``path`` in the
    path. ``status`` is what they are answered, with ``code`` as the error. With a status of 0 the
    process of the function that asks is killed, after the service has done what it asked for if
    ``done``. ``function`` limits it to one function: that asks S3, or that is invoked.
    """

    status: int
    code: str = "SlowDown"
    service: str = "s3"
    times: int = 1
    method: str = ""
    path: str = ""
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

    def take(self, *, service: str, method: str, path: str, function: str) -> Optional[Fault]:
        """The fault that concerns a request, if there is one; it is used up by that."""
        with self._lock:
            for one in self._left:
                fault, times = one
                assert isinstance(fault, Fault)
                assert isinstance(times, int)
                if (
                    times > 0
                    and fault.service == service
                    and fault.method in ("", method)
                    and fault.function in ("", function)
                    and fault.path in path
                ):
                    one[1] = times - 1
                    return fault
        return None

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._left.clear()
