"""The parameters of the function that stands behind a callable."""

from __future__ import annotations

from types import FunctionType
from typing import Any, Dict, NamedTuple, Optional, Tuple

__all__ = ["Shape", "shape_of"]


class Shape(NamedTuple):
    """The parameters of a function as it will be called, without those already bound."""

    function: FunctionType
    positional: Tuple[str, ...]
    keyword_only: Tuple[str, ...]
    defaults: Dict[str, Any]


def shape_of(target: Any) -> Optional[Shape]:
    """The shape of a callable; ``None`` where no Python function stands behind it."""
    bound_positional, bound_keywords, skip_self = 0, {}, False
    while not isinstance(target, FunctionType):
        if hasattr(target, "__func__"):  # a bound method, or a staticmethod of Python 3.9
            skip_self = skip_self or hasattr(target, "__self__")
            target = target.__func__
        elif hasattr(target, "func") and hasattr(target, "keywords"):  # functools.partial
            bound_positional += len(target.args)
            bound_keywords = {**target.keywords, **bound_keywords}
            target = target.func
        elif hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        elif isinstance(type(target).__dict__.get("__call__"), FunctionType):
            skip_self, target = True, type(target).__dict__["__call__"]
        else:
            return None
    while hasattr(target, "__wrapped__"):
        target = target.__wrapped__
    code, defaults = target.__code__, target.__defaults__ or ()
    names = code.co_varnames
    positional = names[: code.co_argcount]
    known = dict(zip(positional[len(positional) - len(defaults) :], defaults))
    known.update(target.__kwdefaults__ or {})
    known.update(bound_keywords)
    keyword_only = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    free = positional[bound_positional + skip_self :]
    return Shape(target, free, keyword_only, known)
