"""What can go wrong between a client, its cluster, and the tasks on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glacier.core.protocols import GlacierError, RunError, TaskCall, WorkerLost

__all__ = [
    "CannotCross",
    "ClusterFailed",
    "InvalidCluster",
    "ValueLost",
    "VersionMismatch",
    "WorkerDied",
    "called",
]


class InvalidCluster(GlacierError, ValueError):
    """Arguments of ``DaskExecutor`` that do not say which cluster to use."""

    def __init__(self, *, reason: str, mend: str) -> None:
        super().__init__(f"DaskExecutor(…): {reason}. {mend}")


class ClusterFailed(GlacierError, ConnectionError):
    """The cluster could not be reached, or not be started."""

    retryable = True

    def __init__(self, *, what: str, error: BaseException) -> None:
        reason = " ".join(str(error).split()) or type(error).__name__
        super().__init__(
            f"{what}: {reason}. Is the scheduler running, and can this machine reach it? Its "
            "address is in the first lines that 'dask scheduler' prints."
        )


class VersionMismatch(GlacierError, RuntimeError):
    """Client, scheduler and workers do not run the same Python or the same Glacier.

    ``found`` maps each place to what differs there.
    """

    def __init__(self, *, here: Mapping[str, str], found: Mapping[str, Mapping[str, str]]) -> None:
        self.found = found
        lines = [f"  {place}: {_listed(facts)}" for place, facts in list(found.items())[:10]]
        if len(found) > 10:
            lines.append(f"  … and {len(found) - 10} more")
        super().__init__(
            f"the cluster does not have what this process has, {_listed(here)}:\n"
            + "\n".join(lines)
            + "\nA function and its values can only travel between the same versions. Start "
            "scheduler and workers from the same environment or image as this program; "
            "'python -m pip install glacier-dask' brings Glacier there."
        )


class NotShared(GlacierError, OSError):
    """Something is to be stored in a folder that is not the same one on all machines."""

    def __init__(self, *, root: str, workers: Sequence[str]) -> None:
        self.workers = tuple(workers)
        more = f" and {len(workers) - 3} more" if len(workers) > 3 else ""
        super().__init__(
            f"the run stores datasets below {root!r}, which is another folder, or none, on the "
            f"workers {', '.join(workers[:3])}{more}: what they write there would not be found "
            "here. Give a folder that all machines share: DaskExecutor(root=…), --root."
        )


class CannotCross(RunError):
    """A function or a value that cannot be sent to a worker, or be brought from it."""

    retryable = False

    def __init__(
        self, *, where: str, what: str, error: BaseException, mend: str, reading: bool = False
    ) -> None:
        how = "cannot be read from its pickled form" if reading else "cannot be pickled"
        reason = " ".join(str(error).split())
        super().__init__(f"{where}: {what} {how} ({type(error).__name__}: {reason}). {mend}")


class WorkerDied(WorkerLost):
    """Dask gave a task up, mostly as the workers that ran it have ended several times."""

    def __init__(self, *, task: str, item: int | None, error: BaseException) -> None:
        self.task = task
        self.item = item
        which = "" if item is None else f" (item {item})"
        reason = " ".join(str(error).split()) or type(error).__name__
        super().__init__(
            f"Dask gave up on task {task!r}{which}: {type(error).__name__}: {reason} A worker that "
            "is killed has mostly run out of memory: give workers more of it, let the task hold "
            "less at a time, or raise Dask's 'distributed.scheduler.allowed-failures'."
        )


class ValueLost(RunError):
    """A value that was left on the cluster, and is not to be had from there any more."""

    def __init__(self, *, error: BaseException) -> None:
        reason = " ".join(str(error).split()) or type(error).__name__
        super().__init__(
            f"the value is on a Dask cluster that no longer has it ({type(error).__name__}: "
            f"{reason}). Read it while the executor is open, or store the dataset."
        )


def called(call: TaskCall) -> str:
    """A call as errors name it: ``task 'double' (item 3)``."""
    item = "" if call.item is None else f" (item {call.item})"
    return f"task {call.step.task!r}{item}"


def _listed(facts: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    pairs = facts.items() if isinstance(facts, Mapping) else facts
    return ", ".join(f"{name} {version}" for name, version in pairs)
