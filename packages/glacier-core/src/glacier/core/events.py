"""What listeners are told of a run. Times are in seconds since the epoch, durations in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from glacier.core.contracts import State
from glacier.core.plan import Plan
from glacier.core.step import Step

__all__ = ["Event", "ItemFinished", "RunFinished", "RunStarted", "TaskFinished", "TaskStarted"]


@dataclass(frozen=True)
class RunStarted:
    """A run begins; first of its events."""

    run_id: str
    plan: Plan
    time: float


@dataclass(frozen=True)
class TaskStarted:
    """A task begins to run; for a mapped task once, before its first item."""

    run_id: str
    step: Step
    time: float


@dataclass(frozen=True)
class ItemFinished:
    """An item of a mapped task has come to its end; ``item`` counts from 0.

    ``done`` is how many have, this one included; ``total`` how many there are, ``None`` where the
    value does not say its length. ``state`` is succeeded, skipped, failed or cancelled.
    """

    run_id: str
    step: Step
    item: int
    done: int
    total: Optional[int]
    state: State
    duration: float


@dataclass(frozen=True)
class TaskFinished:
    """A task has come to its end, also one that never ran (skipped, upstream failed, cancelled).

    ``started`` is ``None`` and ``duration`` 0 if it never ran.
    """

    run_id: str
    step: Step
    state: State
    started: Optional[float]
    duration: float
    error: Optional[BaseException] = None
    reason: str = ""


@dataclass(frozen=True)
class RunFinished:
    """A run is over; last of its events. ``state`` is succeeded, failed or cancelled."""

    run_id: str
    state: State
    time: float
    duration: float


Event = Union[RunStarted, TaskStarted, ItemFinished, TaskFinished, RunFinished]
