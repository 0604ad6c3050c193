"""From ready to done: hands the steps of a run to workers and takes in what comes back.

==============  ==========================================================================
state           when
==============  ==========================================================================
waiting         a producer of one of its inputs has not ended
running         handed to a worker
succeeded       returned a value for each of its outputs
up_to_date      did not run: an earlier result stands for its own (see ``storage``)
skipped         raised Skip, or ``when`` is false, or an input that is not optional was skipped
failed          raised anything else, or took too long, and no attempt is left
upstream_failed  a producer failed or was upstream_failed itself; optional inputs do not help
cancelled       had not started when the run was stopped (``fail_fast``, Ctrl-C)
==============  ==========================================================================

Steps that became ready last run first, so a branch is followed to its end before the next one is
begun and fewer values are alive at a time. A step that has nothing to run beside runs on the
calling thread, without a future.

Retries, timeouts and limits are in ``guarded``, which is loaded for runs that have them.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Dict, List, Optional, Set

from glacier.core.contracts import Launch, Pool, State, TaskCall, TaskResult
from glacier.core.errors import GlacierError
from glacier.core.events import Event, ItemFinished, TaskFinished, TaskStarted
from glacier.core.keeper import Keeper
from glacier.core.ledger import Ledger
from glacier.core.mapping import Expansion, Key
from glacier.core.run import RunLog

if TYPE_CHECKING:
    from concurrent.futures import Future

    from glacier.core.arrivals import Arrivals
    from glacier.core.coroutines import LoopThread
    from glacier.core.storage.depot import Depot

__all__ = ["COROUTINES", "Scheduler", "result_of"]

COROUTINES = 100
"""How many async calls run at a time, all on one loop."""

_BRIEF = 0.001
"""Tasks that take less than this many seconds may wait in the pool; see ``Pool.backlog``."""


class Scheduler:
    """Runs one launch on one pool; made anew for each run. With ``guarded`` each step is asked
    whether it may begin (:meth:`admits`), and every call goes through :meth:`submit`."""

    guarded = False

    def __init__(
        self,
        launch: Launch,
        pool: Pool,
        *,
        run_id: str,
        emit: Optional[Callable[[Event], None]],
        fail_fast: bool,
        depot: Optional[Depot] = None,
    ) -> None:
        self.keeper = Keeper(pool, depot)
        self.ledger = Ledger(launch, run_id, self.keeper)
        self.depot = depot
        self.pool = pool
        self.run_id = run_id
        self.steps = launch.plan.steps
        self.emit = emit
        self.fail_fast = fail_fast
        self.running: Dict[Future[TaskResult], Key] = {}
        self.busy = 0  # calls on the pool
        self.limit = pool.workers  # how many there may be
        self.coroutines = 0  # calls on the loop
        self.backlog: List[Any] = []  # async ones that are ready, but wait for a place
        self.done: Optional[Arrivals[Future[TaskResult]]] = None
        self.loop: Optional[LoopThread] = None

    def announce(self) -> None:
        """Tell the pool of the steps that wait for nothing, unless they may not run at all."""
        if self.keeper.remote is not None and not (self.depot is not None and self.depot.reuses):
            waits = self.ledger.waits
            first = [step for step, count in zip(self.steps, waits) if not (count or step.is_async)]
            self.keeper.remote.expect(len(first))

    def run(self) -> RunLog:
        """Run all steps and return the log; on Ctrl-C stop, then let it through."""
        try:
            while True:
                self.start()
                if not self.is_busy():
                    return self.ledger.log
                self.collect()
        except KeyboardInterrupt:
            self.interrupt()
            raise
        finally:
            if self.loop is not None:
                self.loop.close()

    def is_busy(self) -> bool:
        """Whether anything runs, or will without anything else that happens."""
        return bool(self.running)

    def start(self) -> None:
        """Start ready steps until the workers are busy or nothing is ready."""
        ledger, pool, steps, emit = self.ledger, self.pool, self.steps, self.emit
        guarded, depot = self.guarded, self.depot
        ready, workers = ledger.ready, pool.workers
        while ready and self.busy < self.limit:
            number = ready.pop()
            if type(number) is not int:
                self.go_on(number)
                continue
            step = steps[number]
            if ledger.trouble[number] or step.when is not None:
                hindered = ledger.hindrance(number)
                if hindered is not None:
                    self.end(number, hindered)
                    continue
            if step.is_async and self.coroutines >= COROUTINES:
                self.backlog.append(number)
                continue
            if guarded and not self.admits(number):
                continue
            call = ledger.call(number)
            if depot is not None:
                prepared = depot.prepare(number, call)
                if isinstance(prepared, TaskResult):
                    self.pass_over(number, prepared)
                    continue
                call = prepared
            if emit is not None:
                emit(TaskStarted(self.run_id, step, time()))
            if step.each >= 0:
                self.expand(number, call)
            elif guarded or step.is_async or not (workers == 1 or not (ready or self.running)):
                self.submit(call, number)
            else:
                self.end(number, pool.run_inline(call))

    def pass_over(self, number: int, result: TaskResult) -> None:
        """End a step that was admitted and need not run."""
        self.end(number, result)

    def admits(self, number: int) -> bool:
        """Whether a step may begin now; if not, it comes back to what is ready."""
        return True

    def go_on(self, entry: Any) -> None:
        """Take in something ready that is not a step to begin."""
        self.start_item(entry)

    def submit(self, call: TaskCall, key: Key) -> Optional[Future[TaskResult]]:
        """Start a call beside this thread, on the loop or on the pool."""
        done = self.arrivals()
        if call.step.is_async:
            from glacier.core.coroutines import LoopThread

            self.loop = self.loop or LoopThread()
            future = self.loop.submit(lambda: self.coroutine(call))
            self.coroutines += 1
        else:
            future = self.pool.submit(call)
            self.busy += 1
        self.running[future] = key
        future.add_done_callback(done.put)
        return future

    def arrivals(self) -> Arrivals[Future[TaskResult]]:
        """Where calls are put when they have ended."""
        if self.done is None:
            from glacier.core.arrivals import Arrivals

            self.done = Arrivals()
        return self.done

    def coroutine(self, call: TaskCall) -> Coroutine[Any, Any, TaskResult]:
        """What runs the call of an ``async def`` task."""
        return self.keeper.run_async(call)

    def collect(self) -> None:
        """Wait for one call to end, and take in all that have."""
        done = self.arrivals()
        while True:
            self.take(done.get())
            if done.empty():
                return

    def take(self, future: Future[TaskResult]) -> None:
        """Take in one call that has ended."""
        key = self.running.pop(future)
        result = result_of(future)
        brief = result.duration < _BRIEF
        self.limit = self.pool.workers + (self.pool.backlog if brief else 0)
        if isinstance(key, int):
            self.leave(self.steps[key].is_async)
            self.end(key, result)
            return
        expansion, item = key
        self.leave(expansion.call.step.is_async)
        self.end_item(expansion, item, result)
        self.end_expansion(expansion)

    def leave(self, was_async: bool) -> None:
        """Give the place of an ended call to the next."""
        if not was_async:
            self.busy -= 1
            return
        self.coroutines -= 1
        if self.backlog:
            self.ledger.ready.append(self.backlog.pop())

    def expand(self, number: int, call: TaskCall) -> None:
        """Begin a mapped step; its items become ready one after the other."""
        step = call.step
        dataset = step.inputs[step.each]
        try:
            items, total = self.keeper.items(
                call.inputs[step.each], task=step.task, dataset=dataset
            )
        except GlacierError as error:
            self.end(number, TaskResult(State.FAILED, (), time(), 0.0, error))
            return
        self.ledger.ready.append(Expansion(number, call, items, total))

    def start_item(self, expansion: Expansion) -> bool:
        """Start the next item of a mapped step, and leave the step ready for the one after;
        returns whether there was one, and a place for it."""
        is_async = expansion.call.step.is_async
        if is_async and self.coroutines >= COROUTINES:
            self.backlog.append(expansion)
            return False
        call = expansion.next_call()
        if call is None:
            self.end_expansion(expansion)
            return False
        self.ledger.ready.append(expansion)
        item = call.item or 0
        if self.guarded or is_async or self.pool.workers > 1:
            self.submit(call, (expansion, item))
        else:
            self.end_item(expansion, item, self.pool.run_inline(call))
        return True

    def end_item(self, expansion: Expansion, item: int, result: TaskResult) -> None:
        """Take in the end of an item, and tell of it."""
        expansion.add(item, result)
        if self.emit is not None:
            step, done, total = expansion.call.step, expansion.ended_items, expansion.total
            state, duration, attempt = result.state, result.duration, result.attempt
            run = self.run_id
            self.emit(ItemFinished(run, step, item, done, total, state, duration, attempt))

    def end_expansion(self, expansion: Expansion) -> None:
        """End a mapped step with its last item."""
        if expansion.done and not expansion.ended:
            expansion.ended = True
            if self.depot is not None:
                failure = self.depot.commit(expansion)
                if failure is not None:
                    expansion.fail(failure)
            self.end(expansion.number, expansion.result(self.keeper.collect))

    def end(self, number: int, result: TaskResult) -> None:
        """Note the end of a step, tell of it, and stop the run if that is what was asked for."""
        if result.kept and self.depot is not None:
            self.depot.note(self.steps[number], result)
        self.ledger.finish(number, result)
        if self.emit is not None:
            self.tell(number, result)
        if self.fail_fast and result.state is State.FAILED:
            self.cancel("another task failed")

    def tell(self, number: int, result: TaskResult) -> None:
        """Emit the end of a step."""
        if self.emit is not None:
            state, _, started, duration, error, reason, _, attempt, kept = result
            step, run = self.steps[number], self.run_id
            self.emit(
                TaskFinished(run, step, state, started, duration, error, reason, attempt, kept)
            )

    def cancel(self, reason: str) -> None:
        """End what has not started; what runs is left to end by itself."""
        self.backlog.clear()
        for future, key in self.running.items():
            if isinstance(key, int) and not self.steps[key].is_async:
                future.cancel()  # one that waits in the pool; one that runs is not touched
        active: Set[int] = set()
        for key in self.running.values():
            if isinstance(key, int):
                active.add(key)
            else:
                key[0].stop(reason)
                active.add(key[0].number)
        for number, result in self.ledger.cancel(active.__contains__, reason):
            self.tell(number, result)

    def interrupt(self) -> None:
        """Ctrl-C: cancel what waits, and let what runs stop. A second one does not wait."""
        reason = "the run was interrupted"
        self.cancel(reason)
        for future in list(self.running):
            future.cancel()
        while self.running:
            self.collect()


def result_of(future: Future[TaskResult]) -> TaskResult:
    """The result of a call that has ended, also where its worker gave none."""
    if future.cancelled():
        return TaskResult(
            State.CANCELLED, (), None, 0.0, None, "the run was stopped before it started"
        )
    error = future.exception()
    if error is not None:  # not the task's own: the worker itself is gone
        return TaskResult(State.FAILED, (), None, 0.0, error)
    return future.result()
