"""The threads of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from glacier.core.protocols import TaskCall, TaskResult, run_call

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["ThreadPool"]


class ThreadPool:
    """Worker threads that start with the first call that has something to run beside."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.backlog = 16 * workers
        self._threads: Optional[ThreadPoolExecutor] = None

    def submit(self, call: TaskCall) -> Future[TaskResult]:
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="glacier")
        return self._threads.submit(run_call, call)

    run_inline = staticmethod(run_call)

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True)
