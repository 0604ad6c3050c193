"""The nursery of a pool as the pool sees it: the process from which its workers are forked."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Generator, List, Mapping, Optional, Sequence, cast

from glacier.local.channel import is_over, pass_descriptors
from glacier.local.surroundings import Surroundings

__all__ = ["Nursery"]

_GRACE = 5.0
"""Seconds that it has for ending by itself."""

_ACKNOWLEDGED = sys.platform == "darwin"
"""Whether it says what it has received: there a descriptor that is under way may be lost when it is
closed here."""


class Nursery:
    """A child process that has imported what workers need, and forks one when it is asked to.

    It runs nothing of the user, and has one thread, so a fork of it is whole. It can be asked
    before it is ready. ``found`` is what was around it when it started, and so is around its
    workers.
    """

    def __init__(self, environment: Optional[Mapping[str, str]] = None) -> None:
        self.found = Surroundings.of_here(environment)
        self._environment = environment
        self._requests, self._theirs = socket.socketpair()
        self._asking = Lock()
        self._process: Optional[subprocess.Popen[bytes]] = None

    def start(self) -> None:
        """Start the process. Raises ``OSError``."""
        connection = self._theirs.fileno()
        # The path comes first: Glacier itself may be found only there.
        code = (
            # What is imported is no garbage.
            f"import gc, sys; gc.disable(); sys.path[:] = {self.found.path!r}\n"
            f"from glacier.local.nursery_process import main; main({connection}, {_ACKNOWLEDGED})"
        )
        # Private, but what multiprocessing uses; nothing else tells all of them.
        flags = cast("List[str]", subprocess._args_from_interpreter_flags())  # type: ignore[attr-defined]
        with _held_back():
            self._process = subprocess.Popen(
                [sys.executable, *flags, "-c", code],
                stdin=subprocess.DEVNULL,
                pass_fds=[connection],
                env=self._environment,
            )
        self._theirs.close()

    @property
    def gone(self) -> bool:
        """Whether it can be asked for nothing any more."""
        return self._process is None or is_over(self._requests, 0.0)

    def ask(self, descriptors: Sequence[int]) -> None:
        """Ask for a worker that is given these. Raises ``ConnectionError`` if it is gone, and any
        other ``OSError`` if they cannot be sent."""
        with self._asking:
            pass_descriptors(self._requests, descriptors)
            if _ACKNOWLEDGED and not self._requests.recv(1):
                raise ConnectionResetError

    def end(self, grace: float = _GRACE) -> int:
        """Wait so long for it to end, then end it and its workers; returns its exit code."""
        if self._process is None:
            return 0
        ended = is_over(self._requests, grace)  # Popen.wait looks again and again
        try:
            return self._process.wait(_GRACE if ended else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """Let it end, and with it the workers that there still are, and wait for it."""
        with suppress(OSError):  # it is gone
            self._requests.shutdown(socket.SHUT_WR)
        self.end()
        self._requests.close()
        self._theirs.close()


@contextmanager
def _held_back() -> Generator[None, None, None]:
    """Let a child begin with those signals blocked that are for its workers to take."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
