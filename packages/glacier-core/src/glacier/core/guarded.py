"""The scheduler of runs whose tasks have retries, timeouts or limits on how many run at a time.

A call that failed and may be tried again waits on the agenda, where it holds no worker, then on the
stack of what is ready. A call on a pool that cannot end it is abandoned at its limit: its place is
given to the next, and its result dropped when it comes.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Dict, Mapping, Optional, cast

from glacier.core.agenda import Agenda, Entry
from glacier.core.attempts import Again, Attempts
from glacier.core.clock import Clock, SystemClock
from glacier.core.contracts import Launch, Pool, State, TaskCall, TaskResult
from glacier.core.events import AttemptFailed, Event, TaskStarted
from glacier.core.limits import Limits
from glacier.core.mapping import Expansion, Key
from glacier.core.scheduler import COROUTINES, Scheduler, result_of
from glacier.core.timeouts import abandoned, limited, warn_abandoned

if TYPE_CHECKING:
    from concurrent.futures import Future

    from glacier.core.step import Step
    from glacier.core.storage.depot import Depot

__all__ = ["GuardedScheduler"]


class GuardedScheduler(Scheduler):
    """Runs one launch on one pool, and heeds the policies of its steps and the limits given."""

    guarded = True

    def __init__(
        self,
        launch: Launch,
        pool: Pool,
        *,
        run_id: str,
        emit: Optional[Callable[[Event], None]],
        fail_fast: bool,
        concurrency: Mapping[str, int],
        clock: Optional[Clock] = None,
        depot: Optional[Depot] = None,
    ) -> None:
        super().__init__(launch, pool, run_id=run_id, emit=emit, fail_fast=fail_fast, depot=depot)
        self.limits: Limits[Any] = Limits(concurrency, self.steps, self.ledger.ready)
        clock = clock or SystemClock()
        self.agenda: Agenda[object] = Agenda(clock)
        self.attempts = Attempts(clock, self.agenda)
        self.keeps_time = bool(getattr(pool, "keeps_time", False))
        self.deadlines: Dict[Future[TaskResult], Entry[object]] = {}
        self.stopped = False

    def is_busy(self) -> bool:
        return bool(self.running or self.attempts)

    # --- beginning --------------------------------------------------------------------------------

    def admits(self, number: int) -> bool:
        # The items of a mapped step are admitted one by one.
        return self.steps[number].each >= 0 or self.limits.enter(number, number)

    def pass_over(self, number: int, result: TaskResult) -> None:
        if self.steps[number].each < 0:
            self.limits.leave(number)
        super().pass_over(number, result)

    def go_on(self, entry: Any) -> None:
        if isinstance(entry, Again):
            self.try_again(entry)
        elif self.limits.enter(entry.number, entry) and not self.start_item(entry):
            self.limits.leave(entry.number)

    def try_again(self, again: Again) -> None:
        """Begin the next attempt of a call, if there is a place and still a use for it."""
        key, call, last = again
        if not isinstance(key, int) and key[0].error is not None:
            self.finish(key, last)
        elif call.step.is_async and self.coroutines >= COROUTINES:
            self.backlog.append(again)
        elif self.limits.enter(_number(key), again):
            if self.emit is not None and isinstance(key, int):
                self.emit(TaskStarted(self.run_id, call.step, time(), call.attempt))
            self.submit(call, key)

    def submit(self, call: TaskCall, key: Key) -> Optional[Future[TaskResult]]:
        """Start a call: on this thread if it is alone and without a limit, else beside it."""
        step, limit = call.step, call.step.limit
        if step.policy is not None:
            self.attempts.begin(key, call)
        alone = self.pool.workers == 1 or not (self.ledger.ready or self.running)
        if alone and not limit and not step.is_async:
            self.settle(key, self.pool.run_inline(call))
            return None
        future = super().submit(call, key)
        if future is not None and limit and not step.is_async and not self.keeps_time:
            self.deadlines[future] = self.agenda.add(limit, future)
        return future

    def coroutine(self, call: TaskCall) -> Coroutine[Any, Any, TaskResult]:
        coroutine = super().coroutine(call)
        return limited(coroutine, call) if call.step.limit else coroutine

    # --- ending -----------------------------------------------------------------------------------

    def collect(self) -> None:
        """Wait for one call to end, or for something to be due, and take in all that is."""
        done = self.arrivals()
        future = self.agenda.wait(done)
        while future is not None:
            self.take(future)
            future = None if done.empty() else done.get()
        for what in self.agenda.due():
            if isinstance(what, Again):
                self.attempts.resume(what)
                self.ledger.ready.append(what)
            else:
                self.abandon(cast("Future[TaskResult]", what))

    def take(self, future: Future[TaskResult]) -> None:
        """Take in one call that has ended; one that was abandoned before is dropped."""
        key = self.running.pop(future, None)
        if key is None:
            return
        deadline = self.deadlines.pop(future, None)
        if deadline is not None:
            self.agenda.drop(deadline)
        self.leave(self.step(key).is_async)
        self.settle(key, result_of(future))

    def abandon(self, future: Future[TaskResult]) -> None:
        """Wait no longer for a call that has reached its limit."""
        key = self.running.pop(future)
        del self.deadlines[future]
        future.cancel()  # in a pool in which it has not even begun
        call = self.attempts.call(key)
        self.leave(False)
        self.settle(key, abandoned(call))
        warn_abandoned(call.step, call.item)

    def settle(self, key: Key, result: TaskResult) -> None:
        """Take in the end of an attempt: for good, unless there is another one."""
        self.limits.leave(_number(key))
        if self.step(key).policy is None:
            self.finish(key, result)
            return
        call = self.attempts.end(key)
        if result.state is State.FAILED and self.pauses(key, call, result):
            return
        self.finish(key, result._replace(attempt=call.attempt))

    def pauses(self, key: Key, call: TaskCall, result: TaskResult) -> bool:
        """Whether a failed call is to be tried again; then it waits for that."""
        if self.stopped or (not isinstance(key, int) and key[0].error is not None):
            return False
        result = result._replace(attempt=call.attempt)
        delay = self.attempts.pause(key, call, result)
        if delay is None:
            return False
        if self.emit is not None:
            started, duration, error = result.started, result.duration, result.error
            self.emit(
                AttemptFailed(
                    self.run_id, call.step, call.item, call.attempt, started, duration, error, delay
                )
            )
        return True

    def finish(self, key: Key, result: TaskResult) -> None:
        """End a step, or an item; with the first item that fails no other is tried again."""
        if isinstance(key, int):
            self.end(key, result)
            return
        expansion, item = key
        self.end_item(expansion, item, result)
        if expansion.error is not None:
            for again in self.attempts.withdraw(lambda one: _expansion(one) is expansion):
                self.end_item(expansion, _item(again.key), again.last)
        self.end_expansion(expansion)

    # --- stopping ---------------------------------------------------------------------------------

    def cancel(self, reason: str) -> None:
        """End what has not started; what waits for another attempt ends as its last one did."""
        if self.stopped:
            return
        self.stopped = True
        ready = [*self.ledger.ready, *self.backlog, *self.limits.withdraw()]
        pausing = self.attempts.withdraw(lambda _: True)
        for again in [*[entry for entry in ready if isinstance(entry, Again)], *pausing]:
            self.finish(again.key, again.last)
        super().cancel(reason)

    def step(self, key: Key) -> Step:
        """The step that a call belongs to."""
        return self.steps[_number(key)]


def _number(key: Key) -> int:
    return key if isinstance(key, int) else key[0].number


def _expansion(key: Key) -> Optional[Expansion]:
    return None if isinstance(key, int) else key[0]


def _item(key: Key) -> int:
    return -1 if isinstance(key, int) else key[1]
