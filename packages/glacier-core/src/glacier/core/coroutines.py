"""Running coroutines from synchronous code, also where an event loop is already running."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Optional, Tuple, TypeVar

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

__all__ = ["LoopThread", "run_coroutine"]

T = TypeVar("T")

_GRACE = 2.0  # seconds that a cancelled coroutine has for ending


class LoopThread:
    """An event loop on a thread of its own, which starts with the first coroutine."""

    def __init__(self) -> None:
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._thread: Optional[threading.Thread] = None

    def submit(self, make: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Start a coroutine on the loop; where there are no threads it is not even made."""
        import asyncio

        if self._loop is None:
            self._loop, self._thread = self._started()
        return asyncio.run_coroutine_threadsafe(make(), self._loop)

    def _started(self) -> Tuple[asyncio.AbstractEventLoop, threading.Thread]:
        import asyncio

        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._run, args=(loop,), name="glacier-loop", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            loop.close()
            raise
        return loop, thread

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(_cancel_rest())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    def close(self) -> None:
        """End the loop and its thread; what still runs on it is cancelled, and then abandoned."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop = self._thread = None


async def _cancel_rest() -> None:
    """Cancel what still runs on this loop, and let it end."""
    import asyncio

    await asyncio.sleep(0)  # what has not begun does, and so can clean up
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=_GRACE)


def run_coroutine(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result.

    A thread that is already inside a loop, as in a notebook, cannot run another: there the
    coroutine gets a loop on a thread of its own.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    thread = LoopThread()
    try:
        return thread.submit(lambda: coroutine).result()
    finally:
        thread.close()
