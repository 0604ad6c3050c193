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

from forgetting import forgotten
from servers import azurite, gcs, mariadb, postgres, s3  # noqa: F401  # fixtures
from stand_in.installed import engine  # noqa: F401  # a fixture

# A machine that is busy with something else makes an example slow, not wrong. What holds on one
# Python is drawn less often on the others.
settings.register_profile(
    "busy",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("GLACIER_EXAMPLES", "100")),
)
settings.load_profile("busy")


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
def forgotten_imports(tmp_path: Path) -> Iterator[None]:
    """What a test has imported from its own folder is found no more after it."""
    with forgotten(tmp_path):
        yield


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
