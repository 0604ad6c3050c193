"""Fixtures: real database servers, of the tests of all packages."""

from __future__ import annotations

import os
from typing import Any, Iterator

import azurite_server
import gcs_server
import mariadb_server
import postgres_server
import pytest
import s3_server

__all__ = ["azurite", "gcs", "mariadb", "postgres", "s3"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A running PostgreSQL, which all tests share; it is missing only where it may be."""
    must = bool(os.environ.get("GLACIER_POSTGRES_REQUIRED"))
    folder = postgres_server.programs()
    if folder is None:
        (pytest.fail if must else pytest.skip)("no PostgreSQL is installed on this machine")
    pytest.importorskip("psycopg")
    with postgres_server.running(folder) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Any]:
    """A running MariaDB, which all tests share; it is missing only where it may be."""
    must = bool(os.environ.get("GLACIER_MARIADB_REQUIRED"))
    found = mariadb_server.programs()
    if found is None:
        (pytest.fail if must else pytest.skip)("no MariaDB is installed on this machine")
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("pymysql")
    with mariadb_server.running(found) as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """A running S3, which all tests share; without obstore or moto it is skipped."""
    pytest.importorskip("obstore")
    pytest.importorskip("moto")
    with s3_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def gcs() -> Iterator[Any]:
    """What speaks as Google's object storage does, for all tests; without obstore it is skipped."""
    pytest.importorskip("obstore")
    with gcs_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def azurite() -> Iterator[Any]:
    """A running Azurite, which all tests share; it is missing only where it may be."""
    must = bool(os.environ.get("GLACIER_AZURITE"))
    found = azurite_server.program()
    if found is None:
        (pytest.fail if must else pytest.skip)("no Azurite is installed; nox -s emulators")
    pytest.importorskip("obstore")
    with azurite_server.running(found) as server:
        yield server
