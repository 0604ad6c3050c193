"""What tells a client that a task has started: noted beside what the task does."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import Thread
from typing import Generator

from glacier.core.remote.records import started_key
from glacier.core.remote.visits import Visit

__all__ = ["announced"]

_PATIENCE = 5.0  # seconds that a task which has ended waits for the note that it has begun


@contextmanager
def announced(visit: Visit) -> Generator[None, None, None]:
    """Note that an attempt has started, while it reads its inputs; it does without a note that
    cannot be stored."""
    store = visit.program.places.workspace()
    key = started_key(visit.begun.run, visit.step.task, visit.asked.attempt)

    def put() -> None:
        with suppress(Exception):
            store.put(key, b"{}\n")

    thread = Thread(target=put, name="glacier-started", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(_PATIENCE)  # a process may be frozen between two calls
