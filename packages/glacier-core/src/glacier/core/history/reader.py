"""Reading the history: runs, and one run with its tasks, errors and logs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from glacier.core.errors import HistoryError, nearest
from glacier.core.history.database import connect, history_file
from glacier.core.history.host import is_alive

__all__ = [
    "AttemptRecord",
    "LogRecord",
    "RunRecord",
    "TaskRecord",
    "VersionRecord",
    "read_run",
    "read_runs",
]


@dataclass(frozen=True)
class LogRecord:
    """One record that a task logged; ``time`` in seconds since the epoch."""

    task: str
    attempt: int
    item: Optional[int]
    time: float
    level: str
    logger: str
    message: str


@dataclass(frozen=True)
class AttemptRecord:
    """An attempt that failed and was followed by another, ``delay`` seconds later.

    ``item`` is that of a mapped task, which are counted from 0.
    """

    attempt: int
    item: Optional[int]
    started: Optional[float]
    duration: float
    error: Optional[str]
    traceback: Optional[str]
    delay: float


@dataclass(frozen=True)
class VersionRecord:
    """A version of a dataset that a task wrote, or that is an older one made the run's.

    ``content`` is a hash of the values; ``size`` is in bytes.
    """

    dataset: str
    version: str
    place: str
    content: Optional[str] = None
    rows: Optional[int] = None
    size: Optional[int] = None


@dataclass(frozen=True)
class TaskRecord:
    """How a task fared; ``error`` is one line, ``traceback`` all of it, of its last attempt.

    ``attempts`` is the number of that, and ``failures`` are the attempts before, those of all items
    of a mapped task included. ``versions`` are those of its stored outputs.
    """

    name: str
    state: str
    started: Optional[float]
    duration: float
    reason: str = ""
    attempts: int = 0
    error: Optional[str] = None
    traceback: Optional[str] = None
    failures: Sequence[AttemptRecord] = ()
    versions: Sequence[VersionRecord] = ()


@dataclass(frozen=True)
class RunRecord:
    """A run as the history knows it.

    ``state`` is running, succeeded, failed, cancelled, or ``lost`` for one that was running when
    its process ended. ``total`` is the number of its tasks, ``counts`` how many are in which state;
    ``tasks`` and ``logs`` are filled by :func:`read_run` alone.
    """

    run_id: str
    pipeline: str
    state: str
    started: float
    duration: Optional[float]
    total: int
    counts: Mapping[str, int]
    request: Mapping[str, Any]
    host: str
    pid: int
    python: str
    glacier: str
    tasks: Sequence[TaskRecord] = ()
    logs: Sequence[LogRecord] = ()


def read_runs(
    root: Union[str, Path],
    *,
    pipeline: Optional[str] = None,
    limit: Optional[int] = None,
) -> List[RunRecord]:
    """The runs of a history, newest first. Raises :class:`~glacier.core.errors.HistoryError`."""
    with closing(_open(root)) as connection:
        return _runs(connection, pipeline, limit)


def read_run(root: Union[str, Path], run: str) -> RunRecord:
    """One run by its id, by a prefix that no other run has, or by ``"last"``.

    Raises :class:`~glacier.core.errors.HistoryError`.
    """
    with closing(_open(root)) as connection:
        run_id = _find(connection, history_file(Path(root)), run)
        where = "WHERE run_id = ?"
        (record,) = [_run(row, _counts(connection, where, run_id)) for row in connection.execute(
            f"SELECT * FROM runs {where}", (run_id,)
        )]  # fmt: skip
        failures, versions = _failures(connection, run_id), _versions(connection, run_id)
        tasks = [
            replace(
                _task(row),
                failures=tuple(failures.get(position, ())),
                versions=tuple(versions.get(position, ())),
            )
            for position, *row in connection.execute(_TASKS, (run_id,))
        ]
        logs = [LogRecord(*row) for row in connection.execute(_LOGS, (run_id,))]
    return replace(record, tasks=tuple(tasks), logs=tuple(logs))


_TASKS = """
SELECT t.position, t.task, t.state, t.started, t.duration, t.reason, coalesce(a.attempt, 0),
       a.error, a.traceback
FROM tasks t LEFT JOIN attempts a
  ON a.run_id = t.run_id AND a.position = t.position AND a.item = -1 AND a.attempt = (
    SELECT max(attempt) FROM attempts
    WHERE run_id = t.run_id AND position = t.position AND item = -1)
WHERE t.run_id = ? ORDER BY t.position
"""
_FAILURES = """
SELECT position, attempt, item, started, duration, error, traceback, delay FROM attempts
WHERE run_id = ? AND delay IS NOT NULL ORDER BY position, item, attempt
"""
_VERSIONS = """
SELECT position, dataset, version, place, content, row_count, size FROM versions
WHERE run_id = ? ORDER BY position, dataset
"""
_LOGS = """
SELECT task, attempt, item, time, level, logger, message FROM logs
WHERE run_id = ? ORDER BY time, rowid
"""


def _open(root: Union[str, Path]) -> sqlite3.Connection:
    try:
        return connect(Path(root))
    except sqlite3.Error as error:
        reason, mend = f"it cannot be read ({error})", "See that you may read and write its folder."
        raise HistoryError(path=history_file(Path(root)), reason=reason, mend=mend) from error


def _runs(
    connection: sqlite3.Connection, pipeline: Optional[str], limit: Optional[int]
) -> List[RunRecord]:
    where, values = ("WHERE pipeline = ?", [pipeline]) if pipeline is not None else ("", [])
    found = connection.execute(
        f"SELECT * FROM runs {where} ORDER BY run_id DESC LIMIT ?",
        (*values, -1 if limit is None else limit),
    ).fetchall()
    oldest = found[-1][0] if found else ""
    counts = _counts(connection, "WHERE run_id >= ?", oldest)
    return [_run(row, counts) for row in found]


def _counts(connection: sqlite3.Connection, where: str, run_id: str) -> Dict[Tuple[str, str], int]:
    rows = connection.execute(
        f"SELECT run_id, state, count(*) FROM tasks {where} GROUP BY run_id, state", (run_id,)
    )
    return {(run, state): number for run, state, number in rows}


def _run(row: Tuple[Any, ...], counts: Mapping[Tuple[str, str], int]) -> RunRecord:
    run_id, pipeline, state, started, duration, total, request, host, pid, python, glacier = row
    if state == "running" and not is_alive(host, pid):
        state = "lost"
    own = {key: number for (run, key), number in counts.items() if run == run_id}
    return RunRecord(
        run_id, pipeline, state, started, duration, total, own, json.loads(request), host, pid,
        python, glacier,
    )  # fmt: skip


def _task(row: Sequence[Any]) -> TaskRecord:
    return TaskRecord(*row)


def _failures(connection: sqlite3.Connection, run_id: str) -> Dict[int, List[AttemptRecord]]:
    found: Dict[int, List[AttemptRecord]] = {}
    for position, attempt, item, *rest in connection.execute(_FAILURES, (run_id,)):
        record = AttemptRecord(attempt, None if item < 0 else item, *rest)
        found.setdefault(position, []).append(record)
    return found


def _versions(connection: sqlite3.Connection, run_id: str) -> Dict[int, List[VersionRecord]]:
    found: Dict[int, List[VersionRecord]] = {}
    for position, *row in connection.execute(_VERSIONS, (run_id,)):
        found.setdefault(position, []).append(VersionRecord(*row))
    return found


def _find(connection: sqlite3.Connection, file: Path, run: str) -> str:
    if run == "last":
        row = connection.execute("SELECT max(run_id) FROM runs").fetchone()
        if row[0] is None:
            raise HistoryError(path=file, reason="it holds no run yet", mend="Run a pipeline.")
        return str(row[0])
    ids = [row[0] for row in connection.execute("SELECT run_id FROM runs ORDER BY run_id")]
    found = [run_id for run_id in ids if run_id.startswith(run)]
    if run in found:
        return run
    # The six letters at the end are the part of an id that people read and type.
    found = found or [run_id for run_id in ids if run_id.rpartition("-")[2].startswith(run)]
    if len(found) == 1:
        return str(found[0])
    if found:
        shown = ", ".join(found[-5:])
        reason = f"{len(found)} runs begin with {run!r}, the newest of them {shown}"
        raise HistoryError(path=file, reason=reason, mend="Write more of the id.")
    guess = nearest(run, ids[-1000:])
    mend = f"Did you mean {guess!r}?" if guess else "'glacier runs' lists them."
    raise HistoryError(path=file, reason=f"there is no run {run!r}", mend=mend)
