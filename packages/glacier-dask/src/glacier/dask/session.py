"""A connection to a cluster, and what is asked of the cluster outside of tasks."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from glacier.core.protocols import lacking
from glacier.dask import presence
from glacier.dask.engine import Client, get_client, get_worker, new_client
from glacier.dask.faults import ClusterFailed
from glacier.dask.steps import halt
from glacier.dask.switchboard import unplug
from glacier.dask.versions import check_versions

__all__ = ["Session", "connect", "current", "start"]


class Session:
    """A client; ``ours`` are what must be closed with it, in this order.

    What it holds is let go when nothing refers to it any more: an executor does, and each run whose
    values are still on the cluster.
    """

    def __init__(self, client: Client, ours: Sequence[Any] = ()) -> None:
        self.client = client
        self.address: str = client.scheduler.address
        self._checked: set[str] = set()
        self.sharing: dict[str, set[str]] = {}  # the workers that see a folder of the client
        self._ours = tuple(ours)
        self._end = weakref.finalize(self, _close_aside, self._ours)
        self._end.atexit = False  # Dask closes by itself what is open then

    def close(self) -> None:
        """Disconnect, and end what we have started."""
        if self._end.detach() is not None:
            _close(self._ours)

    @property
    def is_open(self) -> bool:
        return self._end.alive and self.client.status in ("running", "connecting", "newly-created")

    def workers(self) -> dict[str, Any]:
        """What the scheduler knows of each worker, by address."""
        found: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        return found

    def check(self) -> dict[str, Any]:
        """Look at the versions of workers that were not seen before; returns all workers.

        Raises :class:`~glacier.dask.VersionMismatch`.
        """
        workers = self.workers()
        if not self._checked.issuperset(workers):
            check_versions(self.client)
            self._checked.update(workers)
        return workers

    def missing(self, names: Sequence[str]) -> Collection[str]:
        """Those of the secrets that a worker, whichever, has no value of."""
        found: dict[str, list[str]] = self.client.run(lacking, list(names))
        return {name for absent in found.values() for name in absent}

    def stop(self, run_id: str, reason: str, number: int) -> None:
        """Let workers begin no more calls of a step."""
        self.client.run(presence.stop, run_id, reason, number, on_error="ignore")

    def halt(self, run_id: str, reason: str, topic: str) -> dict[str, list[presence.Call]]:
        """Let workers begin no more calls of a run; returns those under way on each, which tells of
        that as well, by ``halted``, after how those before it have ended."""
        ask = partial(self.client.run, halt, run_id, reason, topic, on_error="ignore")
        found: dict[str, list[presence.Call]] = ask()
        return found


def start(**options: Any) -> Session:
    """A session with a cluster of its own on this machine."""

    from glacier.dask.lasting import LastingCluster
    from glacier.dask.unguarded import start_unguarded

    start_unguarded()
    options.setdefault("dashboard_address", "127.0.0.1:0")
    options.setdefault("silence_logs", logging.ERROR)
    if options.get("processes", True) and options.get("worker_class") is None:
        options["preload"] = [_DEAF, *_listed(options.get("preload"))]
    cluster = _reached("no LocalCluster", lambda: LastingCluster(**options))
    return connect(cluster, ours=(cluster,))


# Ctrl-C on a terminal reaches worker processes too, which would end in the middle of their tasks.
_DEAF = "import signal; signal.signal(signal.SIGINT, lambda *_: None)"


def _listed(preload: Any) -> list[Any]:
    if preload is None:
        return []
    return [preload] if isinstance(preload, str) else list(preload)


def connect(address: Any, *, ours: Sequence[Any] = ()) -> Session:
    """A session with the cluster at an address, or with a cluster object."""
    what = f"no connection to {address if isinstance(address, str) else 'the cluster'}"
    client = _reached(what, lambda: new_client(address, set_as_default=False))
    return Session(client, (client, *ours))


def current(address: str | None) -> Session | None:
    """A session of the worker whose task this thread runs, if it belongs to that cluster."""
    try:
        worker = get_worker()
    except ValueError:
        return None
    if address is not None and worker.scheduler.address != address:
        return None
    return Session(get_client())


def _reached(what: str, begin: Callable[[], Any]) -> Any:
    try:
        return begin()
    except (OSError, RuntimeError, TimeoutError) as error:
        raise ClusterFailed(what=what, error=error) from error


def _close_aside(ours: Sequence[Any]) -> None:
    """Close from a thread of its own: the collector of garbage may call this from any thread, that
    of an event loop of Dask too, which would wait for itself."""
    if ours:
        threading.Thread(target=_close, args=(ours,), name="glacier-close", daemon=True).start()


def _close(ours: Sequence[Any]) -> None:
    for one in ours:
        unplug(one)
        one.close()
