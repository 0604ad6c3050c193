"""Where something was declared, and whether a later declaration is the same one run again."""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType
from typing import NamedTuple, Optional

__all__ = ["Place", "Where", "caller", "execution_of", "place_of"]


class Place(NamedTuple):
    """A file, a line, the module, and the module-level code that was running there.

    ``execution`` tells one run of a module from the next: reloading a module or running a
    notebook cell again compiles new code, while two declarations in one run of a script share it.
    """

    file: str
    line: int
    module: str
    execution: Optional[CodeType]

    def __str__(self) -> str:
        return f"{_shortened(self.file)}:{self.line}"

    def replaces(self, earlier: Place) -> bool:
        """Whether this is the same place, executed anew (a reload or a cell run again)."""
        return self.module == earlier.module and self.execution is not earlier.execution


class Where(NamedTuple):
    """A task and its place, written out only when an error needs it."""

    task: str
    place: Place

    def __str__(self) -> str:
        return f"{self.task} ({self.place})"


def place_of(frame: Optional[FrameType]) -> Place:
    """The place of the code that a frame is executing."""
    if frame is None:
        return Place("<unknown>", 0, "", None)
    module = str(frame.f_globals.get("__name__", ""))
    return Place(frame.f_code.co_filename, frame.f_lineno, module, execution_of(frame))


def caller() -> FrameType:
    """The frame that called the function which asks."""
    return sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # inspect has no cheaper way


def execution_of(frame: Optional[FrameType]) -> Optional[CodeType]:
    """The module-level code that is running; ``None`` on a thread that runs none."""
    while frame is not None:
        code = frame.f_code
        # IPython 8 names the code of a cell '<cell line: 1>'.
        if code.co_name == "<module>" or code.co_name.startswith("<cell line"):
            return code
        frame = frame.f_back
    return None


def _shortened(file: str) -> str:
    here = os.getcwd() + os.sep
    return file[len(here) :] if file.startswith(here) else file
