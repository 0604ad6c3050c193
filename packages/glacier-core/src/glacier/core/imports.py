"""Importing a user's module in a worker: it ends where the module itself executes a pipeline.

A task may need a helper of a module that runs its pipeline when it is imported. What stands above
that ``execute`` is there then, and nothing is run a second time.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import FrameType, ModuleType
from typing import Any, Callable, List, Optional, Sequence

from glacier.core.loading import before_execution

__all__ = ["watch_imports"]


class ImportEnded(BaseException):
    """Raised by ``execute`` in a module that a worker imports; the import takes it for its end."""


class _Finder:
    """Finds what the others find, and lets its import end early."""

    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        for finder in sys.meta_path:
            find: Any = None if finder is self else getattr(finder, "find_spec", None)
            spec: Optional[ModuleSpec] = None if find is None else find(name, path, target)
            if spec is not None:
                loader: Any = spec.loader
                if isinstance(spec.loader, SourceFileLoader):
                    loader.exec_module = partial(_execute, loader.exec_module)
                return spec
        return None


def _execute(execute: Callable[[ModuleType], None], module: ModuleType) -> None:
    try:
        execute(module)
    except ImportEnded:
        return


_watching: List[_Finder] = []


def watch_imports() -> None:
    """From now on, let a module that executes a pipeline end there."""
    if not _watching:
        _watching.append(_Finder())
        sys.meta_path.insert(0, _watching[0])
        before_execution(_end_import)


def _end_import() -> None:
    """End the import that this is called in, if one is under way."""
    frame: Optional[FrameType] = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # inspect has no cheaper way
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            if frame.f_globals.get("__name__") != "__main__":
                raise ImportEnded
            return
        frame = frame.f_back
