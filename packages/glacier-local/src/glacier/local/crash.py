"""What it means that a worker process is gone, and what of a task cannot reach or leave one."""

from __future__ import annotations

import signal
from typing import Optional

from glacier.core.protocols import RunError, TaskCall, WorkerLost

__all__ = ["BEGUN", "CannotCross", "WorkerCrashed", "WorkerNotMade", "WorkerNotStarted", "called"]

BEGUN = 8
"""Bytes at the beginning of a worker's report: how many calls it has begun."""

_NATIVE = (
    "Native code that the task called has crashed. Look at the library that the task uses last, "
    "and at the version of it that is installed."
)
_ADVICE = {
    "SIGKILL": "Something outside ended it: most often the kernel, when memory ran out (then "
    "'dmesg' tells of it). Let the task hold less at a time, or run fewer beside each other: "
    "LocalExecutor(processes=True, workers=1).",
    "SIGSEGV": _NATIVE,
    "SIGBUS": _NATIVE,
    "SIGILL": _NATIVE,
    "SIGFPE": _NATIVE,
    "SIGABRT": _NATIVE,
}


class WorkerCrashed(WorkerLost):
    """The process in which a task ran has ended before the task did.

    ``signal`` is the name of what ended it, such as ``"SIGKILL"``, otherwise ``None`` and there is
    an ``exit_code``. ``stack`` is where the task was, where the process could still tell. The two
    are of the process that starts the workers if it ended, and with it all of them (``lost``).
    """

    def __init__(self, call: TaskCall, *, code: int, stack: str = "", lost: bool = False) -> None:
        self.task = call.step.task
        self.item = call.item
        self.attempt = call.attempt
        self.signal = _signal(code)
        self.exit_code = code if code >= 0 else None
        self.stack = stack
        if self.signal is not None:
            what = f"was killed by {self.signal}"
            advice = _ADVICE.get(self.signal, "Something outside sent it that signal.")
        else:
            what = f"ended with exit code {code}"
            advice = (
                "The task, or a library that it uses, ended the process (os._exit, or exit in "
                "native code). A task ends by returning or by raising."
            )
        if lost:
            what = f"was lost with the process that starts the workers, which {what},"
        text = f"the worker process of {called(call)} {what} in attempt {call.attempt}. {advice}"
        super().__init__(f"{text}\n{stack}".rstrip())


class WorkerNotStarted(WorkerLost):
    """A process ended before it could take any task."""

    def __init__(self, call: TaskCall, *, executable: str, code: int) -> None:
        ended = _signal(code) or f"exit code {code}"
        super().__init__(
            f"no worker process for {called(call)}: {executable} ended with {ended} while it was "
            "starting. What it wrote to standard error says why; the same interpreter must be able "
            "to 'import glacier.local'."
        )


class WorkerNotMade(WorkerLost):
    """The operating system refused a process."""

    def __init__(self, call: TaskCall, *, error: OSError) -> None:
        super().__init__(
            f"no worker process for {called(call)}: {error}. It is started as sys.executable; the "
            "limits on processes, open files and memory must allow as many as "
            "LocalExecutor(workers=…) says."
        )


class CannotCross(RunError):
    """A function or a value that cannot be sent to a worker process, or be brought from it."""

    retryable = False

    def __init__(
        self, *, where: str, what: str, error: BaseException, mend: str, reading: bool = False
    ) -> None:
        how = "cannot be read from its pickled form" if reading else "cannot be pickled"
        reason = " ".join(str(error).split())
        super().__init__(f"{where}: {what} {how} ({type(error).__name__}: {reason}). {mend}")


def called(call: TaskCall) -> str:
    """A call as errors name it: ``task 'double' (item 3)``."""
    item = "" if call.item is None else f" (item {call.item})"
    return f"task {call.step.task!r}{item}"


def _signal(code: int) -> Optional[str]:
    if code >= 0:
        return None
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
