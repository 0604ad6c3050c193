"""Calls that take too long, in a process that runs one call at a time on its main thread."""

from __future__ import annotations

import threading
from time import perf_counter, time
from types import FrameType
from typing import Optional

from glacier.core.contracts import State, TaskCall, TaskResult
from glacier.core.step import Policy
from glacier.core.timeouts import timed_out
from glacier.core.worker import run_call

__all__ = ["run_limited"]


_MARGIN = 1.0  # seconds in which a failure is noted


class _Late(BaseException):
    """Raised inside a task at its limit; no ``except Exception`` takes it."""


def run_limited(call: TaskCall, *, left: Optional[float] = None) -> TaskResult:
    """Run a call, and end it at its limit of time, or shortly before the ``left`` seconds are over
    after which its process is ended, so that there is time to say so.

    What waits inside a library that is not written in Python ends when that returns. Where there
    are no alarms (on another thread, on Windows) a call runs to its end, and has failed if that is
    late.
    """
    call = _with_limit(call, left)
    if not call.step.limit:
        return run_call(call)
    started, clock = time(), perf_counter()
    result = _with_alarm(call) if _has_alarms() else run_call(call)
    duration = perf_counter() - clock
    if isinstance(result.error, _Late):
        return timed_out(call, started=started, duration=duration, ended="It was stopped.")
    if duration < call.step.limit or result.state is State.FAILED:
        return result
    ended = "It ran to its end, and what came of it is dropped."
    return timed_out(call, started=started, duration=duration, ended=ended)


def _with_limit(call: TaskCall, left: Optional[float]) -> TaskCall:
    """The call, its limit not later than its process has time."""
    if left is None:
        return call
    step, latest = call.step, max(left - min(_MARGIN, left / 2), 0.001)
    if step.limit and step.limit <= latest:
        return call
    policy = Policy() if step.policy is None else step.policy
    return call._replace(step=step._replace(policy=policy._replace(timeout=latest)))


def _has_alarms() -> bool:
    import signal

    is_main = threading.current_thread() is threading.main_thread()
    return is_main and hasattr(signal, "setitimer")


def _with_alarm(call: TaskCall) -> TaskResult:
    import signal

    def stop(_: int, __: Optional[FrameType]) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, call.step.limit)
        try:
            return run_call(call)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Late as late:  # between the end of the task and that of the alarm
        return TaskResult(State.FAILED, (), None, 0.0, late)
    finally:
        signal.signal(signal.SIGALRM, before)
