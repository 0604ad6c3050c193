"""What listeners are told of a run. Times are in seconds since the epoch, durations in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Tuple, Union

from glacier.core.contracts import State
from glacier.core.plan import Plan
from glacier.core.step import Step

if TYPE_CHECKING:
    from glacier.core.storage.records import Kept

__all__ = [
    "AttemptFailed",
    "Event",
    "ItemFinished",
    "RunFinished",
    "RunStarted",
    "TaskFinished",
    "TaskStarted",
]


@dataclass(frozen=True)
class RunStarted:
    """A run begins; first of its events."""

    run_id: str
    plan: Plan
    time: float


@dataclass(frozen=True)
class TaskStarted:
    """A task begins to run; for a mapped task once, before its first item.

    A task that is tried again starts again; ``attempt`` counts from 1.
    """

    run_id: str
    step: Step
    time: float
    attempt: int = 1


@dataclass(frozen=True)
class AttemptFailed:
    """An attempt has failed, and another one follows in ``delay`` seconds.

    ``attempt`` is the one that failed, ``item`` that of a mapped task. After a last attempt there
    is only :class:`TaskFinished` or :class:`ItemFinished`. A run that is stopped meanwhile leaves
    it at this attempt.
    """

    run_id: str
    step: Step
    item: Optional[int]
    attempt: int
    started: Optional[float]
    duration: float
    error: Optional[BaseException]
    delay: float


@dataclass(frozen=True)
class ItemFinished:
    """An item of a mapped task has come to its end; ``item`` counts from 0.

    ``done`` is how many have, this one included; ``total`` how many there are, ``None`` where the
    value does not say its length. ``state`` is succeeded, skipped, failed or cancelled, ``attempt``
    the last one.
    """

    run_id: str
    step: Step
    item: int
    done: int
    total: Optional[int]
    state: State
    duration: float
    attempt: int = 1


@dataclass(frozen=True)
class TaskFinished:
    """A task has come to its end, also one that never ran (skipped, upstream failed, cancelled).

    ``started`` is ``None`` and ``duration`` 0 if it never ran. Else both are those of the last
    attempt, ``attempt``, which of a mapped task is the highest that one of its items needed.
    ``kept`` has an entry for each output of a task with stored ones: what is known of the version
    that is this run's, ``None`` for an output that is in memory alone.
    """

    run_id: str
    step: Step
    state: State
    started: Optional[float]
    duration: float
    error: Optional[BaseException] = None
    reason: str = ""
    attempt: int = 1
    kept: Tuple[Optional[Kept], ...] = ()


@dataclass(frozen=True)
class RunFinished:
    """A run is over; last of its events. ``state`` is succeeded, failed or cancelled."""

    run_id: str
    state: State
    time: float
    duration: float


Event = Union[RunStarted, TaskStarted, AttemptFailed, ItemFinished, TaskFinished, RunFinished]
