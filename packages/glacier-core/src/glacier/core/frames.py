"""Tracebacks as their reader needs them: without the frames of Glacier and of Python's imports."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, List

if TYPE_CHECKING:
    from traceback import FrameSummary, TracebackException

__all__ = ["traceback_of"]

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def traceback_of(error: BaseException) -> str:
    """The traceback of an error, its causes included, as Python prints it.

    Frames of Glacier are left out, unless the error comes from nowhere else.
    """
    from traceback import TracebackException

    trace = TracebackException.from_exception(error)
    seen: List[TracebackException] = []
    rest = [trace]
    while rest:
        one = rest.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        _trim(one)
        more = [one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ())]
        rest.extend(link for link in more if link is not None)
    return "".join(trace.format())


def _trim(trace: TracebackException) -> None:
    """Drop what is not the user's from one traceback, unless nothing would be left of it."""
    kept = [frame for frame in trace.stack if not _is_inner(frame)]
    if kept or hasattr(trace, "lineno"):  # a syntax error says itself where it is
        trace.stack[:] = kept


def _is_inner(frame: FrameSummary) -> bool:
    file = frame.filename
    return file.startswith((_OWN, "<frozen importlib")) or f"{os.sep}importlib{os.sep}" in file
