"""What tasks log through ``logging``, told to whoever asked for the logs of their run.

The worker marks the call that it runs in a context variable, but only while somebody listens. The
records are noted where they are made, by a record factory: a handler on the root logger would
change what ``logging.basicConfig`` does inside a task, and what Python prints by itself. A task
that is the first in its process to import ``logging`` is heard from its next call on, unless it
logs through its ``Context``.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any, Callable, Dict, NamedTuple, Optional

if TYPE_CHECKING:
    import logging
    from contextvars import Token

__all__ = [
    "LogLine",
    "Sink",
    "capture",
    "is_captured",
    "mark",
    "release",
    "sinks",
    "tell",
    "unmark",
    "watch",
]

_LONGEST = 10_000  # characters of a message that are kept


class LogLine(NamedTuple):
    """One record that a task logged; ``time`` in seconds since the epoch, ``item`` of a mapped
    task."""

    task: str
    attempt: int
    item: Optional[int]
    time: float
    level: str
    logger: str
    message: str


class _Running(NamedTuple):
    run_id: str
    task: str
    attempt: int
    item: Optional[int]


if TYPE_CHECKING:
    Mark = Token[Optional[_Running]]  # Python 3.8 cannot subscript it

Sink = Callable[[LogLine], object]

sinks: Dict[str, Sink] = {}
"""Who is told of the logs of a run, by its id; empty while nobody listens."""

_running: ContextVar[Optional[_Running]] = ContextVar("glacier_running", default=None)
_lock = Lock()
_factory: Optional[_Factory] = None


def capture(run_id: str, sink: Sink) -> None:
    """Tell ``sink`` what the tasks of a run log, on the threads on which they log it."""
    with _lock:
        sinks[run_id] = sink
    watch()


def release(run_id: str) -> None:
    """Undo :func:`capture`."""
    global _factory
    with _lock:
        sinks.pop(run_id, None)
        if sinks or _factory is None:
            return
        logging = sys.modules["logging"]
        # Somebody who set a factory since then may call ours; it does no harm without sinks.
        if logging.getLogRecordFactory() is _factory:
            logging.setLogRecordFactory(_factory.inner)
        _factory = None


def is_captured(run_id: str) -> bool:
    """Whether somebody is told what the tasks of a run log."""
    return run_id in sinks


def tell(run_id: str, line: LogLine) -> None:
    """Tell of a line that a task has logged in another process."""
    sink = sinks.get(run_id)
    if sink is not None:
        sink(line)


def watch() -> None:
    """Set the factory where somebody listens and ``logging`` is loaded, which would cost 10 ms."""
    global _factory
    logging = sys.modules.get("logging")
    if _factory is not None or not sinks or logging is None:
        return
    if not hasattr(logging, "setLogRecordFactory"):  # another thread is importing it
        return
    with _lock:
        if _factory is None:
            _factory = _Factory(logging.getLogRecordFactory())
            logging.setLogRecordFactory(_factory)


def mark(run_id: str, task: str, attempt: int, item: Optional[int]) -> Mark:
    """Say which call this thread or coroutine runs from now on."""
    if _factory is None:
        watch()
    return _running.set(_Running(run_id, task, attempt, item))


def unmark(token: Mark) -> None:
    """Undo :func:`mark`."""
    _running.reset(token)


class _Factory:
    """Makes records as before, and tells of those that a task logs."""

    def __init__(self, inner: Callable[..., logging.LogRecord]) -> None:
        self.inner = inner

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self.inner(*args, **kwargs)
        running = _running.get()
        sink = sinks.get(running.run_id) if running is not None else None
        if running is not None and sink is not None and record.name:
            _, task, attempt, item = running
            level, logger, time = record.levelname, record.name, record.created
            sink(LogLine(task, attempt, item, time, level, logger, _text(record)))
        return record


def _text(record: logging.LogRecord) -> str:
    """The message, with the traceback if the record has one; logging must never raise."""
    try:
        text = record.getMessage()
    except Exception:  # logging itself will complain of it where the record is written
        text = str(record.msg)
    if record.exc_info and record.exc_info[1] is not None:
        from glacier.core.frames import traceback_of

        text = f"{text}\n{traceback_of(record.exc_info[1])}".rstrip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
