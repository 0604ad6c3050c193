"""The worker processes of one run."""

from __future__ import annotations

import threading
from time import monotonic, perf_counter, time
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple, Union

from glacier.core.protocols import (
    Handle,
    LogLine,
    Ref,
    State,
    TaskCall,
    TaskResult,
    VersionRef,
    is_captured,
    share_scratch,
    tell,
)
from glacier.local.crash import CannotCross, WorkerNotMade, called
from glacier.local.crossing import receive_error
from glacier.local.holdings import Held, Parts, Wire, read_wire, value_of, wire
from glacier.local.nursery import Nursery
from glacier.local.packing import Packed
from glacier.local.programs import pack_program
from glacier.local.segment import Segment
from glacier.local.surroundings import environment_of, without_secrets
from glacier.local.workers import GRACE, LimitReached, Worker

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["ProcessPool"]

_AHEAD = 4
"""How many workers start before the first call; more would keep it waiting."""


class ProcessPool:
    """Worker processes that start when calls are to be expected; a thread of this process attends
    to each.

    A call that is alone runs in a worker too, but without the thread: whether a task can end this
    process does not depend on what runs beside it. With ``apart`` each call has a new worker, which
    is given no secrets but those of its task.
    """

    keeps_time = True

    def __init__(self, workers: int, *, apart: bool = False) -> None:
        self.workers = workers
        self.apart = apart
        self.backlog = 0  # what waits in a worker's pipe could not be given to another
        self._threads: Optional[ThreadPoolExecutor] = None
        self._lock = threading.Lock()
        self._idle: List[Worker] = []  # the one that was last at work is on top
        self._busy: Set[Worker] = set()
        self._nursery: Optional[Nursery] = None
        self._programs: Dict[str, Packed] = {}
        self._closed = False

    # --- calls ------------------------------------------------------------------------------------

    def expect(self, calls: int) -> None:
        """Start workers for the first calls, unless each is to have one of its own."""
        made: List[Worker] = []
        try:
            if calls:
                self._nursery_of_now()
            for _ in range(0 if self.apart else min(calls, self.workers, _AHEAD)):
                made.append(self._start())
        except OSError:  # the call that needs one more will say so
            pass
        for worker in made:  # when all are on their way, for it takes a while
            worker.greet()
            self._give_back(worker)

    def submit(self, call: TaskCall) -> Future[TaskResult]:
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="glacier")
        return self._threads.submit(self.run_inline, call)

    def run_inline(self, call: TaskCall) -> TaskResult:
        """Run a call in a worker and wait for it; Ctrl-C ends the worker."""
        started, clock = time(), perf_counter()
        try:
            worker = self._take(call)
        except OSError as reason:
            refused = WorkerNotMade(call, error=reason)
            return TaskResult(State.FAILED, (), started, perf_counter() - clock, refused)
        try:
            try:
                reply, segments = self._ask(worker, call)
            except (EOFError, OSError):
                if self._closed or not worker.died_idle():
                    raise
                self._leave(worker)
                worker = self._start_for(call)
                reply, segments = self._ask(worker, call)
        except (EOFError, OSError):
            error = worker.death(call)
            self._leave(worker)
            return TaskResult(State.FAILED, (), started, perf_counter() - clock, error)
        except LimitReached as reached:
            worker.interrupt()
            self._leave(worker)
            from glacier.core.protocols import timed_out

            return timed_out(
                call, started=started, duration=reached.duration, ended="Its process was ended."
            )
        except CannotCross as problem:
            self._give_back(worker)
            return TaskResult(State.FAILED, (), started, perf_counter() - clock, problem)
        except BaseException:
            worker.interrupt()
            self._leave(worker)
            raise
        self._give_back(worker)
        return _result(call, reply, segments)

    def _ask(self, worker: Worker, call: TaskCall) -> Tuple[Tuple[Any, ...], List[Segment]]:
        """Send a call to a worker and wait. Raises as ``Worker.ask``, and :class:`CannotCross`."""
        segments: List[Segment] = []
        message = self._message(call, worker, segments)

        def note(*facts: Any) -> None:
            tell(call.run_id, LogLine(*facts))

        answer = worker.ask(message, segments, limit=call.step.limit, note=note)
        worker.known.add(call.step.task)
        return answer

    def _message(self, call: TaskCall, worker: Worker, segments: List[Segment]) -> Tuple[Any, ...]:
        """The message that asks for a call. Raises :class:`CannotCross`."""
        step, program = call.step, None
        if step.task not in worker.known:
            program = wire(Handle(self._program(call)), segments)
        inputs: List[Union[Wire, VersionRef, None]] = []
        for ref, dataset in zip(call.inputs, step.inputs):
            if ref is None or isinstance(ref, VersionRef):
                inputs.append(ref)
            else:
                inputs.append(_input(call, ref, dataset, segments))
        scratch = None
        if any(slot.kind == "context" for slot in step.slots):
            scratch = share_scratch(call.run_id)
        told = (scratch, is_captured(call.run_id), call.origin)
        return ("call", step.task, program, call.attempt, call.item, tuple(inputs), *told)

    def _program(self, call: TaskCall) -> Packed:
        """What a worker needs once for all calls of a task, pickled once."""
        with self._lock:
            packed = self._programs.get(call.step.task)
            if packed is None:
                packed = self._programs[call.step.task] = pack_program(call)
            return packed

    # --- workers ----------------------------------------------------------------------------------

    def _take(self, call: TaskCall) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                self._busy.add(worker)
                if worker.alive:
                    return worker
                worker.release()
                self._busy.discard(worker)
        return self._start_for(call)

    def _start_for(self, call: TaskCall) -> Worker:
        worker = self._start(environment_of(call) if self.apart else None)
        worker.greet()
        return worker

    def _start(self, environment: Optional[Mapping[str, str]] = None) -> Worker:
        worker = Worker(environment)
        with self._lock:
            self._busy.add(worker)  # before it starts: an interrupt must not lose it
        try:
            worker.start(self._nursery_of_now())
        except OSError:
            self._leave(worker)
            raise
        return worker

    def _nursery_of_now(self) -> Nursery:
        """The nursery, or a new one if it is gone. Raises ``OSError`` if none can be started."""
        with self._lock:
            if self._nursery is None or self._nursery.gone:
                if self._nursery is not None:
                    self._nursery.close()
                self._nursery = Nursery(without_secrets() if self.apart else None)
                self._nursery.start()
            return self._nursery

    def _give_back(self, worker: Worker) -> None:
        if self.apart:
            worker.dismiss()
            self._leave(worker)
            return
        with self._lock:
            self._busy.discard(worker)
            self._idle.append(worker)

    def _leave(self, worker: Worker, grace: float = GRACE) -> None:
        """End a worker that will take no call any more."""
        worker.end(grace)
        worker.release()
        with self._lock:
            self._busy.discard(worker)

    def close(self) -> None:
        """Let idle workers end, and end those whose result nobody waits for any more."""
        self._closed = True
        with self._lock:
            busy = list(self._busy)
        for worker in busy:
            worker.interrupt()
        deadline = monotonic() + GRACE
        for worker in busy:
            worker.end(max(0.0, deadline - monotonic()))
        if self._threads is not None:
            self._threads.shutdown(wait=True)
        for worker in self._idle:
            worker.dismiss()
        deadline = monotonic() + GRACE
        for worker in [*self._busy, *self._idle]:
            self._leave(worker, max(0.0, deadline - monotonic()))
        self._idle.clear()
        if self._nursery is not None:
            self._nursery.close()

    # --- values -----------------------------------------------------------------------------------

    def fetch(self, ref: Handle) -> Any:
        try:
            return value_of(ref)
        except Exception as error:
            raise CannotCross(
                where="a value that a worker process made",
                what="it",
                error=error,
                mend="This process must be able to import its type.",
                reading=True,
            ) from error

    def hold(self, value: Any) -> Handle:
        return Handle(Held(value))

    def gather(self, refs: Sequence[Ref]) -> Ref:
        return Handle(Parts(refs))

    def scatter(self, ref: Handle) -> Optional[Sequence[Ref]]:
        return ref.token.refs if isinstance(ref.token, Parts) else None


def _input(call: TaskCall, ref: Ref, dataset: str, segments: List[Segment]) -> Wire:
    try:
        return wire(ref, segments)
    except Exception as error:
        kind = type(value_of(ref)).__qualname__
        raise CannotCross(
            where=called(call),
            what=f"its input {dataset!r}, a {kind},",
            error=error,
            mend="Give plain data, or run on threads, LocalExecutor(), where nothing is pickled.",
        ) from error


def _result(call: TaskCall, reply: Tuple[Any, ...], segments: List[Segment]) -> TaskResult:
    if reply[0] == "interrupted":
        raise KeyboardInterrupt
    _, state, outputs, started, duration, error, reason, kept = reply
    return TaskResult(
        State(state),
        tuple(
            [
                output if isinstance(output, VersionRef) else Handle(read_wire(output, segments))
                for output in outputs
            ]
        ),
        started,
        duration,
        None if error is None else receive_error(error, segments, task=call.step.task),
        reason,
        kept=kept,
    )
