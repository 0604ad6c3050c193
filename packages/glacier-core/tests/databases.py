"""The databases on which the tests of tables run, each by its URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

__all__ = ["DATABASES", "run_sql", "url_of"]

DATABASES = ["sqlite", "postgres", "mariadb", "elsewhere"]
"""SQLite and PostgreSQL by their own drivers, and by SQLAlchemy MariaDB and a stranger."""


def url_of(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The URL of a database of this kind; a file is made in the folder."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/a%20base.db"
    if kind == "elsewhere":
        pytest.importorskip("sqlalchemy")
    server: Any = request.getfixturevalue("postgres" if kind == "elsewhere" else kind)
    url = str(server.url())
    return url if kind != "elsewhere" else f"elsewhere+psycopg{url[len('postgresql') :]}"


def run_sql(url: str, *statements: str) -> None:
    """Run statements in a database, each in a transaction of its own."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    for statement in statements:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)


def _introduce() -> None:
    """Tell SQLAlchemy of databases that Glacier knows nothing of."""
    try:
        from sqlalchemy.dialects import registry
    except ImportError:
        return
    registry.register("elsewhere.psycopg", "strange_dialect", "StrangeDialect")
    registry.register("files", "strange_dialect", "FilesDialect")
    registry.register("hasty", "strange_dialect", "HastyDialect")


_introduce()
