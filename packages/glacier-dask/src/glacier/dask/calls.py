"""One call on a worker, from its first attempt to its last."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from time import monotonic, perf_counter, sleep, time
from typing import Any

from glacier.core.protocols import (
    State,
    TaskCall,
    TaskResult,
    Value,
    limited,
    next_pause,
    run_call,
    run_call_async,
    timed_out,
)
from glacier.dask.engine import dumps, rejoin, secede, sizeof
from glacier.dask.faults import CannotCross, called

__all__ = ["run_attempts"]

Again = Callable[[TaskCall, TaskResult, float], object]
Begun = Callable[[TaskCall], object]

_BRIEF = 0.1  # seconds of a pause for which a worker's place is not given up
_LOOK = 0.2  # seconds between two looks whether the run was stopped
_SMALL = 65536  # bytes up to which a value of an unknown type is pickled to see whether it can be


def run_attempts(
    call: TaskCall, *, begun: Begun, again: Again, stopped: Callable[[], object]
) -> TaskResult:
    """Run a call until it does not fail or no attempt is left; a pause holds no worker."""
    while True:
        begun(call)
        result = _checked(call, _run(call))._replace(attempt=call.attempt)
        if result.state is not State.FAILED or stopped():
            return result
        pause = next_pause(call, result.error, random.random)
        if pause is None:
            return result
        again(call, result, pause)
        _wait(pause, stopped)
        if stopped():
            return result
        call = call._replace(attempt=call.attempt + 1)


def _run(call: TaskCall) -> TaskResult:
    """One attempt; a limit of time ends a coroutine, and abandons a function in its thread."""
    started, clock = time(), perf_counter()
    try:
        if not call.step.limit:
            return run_call(call)
        if call.step.is_async:
            return asyncio.run(limited(run_call_async(call), call))
        return _run_limited(call)
    except KeyboardInterrupt as error:  # it would end the worker
        return TaskResult(State.FAILED, (), started, perf_counter() - clock, error)


def _run_limited(call: TaskCall) -> TaskResult:
    ended: list[TaskResult | BaseException] = []

    def run() -> None:
        try:
            ended.append(run_call(call))
        except BaseException as error:
            ended.append(error)

    started, clock = time(), perf_counter()
    thread = threading.Thread(target=run, name=f"glacier-{call.step.task}", daemon=True)
    thread.start()
    thread.join(call.step.limit)
    if not ended:
        told = "Its thread on the worker goes on, and what comes of it is dropped."
        return timed_out(call, started=started, duration=perf_counter() - clock, ended=told)
    result = ended[0]
    if isinstance(result, TaskResult):
        return result
    raise result


def _wait(seconds: float, stopped: Callable[[], object]) -> None:
    if seconds < _BRIEF:
        sleep(seconds)
        return
    until = monotonic() + seconds
    secede()
    try:
        while monotonic() < until and not stopped():
            sleep(max(0.0, min(_LOOK, until - monotonic())))
    finally:
        rejoin()


# --- values that cannot leave ---------------------------------------------------------------------

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def _checked(call: TaskCall, result: TaskResult) -> TaskResult:
    """The result; a failure if it holds what no other worker could be sent."""
    for ref, dataset in zip(result.outputs, call.step.outputs, strict=False):
        if not isinstance(ref, Value) or type(ref.value) in _PLAIN:
            continue
        try:
            _probe(ref.value)
        except Exception as error:
            cannot = CannotCross(
                where=called(call),
                what=f"what it returned for {dataset!r}, a {type(ref.value).__qualname__},",
                error=error,
                mend="Return plain data, and make connections, locks and the like in the task "
                "that uses them.",
            )
            cannot.__cause__ = error
            return TaskResult(State.FAILED, (), result.started, result.duration, cannot)
    return result


def _probe(value: Any) -> None:
    """Raise what pickling a value raises, as far as that is soon done; what is large is data."""
    if sizeof(value) <= _SMALL:
        dumps(value)
