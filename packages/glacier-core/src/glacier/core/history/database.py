"""The file of the history: where it lies, what is in it, and how it is opened.

=========  ======================================================================================
table      one row for each
=========  ======================================================================================
runs       run; ``state`` is ``running`` until it ends
tasks      task of a run that has started or ended
attempts   attempt of a task, or of an item of one (else ``item`` is -1), that has ended
versions   version of a dataset that a task wrote, or made that of its run
logs       record that a task logged
=========  ======================================================================================
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from glacier.core.errors import HistoryError

__all__ = ["SCHEMA", "connect", "history_file"]

SCHEMA = 3
"""The version of the schema, in the file as ``PRAGMA user_version``."""

_APPLICATION = 0x476C6163  # "Glac": tells the file from any other database
_PATIENCE = 30.0  # seconds that a writer waits for another one

_ATTEMPTS = """
CREATE TABLE attempts (
    run_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    item INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    state TEXT NOT NULL,
    started REAL,
    duration REAL NOT NULL,
    error TEXT,
    traceback TEXT,
    delay REAL,
    PRIMARY KEY (run_id, position, item, attempt)
) WITHOUT ROWID;
"""
_VERSIONS = """
CREATE TABLE versions (
    run_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    dataset TEXT NOT NULL,
    version TEXT NOT NULL,
    place TEXT NOT NULL,
    content TEXT,
    row_count INTEGER,
    size INTEGER,
    PRIMARY KEY (run_id, position, dataset)
) WITHOUT ROWID;
"""
_TABLES = f"""
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    state TEXT NOT NULL,
    started REAL NOT NULL,
    duration REAL,
    tasks INTEGER NOT NULL,
    request TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    python TEXT NOT NULL,
    glacier TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tasks (
    run_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    task TEXT NOT NULL,
    state TEXT NOT NULL,
    started REAL,
    duration REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
{_ATTEMPTS}{_VERSIONS}CREATE TABLE logs (
    run_id TEXT NOT NULL,
    task TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    item INTEGER,
    time REAL NOT NULL,
    level TEXT NOT NULL,
    logger TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX logs_of_run ON logs (run_id, time);
"""
_FROM_1 = f"""
ALTER TABLE attempts RENAME TO attempts_1;
{_ATTEMPTS}INSERT INTO attempts SELECT run_id, position, -1, attempt, state, started, duration,
    error, traceback, NULL FROM attempts_1;
DROP TABLE attempts_1;
"""
_STEPS = {0: _TABLES, 1: _FROM_1 + _VERSIONS, 2: _VERSIONS}
"""What to do to a file of an older schema."""


def history_file(root: Path) -> Path:
    """Where the history of a root folder lies."""
    return root / "history.db"


def connect(root: Path, *, write: bool = False) -> sqlite3.Connection:
    """Open the history; a writer makes what is missing.

    Raises :class:`~glacier.core.errors.HistoryError` for a file that is not there to be read, that
    is no history, or that a newer Glacier has written, and ``sqlite3.Error`` or ``OSError`` where
    it cannot be opened.
    """
    file = history_file(root)
    if write:
        _make_folder(root)
    elif not file.is_file():
        mend = "Runs are noted there by 'glacier run', and by LocalExecutor(history=True)."
        raise HistoryError(path=file, reason="there is no history of runs", mend=mend)
    # Autocommit: each transaction here begins and ends by a statement of its own.
    connection = sqlite3.connect(
        str(file), timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, file, write=write)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_folder(root: Path) -> None:
    if root.is_dir():
        return
    root.mkdir(parents=True, exist_ok=True)
    # What Glacier writes beside a project is not part of it.
    (root / ".gitignore").write_text("*\n", encoding="utf-8")


def _prepare(connection: sqlite3.Connection, file: Path, *, write: bool) -> None:
    try:
        version = _number(connection, "user_version")
        application = _number(connection, "application_id")
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked, or not to be opened
            raise
        raise _broken(file, f"it is damaged, or no database ({error})") from error
    if application not in (0, _APPLICATION) or (version and application != _APPLICATION):
        raise _broken(file, "it is a database of another program")
    if version > SCHEMA:
        raise HistoryError(
            path=file,
            reason=f"a newer Glacier has written it (schema {version}, this one knows {SCHEMA})",
            mend="Use that version of glacier-pipeline, or name another folder.",
        )
    if not write and version in (0, SCHEMA):
        if version == 0:
            mend = "A first run has only just begun, or could not write it."
            raise HistoryError(path=file, reason="it holds no run yet", mend=mend)
        return
    if version < SCHEMA:
        _create(connection)
    connection.execute("PRAGMA synchronous = NORMAL")  # safe with WAL; an fsync a commit costs ms


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables, or those of an older Glacier anew, unless another process just has."""
    connection.execute("PRAGMA synchronous = OFF")  # there is nothing yet that could be lost
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            # Readers and a writer do not wait for each other then.
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            # Changing the mode asks for the file alone, and SQLite does not wait for that.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
    with closing(connection.cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        try:
            version = _number(connection, "user_version")
            if version < SCHEMA:
                for statement in _STEPS[version].split(";")[:-1]:
                    cursor.execute(statement)
                cursor.execute(f"PRAGMA application_id = {_APPLICATION}")
                cursor.execute(f"PRAGMA user_version = {SCHEMA}")
            cursor.execute("COMMIT")
        except BaseException:
            cursor.execute("ROLLBACK")
            raise


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)


def _broken(file: Path, reason: str) -> HistoryError:
    return HistoryError(path=file, reason=reason, mend="Move it away; the next run begins anew.")
