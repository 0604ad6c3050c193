"""What a running task may know about its run."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Dict, NamedTuple, Optional

if TYPE_CHECKING:
    import logging
    from pathlib import Path

__all__ = ["Context", "adopt_scratch", "drop_scratch", "scratch_of", "share_scratch"]


class Context(NamedTuple):
    """Facts about the call that is running; a parameter annotated ``Context`` receives it.

    ``attempt`` counts from 1; ``partition`` is ``None`` without partitions; ``item`` is the index
    of a mapped task's item, counted from 0, and ``None`` elsewhere.
    """

    pipeline: str
    task: str
    run_id: str
    attempt: int = 1
    partition: Optional[str] = None
    item: Optional[int] = None

    @property
    def logger(self) -> logging.Logger:
        """The logger ``glacier.task.<pipeline>.<task>``."""
        import logging

        from glacier.core.tasklog import watch

        watch()
        return logging.getLogger(f"glacier.task.{self.pipeline}.{self.task}")

    def new_path(self, suffix: str = "") -> Path:
        """A path in the run's scratch folder at which no file exists yet.

        ``suffix`` is the ending of its name, such as ``".csv"``. The folder is made at the first
        call and removed, with all that is in it, when the process ends.
        """
        import tempfile
        from pathlib import Path

        item = "" if self.item is None else f"-{self.item}"
        prefix = f"{self.task}{item}-{self.attempt}-"
        # A folder of its own makes the path unique without creating the file itself.
        return Path(tempfile.mkdtemp(prefix=prefix, dir=_scratch(self.run_id))) / f"data{suffix}"


_folders: Dict[str, str] = {}
_folders_lock = Lock()


def _scratch(run_id: str) -> str:
    with _folders_lock:
        if run_id not in _folders:
            from glacier.core.scratch import new_scratch_folder

            _folders[run_id] = new_scratch_folder()
        return _folders[run_id]


def share_scratch(run_id: str) -> str:
    """The scratch folder of a run, to be told to another process; this one removes it."""
    return _scratch(run_id)


def adopt_scratch(run_id: str, folder: str) -> None:
    """Use the scratch folder that another process made for a run, and leave its removal to that."""
    with _folders_lock:
        _folders[run_id] = folder


def scratch_of(run_id: str) -> str:
    """The scratch folder of a run as far as this process has one, else an empty text."""
    return _folders.get(run_id, "")


def drop_scratch(run_id: str) -> None:
    """Remove the scratch folder of a run, of which this process sees no more."""
    with _folders_lock:
        folder = _folders.pop(run_id, "")
    if folder:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
