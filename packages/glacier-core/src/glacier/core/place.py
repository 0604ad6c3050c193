"""Where something was declared, and whether a later declaration is the same one run again."""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType
from typing import NamedTuple, Optional, Tuple

__all__ = ["Execution", "Place", "Where", "caller", "execution_of", "place_of"]


class Execution(NamedTuple):
    """One run of a module's top level: the module's name, and the code that is running.

    Reloading a module or running a notebook cell again compiles new code, so it is another
    execution of the same module; all that one run of a script declares shares one execution.
    """

    module: str
    code: CodeType


class Place(NamedTuple):
    """A file, a line, the module that they belong to, and the execution that came by there."""

    file: str
    line: int
    module: str
    execution: Optional[Execution]

    def __str__(self) -> str:
        return _cell(self.file, self.line) or f"{_shortened(self.file)}:{self.line}"

    def __reduce__(self) -> Tuple[object, ...]:
        # Code cannot be pickled, and means nothing in another process.
        return Place, (self.file, self.line, self.module, None)

    def replaces(self, earlier: Place) -> bool:
        """Whether this is the same module, executed anew (a reload or a cell run again)."""
        now, before = self.execution, earlier.execution
        return (
            now is not None
            and before is not None
            and self.module == earlier.module
            and now.module == before.module
            and now.code is not before.code
        )


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


_latest: Optional[Execution] = None  # shared by all that it declares


def execution_of(frame: Optional[FrameType]) -> Optional[Execution]:
    """The innermost module whose top level is running; ``None`` on a thread that runs none."""
    global _latest
    while frame is not None:
        code = frame.f_code
        # IPython 8 names the code of a cell '<cell line: 1>'.
        if code.co_name == "<module>" or code.co_name.startswith("<cell line"):
            module, latest = str(frame.f_globals.get("__name__", "")), _latest
            if latest is None or latest.code is not code or latest.module != module:
                latest = _latest = Execution(module, code)
            return latest
        frame = frame.f_back
    return None


def _shortened(file: str) -> str:
    try:
        here = os.getcwd() + os.sep
    except OSError:  # the folder is gone
        return file
    return file[len(here) :] if file.startswith(here) else file


def _cell(file: str, line: int) -> str:
    """The cell as IPython shows it, for its file has a name that tells a reader nothing."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", {})
    return f"Cell In[{numbers[file]}], line {line}" if file in numbers else ""
