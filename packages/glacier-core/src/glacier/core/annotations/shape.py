"""The parameters of the function that stands behind a callable."""

from __future__ import annotations

import functools
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from glacier.core.typeforms import class_of

__all__ = ["Shape", "shape_of"]

_VARIADIC, _COROUTINE, _ASYNC_GENERATOR = 0x04 | 0x08, 0x80, 0x200
_ASYNC = _COROUTINE | _ASYNC_GENERATOR
_PLACEHOLDER = getattr(functools, "Placeholder", object())  # Python 3.14


class Shape(NamedTuple):
    """A function as it will be called, without the parameters that are already bound.

    ``function`` is the innermost one, whose annotations count. The first ``positional_only`` names
    cannot be given by keyword.
    """

    function: Any  # a FunctionType, which type checkers would take for a method of this class
    positional: Tuple[str, ...]
    keyword_only: Tuple[str, ...]
    defaults: Dict[str, Any]
    positional_only: int
    flags: int

    @property
    def is_variadic(self) -> bool:
        """Whether it takes ``*args`` or ``**kwargs``."""
        return bool(self.flags & _VARIADIC)

    @property
    def is_async(self) -> bool:
        """Whether it, or a function that it is decorated with, is an ``async def``."""
        return bool(self.flags & _COROUTINE)

    @property
    def is_async_generator(self) -> bool:
        """Whether it is an ``async def`` that yields."""
        return bool(self.flags & _ASYNC_GENERATOR)


def shape_of(target: Any) -> Optional[Shape]:
    """The shape of a callable; ``None`` where no Python function stands behind it."""
    bound: List[bool] = []
    keywords: Dict[str, Any] = {}
    kind = 0
    while hasattr(target, "__wrapped__") or not isinstance(target, FunctionType):
        if isinstance(target, MethodType):
            bound.insert(0, True)
            target = target.__func__
        elif isinstance(target, partial):
            bound[:0] = [argument is not _PLACEHOLDER for argument in target.args]
            keywords = {**target.keywords, **keywords}
            target = target.func
        elif hasattr(target, "__wrapped__"):
            kind = kind or _kind_of(target)
            target = getattr(target, "__wrapped__")  # noqa: B009  # a function may well have it
        else:
            call = None if isinstance(target, type) else getattr(target, "__call__", None)  # noqa: B004
            if class_of(call) not in (FunctionType, MethodType, partial):
                return None
            target = call
    return _shape(target, bound, keywords, kind or _kind_of(target))


def _kind_of(target: Any) -> int:
    return target.__code__.co_flags & _ASYNC if isinstance(target, FunctionType) else 0


def _shape(function: FunctionType, bound: List[bool], keywords: Dict[str, Any], kind: int) -> Shape:
    code, defaults = function.__code__, function.__defaults__ or ()
    count, names = code.co_argcount, code.co_varnames
    positional, by_keyword = names[:count], names[count : count + code.co_kwonlyargcount]
    known = dict(zip(positional[count - len(defaults) :], defaults)) if defaults else {}
    if function.__kwdefaults__:
        known.update(function.__kwdefaults__)
    positional_only = code.co_posonlyargcount
    if bound or keywords:
        known.update(keywords)
        free = [not (place < len(bound) and bound[place]) for place in range(count)]
        positional_only = sum(free[:positional_only])
        positional = tuple([name for name, is_free in zip(positional, free) if is_free])
        # A parameter bound by keyword can be given by keyword only, and so can what follows it.
        first = next((i for i, name in enumerate(positional) if name in keywords), len(positional))
        positional, by_keyword = positional[:first], positional[first:] + by_keyword
    flags = kind | (code.co_flags & _VARIADIC)
    return Shape(function, positional, by_keyword, known, positional_only, flags)
