"""The listener that writes the history, from a thread of its own so that no task waits for it."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from time import time
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Tuple,
    Union,
)

from glacier.core import tasklog
from glacier.core._version import __version__
from glacier.core.contracts import State
from glacier.core.errors import GlacierWarning
from glacier.core.events import (
    AttemptFailed,
    Event,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
)
from glacier.core.frames import traceback_of
from glacier.core.history.host import this_host
from glacier.core.tasklog import LogLine

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Recorder"]

_PAUSE = 0.2  # seconds between two transactions: others get their turn
_MOST_LINES = 100_000  # of a run's logs
_WHOLE = -1  # the item of an attempt that is the task's

Entry = Union[Event, LogLine]


class Recorder:
    """Notes runs in the history under ``root``; one serves several runs, also at once.

    ``request`` is what the run was asked for, as JSON data; it is shown with the run. A history
    that cannot be written warns once, and the run goes on.
    """

    def __init__(
        self,
        root: Union[str, os.PathLike[str]] = ".glacier",
        *,
        request: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.root = os.fspath(root)
        self.request = _json(request) if request else "{}"
        self._writers: Dict[str, _Writer] = {}
        self._warned = False

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, RunStarted):
            writer = _Writer(os.path.abspath(self.root), event, self.request)
            self._writers[event.run_id] = writer
            tasklog.capture(event.run_id, writer.add_line)
            return
        if isinstance(event, RunFinished):
            tasklog.release(event.run_id)
            writer = self._writers.pop(event.run_id)
            writer.entries.append(event)
            self._warn(writer.close())
        elif isinstance(event, (TaskStarted, AttemptFailed, TaskFinished)):
            self._writers[event.run_id].entries.append(event)

    def _warn(self, trouble: Optional[Exception]) -> None:
        if trouble is None or self._warned:
            return
        self._warned = True
        warnings.warn(
            f"the history of runs could not be written, the run itself is not affected: "
            f"{type(trouble).__name__}: {trouble}",
            GlacierWarning,
            stacklevel=2,
        )

    def __repr__(self) -> str:
        return f"<Recorder of {self.root!r}>"


class _Writer:
    """Writes one run: what has gathered goes into one short transaction, then it pauses."""

    def __init__(self, root: str, start: RunStarted, request: str) -> None:
        self.root = root
        self.start = start
        self.request = request
        self.entries: List[Entry] = []
        self.lines = 0
        self.trouble: Optional[Exception] = None
        self.positions = {step.task: n for n, step in enumerate(start.plan.steps)}
        self.over = threading.Event()
        self.thread: Optional[threading.Thread] = threading.Thread(
            target=self.write, name="glacier-history", daemon=True
        )
        try:
            self.thread.start()
        except RuntimeError:  # no threads here, as in WebAssembly: all is written at the end
            self.thread = None

    def add_line(self, line: LogLine) -> None:
        """Take a log line, on the thread of its task."""
        self.lines += 1
        if self.lines <= _MOST_LINES:
            self.entries.append(line)

    def close(self) -> Optional[Exception]:
        """Write the rest, and return what went wrong, if anything."""
        if self.lines > _MOST_LINES:
            text = f"{self.lines - _MOST_LINES} more log records were not kept"
            self.entries.append(LogLine("", 1, None, time(), "WARNING", __name__, text))
        self.over.set()
        if self.thread is None:
            self.write()
        else:
            self.thread.join()
        return self.trouble

    def write(self) -> None:
        try:
            # Here, not above: SQLite is loaded while the first tasks run.
            from pathlib import Path

            from glacier.core.history.database import connect

            connection = connect(Path(self.root), write=True)
        except Exception as error:
            self.trouble = error
            return
        try:
            self.transact(connection, [self.start])
            over = False
            while not over:
                over = self.over.wait(_PAUSE)
                count = len(self.entries)  # others append meanwhile
                batch, self.entries[:count] = self.entries[:count], []
                if batch:
                    self.transact(connection, batch)
        except Exception as error:
            self.trouble = error
        finally:
            connection.close()

    def transact(self, connection: sqlite3.Connection, batch: Iterable[Entry]) -> None:
        """Write a batch as one transaction."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in self.rows(batch).items():
                connection.executemany(statement, rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def rows(self, batch: Iterable[Entry]) -> Dict[str, List[Tuple[Any, ...]]]:
        """The rows for each statement; of a task that also ended, only its end."""
        run_id = self.start.run_id
        tasks: Dict[int, Tuple[Any, ...]] = {}
        found: Dict[str, List[Tuple[Any, ...]]] = {}
        for entry in batch:
            if isinstance(entry, LogLine):
                found.setdefault(_LOG, []).append((run_id, *entry))
            elif isinstance(entry, TaskStarted):
                position = self.positions[entry.step.task]
                state = State.RUNNING.value
                tasks[position] = (run_id, position, entry.step.task, state, entry.time, 0.0, "")
            elif isinstance(entry, TaskFinished):
                position = self.positions[entry.step.task]
                state, began, took = entry.state.value, entry.started, entry.duration
                name = entry.step.task
                tasks[position] = (run_id, position, name, state, began, took, entry.reason)
                if began is not None or entry.error is not None:
                    which = (run_id, position, _WHOLE, entry.attempt)
                    attempt = (*which, state, began, took, *_error(entry.error), None)
                    found.setdefault(_ATTEMPT, []).append(attempt)
                if entry.kept:
                    found.setdefault(_VERSION, []).extend(self.version_rows(entry))
            elif isinstance(entry, AttemptFailed):
                found.setdefault(_ATTEMPT, []).append(self.attempt_row(entry))
            elif isinstance(entry, RunStarted):
                row = self.run_row(entry)
                found[_RUN] = [row]
                found[_AGAIN] = [(State.RUNNING.value, *row[7:9], run_id)]
            elif isinstance(entry, RunFinished):
                found[_END] = [(entry.state.value, entry.duration, run_id)]
        if tasks:
            found[_TASK] = list(tasks.values())
        return found

    def attempt_row(self, entry: AttemptFailed) -> Tuple[Any, ...]:
        item = _WHOLE if entry.item is None else entry.item
        return (
            self.start.run_id, self.positions[entry.step.task], item, entry.attempt,
            State.FAILED.value, entry.started, entry.duration, *_error(entry.error), entry.delay,
        )  # fmt: skip

    def version_rows(self, entry: TaskFinished) -> Iterator[Tuple[Any, ...]]:
        position = self.positions[entry.step.task]
        for dataset, kept in zip(entry.step.outputs, entry.kept):
            if kept is not None:
                yield (
                    self.start.run_id, position, dataset, kept.version, kept.place, kept.content,
                    kept.rows, kept.size,
                )  # fmt: skip

    def run_row(self, start: RunStarted) -> Tuple[Any, ...]:
        plan, python = start.plan, sys.version.split()[0]
        return (
            start.run_id, plan.pipeline, State.RUNNING.value, start.time, None, len(plan.steps),
            self.request, this_host(), os.getpid(), python, __version__,
        )  # fmt: skip


def _json(request: Mapping[str, Any]) -> str:
    import json

    return json.dumps(dict(request), ensure_ascii=False)


# A run in a cloud may be followed again: it keeps what it was asked for.
_RUN = "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_AGAIN = "UPDATE runs SET state = ?, duration = NULL, host = ?, pid = ? WHERE run_id = ?"
_TASK = "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?)"
_ATTEMPT = "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_VERSION = "INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_LOG = "INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_END = "UPDATE runs SET state = ?, duration = ? WHERE run_id = ?"


def _error(error: Optional[BaseException]) -> Tuple[Optional[str], Optional[str]]:
    """An error as one line, and its traceback; texts that SQLite takes."""
    if error is None:
        return None, None
    try:
        text = str(error)
    except Exception:  # an error whose own text fails
        text = ""
    name = type(error).__name__
    brief = f"{name}: {text}" if text else name
    try:
        trace = traceback_of(error)
    except Exception:
        trace = brief
    return _storable(brief), _storable(trace)


def _storable(text: str) -> str:
    return text.encode(sys.getdefaultencoding(), "backslashreplace").decode()
