"""The executor of a laptop: the tasks of a pipeline on threads, or in processes of their own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Iterable, List, Mapping, Optional, Type, Union

from glacier.core.protocols import Executor, GlacierError, Listener, Pool, PoolExecutor
from glacier.local.threads import ThreadPool

if TYPE_CHECKING:
    from glacier.core.protocols import FolderPlaces

__all__ = ["InvalidStorage", "InvalidWorkers", "LocalExecutor", "NoProcesses"]


class InvalidWorkers(GlacierError, ValueError):
    """A number of workers that is not a positive integer."""

    def __init__(self, *, found: object) -> None:
        super().__init__(
            f"LocalExecutor(workers={found!r}): workers is how many tasks run at a time, a whole "
            "number from 1, or None for a number that suits this machine."
        )


class NoProcesses(GlacierError, NotImplementedError):
    """Processes were asked for where they are not to be had."""

    def __init__(self) -> None:
        super().__init__(
            f"LocalExecutor(processes=True) is for Linux and macOS; this is {sys.platform}. "
            "Run on threads: LocalExecutor()."
        )


class InvalidStorage(GlacierError, ValueError):
    """A ``storage=`` that is none of the two that there are."""

    def __init__(self, *, found: object) -> None:
        super().__init__(
            f"LocalExecutor(storage={found!r}): it is 'local', which keeps all that is stored in "
            "folders of this machine, or 'declared', which uses each storage where it is."
        )


class LocalExecutor(PoolExecutor):
    """Runs pipelines on this machine, with no configuration.

    ``workers`` is how many tasks run at a time. On threads it is by default the number of
    processors this process may use plus four, at most 32: tasks that wait for the network or a disk
    leave the processor to others. A task that is alone runs on the calling thread.

    With ``processes`` every task that is not ``async`` runs in a worker process, by default in as
    many as there are processors: for tasks that compute in Python, and for those that may crash.
    ``concurrency`` limits how many calls run at a time by the name or a tag of their task:
    ``{"api": 2}``; async ones and items count too. With ``fail_fast`` the first failure cancels
    all that has not started.

    Stored datasets are kept below the folder ``root``: no local run writes to a cloud, unless
    ``storage="declared"`` says to use each storage where it is declared to be. With ``cache`` all
    others are kept too, and a task whose code, parameters and inputs are those of an earlier run
    does not run again. With ``as_deployed`` each task runs as it does in a cloud: in a new process
    that has no secrets but its own, every value passed through its format. With ``history`` each
    run, its errors and what its tasks log are noted in ``root``, where ``glacier runs`` finds them,
    and a run that fails leaves there what another can go on from:
    ``execute(pipeline, resume=run_id)``. ``progress`` shows a run on standard error: ``"bars"``
    (which need rich), ``"plain"`` lines, or ``"auto"``.

    Raises :class:`InvalidWorkers`,
    and :class:`NoProcesses` on Windows.
    """

    def __init__(
        self,
        workers: Optional[int] = None,
        *,
        processes: bool = False,
        concurrency: Optional[Mapping[str, int]] = None,
        cache: bool = False,
        as_deployed: bool = False,
        storage: str = "local",
        fail_fast: bool = False,
        root: Union[str, os.PathLike[str]] = ".glacier",
        progress: Optional[str] = None,
        history: bool = True,
    ) -> None:
        super().__init__(fail_fast=fail_fast, concurrency=concurrency, cache=cache)
        if workers is not None and (type(workers) is not int or workers < 1):
            raise InvalidWorkers(found=workers)
        processes = processes or as_deployed
        if processes and sys.platform in ("win32", "emscripten", "wasi"):
            raise NoProcesses
        default = _processors() if processes else min(32, _processors() + 4)
        self.workers = workers if workers is not None else default
        self.processes = processes
        self.as_deployed = as_deployed
        if storage not in ("local", "declared"):
            raise InvalidStorage(found=storage)
        self.storage = storage
        self.root = os.fspath(root)
        self.progress = progress
        self.history = history
        self.resumable = history

    def open(self) -> Pool:
        if self.processes:
            from glacier.local.processes import ProcessPool

            return ProcessPool(self.workers, apart=self.as_deployed)
        return ThreadPool(self.workers)

    def places(self) -> FolderPlaces:
        from glacier.core.protocols import FolderPlaces

        return FolderPlaces(self.root, declared=self.storage == "declared")

    def observers(self) -> Iterable[Listener]:
        observers: List[Listener] = []
        if self.progress is not None:
            from glacier.core.protocols import progress_listener

            shown = progress_listener(self.progress)
            observers += [shown] if shown is not None else []
        if self.history:
            from glacier.core.protocols import Recorder

            observers.append(Recorder(self.root))
        return observers

    def __repr__(self) -> str:
        processes = ", processes=True" if self.processes else ""
        return f"LocalExecutor(workers={self.workers}{processes})"


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if TYPE_CHECKING:
    _: Type[Executor] = LocalExecutor
