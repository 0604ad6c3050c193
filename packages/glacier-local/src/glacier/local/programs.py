"""What a worker needs once for all calls of a task: its step, its function and its parameters."""

from __future__ import annotations

from types import FunctionType
from typing import Any, Iterator, Tuple

from glacier.core.protocols import TaskCall, bare
from glacier.local.crash import CannotCross
from glacier.local.packing import Packed, pack

__all__ = ["pack_program"]


def pack_program(call: TaskCall) -> Packed:
    """Pickle what all calls of a task share. Raises :class:`~glacier.local.CannotCross`."""
    step = call.step._replace(lazy=False)  # an iterator cannot leave its process
    function = bare(call.function)
    try:
        shelves = dict(call.shelves)
        return pack((call.run_id, call.pipeline, step, function, dict(call.params), shelves))
    except Exception as error:
        raise CannotCross(
            where=f"task {step.task!r}",
            what=_culprit(function),
            error=error,
            mend="Make connections, locks and the like in the task that uses them; or run on "
            "threads, LocalExecutor(), where nothing is pickled.",
        ) from error


def _culprit(function: Any) -> str:
    """What of a function cannot be pickled, by name where one of those that it uses alone fails."""
    for name, value in _used(function):
        try:
            pack(value)
        except Exception:
            return f"{name!r}, a {type(value).__qualname__} that its function uses,"
    return "its function"


def _used(function: Any) -> Iterator[Tuple[str, Any]]:
    if not isinstance(function, FunctionType):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
