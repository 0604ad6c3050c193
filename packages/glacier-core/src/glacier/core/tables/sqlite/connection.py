"""Connections to a SQLite file, and its errors under our names."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import Any, ContextManager, Generator, List

from glacier.core.errors import DatabaseFailed, MissingTable, UnfitTable, UnreachableDatabase
from glacier.core.tables.address import SqliteAddress

__all__ = ["connect", "failing", "opened", "quoted", "tables", "unreachable"]

_WAIT = 600.0  # seconds for other writers of the file to end


def quoted(name: str) -> str:
    """A name in SQL."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def tables(connection: Any) -> List[str]:
    """The names of tables and views."""
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    found = connection.execute(query).fetchall()
    return [name for (name,) in found if not name.startswith("sqlite_")]


def connect(address: SqliteAddress, *, writing: bool) -> Any:
    """A connection without transactions of its own. A file is made only to write to it.

    Raises :class:`~glacier.core.errors.UnreachableDatabase`.
    """
    from pathlib import Path

    path = os.path.abspath(address.path)
    try:
        if writing:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        elif not os.path.exists(path):
            raise unreachable(address, "there is no such file")
        uri = f"{Path(path).as_uri()}?mode={'rwc' if writing else 'ro'}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False
        )
    except OSError as error:
        raise unreachable(address, f"its folder cannot be made ({error})") from error
    except sqlite3.Error as error:
        raise unreachable(address, str(error)) from error
    return _concurrent(connection, address) if writing else connection


def _concurrent(connection: Any, address: SqliteAddress) -> Any:
    """Let readers go on while a writer writes; the file remembers this setting."""
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            return connection
        except sqlite3.Error as error:
            # SQLite itself does not wait here for another process that is about to do the same.
            if "locked" not in str(error) or time.monotonic() > deadline:
                connection.close()
                raise unreachable(address, str(error)) from error
            time.sleep(0.01)


def opened(address: SqliteAddress, *, writing: bool) -> ContextManager[Any]:
    """A connection for a while; what is not committed at its end is undone."""
    return closing(connect(address, writing=writing))


def unreachable(address: SqliteAddress, reason: str) -> UnreachableDatabase:
    """The error for a file that cannot be opened."""
    mend = "Is the path right, and may this process read and write there?"
    return UnreachableDatabase(database=str(address), reason=reason, mend=mend)


@contextmanager
def failing(address: SqliteAddress, doing: str, name: str) -> Generator[None, None, None]:
    """Turn the errors of SQLite into named ones."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise UnfitTable(
            table=name,
            place=f"the text {error.object[:40]!r}",
            reason="a lone surrogate has no UTF-8",
            mend="Mend the text (.encode(errors='replace')).",
        ) from error
    except (sqlite3.Error, sqlite3.Warning) as error:  # two statements are a warning before 3.11
        raise _named(error, address, doing, name) from error


def _named(error: Exception, address: SqliteAddress, doing: str, name: str) -> Exception:
    text = str(error)
    absent = re.search(r"no such table: (?:main\.|temp\.)?(.+)", text)
    if absent:
        with opened(address, writing=False) as connection:
            known = tables(connection)
        return MissingTable(database=str(address), table=absent[1], known=known)
    if "unable to open" in text or "not a database" in text or "malformed" in text:
        return unreachable(address, text)
    mend = "Mend the query." if doing == "reading" else "Mend the table, or drop it."
    if "locked" in text:
        mend = "Another process writes to it all the time; try again when it has ended."
    if "readonly" in text or "disk" in text:
        mend = "Is there space, and may this process write there?"
    return DatabaseFailed(database=str(address), doing=f"{doing} {name!r}", reason=text, mend=mend)
