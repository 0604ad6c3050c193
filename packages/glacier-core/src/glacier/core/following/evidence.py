"""What is known of one task of a deployed run, and the events that follow from it.

Notes may be seen late and in any order. The attempts of a task are told in their order as far as
they are known by then, each thing once.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple, cast

from glacier.core.contracts import State
from glacier.core.events import AttemptFailed, Event, ItemFinished, TaskStarted
from glacier.core.following.notes import Note, Started, Total
from glacier.core.remote.failures import Failure, error_of
from glacier.core.remote.records import ItemEnd, TaskEnd
from glacier.core.step import Step

__all__ = ["End", "Evidence"]

_LATE = float("inf")
_Ended = Tuple[int, Optional[ItemEnd]]


class End(NamedTuple):
    """How a task ended: by its record, or by that of a failure after which nothing follows."""

    record: Optional[TaskEnd] = None
    failure: Optional[Failure] = None


class Evidence:
    """Gathers the notes of one task."""

    __slots__ = (
        "_done", "_failures", "_items", "_new", "_starts", "_told", "_total", "record", "run",
        "step",
    )  # fmt: skip

    def __init__(self, run: str, step: Step) -> None:
        self.run = run
        self.step = step
        self.record: Optional[TaskEnd] = None
        self._starts: Dict[int, float] = {}
        self._failures: Dict[Tuple[int, Optional[int]], Failure] = {}
        self._items: Set[int] = set()
        self._new: List[_Ended] = []  # items of which nobody has been told
        self._done = 0
        self._total: Optional[int] = None
        self._told: Set[Tuple[str, int, Optional[int]]] = set()

    def add(self, note: Note) -> None:
        """Take in a note; one that was there before changes nothing."""
        content = note.content
        if note.kind == "task":
            self.record = cast("TaskEnd", content)
        elif note.kind == "items":
            self._total = cast("Total", content).items
        elif note.kind == "failure":
            self._failures[note.attempt, note.item] = cast("Failure", content)
        elif note.kind == "started":
            self._starts.setdefault(note.attempt, cast("Started", content).time)
        elif note.kind == "item" and note.item is not None and note.item not in self._items:
            self._items.add(note.item)
            self._new.append((note.item, cast("Optional[ItemEnd]", content)))

    # --- what has become of it --------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known."""
        return self.record is None and not (self._starts or self._failures or self._items)

    @property
    def end(self) -> Optional[End]:
        """How the task ended, as far as its own records tell; ``None`` while it goes on."""
        if self.record is not None:
            return End(record=self.record)
        final = [one for one in self._failures.values() if not self._is_followed(one)]
        return End(failure=min(final, key=_ended)) if final else None

    @property
    def last_failure(self) -> Optional[Failure]:
        """The last failure that is noted, also one that another attempt was to follow."""
        return max(self._failures.values(), key=_ended) if self._failures else None

    @property
    def started(self) -> Optional[float]:
        """When it started first, as far as that is known."""
        times = [*self._starts.values()]
        times += [one.started for one in self._failures.values() if one.started is not None]
        return min(times) if times else None

    @property
    def attempt(self) -> int:
        """The highest attempt that is known of."""
        return max([*self._starts, *[attempt for attempt, _ in self._failures]], default=1)

    def _is_followed(self, failure: Failure) -> bool:
        policy = self.step.policy
        return failure.retryable and policy is not None and failure.attempt <= policy.retries

    # --- events -----------------------------------------------------------------------------------

    def events(self) -> Iterator[Event]:
        """What is to be told and was not told before, but for the end of the task."""
        # An attempt whose note comes late, or never, has started before those after it.
        for attempt in range(1, max([*self._starts, *self._attempts()], default=0) + 1):
            failure = self._failures.get((attempt, None))
            if self._is_news("started", attempt) and not self._is_told_to_map(attempt):
                yield TaskStarted(self.run, self.step, self._time(attempt, failure), attempt)
            if failure is not None and self._is_followed(failure):
                yield from self._again(failure)
        yield from self._of_items()

    def _attempts(self) -> Iterator[int]:
        """The attempts that must have started, whatever says so."""
        if self.step.each >= 0:
            if self._items or self._failures or (self.record and self.record.started is not None):
                yield 1
            return
        yield from (attempt for attempt, _ in self._failures)
        if self.record is not None and self.record.started is not None:
            yield self.record.attempt

    def _is_told_to_map(self, attempt: int) -> bool:
        """A mapped task starts once, whatever is tried again in it."""
        return self.step.each >= 0 and not self._is_news("mapped", 0)

    def _is_news(self, kind: str, attempt: int, item: Optional[int] = None) -> bool:
        key = (kind, attempt, item)
        if key in self._told:
            return False
        self._told.add(key)
        return True

    def _time(self, attempt: int, failure: Optional[Failure]) -> float:
        if failure is not None and failure.started is not None:
            return failure.started
        record = self.record
        if record is not None and record.started is not None and record.attempt == attempt:
            return record.started
        if self.step.each >= 0:
            times = [end.started for _, end in self._new if end and end.started is not None]
            return min([*times, *self._starts.values()], default=self.started or 0.0)
        return self._starts.get(attempt, self.started or 0.0)

    def _again(self, failure: Failure) -> Iterator[Event]:
        if not self._is_news("failed", failure.attempt, failure.item):
            return
        policy = self.step.policy
        pause = 0.0 if policy is None else policy.delay * 2.0 ** (failure.attempt - 1)
        yield AttemptFailed(
            self.run,
            self.step,
            failure.item,
            failure.attempt,
            failure.started,
            failure.duration,
            error_of(failure),
            pause,
        )

    def _of_items(self) -> Iterator[Event]:
        failures = [one for one in self._failures.values() if one.item is not None]
        for failure in sorted(failures, key=_ended):
            if self._is_followed(failure):
                yield from self._again(failure)
            elif self._is_news("failed", failure.attempt, failure.item):
                yield self._item(failure.item or 0, State.FAILED, failure.duration, failure.attempt)
        unread = [item for item, end in self._new if end is None]
        known = [(item, end) for item, end in self._new if end is not None]
        for item, end in sorted(known, key=_item_ended):
            yield self._item(item, end.state, end.duration, end.attempt)
        self._new.clear()
        if unread:  # one speaks for all of them
            self._done += len(unread) - 1
            yield self._item(unread[-1], State.SUCCEEDED, 0.0, 1)

    def _item(self, item: int, state: State, duration: float, attempt: int) -> ItemFinished:
        self._done += 1
        return ItemFinished(
            self.run, self.step, item, self._done, self._total, state, duration, attempt
        )


def _ended(failure: Failure) -> Tuple[float, int]:
    """When a failed attempt ended."""
    time = _LATE if failure.started is None else failure.started + failure.duration
    return time, failure.attempt


def _item_ended(one: Tuple[int, ItemEnd]) -> Tuple[float, int]:
    item, end = one
    return 0.0 if end.started is None else end.started + end.duration, item
