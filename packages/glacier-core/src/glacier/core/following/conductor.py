"""What a client asks of the service that conducts the runs of a deployed pipeline."""

from __future__ import annotations

from enum import Enum
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Protocol, Sequence

__all__ = ["Conductor", "Fault", "ListedRun", "Phase", "Status"]


class Phase(str, Enum):
    """Where a run stands for the service; a string, so that ``phase == "failed"`` holds."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"

    def __str__(self) -> str:
        return str(self.value)


class Status(NamedTuple):
    """What the service says of a run; ``reason`` is why one failed or was stopped."""

    phase: Phase
    reason: str = ""


class Fault(NamedTuple):
    """How a task died that left no record: the service's name for it, and what it says."""

    kind: str
    cause: str = ""


class ListedRun(NamedTuple):
    """A run as the service lists it; times are in seconds since the epoch."""

    run_id: str
    phase: Phase
    started: float
    ended: Optional[float] = None


class Conductor(Protocol):
    """One deployed pipeline, as the service knows it that conducts its runs.

    All methods raise subclasses of :class:`~glacier.core.errors.GlacierError`.
    """

    def start(self, run: str, request: Mapping[str, Any]) -> None:
        """Start a run of that id; one that has been started with the same request stays one."""
        ...

    def status(self, run: str) -> Status:
        """Where a run stands. Raises :class:`~glacier.core.following.errors.NoSuchRun`."""
        ...

    def stop(self, run: str) -> None:
        """End a run; what runs at this moment may go on to its own end, and changes nothing."""
        ...

    def faults(self, run: str) -> Mapping[str, Fault]:
        """The tasks of a run that died, by name; those with a record may be among them."""
        ...

    def log_link(self, task: str, run: str, known: Mapping[str, str]) -> str:
        """Where a person reads the log of a task; ``known`` is what its record says of that."""
        ...

    def log(self, task: str, run: str) -> Iterator[str]:
        """The lines of the log of a task that are about a run, the oldest first; of no task those
        of how the run began and ended."""
        ...

    def runs(self, limit: int) -> Sequence[ListedRun]:
        """The latest runs, the newest first, those of schedules too."""
        ...
