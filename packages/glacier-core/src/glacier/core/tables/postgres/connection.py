"""Connections to PostgreSQL by psycopg, and its errors under our names and without passwords."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Any, Generator, List, Optional

from glacier.core.errors import DatabaseFailed, MissingTable, UnfitTable, UnreachableDatabase
from glacier.core.libraries import library
from glacier.core.tables.address import PostgresAddress

__all__ = ["connect", "failing", "identified", "opened", "psycopg"]

_SETTINGS = (
    "SET TIME ZONE 'UTC'; SET DATESTYLE TO 'ISO, YMD'; SET INTERVALSTYLE TO 'postgres'; "
    "SET BYTEA_OUTPUT TO 'hex'; SET CLIENT_ENCODING TO 'UTF8'"
)
_MENDS = (
    ("InsufficientPrivilege", "Grant it to this user."),
    ("InvalidSchemaName", "Create the schema first, or name another one before the dot."),
    (
        "DependentObjectsStillExist",
        "The columns differ, so the table is made anew: drop what depends on it first.",
    ),
    ("LockNotAvailable", "A reader holds the old table: let it end, and run again."),
    ("ReadOnlySqlTransaction", "A query that is read can change nothing."),
    ("ProgramLimitExceeded", "Split it, or keep parts of it as lists or dicts, which are JSON."),
    ("DiskFull", "Make room for it."),
    ("OperationalError", "Is the server still there?"),
)


def psycopg(module: str = "psycopg") -> Any:
    """The driver, or a module of it."""
    return library(module, need="a PostgreSQL database", install="glacier-pipeline[sql]")


def identified(text: str, *names: str) -> Any:
    """A statement with a name of a table, or of what lies in a schema, put in safely."""
    sql = psycopg("psycopg.sql")
    return sql.SQL(text).format(sql.Identifier(*names))


def connect(address: PostgresAddress) -> Any:
    """A connection in whose session texts and times have one form.

    Raises :class:`~glacier.core.errors.UnreachableDatabase`.
    """
    driver = psycopg()
    told = dict(address.parameters)
    told.setdefault("connect_timeout", "10")
    told.setdefault("application_name", "glacier")
    try:
        connection = driver.connect(**told)
    except driver.Error as error:
        mend = "Are host, port, user, password and database right, and does the server run?"
        reason = _told(error, address)
        raise UnreachableDatabase(database=str(address), reason=reason, mend=mend) from _safe(
            error, address
        )
    try:
        # Whatever the server's settings, texts and times cross in one way.
        connection.execute(_SETTINGS)
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def opened(address: PostgresAddress) -> Generator[Any, None, None]:
    """A connection for a while; what is not committed at its end is undone."""
    connection = connect(address)
    try:
        yield connection
    finally:
        connection.close()  # what is not committed is undone


def _told(error: BaseException, address: PostgresAddress) -> str:
    """What an error says, in one line and without the password."""
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return text.replace(address.secret, "***") if address.secret else text


def _safe(error: BaseException, address: PostgresAddress) -> Optional[BaseException]:
    """The error as a cause, if it does not hold the password."""
    return None if address.secret and address.secret in str(error) else error


@contextmanager
def failing(address: PostgresAddress, doing: str, name: str) -> Generator[None, None, None]:
    """Turn the errors of the server into named ones."""
    driver = psycopg()
    try:
        yield
    except driver.Error as error:
        cause = _safe(error, address)
        if isinstance(error, driver.errors.UndefinedTable):
            raise MissingTable(
                database=str(address), table=_missing(error, name), known=_tables(address)
            ) from cause
        reason = _told(error, address)
        if isinstance(error, driver.DataError) and doing != "reading":
            mend = "Let the task return values that the column can hold."
            place = _place(str(error))
            raise UnfitTable(table=name, place=place, reason=reason, mend=mend) from cause
        kinds = {one.__name__ for one in type(error).__mro__}
        mend = next(
            (mend for kind, mend in _MENDS if kind in kinds), "Mend the query, or the table."
        )
        raise DatabaseFailed(
            database=str(address), doing=f"{doing} {name!r}", reason=reason, mend=mend
        ) from cause


def _place(text: str) -> str:
    """Where in the rows an error of COPY is."""
    found = re.search(r"COPY .*?, line (\d+)(?:, column ([^:]+))?", text)
    if found is None:
        return "a value"
    return f"{f'column {found[2]!r}, ' if found[2] else ''}row {int(found[1]) - 1}"


def _missing(error: Any, name: str) -> str:
    found = re.search(r'"([^"]+)"', str(error))
    return found[1] if found else name


def _tables(address: PostgresAddress) -> List[str]:
    with opened(address) as connection:
        found = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
    return [name if schema == "public" else f"{schema}.{name}" for schema, name in found]
