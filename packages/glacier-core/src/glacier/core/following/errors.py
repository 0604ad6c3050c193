"""What goes wrong on the client's side of a deployed run."""

from __future__ import annotations

from typing import Sequence

from glacier.core.errors import RequestError, RunError

__all__ = [
    "Drifted",
    "Left",
    "NoSuchRun",
    "NotBegun",
    "NotDeployed",
    "ServiceFailed",
    "TaskLost",
]


class NotDeployed(RequestError):
    """A pipeline that is to run where it is not deployed; ``reason`` says what is lacking there."""

    def __init__(self, *, pipeline: str, environment: str, where: str, reason: str) -> None:
        super().__init__(
            f"pipeline {pipeline!r} is not deployed in environment {environment!r} ({where}): "
            f"{reason}. Deploy it: 'glacier deploy FILE --env {environment}'."
        )


class Drifted(RequestError):
    """What is deployed is not what is here; ``differences`` say where, as far as that is known."""

    def __init__(self, *, pipeline: str, environment: str, differences: Sequence[str]) -> None:
        self.differences = tuple(differences)
        lines = [f"pipeline {pipeline!r} as deployed in {environment!r} is not what is here:"]
        lines += [f"  {one}" for one in self.differences[:10]]
        if len(self.differences) > 10:
            lines.append(f"  … and {len(self.differences) - 10} more")
        lines.append(
            f"Deploy it anew, 'glacier deploy FILE --env {environment}', or run what is there: "
            "check_plan=False."
        )
        super().__init__("\n".join(lines))


class NoSuchRun(RequestError):
    """A run that the deployed pipeline knows nothing of."""

    def __init__(self, *, run: str, where: str) -> None:
        super().__init__(
            f"there is no run {run!r} at {where}, or not any more. List those that there are: "
            "executor.runs(pipeline), or 'glacier runs FILE --env NAME'."
        )


class NotBegun(RunError):
    """A deployed run that ended before any task; what was raised there is the ``__cause__``."""

    def __init__(self, *, run: str, reason: str, log: str) -> None:
        at = f" Its log: {log}" if log else ""
        super().__init__(f"run {run} could not begin: {reason}.{at}")


class ServiceFailed(RunError):
    """A deployed run that failed outside of its tasks."""

    def __init__(self, *, run: str, reason: str) -> None:
        super().__init__(
            f"run {run} failed, though none of its tasks did: {reason or 'nobody says why'}. Go on "
            f"from it with execute(pipeline, resume={run!r})."
        )


class TaskLost(RunError):
    """A task that died where it ran, so that it could not say why itself.

    ``kind`` and ``cause`` are what the service says.
    """

    def __init__(self, *, task: str, kind: str, cause: str) -> None:
        self.task = task
        self.kind = kind
        self.cause = cause
        told = ": ".join(part for part in (kind, cause) if part) or "nobody says why"
        super().__init__(f"task {task!r} died where it ran ({told}). {_mend(f'{kind} {cause}')}")


def _mend(told: str) -> str:
    text = told.lower()
    if "memory" in text:
        return "Give it more: compute=Serverless(memory=…)."
    if "timeout" in text or "timed out" in text:
        return "Give it more time: compute=Serverless(timeout=…), or timeout= of the task."
    return "Its log says more."


class Left(KeyboardInterrupt):
    """Somebody has stopped following a run; ``how`` says what becomes of it."""

    def __init__(self, *, run: str, how: str) -> None:
        self.run = run
        super().__init__(f"run {run} {how}")
