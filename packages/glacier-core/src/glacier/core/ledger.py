"""The books of a run: what each step waits for, which values are alive, and how each step ended."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Protocol, Tuple

from glacier.core.contracts import Launch, Ref, State, TaskCall, TaskResult, VersionRef
from glacier.core.hindrances import hindered, unmet, upstream_failed
from glacier.core.preference import stack_for
from glacier.core.run import RunLog
from glacier.core.wiring import NOWHERE

__all__ = ["Holder", "Ledger"]

_HAS_SKIPPED, _HAS_FAILED = 1, 2  # what is the matter with a step's inputs, as bits


class Holder(Protocol):
    """Keeps the values of a run, here or elsewhere."""

    def keep(self, value: Any) -> Ref:
        """A reference to a value of this process that tasks will read."""
        ...

    def read(self, ref: Optional[Ref]) -> Any:
        """The value of a reference in this process; ``None`` for none."""
        ...


class Ledger:
    """Applies the rules of the state table to one run; knows nothing of threads and workers.

    ``ready`` is a stack: the steps that became ready last are on top, and so run first, unless a
    step has a priority. The
    scheduler puts mapped steps there that have items left, and calls to try again.
    """

    def __init__(self, launch: Launch, run_id: str, keeper: Holder) -> None:
        self.run_id = run_id
        self.keeper = keeper
        self.plan = launch.plan
        self.functions = launch.functions
        self.params = launch.params
        self.wiring = wiring = launch.plan.wiring
        self.log = RunLog(len(launch.plan.steps), len(wiring.names), read=keeper.read)
        self.waits = list(wiring.waits)
        self.uses = [len(readers) for readers in wiring.readers]
        self.trouble = bytearray(len(launch.plan.steps))
        self.skipped: Dict[int, str] = {}
        for name in launch.keep:
            self.uses[wiring.numbers[name]] += 1
        for name, value in launch.inputs.items():
            self.log.values[wiring.numbers[name]] = keeper.keep(value)
        self.ready = stack_for(launch.plan.steps)
        self.ready += [step for step in range(len(self.waits) - 1, -1, -1) if not self.waits[step]]

    def pin(self, refs: Mapping[str, VersionRef]) -> None:
        """Take in what the run reads from outside."""
        for name, ref in refs.items():
            number = self.wiring.numbers[name]
            self.log.values[number] = self.log.stored[number] = ref

    def call(self, number: int) -> TaskCall:
        """The call of a step whose inputs are all there."""
        values = self.log.values
        inputs = tuple([values[dataset] for dataset in self.wiring.inputs[number]])
        return TaskCall(
            self.run_id,
            self.plan.pipeline,
            self.plan.steps[number],
            self.functions[number],
            inputs,
            self.params[number],
        )

    def hindrance(self, number: int) -> Optional[TaskResult]:
        """The end of a ready step that cannot run, or ``None`` if it can."""
        obstacle = self.obstacle(number)
        condition = self.wiring.conditions[number]
        if obstacle is not None or condition == NOWHERE:
            return obstacle
        return unmet(self.plan.steps[number], lambda: self.keeper.read(self.log.values[condition]))

    def obstacle(self, number: int) -> Optional[TaskResult]:
        """The same as far as no value need be looked at."""
        if self.trouble[number] & _HAS_FAILED:
            return upstream_failed()
        if not self.trouble[number]:
            return None
        condition = self.wiring.conditions[number]
        states = [self._lacks(dataset) for dataset in self.wiring.inputs[number]]
        return hindered(self.plan.steps[number], states, self._lacks(condition))

    def _lacks(self, dataset: int) -> Optional[State]:
        return State.SKIPPED if dataset in self.skipped else None

    def finish(self, number: int, result: TaskResult) -> None:
        """Note how a step ended, and make ready what waited for it."""
        log = self.log
        log.states[number] = result.state
        log.started[number] = result.started
        log.durations[number] = result.duration
        if result.attempt > 1:
            log.attempts[number] = result.attempt
        if result.state is State.UP_TO_DATE:
            log.reasons[number] = result.reason
        elif result.state is not State.SUCCEEDED:
            self._finish_without_values(number, result)
            return
        if result.kept:
            for dataset, kept in zip(self.wiring.outputs[number], result.kept):
                if kept is not None and dataset != NOWHERE:
                    log.stored[dataset] = VersionRef(self.wiring.names[dataset], kept.version)
        values, waits, readers, ready = log.values, self.waits, self.wiring.readers, self.ready
        for dataset, ref in zip(self.wiring.outputs[number], result.outputs):
            if dataset != NOWHERE:
                values[dataset] = ref
                for reader in readers[dataset]:
                    waits[reader] -= 1
                    if not waits[reader]:
                        ready.append(reader)
        self._release(number)

    def _finish_without_values(self, number: int, result: TaskResult) -> None:
        if result.error is not None:
            self.log.errors[number] = result.error
        if result.reason:
            self.log.reasons[number] = result.reason
        bit = _HAS_FAILED
        if result.state is State.SKIPPED:
            bit = _HAS_SKIPPED
            self._release(number)  # what a failed task did not use up stays, to go on from there
        for dataset in self.wiring.outputs[number]:
            if dataset == NOWHERE:
                continue
            if bit == _HAS_SKIPPED:
                self.skipped[dataset] = result.reason
            for reader in self.wiring.readers[dataset]:
                self.trouble[reader] |= bit
                self.waits[reader] -= 1
                if not self.waits[reader]:
                    self.ready.append(reader)

    def _release(self, number: int) -> None:
        uses, values = self.uses, self.log.values
        for dataset in self.wiring.reads[number]:
            uses[dataset] -= 1
            if not uses[dataset]:
                values[dataset] = None

    def cancel(self, running: Callable[[int], bool], reason: str) -> List[Tuple[int, TaskResult]]:
        """End every step that has not started, without starting it."""
        self.ready.clear()
        spoiled = {
            dataset
            for number, state in enumerate(self.log.states)
            if state in (State.FAILED, State.UPSTREAM_FAILED)
            for dataset in self.wiring.outputs[number]
        }
        ended: List[Tuple[int, TaskResult]] = []
        for number, state in enumerate(self.log.states):  # the plan's order: producers come first
            if state is not State.WAITING or running(number):
                continue
            if spoiled.intersection(self.wiring.reads[number]):
                spoiled.update(self.wiring.outputs[number])
                result = upstream_failed()
            else:
                result = TaskResult(State.CANCELLED, (), None, 0.0, None, reason)
            self.waits[number] = -1  # what still runs and ends makes it ready no more
            self.log.states[number] = result.state
            self.log.reasons[number] = result.reason
            ended.append((number, result))
        return ended
