"""An error as a record that holds no code, and the error that a client makes of it again.

Nothing is pickled: who can write to a bucket must not be able to run code where it is read. A
client makes an exception again only of a type that is there already, without calling what that
type defines, and only where all that it holds is plain JSON. Of any other it gets the text.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple, Type, cast

from glacier.core.contracts import TaskResult
from glacier.core.crossing import PackedError, RemoteError, RemoteTraceback, pack_error
from glacier.core.errors import GlacierError
from glacier.core.typeforms import class_of
from glacier.core.versions.record import dump, load

__all__ = ["Failed", "Failure", "GlacierRetry", "GlacierTaskFailed", "error_of", "failure_of"]


class Failed(Exception):
    """A call of a deployed task that has failed; ``result`` says how, ``versions`` on what."""

    def __init__(self, result: TaskResult) -> None:
        self.result = result
        self.versions: Mapping[str, str] = {}
        super().__init__(str(result.error))


class GlacierTaskFailed(GlacierError):
    """What the state machine sees of a task that failed; the record at ``where`` says why."""

    def __init__(self, *, task: str, text: str, where: str) -> None:
        self.task = task
        self.where = where
        super().__init__(f"{task!r} failed: {text} (see {where})")


class GlacierRetry(GlacierTaskFailed):
    """The same of a task that may be tried again; its state machine knows by the type's name."""


class Failure(NamedTuple):
    """Why an attempt failed.

    ``kind`` is the name of the error's type with its module, ``kinds`` those of all its types.
    ``args`` and ``facts`` are what it was made of and what it holds, ``None`` where that is not
    plain JSON, for the ``reason`` given. ``versions`` are the inputs that it had, ``log`` where its
    log is.
    """

    task: str
    attempt: int
    item: Optional[int]
    kind: str
    kinds: Tuple[str, ...]
    text: str
    trace: str
    args: Optional[Any]
    facts: Optional[Mapping[str, Any]]
    reason: str
    retryable: bool
    started: Optional[float]
    duration: float
    versions: Mapping[str, str]
    log: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        return dump({**self._asdict(), "kinds": list(self.kinds)})

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Failure:
        """What :meth:`to_bytes` wrote. Raises :class:`~glacier.core.errors.RecordError`."""
        fields = load(data, where, lambda found: {name: found[name] for name in cls._fields})
        return cls(**fields)._replace(kinds=tuple(fields["kinds"]))


def failure_of(
    error: BaseException,
    *,
    task: str,
    attempt: int = 1,
    item: Optional[int] = None,
    retryable: bool = False,
    started: Optional[float] = None,
    duration: float = 0.0,
    versions: Optional[Mapping[str, str]] = None,
    log: Optional[Mapping[str, str]] = None,
    hide: Callable[[str], str] = str,
) -> Failure:
    """The record of an error; ``hide`` takes out of a text what nobody may read."""
    packed: PackedError = pack_error(error, _plain)
    args, facts = (None, None) if packed.pickled is None else packed.pickled

    def clean(text: str) -> str:
        return hide(text).encode("utf-8", "backslashreplace").decode("utf-8")

    return Failure(
        task,
        attempt,
        item,
        packed.kinds[0],
        packed.kinds,
        clean(packed.text),
        clean(packed.trace),
        _cleaned(args, clean),
        _cleaned(facts, clean),
        packed.reason,
        retryable,
        started,
        duration,
        dict(versions or {}),
        dict(log or {}),
    )


def _plain(recipe: Tuple[Any, Tuple[Any, ...], Dict[str, Any]]) -> Tuple[Any, Any]:
    """What an error is made of, as far as JSON gives it back as it was. Raises ``TypeError``."""
    held, args, facts = recipe
    error: Any = held if isinstance(held, BaseException) else None
    if error is not None:
        reduced: Any = error.__reduce__()
        is_ours = isinstance(error, GlacierError)
        if not is_ours and (len(reduced) > 3 or reduced[0] is not type(error)):
            raise TypeError(f"{type(error).__qualname__} has a rule of its own for copies")
        args = error.args if is_ours else reduced[1]
        facts = dict(vars(error))
    found = [_checked(value) for value in args]
    return found, {str(key): _checked(value) for key, value in facts.items()}


def _checked(value: Any) -> Any:
    kind = class_of(value)
    if kind in (str, int, bool, type(None)) or (kind is float and value - value == 0):
        return value
    if kind is list:
        return [_checked(one) for one in value]
    if kind is dict and all(type(key) is str for key in value):
        return {key: _checked(one) for key, one in value.items()}
    raise TypeError(f"it holds a {kind.__qualname__}")


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    kind = class_of(value)
    if kind is str:
        return clean(value)
    if kind is list:
        return [_cleaned(one, clean) for one in value]
    if kind is dict:
        return {clean(key): _cleaned(one, clean) for key, one in value.items()}
    return value


def error_of(failure: Failure) -> BaseException:
    """The error again, of its own type where that can be, with the traceback that it had there."""
    reason, error = failure.reason, None
    if failure.args is not None:
        try:
            error = _made(
                _kind(failure.kind), tuple(failure.args), failure.facts or {}, failure.text
            )
        except Exception as problem:  # what is lacking here, or what a type makes of it
            reason = f"{type(problem).__name__}: {problem}"
    if error is None:
        kind = failure.kind.replace("builtins.", "", 1)
        error = RemoteError(
            task=failure.task, kind=kind, text=failure.text, reason=reason, kinds=failure.kinds
        )
    if failure.item is not None and hasattr(error, "add_note"):
        cast(Any, error).add_note(f"while {failure.task!r} ran on item {failure.item}")
    error.__cause__ = RemoteTraceback(failure.trace)
    return error


def _made(
    kind: Type[BaseException], args: Tuple[Any, ...], facts: Mapping[str, Any], text: str
) -> BaseException:
    """An error of a type, by what Python itself defines for it. Raises :class:`TypeError`."""
    builtin: Any = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    error: BaseException = builtin.__new__(kind, *args)
    builtin.__init__(error, *args)
    if isinstance(error, GlacierError):
        error.args = args  # which OSError, a base of some, leaves out
    error.__dict__.update(facts)
    if str(error) != text:
        raise TypeError(f"made again, it would say {str(error)!r}")
    return error


def _kind(name: str) -> Type[BaseException]:
    """The exception type of that name, if a module that is here has it.

    A module is imported only where the package that it is in is in use here anyway.
    """
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = _module(".".join(parts[:length]))
        found: Any = module
        for part in parts[length:]:
            found = getattr(found, part, None)
        if isinstance(found, type) and issubclass(found, Exception):
            return found
    raise TypeError(f"there is no exception {name} here")


def _module(name: str) -> Any:
    if name in sys.modules:
        return sys.modules[name]
    main = sys.modules.get("__main__")
    file = str(getattr(main, "__file__", "") or "")
    if file.replace("\\", "/").rpartition("/")[2] == f"{name}.py":
        return main  # the user's file, which has another name where it is deployed
    package = name.partition(".")[0]
    if package == name or package not in sys.modules:
        return None
    try:
        return import_module(name)
    except ImportError:
        return None
