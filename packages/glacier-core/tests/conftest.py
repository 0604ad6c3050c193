"""What core's tests share."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

import pytest

# Under --import-mode=importlib no folder of tests is on the path; strategies.py lies in this one.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def work() -> Callable[[Callable[[], object]], int]:
    """How much a function does, as the number of calls in it: no other load changes that."""

    def count(function: Callable[[], object]) -> int:
        calls = 0

        def note(_: object, event: str, __: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            function()
        finally:
            sys.setprofile(before)
        return calls

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
