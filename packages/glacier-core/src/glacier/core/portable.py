"""Functions on their way to a worker."""

from __future__ import annotations

from types import FunctionType
from typing import Any

__all__ = ["bare"]


def bare(function: Any) -> Any:
    """A function as the worker needs it: what its annotations refer to stays here."""
    if type(function) is not FunctionType:
        return function
    bare = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    bare.__kwdefaults__ = function.__kwdefaults__
    bare.__dict__.update(function.__dict__)
    bare.__module__ = function.__module__
    bare.__qualname__ = function.__qualname__
    return bare
