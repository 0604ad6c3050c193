"""The books of a deployed run, kept by a client: events for its listeners, and the log of the run.

A task is told of only when all that it reads has ended, in the order of the plan: whenever the
notes are seen, listeners hear what they would of a run on this machine. Tasks that the service
passed over have no records; they ended as the rules of every run say.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional

from glacier.core.contracts import State, VersionRef
from glacier.core.events import Event, TaskFinished
from glacier.core.following.conductor import Fault
from glacier.core.following.errors import TaskLost
from glacier.core.following.evidence import End, Evidence
from glacier.core.following.notes import Note
from glacier.core.hindrances import hindered, skipped, upstream_failed
from glacier.core.plan import Plan
from glacier.core.remote.failures import Failure, error_of
from glacier.core.remote.records import Begun, RunEnd, TaskEnd
from glacier.core.run import RunLog
from glacier.core.storage.records import Kept
from glacier.core.versions import Address, Reference
from glacier.core.wiring import NOWHERE

__all__ = ["Books", "Verdict"]

_DONE = (State.SUCCEEDED, State.UP_TO_DATE)
_FELL_SHORT = (State.FAILED, State.UPSTREAM_FAILED)
_OPEN = (State.WAITING, State.RUNNING)


class Verdict(NamedTuple):
    """What is known of a run that is over, besides its notes: tasks that died, by name, and why
    those that never ran did not."""

    faults: Mapping[str, Fault] = {}
    reason: str = ""


class Books:
    """What is known of one run.

    ``read`` brings the value of a version here, ``link`` says where the log of a task is.
    """

    def __init__(
        self,
        run: str,
        plan: Plan,
        *,
        read: Callable[[Any], Any],
        link: Callable[[str, Mapping[str, str]], str],
    ) -> None:
        self.run = run
        self.plan = plan
        self.link = link
        self.log = RunLog(len(plan.steps), len(plan.wiring.names), read=read)
        self.begun: Optional[Begun] = None
        self.begin_failure: Optional[Failure] = None
        self.ended: Optional[RunEnd] = None
        self._evidence = {step.task: Evidence(run, step) for step in plan.steps}
        self._open = list(range(len(plan.steps)))
        self._producers = {
            name: number
            for number, outputs in enumerate(plan.wiring.outputs)
            for name in outputs
            if name != NOWHERE
        }
        self._flags: Dict[str, Optional[bool]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether all tasks have ended."""
        return not self._open

    def take(self, notes: Iterable[Note]) -> List[Event]:
        """Take in notes; the events that follow from all that is known by now."""
        for note in notes:
            content: Any = note.content
            if note.kind == "begin":
                self.begun = content
                self._pin(content)
            elif note.kind == "begin-failed":
                self.begin_failure = content
            elif note.kind == "end":
                self.ended = content
            elif note.task in self._evidence:
                self._evidence[note.task].add(note)
        return self._advance()

    def conclude(self, verdict: Verdict) -> List[Event]:
        """End all tasks of a run that is over; the events of that."""
        events = self._advance()
        for number in tuple(self._open):
            step = self.plan.steps[number]
            evidence = self._evidence[step.task]
            events += evidence.events()
            events.append(self._ended_without_record(number, evidence, verdict))
        self._open.clear()
        return events

    # --- while it runs ----------------------------------------------------------------------------

    def _advance(self) -> List[Event]:
        events: List[Event] = []
        states = self.log.states
        still_open: List[int] = []
        for number in self._open:  # the order of the plan: producers come first
            if any(states[one] in _OPEN for one in self._behind(number)):
                still_open.append(number)
                continue
            evidence = self._evidence[self.plan.steps[number].task]
            events += evidence.events()
            finished = self._finished(number, evidence)
            if finished is None:
                still_open.append(number)
                if not evidence.is_empty:
                    states[number] = State.RUNNING
                    self.log.started[number] = evidence.started
            else:
                events.append(finished)
        self._open = still_open
        return events

    def _behind(self, number: int) -> List[int]:
        """The steps that make what a step reads."""
        producers = self._producers
        return [producers[one] for one in self.plan.wiring.reads[number] if one in producers]

    def _finished(self, number: int, evidence: Evidence) -> Optional[TaskFinished]:
        end = evidence.end
        if end is not None:
            return self._by_record(number, evidence, end)
        return self._passed_over(number) if evidence.is_empty else None

    def _by_record(self, number: int, evidence: Evidence, end: End) -> TaskFinished:
        if end.record is not None:
            return self._well(number, end.record)
        failure = end.failure
        assert failure is not None
        first, duration = failure.started, failure.duration
        if evidence.step.each >= 0 and evidence.started is not None and first is not None:
            duration += first - evidence.started
            first = evidence.started
        return self._failed(number, error_of(failure), first, duration, failure.attempt, failure)

    def _well(self, number: int, record: TaskEnd) -> TaskFinished:
        """A task that ended without a failure."""
        step, log = self.plan.steps[number], self.log
        self._flags.update(record.flags)
        kept: Dict[str, Kept] = {}
        for told in record.kept:
            name, version = str(told["dataset"]), str(told["version"])
            kept[name] = Kept(
                Reference(Address(self.plan.pipeline, name), version),
                None,
                rows=told.get("rows"),
                size=told.get("size"),
                place=str(told.get("place") or ""),
            )
        for dataset in self.plan.wiring.outputs[number]:
            name = "" if dataset == NOWHERE else self.plan.wiring.names[dataset]
            if name in kept:
                log.stored[dataset] = VersionRef(name, kept[name].version)
        finished = TaskFinished(
            self.run, step, record.state, record.started, record.duration, None, record.reason,
            record.attempt, tuple([kept.get(name) for name in step.outputs]) if kept else (),
        )  # fmt: skip
        return self._noted(number, finished)

    def _passed_over(self, number: int) -> Optional[TaskFinished]:
        """The end of a task that the service never calls."""
        step, states = self.plan.steps[number], self.log.states
        lacking = [self._lacks(dataset) for dataset in self.plan.wiring.inputs[number]]
        condition = self.plan.wiring.conditions[number]
        found = hindered(step, lacking, None if condition == NOWHERE else self._lacks(condition))
        if found is None and step.when is not None and self._flag(step.when) is False:
            found = skipped(f"its condition {step.when!r} is false")
        if found is None:
            return None
        states[number] = found.state
        return self._noted(
            number,
            TaskFinished(self.run, step, found.state, None, 0.0, None, found.reason),
        )

    def _lacks(self, dataset: int) -> Optional[State]:
        producer = self._producers.get(dataset)
        state = None if producer is None else self.log.states[producer]
        return None if state in (*_DONE, *_OPEN) else state

    def _flag(self, name: str) -> Optional[bool]:
        if name in self._flags:
            return self._flags[name]
        return None if self.begun is None else self.begun.flags.get(name)

    # --- at its end -------------------------------------------------------------------------------

    def _ended_without_record(
        self, number: int, evidence: Evidence, verdict: Verdict
    ) -> TaskFinished:
        step = self.plan.steps[number]
        end = evidence.end
        if end is not None:
            return self._by_record(number, evidence, end)
        behind = {self.log.states[one] for one in self._behind(number)}
        if State.CANCELLED not in behind or not behind.isdisjoint(_FELL_SHORT):
            passed = self._passed_over(number)
            if passed is not None:
                return passed
        told = None if self.ended is None else State(self.ended.tasks.get(step.task, "cancelled"))
        fault = verdict.faults.get(step.task)
        if fault is None and told is not None and told is not State.FAILED:
            reason = upstream_failed().reason if told is State.UPSTREAM_FAILED else verdict.reason
            return self._noted(number, TaskFinished(self.run, step, told, None, 0.0, None, reason))
        last = evidence.last_failure
        if fault is None and last is not None and told is State.FAILED:
            return self._failed(
                number, error_of(last), last.started, last.duration, last.attempt, last
            )
        if fault is not None or told is State.FAILED:
            kind, cause = ("", verdict.reason) if fault is None else fault
            error = TaskLost(task=step.task, kind=kind, cause=cause)
            return self._failed(number, error, evidence.started, 0.0, evidence.attempt, None)
        return self._noted(
            number,
            TaskFinished(
                self.run, step, State.CANCELLED, evidence.started, 0.0, None, verdict.reason,
                evidence.attempt,
            ),
        )  # fmt: skip

    # --- what is noted ----------------------------------------------------------------------------

    def _failed(
        self,
        number: int,
        error: BaseException,
        started: Optional[float],
        duration: float,
        attempt: int,
        failure: Optional[Failure],
    ) -> TaskFinished:
        step = self.plan.steps[number]
        read = dict(self._versions(number) if failure is None else failure.versions)
        lines = [f"log: {self.link(step.task, {} if failure is None else failure.log)}"]
        if read:
            lines.append("read: " + ", ".join(f"{name} {at}" for name, at in read.items()))
        self.log.notes[number] = tuple(lines)
        add_note: Any = getattr(error, "add_note", None)
        if add_note is not None:
            add_note("\n".join(lines))
        return self._noted(
            number,
            TaskFinished(self.run, step, State.FAILED, started, duration, error, attempt=attempt),
        )

    def _versions(self, number: int) -> Dict[str, str]:
        """The versions that a task read, for one that could not say so itself."""
        names = [self.plan.wiring.names[one] for one in self.plan.wiring.inputs[number]]
        stored = self.log.stored
        refs = {name: stored.get(self.plan.wiring.numbers[name]) for name in names}
        return {name: ref.version for name, ref in refs.items() if isinstance(ref, VersionRef)}

    def _noted(self, number: int, end: TaskFinished) -> TaskFinished:
        log = self.log
        log.states[number] = end.state
        log.started[number] = end.started
        log.durations[number] = end.duration
        if end.attempt > 1:
            log.attempts[number] = end.attempt
        if end.error is not None:
            log.errors[number] = end.error
        if end.reason:
            log.reasons[number] = end.reason
        return end

    def _pin(self, begun: Begun) -> None:
        """Note what the run reads from outside."""
        numbers = self.plan.wiring.numbers
        outside = {**begun.pins, **dict.fromkeys(begun.fed, begun.run)}
        for name, version in outside.items():
            if name in numbers:
                self.log.stored[numbers[name]] = VersionRef(name, version)
