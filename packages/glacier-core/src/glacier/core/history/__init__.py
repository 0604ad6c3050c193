"""The history of runs, in an embedded SQLite file that several processes may write at once.

``recorder`` is a listener that writes it, ``reader`` reads it, and ``database`` knows the file:
its place, its schema, and how to open it. Whoever writes needs nothing of what reads, so each name
is imported from its own module when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glacier.core.history.reader import (
        AttemptRecord,
        LogRecord,
        RunRecord,
        TaskRecord,
        VersionRecord,
        read_run,
        read_runs,
    )
    from glacier.core.history.recorder import Recorder

__all__ = [
    "AttemptRecord",
    "LogRecord",
    "Recorder",
    "RunRecord",
    "TaskRecord",
    "VersionRecord",
    "read_run",
    "read_runs",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = "recorder" if name == "Recorder" else "reader"
    return getattr(import_module(f"{__name__}.{module}"), name)
