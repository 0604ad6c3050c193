"""What of which runs is under way in this process, and which of them were stopped.

The client asks a worker by :func:`stop`, outside of any task. What is remembered of a stopped run
does no harm to another: ids of runs are not used twice.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock

from glacier.core.protocols import LogLine, capture, is_captured, release
from glacier.dask.program import Levels

__all__ = ["Call", "is_stopped", "levels", "present", "stop"]

Call = tuple[int, int | None]
"""The number of a step, and the item of a mapped one."""

_MOST = 1000  # stops that are remembered
_OTHERS = ("distributed", "dask", "tornado", "bokeh", "asyncio")  # loggers of Dask

_lock = Lock()
_running: dict[str, list[Call]] = {}
_listening: set[str] = set()
_stopped: OrderedDict[tuple[str, int | None], str] = OrderedDict()


def stop(run_id: str, reason: str, number: int | None = None) -> list[Call]:
    """Begin no more calls of a run, or of one step; returns those under way in this process."""
    with _lock:
        _stopped.setdefault((run_id, number), reason)
        if len(_stopped) > _MOST:
            _stopped.popitem(last=False)
        return list(_running.get(run_id, ()))


def is_stopped(run_id: str, number: int) -> str:
    """Why a call is not to begin; empty if it may."""
    if not _stopped:
        return ""
    return _stopped.get((run_id, None), "") or _stopped.get((run_id, number), "")


@contextmanager
def present(
    run_id: str, call: Call, levels: Levels | None, sink: Callable[[LogLine], object]
) -> Generator[str, None, None]:
    """While this is open the call is under way, and ``sink`` is told what it logs; unless it is not
    to begin: then this gives the reason."""
    with _lock:  # one that begins is known to whoever stops the run a moment later
        reason = is_stopped(run_id, call[0])
        if not reason:
            _running.setdefault(run_id, []).append(call)
    if reason:
        yield reason
        return
    with _lock:
        if levels is not None and not is_captured(run_id):  # in the client's process it is
            _listening.add(run_id)
            capture(run_id, sink)
            _set_levels(levels)
    try:
        yield ""
    finally:
        with _lock:
            calls = _running[run_id]
            calls.remove(call)
            if not calls:
                del _running[run_id]
                if run_id in _listening:
                    _listening.discard(run_id)
                    release(run_id)


def _set_levels(levels: Levels) -> None:
    """Let loggers make the records that they would make in the client."""
    for name, level in levels:
        logging.getLogger(name).setLevel(level)


def levels(run_id: str) -> Levels | None:
    """The levels of loggers, for a run whose logs somebody listens to."""
    if not is_captured(run_id):
        return None
    known = logging.getLogger().manager.loggerDict
    named = [
        (name, one.level)
        for name, one in list(known.items())
        if isinstance(one, logging.Logger) and one.level and name.partition(".")[0] not in _OTHERS
    ]
    return (("root", logging.getLogger().level), *named)
