"""Why a step whose inputs have ended does not run: the rules, wherever they are applied."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from glacier.core.contracts import State, TaskResult
from glacier.core.errors import GlacierError, InvalidCondition
from glacier.core.step import Step

__all__ = ["hindered", "skipped", "unmet", "upstream_failed"]

_FELL_SHORT = (State.FAILED, State.UPSTREAM_FAILED, State.CANCELLED)


def upstream_failed() -> TaskResult:
    """The end of a step one of whose producers failed."""
    return TaskResult(State.UPSTREAM_FAILED, (), None, 0.0, None, "a producer failed")


def skipped(reason: str) -> TaskResult:
    """The end of a step that is skipped."""
    return TaskResult(State.SKIPPED, (), None, 0.0, None, reason)


def hindered(
    step: Step, inputs: Sequence[Optional[State]], condition: Optional[State] = None
) -> Optional[TaskResult]:
    """The end of a step that lacks an input; ``None`` if it lacks none that it needs.

    ``inputs`` has the state of the producer of each input that has no value, ``None`` for those
    that have one; ``condition`` is the same for the condition. An optional input may be skipped,
    but a failure always propagates.
    """
    if condition in _FELL_SHORT or any(state in _FELL_SHORT for state in inputs):
        return upstream_failed()
    slots = [slot for slot in step.slots if slot.kind == "input"]
    for slot, state in zip(slots, inputs):
        if state is State.SKIPPED and not slot.optional:
            return skipped(f"its input {slot.source!r} was skipped")
    if condition is State.SKIPPED:
        return skipped(f"its condition {step.when!r} was skipped")
    return None


def unmet(step: Step, read: Callable[[], Any]) -> Optional[TaskResult]:
    """The end of a step whose condition is not true; ``None`` if it is."""
    try:
        value = read()
    except GlacierError as error:
        return TaskResult(State.FAILED, (), None, 0.0, error)
    try:
        if value:
            return None
    except Exception as error:  # an array or a table has no truth value
        wrong = InvalidCondition(
            where=step.task, dataset=str(step.when), found=f"a {type(value).__qualname__}"
        )
        wrong.__cause__ = error
        return TaskResult(State.FAILED, (), None, 0.0, wrong)
    return skipped(f"its condition {step.when!r} is false")
