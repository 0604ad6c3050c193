"""Errors while a run takes place, and in the records and extensions around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Optional, Sequence

from glacier.core.errors._base import GlacierError, listed

if TYPE_CHECKING:
    from glacier.core.run import Run

__all__ = [
    "ExtensionError",
    "InvalidCondition",
    "NotMappable",
    "RecordError",
    "RunError",
    "RunFailed",
    "TaskExited",
    "TaskTimeout",
    "UnresolvedInput",
    "ValueUnavailable",
    "WorkerLost",
    "WrongOutputs",
]


class RunError(GlacierError):
    """A run, or a task in it, went wrong."""


class RunFailed(RunError):
    """At least one task failed; ``run`` holds every state, error and value.

    The exception of the first task that failed is the ``__cause__``.
    """

    run: Run

    def __init__(
        self, *, run: Run, groups: Mapping[str, Sequence[str]], errors: Mapping[str, str]
    ) -> None:
        self.run = run
        total = sum(len(names) for names in groups.values())
        lines = [f"{len(errors)} of {total} tasks of pipeline {run.pipeline!r} failed."]
        lines += [f"  {task}: {text}" for task, text in list(errors.items())[:10]]
        if len(errors) > 10:
            lines.append(f"  … and {len(errors) - 10} more failed tasks, see error.run")
        lines += [
            f"  {state.replace('_', ' ')}: {listed(names)}"
            for state, names in groups.items()
            if names and state != "failed"
        ]
        go_on = "inputs=error.run.values"
        if run.resumable:
            go_on = f"resume={run.run_id!r}"
        lines.append(
            "To go on after mending it without repeating what succeeded: "
            f"execute(pipeline, {go_on})" + (", or 'glacier resume'." if run.resumable else ".")
        )
        super().__init__("\n".join(lines))


class WrongOutputs(RunError):
    """A task returned something other than one value for each of its datasets."""

    retryable = False

    def __init__(self, *, where: str, outputs: Sequence[str], found: str) -> None:
        super().__init__(
            f"{where} returned {found}, but it declares {len(outputs)} datasets: "
            f"{listed(outputs)}. Return that many values in this order, or a mapping by name."
        )


class NotMappable(RunError):
    """A mapped input whose value has no items to map over."""

    retryable = False

    def __init__(self, *, where: str, dataset: str, found: str) -> None:
        super().__init__(
            f"{where} runs once per item of {dataset!r} ('.each'), but its value is {found}. "
            "Let its producer return a list (or another sequence) of items."
        )


class TooManyItems(RunError):
    """A mapped task with more items than the platform that runs it can go through."""

    retryable = False

    def __init__(self, *, task: str, dataset: str, count: int, most: int) -> None:
        super().__init__(
            f"task {task!r} would run once for each of the {count:,} items of {dataset!r}, and the "
            f"platform goes through {most:,} at most. Let its producer return fewer, larger items, "
            "such as lists of them."
        )


class InvalidCondition(RunError):
    """A ``when=`` dataset whose value is neither true nor false."""

    retryable = False

    def __init__(self, *, where: str, dataset: str, found: str) -> None:
        super().__init__(
            f"{where} runs when {dataset!r} is true, but its value is {found}, which is neither "
            "true nor false. Let its producer return a bool."
        )


class TaskExited(RunError):
    """A task tried to end the process."""

    def __init__(self, *, where: str, code: object) -> None:
        super().__init__(
            f"{where} called sys.exit({code!r}). A task ends by returning, by raising an "
            "exception, or by raising glacier.core.Skip."
        )


class TaskTimeout(RunError, TimeoutError):
    """A call took longer than its task may; ``limit`` is in seconds, ``item`` of a mapped task.

    ``ended`` says what became of the call.
    """

    def __init__(
        self,
        *,
        task: str,
        limit: float,
        attempt: int,
        attempts: int,
        ended: str,
        item: Optional[int] = None,
    ) -> None:
        self.task = task
        self.item = item
        self.limit = limit
        self.attempt = attempt
        which = "" if item is None else f" (item {item})"
        of = f" of {attempts}" if attempts > 1 else ""
        super().__init__(
            f"task {task!r}{which} had not ended after its limit of {limit:g} s in attempt "
            f"{attempt}{of}. {ended} Give it more time, @pipeline.task(timeout=…), or let it do "
            "less at a time."
        )


class WorkerLost(RunError):
    """The worker of a call is gone, or could not be had; it says nothing of the task itself.

    It is tried again wherever the task may be tried again, whatever its ``retry_on=`` says.
    """


class UnresolvedInput(RunError):
    """A call reached a worker with an input that is still a reference."""

    retryable = False

    def __init__(self, *, task: str, dataset: str, found: str) -> None:
        super().__init__(
            f"task {task!r}: the input {dataset!r} arrived as {found}, not as a value. "
            "The executor that sent it must resolve it first."
        )


class ValueUnavailable(RunError, KeyError):
    """``run[...]`` was asked for a value that the run does not hold."""

    def __init__(self, *, dataset: str, reason: str) -> None:
        super().__init__(f"run[{dataset!r}]: {reason}")

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0])


class RecordError(GlacierError):
    """A record that another version of Glacier wrote, or that is broken (``broken`` says how)."""

    retryable = False

    def __init__(self, *, record: str, found: object, expected: int, broken: str = "") -> None:
        super().__init__(
            f"{record} is broken: {broken}. It was changed, or not written by Glacier."
            if broken
            else f"{record} has format {found!r}, but this version of glacier-pipeline reads "
            f"format {expected}. Use the same version of glacier-pipeline on both sides."
        )


class ExtensionError(GlacierError):
    """An extension that is not installed, installed twice, or broken."""

    def __init__(
        self, *, kind: str, name: str, reason: str, mend: str, known: Optional[Sequence[str]] = None
    ) -> None:
        have = "" if known is None else f" Installed: {listed(sorted(known)) or 'none'}."
        super().__init__(f"{kind} {name!r} {reason}.{have} {mend}")
