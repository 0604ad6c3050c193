"""Tracebacks as their reader needs them: without the frames of Glacier and of Python's imports."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from glacier.core.errors import GlacierError

if TYPE_CHECKING:
    from traceback import FrameSummary, TracebackException

__all__ = ["traceback_of"]

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def traceback_of(error: BaseException) -> str:
    """The traceback of an error, its causes included, as Python prints it.

    Frames of Glacier are left out, unless the error is not Glacier's and comes from nowhere else.
    """
    from traceback import TracebackException

    trace = TracebackException.from_exception(error)
    seen: List[TracebackException] = []
    rest: List[Tuple[Optional[TracebackException], Any]] = [(trace, error)]
    while rest:
        one, its_error = rest.pop()
        if one is None or any(one is other for other in seen):
            continue
        seen.append(one)
        _trim(one, its_error)
        rest += [(one.__cause__, its_error.__cause__), (one.__context__, its_error.__context__)]
        rest += zip(getattr(one, "exceptions", None) or (), getattr(its_error, "exceptions", ()))
    return "".join(trace.format())


def _trim(trace: TracebackException, error: BaseException) -> None:
    """Drop what is not the user's from one traceback, unless nothing would say where it was."""
    kept = [frame for frame in trace.stack if not _is_inner(frame)]
    if kept or isinstance(error, (GlacierError, SyntaxError)):  # these say it themselves
        trace.stack[:] = kept


def _is_inner(frame: FrameSummary) -> bool:
    file = frame.filename
    return file.startswith((_OWN, "<frozen importlib")) or f"{os.sep}importlib{os.sep}" in file
