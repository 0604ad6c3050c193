"""The clients of obstore that one store has in this process, each made when it is first needed."""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, Dict, List

from glacier.core.errors import StoreError
from glacier.core.libraries import library

__all__ = ["QUICK", "SLOW", "Clients", "Connect", "need_obstore"]

Connect = Callable[[float], Any]

QUICK = 60.0  # seconds for a request that is answered in one piece
SLOW = 3600.0  # and for one that carries a large file

_started: List[int] = []  # the process that has started obstore's threads


def need_obstore(address: str) -> Any:
    """The module obstore; ``address`` is what it is needed for.

    Raises :class:`~glacier.core.errors.MissingLibrary`.
    """
    return library("obstore", need=address, install="glacier-pipeline[objectstore]")


class Clients:
    """What ``connect`` makes for each number of seconds that a request may take."""

    def __init__(self, address: str, connect: Connect) -> None:
        self.connect = connect
        self._address = address
        self._guard = threading.Lock()
        self._made: Dict[float, Any] = {}

    def of(self, patience: float) -> Any:
        """The client for requests that may take so many seconds.

        Raises :class:`~glacier.core.errors.StoreError` in a process that was forked from one that
        has used obstore, and what ``connect`` raises.
        """
        if not _started:
            _started.append(os.getpid())
        elif _started[0] != os.getpid():  # it would wait for ever
            raise StoreError(
                where=self._address,
                reason="this process was forked from one that has used buckets, whose threads did "
                "not come along",
                mend="Start processes by 'spawn', or before buckets are used.",
            )
        with self._guard:
            if patience not in self._made:
                self._made[patience] = self.connect(patience)
            return self._made[patience]
