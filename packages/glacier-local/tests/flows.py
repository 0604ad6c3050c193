"""Files with pipelines that tests write, load, edit and load again."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Dict, Set

from glacier.core.loader import load
from glacier.local import LocalExecutor

__all__ = ["FLOW", "HELPERS", "Flow", "ran"]

HELPERS = """
FACTOR = 10

def render(clean, counted):
    return f"{sum(clean) * FACTOR} of {counted}"

def unused():
    return 1
"""

FLOW = '''
from glacier.core import Dataset, Pipeline
import helpers

pipeline = Pipeline("etl")
raw, clean, counted, reported = [Dataset(n) for n in ["raw", "clean", "counted", "reported"]]
LIMIT = 3

def tidy(value):
    """Make it tidy."""
    return value * 2

@pipeline.task(version=1)
def extract(*, day: int = 1) -> raw:
    return [1, 2, 3, 4]

@pipeline.task
def transform(data: raw) -> clean:
    return [tidy(value) for value in data]

@pipeline.task
def count(data: raw) -> counted:
    # those below the limit
    return len([value for value in data if value < LIMIT])

@pipeline.task
def report(a: clean, b: counted) -> reported:
    return helpers.render(a, b)
'''


class Flow:
    """A file ``flow.py`` with ``helpers.py`` beside it, in a folder of their own."""

    def __init__(self, folder: Path, flow: str = FLOW, helpers: str = HELPERS) -> None:
        self.folder = folder
        self.files = {"flow.py": flow, "helpers.py": helpers}

    def edit(self, old: str, new: str, *, file: str = "flow.py") -> None:
        """Replace a text that is there once."""
        assert self.files[file].count(old) == 1, f"{old!r} is not there once"
        self.files[file] = self.files[file].replace(old, new)

    def load(self) -> Any:
        """The pipeline of the file as it is now."""
        for name, text in self.files.items():
            (self.folder / name).write_text(text, encoding="utf-8")
            sys.modules.pop(Path(name).stem, None)
        importlib.invalidate_caches()
        before, bytecode = list(sys.path), sys.dont_write_bytecode
        sys.dont_write_bytecode = True  # an edit within the same second would not be seen
        try:
            return load(str(self.folder / "flow.py")).choose()
        finally:
            sys.path[:] = before
            sys.dont_write_bytecode = bytecode

    def executor(self, **options: Any) -> LocalExecutor:
        given: Dict[str, Any] = {"cache": True, "history": False, **options}
        return LocalExecutor(2, root=self.folder / ".glacier", **given)

    def run(self, *, options: Any = None, **request: Any) -> Any:
        """Load the file and execute its pipeline, which keeps what it makes for the next run."""
        return self.executor(**(options or {})).execute(self.load(), **request)


def ran(run: Any) -> Set[str]:
    """The tasks that did run."""
    states = {name: str(task.state) for name, task in run.tasks.items()}
    assert set(states.values()) <= {"succeeded", "up_to_date"}, states
    return {name for name, state in states.items() if state == "succeeded"}
