"""Whether a file is being loaded right now, and how its loading ends at its first ``execute``.

Every executor asks a pipeline to ``prepare`` before it runs anything, and ``prepare`` asks
:func:`end_here`, so executors of any kind end the loading of a file.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Callable, Generator, List, Optional

__all__ = ["Loading", "LoadingEnded", "before_execution", "end_here", "loading"]


class LoadingEnded(BaseException):
    """Raised out of ``execute`` while a file is loaded; no ``except Exception`` takes it."""


class Loading:
    """One loading of a file; ``executed`` is the pipeline that the file was about to run."""

    def __init__(self) -> None:
        self.executed: Optional[Any] = None


_current: ContextVar[Optional[Loading]] = ContextVar("glacier_loading", default=None)


@contextmanager
def loading() -> Generator[Loading, None, None]:
    """While this is open, the first ``execute`` on this thread ends what is inside."""
    one = Loading()
    token = _current.set(one)
    try:
        yield one
    finally:
        _current.reset(token)


_called: List[Callable[[], object]] = []


def before_execution(call: Callable[[], object]) -> None:
    """From now on call this whenever a pipeline is about to run, which it prevents by raising."""
    _called.append(call)


def end_here(pipeline: object) -> None:
    """End the loading that is under way, if any, for this pipeline would run now."""
    for call in _called:
        call()
    one = _current.get()
    if one is not None:
        one.executed = one.executed or pipeline
        raise LoadingEnded
