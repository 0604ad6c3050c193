"""A line for each task that ends: for logs, where nothing can be drawn over."""

from __future__ import annotations

import sys
from typing import Union

from glacier.core.contracts import State
from glacier.core.events import (
    AttemptFailed,
    Event,
    ItemFinished,
    RunFinished,
    RunStarted,
    TaskFinished,
)

__all__ = ["MOST_RETRIES", "PlainProgress", "brief", "retry"]

_MOST_LINES = 100  # of tasks that went well; what did not is always told
_QUARTERS = 4
MOST_RETRIES = 50  # that are told one by one


class PlainProgress:
    """Writes to standard error as it is when a line is due."""

    def __init__(self) -> None:
        self.total = self.done = self.retries = 0

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, RunStarted):
            self.total, self.done, self.retries = len(event.plan.steps), 0, 0
            noun = "task" if self.total == 1 else "tasks"
            self.write(f"run {event.run_id} of {event.plan.pipeline!r}: {self.total} {noun}")
        elif isinstance(event, ItemFinished):
            self.item(event)
        elif isinstance(event, AttemptFailed):
            self.retry(event)
        elif isinstance(event, TaskFinished):
            self.task(event)
        elif isinstance(event, RunFinished):
            self.write(f"run {event.run_id} {event.state} in {event.duration:.3f} s")

    def item(self, event: ItemFinished) -> None:
        """A line at each quarter of many items."""
        total = event.total or 0
        step = max(1, total // _QUARTERS)
        if total >= 5 * _QUARTERS and event.done % step == 0 and event.done < total:
            self.write(f"        {event.step.task}: {event.done} of {total} items")

    def retry(self, event: AttemptFailed) -> None:
        self.retries += 1
        if self.retries <= MOST_RETRIES:
            self.write(f"        {retry(event)}: {brief(event)}")
        elif self.retries == MOST_RETRIES + 1:
            self.write("        further attempts that fail are not told")

    def task(self, event: TaskFinished) -> None:
        self.done += 1
        well = event.state is State.SUCCEEDED
        if (
            well
            and event.attempt == 1
            and self.done % max(1, self.total // _MOST_LINES)
            and self.done < self.total
        ):
            return
        width = len(str(self.total))
        text = f"[{self.done:>{width}}/{self.total}] {event.step.task} "
        text += str(event.state).replace("_", " ")
        if event.started is not None:
            text += f" in {event.duration:.3f} s"
        if event.attempt > 1:
            text += f" (attempt {event.attempt})"
        note = brief(event)
        self.write(f"{text}: {note}" if note else text)

    def write(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def retry(event: AttemptFailed) -> str:
    """In a few words, that a task is tried again."""
    item = "" if event.item is None else f"[{event.item}]"
    policy = event.step.policy
    most = event.attempt + 1 if policy is None else policy.retries + 1
    when = f"again in {event.delay:.3g} s"
    return f"{event.step.task}{item} failed in attempt {event.attempt} of {most}, {when}"


def brief(event: Union[AttemptFailed, TaskFinished]) -> str:
    """In one line, why a task did not succeed."""
    if event.error is None:
        return event.reason if isinstance(event, TaskFinished) else ""
    text = str(event.error).strip().partition("\n")[0]
    name = type(event.error).__name__
    return f"{name}: {text}" if text else name
