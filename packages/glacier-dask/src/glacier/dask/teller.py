"""What a worker tells the client of: small records, sent a few milliseconds after the fact.

They go as events of the scheduler under the client's own id, on the same stream as Dask's own
messages and a little later than these: sent at once, each would hold up the one by which Dask
starts the next task. If a worker dies before it has told of a task, the client asks for it.
"""

from __future__ import annotations

import pickle
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from glacier.dask.engine import get_worker

__all__ = ["EVENT", "Record", "Teller", "teller"]

EVENT = "glacier"
"""The key of our messages among the events of a client."""

_DELAY = 0.004  # seconds in which records are gathered

Record = tuple[Any, ...]
"""``(kind, run id, …)``; the client's conductor knows the kinds."""


class Teller:
    """Gathers the records that one worker has for one client."""

    def __init__(self, worker: Any, topic: str) -> None:
        self._worker = worker
        self._topic = topic
        self._lock = Lock()
        self._records: list[Record] = []

    def tell(self, record: Record) -> None:
        """Send a record soon; from any thread."""
        with self._lock:
            self._records.append(record)
            first = len(self._records) == 1
        if first:
            loop = self._worker.loop
            loop.add_callback(loop.call_later, _DELAY, self._send)

    def _send(self) -> None:
        with self._lock:
            records, self._records = self._records, []
        if records:
            self._worker.log_event(self._topic, {EVENT: pickle.dumps(records)})


_tellers: WeakKeyDictionary[Any, dict[str, Teller]] = WeakKeyDictionary()
_lock = Lock()


def teller(topic: str, worker: Any = None) -> Teller:
    """That of a worker, mostly the one whose task this thread runs."""
    worker = worker or get_worker()
    with _lock:
        found = _tellers.setdefault(worker, {})
        if topic not in found:
            found[topic] = Teller(worker, topic)
        return found[topic]
