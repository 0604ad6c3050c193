"""Calls that took longer than their task may: what becomes of them, and what is said of it."""

from __future__ import annotations

from time import perf_counter, time
from typing import Any, Coroutine, Optional

from glacier.core.contracts import State, TaskCall, TaskResult
from glacier.core.errors import GlacierWarning, TaskTimeout
from glacier.core.step import Step

__all__ = ["abandoned", "limited", "timed_out", "warn_abandoned"]

_GRACE = 2.0  # seconds that a cancelled coroutine has for ending


def timed_out(call: TaskCall, *, started: float, duration: float, ended: str) -> TaskResult:
    """The result of a call at its limit; ``ended`` is a sentence on what became of it."""
    policy = call.step.policy
    error = TaskTimeout(
        task=call.step.task,
        item=call.item,
        limit=call.step.limit,
        attempt=call.attempt,
        attempts=1 if policy is None else policy.retries + 1,
        ended=ended,
    )
    return TaskResult(State.FAILED, (), started, duration, error)


def abandoned(call: TaskCall) -> TaskResult:
    """The result of a call that nobody waits for any more."""
    limit = call.step.limit
    return timed_out(
        call,
        started=time() - limit,
        duration=limit,
        ended="Its thread goes on, and what comes of it is dropped; a worker process "
        "would have been ended: LocalExecutor(processes=True).",
    )


def warn_abandoned(step: Step, item: Optional[int]) -> None:
    """Warn that a call goes on though nobody waits for it."""
    import warnings

    which = "" if item is None else f" (item {item})"
    warnings.warn(
        f"task {step.task!r}{which} goes on after its limit of {step.limit:g} s: its thread cannot "
        "be ended, and what comes of it is dropped",
        GlacierWarning,
        stacklevel=2,
    )


async def limited(coroutine: Coroutine[Any, Any, TaskResult], call: TaskCall) -> TaskResult:
    """Run the call of an ``async def`` task, and cancel it at its limit."""
    import asyncio

    started, clock = time(), perf_counter()
    task = asyncio.ensure_future(coroutine)
    try:
        await asyncio.wait({task}, timeout=call.step.limit)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait({task}, timeout=_GRACE)
    finally:
        task.cancel()  # the run itself may have been stopped
    ended = "It was cancelled." if task.done() else "It was cancelled, but takes no notice of it."
    return timed_out(call, started=started, duration=perf_counter() - clock, ended=ended)
