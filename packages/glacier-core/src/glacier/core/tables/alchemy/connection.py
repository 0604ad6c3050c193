"""Connections by SQLAlchemy, to each database that it knows."""

from __future__ import annotations

from contextlib import closing
from typing import Any, ContextManager

from glacier.core.errors import InvalidDatabase, MissingLibrary, UnreachableDatabase
from glacier.core.errors._base import did_you_mean
from glacier.core.libraries import library
from glacier.core.tables.address import EngineAddress

__all__ = ["connect", "is_mysql", "opened", "reason_of", "safe", "sqlalchemy"]

_DIALECTS = {
    "awsathena": "PyAthena[SQLAlchemy]",
    "bigquery": "sqlalchemy-bigquery",
    "clickhouse": "clickhouse-sqlalchemy",
    "clickhousedb": "clickhouse-connect",
    "cockroachdb": "sqlalchemy-cockroachdb",
    "databricks": "databricks-sqlalchemy",
    "db2": "ibm-db-sa",
    "duckdb": "duckdb-engine",
    "exa": "sqlalchemy-exasol",
    "firebird": "sqlalchemy-firebird",
    "hana": "sqlalchemy-hana",
    "ibm_db_sa": "ibm-db-sa",
    "redshift": "sqlalchemy-redshift",
    "snowflake": "snowflake-sqlalchemy",
    "teradatasql": "teradatasqlalchemy",
    "trino": "trino[sqlalchemy]",
    "vertica": "vertica-sqlalchemy-dialect",
}
_DRIVERS = {"MySQLdb": "mysqlclient", "mysql": "mysql-connector-python", "pymysql": "PyMySQL"}
_NAMED = ("mssql", "mysql", "mariadb", "oracle", "postgresql", "sqlite", *_DIALECTS)
_WHERE = "Are host, port, user, password and database right, and does the server run?"
# What a server is set to must not change what goes in or comes out.
_MYSQL = [
    "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_ALL_TABLES')",
    "SET SESSION time_zone = '+00:00', lock_wait_timeout = 600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
]
_READ_ONLY = {
    "cockroachdb": "SET default_transaction_read_only = on",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
}


def sqlalchemy(module: str = "sqlalchemy") -> Any:
    """SQLAlchemy, or a module of it."""
    need = "a database that is neither SQLite nor PostgreSQL"
    return library(module, need=need, install="glacier-pipeline[sql]")


def is_mysql(dialect: Any) -> bool:
    """Whether this is MySQL or MariaDB."""
    return dialect.name in ("mysql", "mariadb")


def _engine(address: EngineAddress) -> Any:
    lib = sqlalchemy()
    try:
        url = lib.make_url(address.url)
        # Rows are somebody's data: no error shows them.
        engine = lib.create_engine(url, poolclass=lib.pool.NullPool, hide_parameters=True)
    except lib.exc.NoSuchModuleError as error:
        raise _unknown(address) from safe(error, address)
    except ImportError as error:
        name = str(error.name or error).partition(".")[0]
        need = f"a database at {address.scheme}://"
        install = _DRIVERS.get(name, name)
        raise MissingLibrary(name=name, need=need, install=install) from safe(error, address)
    except (lib.exc.SQLAlchemyError, ValueError, TypeError) as error:
        raise _invalid(address, reason_of(error, address)) from safe(error, address)
    if engine.dialect.is_async:
        other = "such as mysql+pymysql:// or oracle+oracledb://"
        raise _invalid(address, f"its driver is for asyncio: name another, {other}")
    if engine.dialect.name == "duckdb" and url.database in (None, "", ":memory:"):
        raise _invalid(address, "it names no file, and what is in memory ends with a connection")
    return engine


def _invalid(address: EngineAddress, reason: str) -> InvalidDatabase:
    mend = "Write it as SQLAlchemy does: mysql+pymysql://user:password@host:3306/database."
    return InvalidDatabase(subject=str(address), reason=reason, mend=mend)


def _unknown(address: EngineAddress) -> Exception:
    name, _, driver = address.scheme.partition("+")
    need = f"a database at {address.scheme}://"
    if name in _DIALECTS:
        package = _DIALECTS[name]
        return MissingLibrary(name=package.partition("[")[0], need=need, install=package)
    reason = f"SQLAlchemy knows no database {name!r}"
    if name in _NAMED:
        reason = f"SQLAlchemy knows no driver {driver!r} of {name}"
    guess = did_you_mean(name, _NAMED) if name not in _NAMED else ""
    mend = f"{guess.strip()} A database of others needs the package with its dialect.".strip()
    return InvalidDatabase(subject=str(address), reason=reason, mend=mend)


def connect(address: EngineAddress, *, reading: bool) -> Any:
    """A connection; one for reading can change nothing, where the dialect offers that.

    Raises :class:`~glacier.core.errors.UnreachableDatabase`,
    :class:`~glacier.core.errors.MissingLibrary` and
    :class:`~glacier.core.errors.InvalidDatabase`.
    """
    lib = sqlalchemy()
    engine = _engine(address)
    try:
        connection = engine.connect()
    except ImportError as error:
        name = str(error.name or error)
        need = f"a database at {address.scheme}://"
        raise MissingLibrary(name=name, need=need, install=name) from safe(error, address)
    except Exception as error:  # drivers have errors of their own that SQLAlchemy does not wrap
        reason = reason_of(error, address)
        raise UnreachableDatabase(database=str(address), reason=reason, mend=_WHERE) from safe(
            error, address
        )
    try:
        _prepare(connection, reading)
    except lib.exc.SQLAlchemyError as error:
        connection.close()
        reason = reason_of(error, address)
        raise UnreachableDatabase(database=str(address), reason=reason, mend=_WHERE) from safe(
            error, address
        )
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: Any, reading: bool) -> None:
    """Say how this session is to be, and for Oracle how its one transaction."""
    name = connection.dialect.name
    statements = list(_MYSQL) if is_mysql(connection.dialect) else []
    if reading and name in _READ_ONLY:
        statements.append(_READ_ONLY[name])
    for statement in statements:
        connection.exec_driver_sql(statement)
    if statements:
        connection.commit()
    if reading and name == "oracle":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def opened(address: EngineAddress, *, reading: bool = False) -> ContextManager[Any]:
    """A connection for a while; what is not committed at its end is undone."""
    return closing(connect(address, reading=reading))


def reason_of(error: BaseException, address: EngineAddress) -> str:
    """What an error of the driver says, in one line and without the password."""
    cause: Any = getattr(error, "orig", None) or error
    coded = len(cause.args) > 1 and isinstance(cause.args[0], int)
    text = str(cause.args[1]) if coded else str(cause)
    found = " ".join(text.split()).rstrip(".") or type(cause).__name__
    for secret in address.secrets:
        found = found.replace(secret, "***")
    return found


def safe(error: BaseException, address: EngineAddress) -> Any:
    """The error as a cause, if it does not hold the password."""
    told = f"{error}{getattr(error, 'orig', '')}"
    return None if any(secret in told for secret in address.secrets) else error
