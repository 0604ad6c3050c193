"""Exceptions on their way from a worker, with the traceback that they had there.

How they are pickled is the executor's affair: :func:`pack_error` makes of one what can be.
"""

from __future__ import annotations

from types import FunctionType, TracebackType
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple, Type

from glacier.core.errors import RunError
from glacier.core.policy import qualified

__all__ = ["PackedError", "RemoteError", "RemoteTraceback", "pack_error", "unpack_error"]


class RemoteTraceback(Exception):
    """The traceback of a worker process as text; the cause of an error that came from there."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


class RemoteError(RunError):
    """A task raised an exception that cannot leave its worker process.

    ``kind`` is the name of its type, with its module, ``kinds`` those of all its types, and
    ``text`` its text.
    """

    def __init__(
        self, *, task: str, kind: str, text: str, reason: str, kinds: Sequence[str] = ()
    ) -> None:
        self.kind = kind
        self.kinds = tuple(kinds)
        self.text = text
        super().__init__(
            f"task {task!r} raised {kind}: {text} (the exception itself could not be brought from "
            f"the worker process: {reason})"
        )


class PackedError(NamedTuple):
    """An error as part of a message: ``pickled`` is what the pickler made of it, ``None`` if it
    could not, for the ``reason`` given; ``kinds``, ``text`` and ``trace`` are plain text."""

    pickled: Any
    reason: str
    kinds: Tuple[str, ...]
    text: str
    trace: str


def pack_error(error: BaseException, pickle: Callable[[Any], Any]) -> PackedError:
    """An error as part of a message; one that cannot be pickled goes as text."""
    import traceback

    trace = "".join(traceback.format_exception(type(error), error, _of_the_task(error)))
    kinds = tuple([qualified(kind) for kind in type(error).__mro__[:-1]])
    try:
        return PackedError(pickle(_recipe(error)), "", kinds, _text(error), trace)
    except Exception as failure:
        reason = f"{type(failure).__name__}: {_text(failure)}"
        return PackedError(None, reason, kinds, _text(error), trace)


def unpack_error(sent: PackedError, read: Callable[[Any], Any], *, task: str) -> BaseException:
    """The error in a message, with the worker's traceback for its cause."""
    pickled, reason, kinds, text, trace = sent
    error: Optional[BaseException] = None
    if pickled is not None:
        try:
            error = _make(*read(pickled))
        except Exception as failure:
            reason = f"{type(failure).__name__}: {_text(failure)}"
    if error is None:
        kind = kinds[0].replace("builtins.", "", 1)
        error = RemoteError(task=task, kind=kind, text=text, reason=reason, kinds=kinds)
    error.__cause__ = RemoteTraceback(trace)
    return error


Recipe = Tuple[Any, Tuple[Any, ...], Dict[str, Any]]


def _recipe(error: BaseException) -> Recipe:
    """What the error can be made from again.

    An exception is pickled as its type and ``args``, which a constructor of other parameters does
    not take; one that has such a constructor and no rule of its own is made without it.
    """
    kind = type(error)
    own_rule = kind.__reduce__ not in _PLAIN_RULES
    if own_rule or not isinstance(kind.__init__, FunctionType):
        return error, (), {}
    args: Any = error.__reduce__()[1]  # of an OSError not its args: these lack the file's name
    return kind, args, error.__dict__


_PLAIN_RULES = (BaseException.__reduce__, OSError.__reduce__)


def _make(kind: Any, args: Tuple[Any, ...], facts: Dict[str, Any]) -> BaseException:
    if isinstance(kind, BaseException):
        return kind
    found: Type[BaseException] = kind
    error = found.__new__(found, *args)
    builtin: Any = next(base for base in found.__mro__ if base.__module__ == "builtins")
    builtin.__init__(error, *args)
    error.__dict__.update(facts)
    return error


def _of_the_task(error: BaseException) -> Optional[TracebackType]:
    """The traceback without the frames that called the task."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__") == "glacier.core.worker":
        trace = trace.tb_next
    return trace


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:
        return f"<its text raises {type(failure).__name__}>"
