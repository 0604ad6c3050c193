"""Whether a file is being loaded right now, and how its loading ends at its first ``execute``.

Every executor asks a pipeline to ``prepare`` before it runs anything, and ``prepare`` asks
:func:`end_here`, so executors of any kind end the loading of a file.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generator, Optional

__all__ = ["Loading", "LoadingEnded", "end_here", "loading"]


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


def end_here(pipeline: object) -> None:
    """End the loading that is under way, if any, for this pipeline would run now."""
    one = _current.get()
    if one is not None:
        one.executed = one.executed or pipeline
        raise LoadingEnded
