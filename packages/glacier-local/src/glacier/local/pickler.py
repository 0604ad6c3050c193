"""Pickling by cloudpickle, with what it lacks: modules that a worker cannot import, and tables.

cloudpickle sends by value what lives in ``__main__``, in closures and under a name that means
something else by now, such as the function behind a ``Task``; all the rest by reference.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import import_module
from types import FunctionType
from typing import Any, Callable, Dict, Optional, Sequence, Tuple, Type, cast

from glacier.local.segment import INLINE

__all__ = ["make_pickler"]


def make_pickler(file: Any, take: Callable[[Any], bool]) -> Any:
    """A pickler of protocol 5 that offers its buffers to ``take``, which says true to refuse."""
    return _pickler_class()(file, protocol=5, buffer_callback=take)


@lru_cache(maxsize=None)
def _pickler_class() -> Type[Any]:
    cloudpickle: Any = import_module("cloudpickle")

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
        def reducer_override(self, obj: Any) -> Any:
            kind = cast("Any", type(obj))
            if kind is FunctionType or issubclass(kind, type):
                _send_by_value_if_hidden(cloudpickle, obj.__module__)
            elif kind.__name__ in _FRAMES and kind.__module__ in _FRAME_MODULES:
                return _reduce_frame(obj)
            return cloudpickle.Pickler.reducer_override(self, obj)

    return Pickler


# --- modules --------------------------------------------------------------------------------------

_importable: Dict[str, bool] = {}


def _send_by_value_if_hidden(cloudpickle: Any, name: Any) -> None:
    """Tell cloudpickle of a module that exists here and could not be imported elsewhere: a file
    that was loaded by its path, a test module."""
    if not isinstance(name, str) or name in _importable or name == "__main__":
        return
    module = sys.modules.get(name)
    if module is None:
        return
    known = getattr(module, "__file__", None) is None or _can_be_found(name)
    if not known:
        cloudpickle.register_pickle_by_value(module)
    _importable[name] = known


def _can_be_found(name: str) -> bool:
    """Whether the import system would find the module, were it not imported yet."""
    path: Optional[Sequence[str]] = None
    parent = name.rpartition(".")[0]
    if parent:
        path = getattr(sys.modules.get(parent), "__path__", None)
        if path is None or not _can_be_found(parent):
            return False
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if find is not None and find(name, path) is not None:
            return True
    return False


# --- polars ---------------------------------------------------------------------------------------

_FRAMES = ("DataFrame", "Series")
_FRAME_MODULES = ("polars.dataframe.frame", "polars.series.series")


def _reduce_frame(frame: Any) -> Any:
    """A large frame of polars as Arrow, whose buffers need no copy; polars itself copies."""
    if frame.estimated_size() <= INLINE:
        return NotImplemented
    try:
        table = _to_arrow(frame)
        empty = _from_arrow(table.slice(0, 0), *_name_of(frame))
    except Exception:  # no pyarrow here, or a type that it does not have
        return NotImplemented
    if _types_of(empty) != _types_of(frame):
        return NotImplemented
    return _from_arrow, (table, *_name_of(frame))


def _to_arrow(frame: Any) -> Any:
    levels = getattr(import_module("polars"), "CompatLevel", None)
    return frame.to_arrow() if levels is None else frame.to_arrow(compat_level=levels.newest())


def _from_arrow(table: Any, name: Optional[str] = None) -> Any:
    frame = import_module("polars").from_arrow(table)
    return frame if name is None else frame.rename(name)


def _name_of(frame: Any) -> Tuple[str, ...]:
    return () if hasattr(frame, "columns") else (frame.name,)


def _types_of(frame: Any) -> Any:
    return frame.schema if hasattr(frame, "columns") else frame.dtype
