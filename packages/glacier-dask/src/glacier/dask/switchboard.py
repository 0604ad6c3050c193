"""Where the records that workers send arrive in the client, and are handed to their runs."""

from __future__ import annotations

import pickle
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from glacier.core.protocols import Arrivals
from glacier.dask.engine import Client
from glacier.dask.teller import EVENT, Record

__all__ = ["Switchboard", "switchboard", "unplug"]


class Switchboard:
    """One for each client; its topic is the client's id, which Dask clears away with the client."""

    def __init__(self, client: Client) -> None:
        self.topic = client.id
        self._runs: dict[str, Arrivals[Record]] = {}
        client.subscribe_topic(self.topic, self._receive)

    def listen(self, run_id: str) -> Arrivals[Record]:
        """Where the records of a run arrive, from now on."""
        arrivals: Arrivals[Record] = Arrivals()
        self._runs[run_id] = arrivals
        return arrivals

    def hang_up(self, run_id: str) -> None:
        """Forget a run."""
        self._runs.pop(run_id, None)

    def _receive(self, event: tuple[float, Any]) -> None:
        message: Any = event[1]
        packed: Any = message.get(EVENT) if hasattr(message, "get") else None
        if packed is None:  # Dask has events of its own
            return
        for record in pickle.loads(packed):
            arrivals = self._runs.get(record[1])
            if arrivals is not None:
                arrivals.put(record)


_boards: WeakKeyDictionary[Client, Switchboard] = WeakKeyDictionary()
_lock = Lock()


def switchboard(client: Client) -> Switchboard:
    """That of a client, made when it is first asked for."""
    with _lock:
        if client not in _boards:
            _boards[client] = Switchboard(client)
        return _boards[client]


def unplug(client: Client) -> None:
    """Let a client that is about to be closed hear no more."""
    with _lock:
        board = _boards.pop(client, None)
    if board is not None and client.status == "running":
        client.unsubscribe_topic(board.topic)
