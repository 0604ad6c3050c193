"""A deployed pipeline, as a client sees it: its runs are started there, and followed from here."""

from __future__ import annotations

from time import time
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from glacier.core.contracts import Launch, Listener, State
from glacier.core.events import RunFinished, RunStarted
from glacier.core.execution import dispatcher
from glacier.core.following.books import Books, Verdict
from glacier.core.following.conductor import Conductor, ListedRun, Phase, Status
from glacier.core.following.errors import NotBegun, ServiceFailed
from glacier.core.following.follower import Clock, Follower, Pace, SystemClock
from glacier.core.following.notes import Notes
from glacier.core.following.shelves import Shelves
from glacier.core.plan import Plan
from glacier.core.remote.client import feed, request_of
from glacier.core.remote.failures import error_of
from glacier.core.remote.records import Begun, begin_key, read_if_there
from glacier.core.run import Run, RunLog
from glacier.core.run_ids import new_run_id
from glacier.core.versions import read_run

__all__ = ["DeployedPipeline", "Following"]

_DONE = (State.SUCCEEDED, State.UP_TO_DATE)


class Following(NamedTuple):
    """How runs are followed; ``clock`` is by itself that of this machine."""

    pace: Pace = Pace()
    clock: Optional[Clock] = None


class DeployedPipeline:
    """Starts and follows the runs of one deployed pipeline.

    ``plan`` is the deployed one, of all tasks, ``fingerprint`` the hash of what is deployed.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        conductor: Conductor,
        shelves: Shelves,
        following: Optional[Following] = None,
        fingerprint: str = "",
    ) -> None:
        self.plan = plan
        self.conductor = conductor
        self.shelves = shelves
        self.fingerprint = fingerprint
        self.following = Following() if following is None else following

    def start(
        self,
        launch: Launch,
        *,
        params: Optional[Mapping[str, Any]] = None,
        selected: bool = False,
        resume: Optional[str] = None,
    ) -> str:
        """Start a run; its id. ``params`` are those that were asked for; with ``selected`` only the
        tasks of the launch run."""
        run, chosen = new_run_id(), [step.task for step in launch.plan.steps]
        fed = feed(self._placed(launch), self.shelves.places, run) if launch.inputs else ()
        request = request_of(
            run, params=params, select=chosen if selected else None, resume=resume, inputs=fed
        )
        self.conductor.start(run, request)
        return run

    def follow(
        self,
        run: str,
        plan: Plan,
        *,
        listeners: Iterable[Listener] = (),
        started: Optional[float] = None,
    ) -> Run:
        """Follow a run to its end; ``plan`` has the steps that it runs.

        Who is interrupted leaves the run, which goes on; its listeners are told that it is
        running. Raises :class:`~glacier.core.following.errors.NotBegun`,
        :class:`~glacier.core.following.errors.ServiceFailed`, and what stores and the service
        raise.
        """
        began = time() if started is None else started
        emit = dispatcher(listeners)
        books = Books(run, plan, read=self._reader(run), link=self._link(run))
        notes = Notes(self.shelves.places.workspace(), run)
        pace, clock = self.following
        follower = Follower(notes, books, self.conductor, emit=emit, pace=pace, clock=clock)
        state, duration = State.RUNNING, 0.0
        try:
            if emit is not None:
                emit(RunStarted(run, plan, began))
            status = follower.follow()
            follower.tell(books.conclude(self._verdict(books, status)))
            state, duration = _state(books.log, status), _duration(books.log, began)
        finally:
            if emit is not None:
                emit(RunFinished(run, state, time(), duration or max(0.0, time() - began)))
        self._check(books, status)
        return Run(
            run_id=run,
            plan=plan,
            log=books.log,
            state=state,
            started=began,
            duration=duration,
            resumable=state is not State.SUCCEEDED and any(s in _DONE for s in books.log.states),
        )

    def attach(self, run: str, *, listeners: Iterable[Listener] = ()) -> Run:
        """Follow a run that somebody has started, from its beginning; also one that is over.

        Raises as :meth:`follow` does, and :class:`~glacier.core.following.errors.NoSuchRun`.
        """
        store = self.shelves.places.workspace()
        clock = self.following.clock or SystemClock()
        over = self.conductor.status(run).phase is not Phase.RUNNING
        while True:
            begun = read_if_there(store, begin_key(run))
            if begun is not None:
                plan = _plan_of(Begun.from_bytes(begun, store.uri(begin_key(run))), self.plan)
                created = read_run(store, run).created
                return self.follow(run, plan, listeners=listeners, started=created)
            if over:
                return self.follow(run, self.plan, listeners=listeners)
            clock.sleep(self.following.pace.first)
            over = self.conductor.status(run).phase is not Phase.RUNNING

    def states(self, run: str) -> Mapping[str, str]:
        """How the tasks of a run stand, by name.

        Raises :class:`~glacier.core.following.errors.NoSuchRun`.
        """
        status = self.conductor.status(run)
        books = Books(run, self.plan, read=self._reader(run), link=self._link(run))
        books.take(Notes(self.shelves.places.workspace(), run).look())
        if status.phase is not Phase.RUNNING:
            books.conclude(self._verdict(books, status))
        return {step.task: str(s) for step, s in zip(self.plan.steps, books.log.states)}

    def runs(self, limit: int = 20) -> Sequence[ListedRun]:
        """The latest runs, the newest first."""
        return self.conductor.runs(limit)

    def _placed(self, launch: Launch) -> Launch:
        """The same with its datasets where they are deployed."""
        whole = launch.whole
        if whole is None:
            return launch
        datasets = {name: self.shelves.placed(name) for name in whole.datasets}
        return launch._replace(whole=whole._replace(datasets=datasets))

    def _reader(self, run: str) -> Any:
        def read(ref: Any) -> Any:
            return self.shelves.value(ref, run)

        return read

    def _link(self, run: str) -> Any:
        def link(task: str, known: Mapping[str, str]) -> str:
            return self.conductor.log_link(task, run, known)

        return link

    def _verdict(self, books: Books, status: Status) -> Verdict:
        if books.is_complete:
            return Verdict()
        reason = status.reason
        if status.phase is Phase.ABORTED:
            reason = f"the run was stopped: {reason}" if reason else "the run was stopped"
        fell_short = status.phase is not Phase.SUCCEEDED and books.begin_failure is None
        if not fell_short:
            return Verdict(reason=reason)
        return Verdict(self.conductor.faults(books.run), reason)

    def _check(self, books: Books, status: Status) -> None:
        """Raise what is wrong with a run besides its tasks."""
        failure = books.begin_failure
        if failure is not None and books.begun is None:
            error = error_of(failure)
            log = self.conductor.log_link("", books.run, failure.log)
            reason = f"{type(error).__name__}: {error}"
            raise NotBegun(run=books.run, reason=reason, log=log) from error
        if status.phase is not Phase.FAILED or books.log.errors:
            return
        if books.begun is None:
            log = self.conductor.log_link("", books.run, {})
            raise NotBegun(run=books.run, reason=status.reason or "nobody says why", log=log)
        raise ServiceFailed(run=books.run, reason=status.reason)


def _plan_of(begun: Begun, whole: Plan) -> Plan:
    """The steps of a deployed plan that a run runs."""
    steps = [step for step in whole.steps if _is_selected(begun, step.task)]
    return Plan(whole.pipeline, tuple(steps), begun.fed)


def _is_selected(begun: Begun, task: str) -> bool:
    known = begun.steps.get(task)
    return known is not None and known.selected


def _state(log: RunLog, status: Status) -> State:
    if log.errors or status.phase is Phase.FAILED:
        return State.FAILED
    return State.CANCELLED if status.phase is Phase.ABORTED else State.SUCCEEDED


def _duration(log: RunLog, began: float) -> float:
    """From the start to the end of the last task, by the clocks of who ran them."""
    ends = [s + d for s, d in zip(log.started, log.durations) if s is not None]
    return max(0.0, max(ends) - began) if ends else 0.0
