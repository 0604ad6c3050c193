"""Tells listeners what happens in a run: each thing once, however often it reaches the client."""

from __future__ import annotations

from glacier.core.protocols import (
    AttemptFailed,
    Execution,
    Expansion,
    ItemFinished,
    TaskFinished,
    TaskResult,
    TaskStarted,
)

__all__ = ["Announcer"]


class Announcer:
    """Emits the events of one run; without listeners it does nothing."""

    def __init__(self, execution: Execution) -> None:
        self._emit = execution.emit
        self._run_id = execution.run_id
        self._steps = execution.launch.plan.steps
        self._started: dict[int, int] = {}  # the last attempt of each step that was told of
        self._failed: set[tuple[int, int | None, int]] = set()

    def started(self, number: int, moment: float, attempt: int = 1) -> None:
        """An attempt of a step begins."""
        if self._emit is not None and self._started.get(number, 0) < attempt:
            self._started[number] = attempt
            self._emit(TaskStarted(self._run_id, self._steps[number], moment, attempt))

    def attempt_failed(self, number: int, item: int | None, last: TaskResult, pause: float) -> None:
        """An attempt failed, and another one follows."""
        key = (number, item, last.attempt)
        if self._emit is None or key in self._failed:
            return
        self._failed.add(key)
        if item is None and last.started is not None:
            self.started(number, last.started, last.attempt)
        step, started, duration = self._steps[number], last.started, last.duration
        self._emit(
            AttemptFailed(
                self._run_id, step, item, last.attempt, started, duration, last.error, pause
            )
        )

    def item_finished(
        self, number: int, item: int, expansion: Expansion, result: TaskResult
    ) -> None:
        """An item of a mapped step has come to its end."""
        if self._emit is not None:
            step, done, total = self._steps[number], expansion.ended_items, expansion.total
            state, duration, attempt = result.state, result.duration, result.attempt
            run = self._run_id
            self._emit(ItemFinished(run, step, item, done, total, state, duration, attempt))

    def finished(self, number: int, result: TaskResult) -> None:
        """A step has come to its end."""
        if self._emit is not None:
            state, _, started, duration, error, reason, _, attempt, kept = result
            step, run = self._steps[number], self._run_id
            self._emit(
                TaskFinished(run, step, state, started, duration, error, reason, attempt, kept)
            )
