"""What listeners are told of a run. Times are in seconds since the epoch, durations in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional, Tuple, Union

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


# Named tuples rather than dataclasses: several are made for every task.
class RunStarted(NamedTuple):
    """A run begins; first of its events."""

    run_id: str
    plan: Plan
    time: float


class TaskStarted(NamedTuple):
    """A task begins to run; for a mapped task once, before its first item.

    A task that is tried again starts again; ``attempt`` counts from 1.
    """

    run_id: str
    step: Step
    time: float
    attempt: int = 1


class AttemptFailed(NamedTuple):
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


class ItemFinished(NamedTuple):
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


class TaskFinished(NamedTuple):
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


class RunFinished(NamedTuple):
    """A run is over; last of its events. ``state`` is succeeded, failed or cancelled."""

    run_id: str
    state: State
    time: float
    duration: float


Event = Union[RunStarted, TaskStarted, AttemptFailed, ItemFinished, TaskFinished, RunFinished]
