"""What core's tests share."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

# Under --import-mode=importlib no folder of tests is on the path; strategies.py lies in this one.
sys.path.append(str(Path(__file__).parent))

# A machine that is busy with something else makes an example slow, not wrong. What holds on one
# Python is drawn less often on the others.
settings.register_profile(
    "busy",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("GLACIER_EXAMPLES", "100")),
)
settings.load_profile("busy")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A running PostgreSQL, which all tests share; it is missing only where it may be."""
    import postgres_server

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
    import mariadb_server

    must = bool(os.environ.get("GLACIER_MARIADB_REQUIRED"))
    found = mariadb_server.programs()
    if found is None:
        (pytest.fail if must else pytest.skip)("no MariaDB is installed on this machine")
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("pymysql")
    with mariadb_server.running(found) as server:
        yield server


@pytest.fixture
def work() -> Callable[[Callable[[], object]], int]:
    """How much a function does, in instructions of the interpreter: no other load changes that."""

    def count(function: Callable[[], object]) -> int:
        instructions = 0

        def note(frame: FrameType, event: str, _: object) -> Any:
            nonlocal instructions
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
            instructions += event == "opcode"
            return note

        before = sys.gettrace()
        sys.settrace(note)
        try:
            function()
        finally:
            sys.settrace(before)
        return instructions

    return count


@pytest.fixture
def shallow_stack() -> Iterator[None]:
    """Leaves room for about a hundred nested calls, so that recursion over tasks would show."""
    with _recursion_limit(_depth() + 120):
        yield


@contextmanager
def _recursion_limit(limit: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _depth() -> int:
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth
