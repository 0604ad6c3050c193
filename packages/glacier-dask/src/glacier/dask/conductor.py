"""The client's side of a run: what is submitted when, and what is made of what workers tell.

The static graph is submitted at once. Only these steps wait in the client until their producers
have ended: mapped ones, as nobody knows how many items there are; those that may be up to date, or
write what is stored, as that depends on what their inputs are; and those with a limit on how many
run at a time.

==========  ========================================================================
record      told when
==========  ========================================================================
``start``   an attempt begins
``again``   an attempt has failed, and another follows
``end``     a step, or an item of a mapped one, has come to its end
``items``   it is known how many items a mapped step has, or why it does not run
``log``     a task has logged something
``halted``  a worker begins nothing more, and has told of all that has ended there
==========  ========================================================================

A record of a step whose producers have not ended here waits for theirs: workers tell each for
itself. One that comes twice, as a worker was lost and the task run again, counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time
from typing import Any

from glacier.core.protocols import (
    Execution,
    Ledger,
    Limits,
    LogLine,
    RunLog,
    State,
    TaskCall,
    TaskResult,
    Value,
    VersionRef,
    tell,
)
from glacier.dask.announcer import Announcer
from glacier.dask.batch import Batch
from glacier.dask.demands import Demands
from glacier.dask.expansions import Expansions
from glacier.dask.faults import CannotCross
from glacier.dask.holder import Holder
from glacier.dask.lookout import Lookout
from glacier.dask.marks import Box, Gone
from glacier.dask.program import Levels
from glacier.dask.results import received
from glacier.dask.session import Session
from glacier.dask.stopping import stop
from glacier.dask.submitter import Submitter
from glacier.dask.switchboard import switchboard
from glacier.dask.teller import Record

__all__ = ["Conductor"]


class Conductor:
    """Conducts one run; made anew for each. ``refs`` are what it reads from outside."""

    def __init__(
        self,
        execution: Execution,
        session: Session,
        *,
        refs: Mapping[str, VersionRef],
        demands: Demands,
        fail_fast: bool,
        concurrency: Mapping[str, int],
        levels: Callable[[], Levels | None],
    ) -> None:
        self.execution, self.session = execution, session
        self.launch, self.run_id = execution.launch, execution.run_id
        self.depot, self.fail_fast = execution.depot, fail_fast
        self.steps, self.wiring = self.launch.plan.steps, self.launch.plan.wiring
        board = switchboard(session.client)
        self.records, self.topic = board.listen(self.run_id), board.topic
        self.holder = Holder(session, None if self.depot is None else self.depot.read)
        self.ledger = Ledger(self.launch, self.run_id, self.holder)
        self.ledger.pin(refs)
        self.limits: Limits[Any] = Limits(concurrency, self.steps, self.ledger.ready)
        words = [{step.task, *step.tags} for step in self.steps]
        limited = {n for n, own in enumerate(words) if not own.isdisjoint(concurrency)}
        patient = [self._is_patient(n) or n in limited for n in range(len(self.steps))]
        self.patient, self.limited = patient, limited
        self.batch = Batch(session.client)
        self.submitter = Submitter(
            execution,
            self.batch,
            demands,
            patient=patient,
            topic=self.topic,
            levels=levels,
            fail_fast=fail_fast,
        )
        self.expansions, self.lookout = Expansions(self), Lookout(self)
        self.parked: dict[int, list[Record]] = {}
        self.announcer = Announcer(execution)
        self.entered: set[int] = set()  # steps that hold a place of a limit
        self.left, self.stopped = len(self.steps), ""

    def _is_patient(self, number: int) -> bool:
        return self.steps[number].each >= 0 or (self.depot is not None and self.depot.waits(number))

    @property
    def log(self) -> RunLog:
        return self.ledger.log

    def run(self) -> RunLog:
        """Run all steps; on Ctrl-C stop, then let it through. A second one does not wait."""
        try:
            self.submitter.provide_given(self.log.values)
            self.conduct()
        except KeyboardInterrupt:
            self.stopped = "the run was interrupted"
            stop(self, self.stopped)  # also where a failure was about to stop it
            self.conduct()
            raise
        return self.log

    def close(self) -> None:
        """Hear no more of the run; its values stay where they are."""
        switchboard(self.session.client).hang_up(self.run_id)

    def conduct(self) -> None:
        """Take in records until every step has ended."""
        self.begin()
        while self.left:
            record = self.records.get(timeout=self.lookout.patience())
            if record is None:
                self.lookout.look()
            else:
                self.take(record)
                while not self.records.empty():
                    self.take(self.records.get())
            self.begin()

    # --- beginning --------------------------------------------------------------------------------

    def begin(self) -> None:
        """Submit all that can be."""
        ready = self.ledger.ready
        while not self.stopped:
            for number in self.submitter.take_ready():
                self.submit(number, self.submitter.eager_call(number))
            if not ready:
                break
            entry = ready.pop()
            if not isinstance(entry, int):
                self.expansions.go_on(entry)
            elif self.patient[entry]:
                self.begin_patient(entry)
            else:
                self.replay(entry)
        for number in [entry for entry in ready if isinstance(entry, int)]:
            self.replay(number)  # the run was stopped: what is still to end may do so
        self.batch.send()

    def begin_patient(self, number: int) -> None:
        """Begin a step that had to wait here until its inputs were there."""
        step, ledger = self.steps[number], self.ledger
        if ledger.log.states[number] is not State.WAITING or self.stopped:
            return
        obstacle = ledger.obstacle(number)
        if obstacle is not None:
            self.finish(number, obstacle)
            return
        if number in self.limited and step.each < 0 and not self.limits.enter(number, number):
            return
        call = ledger.call(number)
        if number in self.limited and step.each < 0:
            self.entered.add(number)
        if self.depot is not None:
            prepared = self.depot.prepare(number, call)
            if isinstance(prepared, TaskResult):
                self.finish(number, prepared)
                return
            call = prepared._replace(shelves={**prepared.shelves, **self.depot.readable(step)})
        if step.each >= 0:
            self.announcer.started(number, time())
            self.expansions.begin(number, call)
        else:
            self.submit(number, call)

    def submit(self, number: int, call: TaskCall) -> None:
        """Submit a step, done or not what it reads; one that cannot cross has failed."""
        try:
            self.submitter.step(number, call)
        except CannotCross as error:
            result = TaskResult(State.FAILED, (), None, 0.0, error)
            self.provide_gone(number, result.state)
            self.park(number, ("failed", self.run_id, number, None, result))

    def provide_gone(self, number: int, state: State) -> None:
        """Let the readers of a step's outputs know that there are none."""
        for dataset in self.wiring.outputs[number]:
            self.submitter.provide(dataset, Box(Gone(state)))

    # --- taking in --------------------------------------------------------------------------------

    def park(self, number: int, record: Record) -> None:
        """Take a record in when the producers of its step have ended."""
        if self.ledger.waits[number] > 0:
            self.parked.setdefault(number, []).append(record)
        else:
            self.handle(record)

    def replay(self, number: int) -> None:
        """Take in what was told of a step before its producers had ended."""
        for record in self.parked.pop(number, ()):
            self.handle(record)

    def take(self, record: Record) -> None:
        """Take in a record of a worker."""
        if record[0] == "log":
            tell(self.run_id, LogLine(*record[2]))
        elif record[0] != "halted":  # of a worker that was waited for too long
            self.park(record[2], record)

    def handle(self, record: Record) -> None:
        """Do what a record asks for; one of a step that has ended comes too late, or twice."""
        kind, _, number, item, *facts = record
        step = self.steps[int(number)]
        if self.log.states[number] is not State.WAITING:
            return
        if kind == "failed":
            self.end(number, item, facts[0])
        elif kind == "items":
            count, sent = facts
            result = None if sent is None else received(sent, step=step, item=None)
            self.expansions.expand(number, count, result)
        elif kind == "start":
            self.announcer.started(number, time(), facts[0])
        elif kind == "again":
            result = received(facts[0], step=step, item=item)
            self.announcer.attempt_failed(number, item, result, facts[1])
        else:
            sent, stored = facts
            result = received(sent, step=step, item=item)
            if item is not None:
                self.expansions.end_item(number, item, result, stored)
            elif not self.stopped or result.state is not State.UPSTREAM_FAILED:  # but cancelled
                self.end(number, None, self.submitter.with_outputs(number, result, stored))

    def end(self, number: int, item: int | None, result: TaskResult) -> None:
        """Take in the end of a call."""
        if item is not None:
            self.expansions.end_item(number, item, result, [])
            return
        if result.started is not None:
            self.announcer.started(number, result.started, result.attempt)
        self.finish(number, result)

    # --- ending -----------------------------------------------------------------------------------

    def finish(self, number: int, result: TaskResult) -> None:
        """Note the end of a step, tell of it, and stop the run if that is what was asked for."""
        if self.log.states[number] is not State.WAITING:
            return
        self.left -= 1
        self.forget_call(number)
        if result.kept and self.depot is not None:
            self.depot.note(self.steps[number], result)
        self.ledger.finish(number, result)
        for dataset, ref in zip(self.wiring.outputs[number], result.outputs, strict=False):
            if isinstance(ref, (VersionRef, Value)):
                self.submitter.provide(dataset, Box(ref))
        if result.state not in (State.SUCCEEDED, State.UP_TO_DATE):
            self.provide_gone(number, result.state)
        self.announcer.finished(number, result)
        for dataset in self.wiring.reads[number]:
            if not self.ledger.uses[dataset]:
                self.submitter.release(dataset)
        if self.fail_fast and result.state is State.FAILED:
            self.stop("another task failed")

    def forget_call(self, number: int) -> None:
        """Give back what a step that has ended took."""
        key = self.submitter.keys.pop((number, None), None)
        owned = [self.submitter.own.get(dataset) for dataset in self.wiring.outputs[number]]
        if key is not None and [key] not in owned:
            self.batch.forget(key)
        if number in self.entered:
            self.entered.discard(number)
            self.limits.leave(number)

    def stop(self, reason: str) -> None:
        """End what has not started, once; what runs is left to end by itself."""
        if not self.stopped:
            self.stopped = reason
            stop(self, reason)
