"""Errors between tasks and the stored datasets that they read and write."""

from __future__ import annotations

from typing import Sequence

from glacier.core.errors._base import listed
from glacier.core.errors._request import RequestError
from glacier.core.errors._run import RunError

__all__ = [
    "CannotCache",
    "CannotReplay",
    "CannotResume",
    "NotReadable",
    "NotStored",
    "NotUnique",
    "NothingStored",
]


class NotStored(RunError):
    """What a task returned could not be stored."""

    def __init__(self, *, task: str, dataset: str, reason: str) -> None:
        super().__init__(f"task {task!r}: what it returned for {dataset!r} is not stored: {reason}")


class NotReadable(RunError):
    """A stored input could not be read as a task wants it."""

    def __init__(self, *, task: str, dataset: str, reason: str) -> None:
        super().__init__(f"task {task!r}: its input {dataset!r} cannot be read: {reason}")


class NothingStored(RequestError):
    """A dataset that is read from its storage, where nothing is yet."""

    def __init__(self, *, dataset: str, where: str, consumers: Sequence[str], mend: str) -> None:
        super().__init__(
            f"{listed(consumers)} {'read' if len(consumers) > 1 else 'reads'} {dataset!r} from "
            f"{where}, where nothing is stored yet. {mend}"
        )


class CannotCache(RequestError):
    """A task with ``cache=`` that has no fingerprint."""

    def __init__(self, *, task: str, reason: str, mend: str) -> None:
        super().__init__(f"task {task!r} cannot be cached: {reason}. {mend}")


class CannotResume(RequestError):
    """A run that another cannot go on from."""

    def __init__(self, *, run: str, reason: str, mend: str) -> None:
        super().__init__(f"run {run!r} cannot be resumed: {reason}. {mend}")


class CannotReplay(RequestError):
    """A task of a run that cannot be run again on what it was given then."""

    def __init__(self, *, run: str, task: str, reason: str, mend: str) -> None:
        super().__init__(f"task {task!r} of run {run!r} cannot be replayed: {reason}. {mend}")


class NotUnique(RequestError):
    """A text that may stand for any of several datasets or versions."""

    def __init__(self, *, kind: str, name: str, found: Sequence[str], mend: str) -> None:
        super().__init__(f"{name!r} may be any of {len(found)} {kind}s: {listed(found)}. {mend}")
