"""What a worker needs for all calls of a step, pickled once.

cloudpickle sends by value what lives in ``__main__`` and in closures. We let it send by value the
rest of the user's own code too: what is installed is on the workers as well, but a script's
neighbours are not.
"""

from __future__ import annotations

import io
import os
import pickle
import platform
import site
import sys
import sysconfig
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from glacier.core.protocols import TaskCall, bare, install_placeholders, watch_imports
from glacier.dask.engine import cloudpickle
from glacier.dask.faults import CannotCross

__all__ = ["Levels", "Program", "open_program", "pack", "pack_program"]

Levels = tuple[tuple[str, int], ...]


class Program(NamedTuple):
    """A call without its inputs, and what to do about it.

    ``inputs`` has for each input a position among the results that the Dask task is given, or a
    :class:`~glacier.dask.marks.Box` with what stands for it, or :class:`~glacier.dask.marks.Item`;
    ``condition`` the same for the condition, ``None`` without one. ``topic`` is whom to tell,
    ``starts`` whether that includes the beginning, ``levels`` the levels of loggers if somebody
    listens to the logs. With ``fail_fast`` a failure stops what this process would begin.
    """

    number: int
    call: TaskCall
    inputs: tuple[Any, ...]
    condition: Any
    topic: str
    starts: bool
    levels: Levels | None
    fail_fast: bool


def pack_program(program: Program) -> bytes:
    """Pickle a program. Raises :class:`~glacier.dask.CannotCross`."""
    call = program.call
    function = bare(call.function)
    # An iterator cannot leave its process.
    call = call._replace(function=function, step=call.step._replace(lazy=False), inputs=())
    try:
        return pickle.dumps((_this_process(), pack(program._replace(call=call))))
    except Exception as error:
        raise CannotCross(
            where=f"task {call.step.task!r}",
            what=_culprit(function),
            error=error,
            mend="Make connections, locks and the like in the task that uses them.",
        ) from error


_KEPT = 512  # programs that a worker keeps open
_open: OrderedDict[bytes, Program] = OrderedDict()
_lock = Lock()


def open_program(packed: bytes) -> Program:
    """The program; the calls of a step share its function."""
    with _lock:
        found = _open.get(packed)
        if found is not None:
            _open.move_to_end(packed)
            return found
    program = _load(packed)
    with _lock:
        _open[packed] = program
        if len(_open) > _KEPT:
            _open.popitem(last=False)
    return program


def _load(packed: bytes) -> Program:
    maker, inner = pickle.loads(packed)
    if maker != _this_process():
        watch_imports()  # a module that executes a pipeline may be imported for a helper
        install_placeholders()  # and may declare resources, of which no task needs any
    program: Program = cloudpickle.loads(inner)
    return program


def _this_process() -> tuple[str, int]:
    """The name of this machine, and the id of this process on it."""
    return platform.node(), os.getpid()


# --- pickling -------------------------------------------------------------------------------------

_registering = Lock()


def pack(what: object) -> bytes:
    """Pickle anything, the user's own code by value; where that fails, by reference."""
    with _registering:
        registered: list[ModuleType] = []
        try:
            file = io.BytesIO()
            _Pickler(file, registered).dump(what)
            return file.getvalue()
        except Exception:
            if not registered:
                raise
        finally:
            for module in registered:
                cloudpickle.unregister_pickle_by_value(module)
    packed: bytes = cloudpickle.dumps(what)
    return packed


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
    def __init__(self, file: io.BytesIO, registered: list[ModuleType]) -> None:
        cloudpickle.Pickler.__init__(self, file, protocol=5)
        self._registered = registered

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, (FunctionType, type)):
            name: Any = obj.__module__
            if isinstance(name, str) and name not in cloudpickle.list_registry_pickle_by_value():
                module = sys.modules.get(name)
                if module is not None and _is_of_the_user(name):
                    cloudpickle.register_pickle_by_value(module)
                    self._registered.append(module)
        return cloudpickle.Pickler.reducer_override(self, obj)


@cache
def _is_of_the_user(name: str) -> bool:
    """Whether a module is a file that belongs to no installation."""
    if name == "__main__" or name.partition(".")[0] == "glacier":
        return False
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None:
        return False
    path = os.path.realpath(file)
    return not any(path.startswith(folder) for folder in _installed())


@cache
def _installed() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [sysconfig.get_paths()[name] for name in names]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    return tuple({os.path.realpath(folder) + os.sep for folder in folders})


def _culprit(function: Any) -> str:
    """What of a function cannot be pickled, by name where one of those that it uses alone fails."""
    for name, value in _used(function):
        try:
            pack(value)
        except Exception:
            return f"{name!r}, a {type(value).__qualname__} that its function uses,"
    return "its function"


def _used(function: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(function, FunctionType):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
