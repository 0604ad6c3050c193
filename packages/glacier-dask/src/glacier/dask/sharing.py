"""Whether workers see the folder in which datasets are stored."""

from __future__ import annotations

import os
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from glacier.core.protocols import Execution, Handle, ObjectStore, Origin, WritableShelf
from glacier.dask.faults import NotShared
from glacier.dask.holder import Holder
from glacier.dask.session import Session

__all__ = ["SharedFolder"]

_LATE = 3.0  # seconds after which a network file system shows a new file on other machines


class SharedFolder:
    """The folder of an executor, which client and workers must share where something is stored.

    They are asked once about each worker: whether it sees a file that was just made there.
    """

    def __init__(self, session: Session, path: str) -> None:
        self._session = session
        self._path = path

    def check(self) -> None:
        """Raise :class:`~glacier.dask.NotShared` where a worker has another folder of that name."""
        known = self._session.sharing.setdefault(self._path, set())
        if known.issuperset(self._session.workers()):
            return
        os.makedirs(self._path, exist_ok=True)
        marker = os.path.join(self._path, f".seen-{uuid4().hex}")
        with open(marker, "w", encoding="utf-8"):
            pass
        try:
            found: dict[str, Any] = self._session.client.run(_sees, marker, on_error="ignore")
        finally:
            os.remove(marker)
        absent = [address for address, seen in found.items() if not seen]
        if absent:
            raise NotShared(root=self._path, workers=absent)
        known.update(found)

    def check_for(self, execution: Execution) -> None:
        """The same for a run that keeps something there, or reads what is kept."""
        depot = execution.depot
        shelves = () if depot is None else (*depot.own.values(), *depot.shelves.values())
        if any(_lies_here(shelf) for shelf in shelves):
            self.check()

    def store(self, ref: Handle, shelf: WritableShelf, origin: Origin) -> None:
        """Store a value that a run has left, on the worker that has it."""
        self.check()
        Holder(self._session, None).store(ref, shelf, origin)


def _lies_here(shelf: object) -> bool:
    """Whether what is written there goes to a folder: to a bucket all workers have a way."""
    store = getattr(shelf, "store", None)
    return hasattr(shelf, "write") and not isinstance(store, ObjectStore)


def _sees(path: str) -> bool:
    until = monotonic() + _LATE
    while not os.path.exists(path):
        if monotonic() > until:
            return False
        sleep(0.05)
    return True
