"""Where things are, as errors should show it, worked out without Glacier."""

from __future__ import annotations

import os
import sys
from typing import Any

from glacier.core import Task

__all__ = ["at", "file_of", "line"]


def file_of(name: str) -> str:
    """A file as errors show it: relative to the working directory where it lies below."""
    folder = os.getcwd() + os.sep
    return name[len(folder) :] if name.startswith(folder) else name


def at(task: Task[Any, Any]) -> str:
    """A task as errors show it."""
    code = task.function.__code__
    return f"{task.name} ({file_of(code.co_filename)}:{code.co_firstlineno})"


def line() -> int:
    """The line from which this is called."""
    return sys._getframe(1).f_lineno
