"""The executor of a laptop: the tasks of a pipeline on threads of this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Iterable, List, Optional, Type, Union

from glacier.core.protocols import Executor, GlacierError, Listener, PoolExecutor
from glacier.local.threads import ThreadPool

__all__ = ["InvalidWorkers", "LocalExecutor"]


class InvalidWorkers(GlacierError, ValueError):
    """A number of workers that is not a positive integer."""

    def __init__(self, *, found: object) -> None:
        super().__init__(
            f"LocalExecutor(workers={found!r}): workers is how many tasks run at a time, a whole "
            "number from 1, or None for a number that suits this machine."
        )


class LocalExecutor(PoolExecutor):
    """Runs pipelines on this machine, with no configuration.

    ``workers`` is how many tasks run at a time, by default the number of processors this process
    may use plus four, at most 32: tasks that wait for the network or a disk leave the processor to
    others. A task that is alone runs on the calling thread. With ``fail_fast`` the first failure
    cancels all that has not started. With ``history`` each run, its errors and what its tasks log
    are noted in the folder ``root``, where ``glacier runs`` finds them. ``progress`` shows a run
    on standard error: ``"bars"`` (which need rich), ``"plain"`` lines, or ``"auto"``. Raises
    :class:`InvalidWorkers`.
    """

    def __init__(
        self,
        workers: Optional[int] = None,
        *,
        fail_fast: bool = False,
        root: Union[str, os.PathLike[str]] = ".glacier",
        progress: Optional[str] = None,
        history: bool = True,
    ) -> None:
        super().__init__(fail_fast=fail_fast)
        if workers is not None and (type(workers) is not int or workers < 1):
            raise InvalidWorkers(found=workers)
        self.workers = workers if workers is not None else min(32, _processors() + 4)
        self.root = os.fspath(root)
        self.progress = progress
        self.history = history

    def open(self) -> ThreadPool:
        return ThreadPool(self.workers)

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
        return f"LocalExecutor(workers={self.workers})"


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if TYPE_CHECKING:
    _: Type[Executor] = LocalExecutor
