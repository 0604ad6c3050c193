"""Calls that may be tried again: which of them, after what pause, and which wait for it.

Full jitter: a pause is drawn evenly from nothing to a bound that doubles with each attempt, so that
many tasks that failed together do not come back together.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional

from glacier.core.agenda import Agenda, Entry
from glacier.core.clock import Clock
from glacier.core.contracts import TaskCall, TaskResult
from glacier.core.errors import GlacierError, WorkerLost
from glacier.core.mapping import Key
from glacier.core.policy import qualified
from glacier.core.step import Policy

__all__ = ["LONGEST", "Again", "Attempts", "is_retryable", "longest_pause", "next_pause"]

LONGEST = 60.0
"""Seconds that no pause exceeds, unless ``retry_delay`` itself does."""


class Again(NamedTuple):
    """The next attempt of a call, and how the one before ended."""

    key: Key
    call: TaskCall
    last: TaskResult


def longest_pause(policy: Policy, attempt: int) -> float:
    """Seconds that the pause after an attempt is at most."""
    doublings = min(attempt - 1, 1000)  # a float ends at 2**1024
    return min(policy.delay * 2.0**doublings, max(LONGEST, policy.delay))


def is_retryable(policy: Policy, error: Optional[BaseException]) -> bool:
    """Whether an error is one to try again after; a lost worker always is."""
    if isinstance(error, WorkerLost):
        return True
    if not isinstance(error, Exception) or (
        isinstance(error, GlacierError) and not error.retryable
    ):
        return False
    return not _names(error).isdisjoint(policy.retry_on or _ANY)


def next_pause(
    call: TaskCall, error: Optional[BaseException], chance: Callable[[], float]
) -> Optional[float]:
    """Seconds until a call that failed is to be tried again; ``None`` if it is not."""
    policy = call.step.policy
    if policy is None or call.attempt > policy.retries or not is_retryable(policy, error):
        return None
    return chance() * longest_pause(policy, call.attempt)


_ANY = ("builtins.Exception",)


def _names(error: Exception) -> FrozenSet[str]:
    """The names of the types of an error, or of the one that it stands for."""
    found = error.kinds if isinstance(error, GlacierError) else ()
    return frozenset(found or map(qualified, type(error).__mro__))


class Attempts:
    """The calls of one run that have a policy: those under way, and those that wait for a pause."""

    def __init__(self, clock: Clock, agenda: Agenda[object]) -> None:
        self._clock = clock
        self._agenda = agenda
        self._calls: Dict[Key, TaskCall] = {}
        self._waiting: Dict[Key, Entry[object]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, key: Key, call: TaskCall) -> None:
        """Note a call that starts."""
        self._calls[key] = call

    def call(self, key: Key) -> TaskCall:
        """The call that is under way."""
        return self._calls[key]

    def end(self, key: Key) -> TaskCall:
        """The call that has ended."""
        return self._calls.pop(key)

    def pause(self, key: Key, call: TaskCall, result: TaskResult) -> Optional[float]:
        """Let a failed call wait for its next attempt, if it has one; returns for how long."""
        seconds = next_pause(call, result.error, self._clock.chance)
        if seconds is None:
            return None
        again = Again(key, call._replace(attempt=call.attempt + 1), result)
        self._waiting[key] = self._agenda.add(seconds, again)
        return seconds

    def resume(self, again: Again) -> None:
        """Note that a pause is over."""
        self._waiting.pop(again.key, None)

    def withdraw(self, wanted: Callable[[Key], bool]) -> List[Again]:
        """Take back those that wait for a pause."""
        found: List[Again] = []
        for key in [key for key in self._waiting if wanted(key)]:
            entry = self._waiting.pop(key)
            again = entry.what
            self._agenda.drop(entry)
            if isinstance(again, Again):
                found.append(again)
        return found
