"""The threads of one run.

A call with a limit of time has a thread of its own, for one that reaches it is abandoned: it would
keep a thread of the pool from the others, and Python from ending.
"""

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
        if call.step.limit:
            return _run_apart(call)
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="glacier")
        return self._threads.submit(run_call, call)

    run_inline = staticmethod(run_call)

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True)


def _run_apart(call: TaskCall) -> Future[TaskResult]:
    """Run a call on a thread that nobody need wait for."""
    from concurrent.futures import Future
    from threading import Thread

    future: Future[TaskResult] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = run_call(call)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    Thread(target=run, name=f"glacier-{call.step.task}", daemon=True).start()
    return future
