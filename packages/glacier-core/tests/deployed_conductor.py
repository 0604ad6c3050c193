"""A service that conducts deployed runs, in this process: it plays the state machine."""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, List, Mapping, Optional

from deployed_machine import play
from deployed_pipeline import Deployment

from glacier.core.following.conductor import Fault, ListedRun, Phase, Status
from glacier.core.following.deployment import DeployedPipeline, Following
from glacier.core.following.errors import NoSuchRun
from glacier.core.following.follower import Pace
from glacier.core.following.shelves import Shelves

__all__ = ["Killed", "Played", "PlayedConductor", "Turns", "client_of"]


class Killed(Exception):
    """A function that was killed: nothing is recorded, the machine notes ``fault``."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(*fault)


class Stopped(Exception):
    """A run that was stopped."""


class Played:
    """One run: a thread that makes a call of a function whenever it is let."""

    def __init__(self, run: str, work: Callable[[Played], Status]) -> None:
        self.run = run
        self.status = Status(Phase.RUNNING)
        self.faults: Dict[str, Fault] = {}
        self.stopped = False
        self.steps: List[str] = []
        self._turn, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[Played], Status]) -> None:
        self._turn.acquire()
        try:
            self.status = work(self)
        except Stopped:
            self.status = Status(Phase.ABORTED, "somebody asked for that")
        except Exception as error:
            self.status = Status(Phase.FAILED, str(error))
        finally:
            self._done.release()

    def wait(self) -> None:
        """Called before each call of a function: let others look first."""
        self._done.release()
        self._turn.acquire()
        if self.stopped:
            raise Stopped

    def advance(self, calls: int = 1) -> None:
        """Make so many calls, or as many as there are."""
        for _ in range(calls):
            if self.status.phase is not Phase.RUNNING:
                return
            self._turn.release()
            assert self._done.acquire(timeout=60)

    def finish(self) -> None:
        """Make all calls that are left."""
        while self.status.phase is Phase.RUNNING:
            self.advance()


class PlayedConductor:
    """The service. ``before`` is called with each payload, and may raise :class:`Killed`."""

    def __init__(
        self,
        deployed: Deployment,
        before: Optional[Callable[[Dict[str, Any]], object]] = None,
    ) -> None:
        self.deployed = deployed
        self.before = before
        self.played: Dict[str, Played] = {}
        self.requests: Dict[str, Mapping[str, Any]] = {}

    def start(self, run: str, request: Mapping[str, Any]) -> None:
        if run in self.played:
            assert self.requests[run] == request
            return
        self.requests[run] = request
        self.played[run] = Played(run, lambda played: self._play(played, dict(request)))

    def _play(self, played: Played, request: Dict[str, Any]) -> Status:
        def invoke(payload: Dict[str, Any]) -> Dict[str, Any]:
            played.wait()
            task = str(payload.get("task", ""))
            try:
                if self.before is not None:
                    self.before(payload)
                return self.deployed.invoke(payload)
            except Killed as error:
                played.faults[task] = error.fault
                raise _Dead(task) from error

        ended = play(self.deployed.plan, invoke, request)
        return Status(Phase.SUCCEEDED if ended.state == "succeeded" else Phase.FAILED, "its tasks")

    def status(self, run: str) -> Status:
        if run not in self.played:
            raise NoSuchRun(run=run, where="here")
        return self.played[run].status

    def stop(self, run: str) -> None:
        self.played[run].stopped = True

    def faults(self, run: str) -> Mapping[str, Fault]:
        return self.played[run].faults

    def log_link(self, task: str, run: str, known: Mapping[str, str]) -> str:
        return f"https://logs/{task}/{run}"

    def runs(self, limit: int) -> List[ListedRun]:
        found = [ListedRun(run, one.status.phase, 0.0) for run, one in self.played.items()]
        return sorted(found, reverse=True)[:limit]


class _Dead(Exception):
    """What a state machine sees of a function that died; named as those that it catches."""


_Dead.__name__ = "GlacierTaskFailed"


class Turns:
    """A clock: while the follower sleeps, each run makes one call; an hour is over at once."""

    def __init__(self, conductor: PlayedConductor, calls: int = 1) -> None:
        self.conductor = conductor
        self.calls = calls
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        for played in self.conductor.played.values():
            played.advance(self.calls)


def client_of(
    deployed: Deployment, conductor: Any, *, pace: Optional[Pace] = None, clock: Any = None
) -> DeployedPipeline:
    """A client of a deployed pipeline of a test."""
    program = deployed.make()
    shelves = Shelves(program.pipeline.name, program.graph.datasets, program.places)
    turns = Turns(conductor) if clock is None else clock
    following = Following(pace or Pace(), turns)
    return DeployedPipeline(
        deployed.plan, conductor=conductor, shelves=shelves, following=following
    )
