"""A worker process as its parent sees it: started, asked, and gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from time import monotonic
from typing import Any, Callable, Generator, List, Mapping, Optional, Sequence, Set, Tuple, cast

from glacier.core.protocols import TaskCall, Value
from glacier.local.channel import Channel
from glacier.local.crash import BEGUN, WorkerCrashed, WorkerNotStarted
from glacier.local.holdings import wire
from glacier.local.segment import Segment
from glacier.local.settings import settings

__all__ = ["GRACE", "LimitReached", "Worker"]

GRACE = 2.0
"""Seconds that a process has for ending by itself."""

_GRACE_AFTER_END = 10.0
"""The same for one that has closed its channel: the kernel may be writing a core file."""


class LimitReached(Exception):
    """A call took longer than it may; ``duration`` is how long it has taken, in seconds."""

    def __init__(self, duration: float) -> None:
        super().__init__(duration)
        self.duration = duration


class Worker:
    """A child process that runs one call at a time; used by one thread at a time.

    ``known`` are the tasks whose functions it has, ``ready`` whether it ever took a message.
    ``environment`` is that of the process, by default the one of this process.
    """

    def __init__(self, environment: Optional[Mapping[str, str]] = None) -> None:
        self.environment = environment
        self.known: Set[str] = set()
        self.ready = False
        self._asked = 0
        self._report = Segment.create()
        self._report.write(bytes(BEGUN))
        os.lseek(self._report.fd, BEGUN, os.SEEK_SET)
        ours, self._theirs = socket.socketpair()
        self._channel = Channel(ours)
        self._read, self._lifeline = os.pipe()
        self._process: Optional[subprocess.Popen[bytes]] = None

    def start(self) -> None:
        """Start the process; :meth:`greet` it before the first call."""
        descriptors = self._theirs.fileno(), self._read, self._report.fd
        self._process = _start(descriptors, self.environment)
        self._theirs.close()
        self._read = _closed(self._read)

    def greet(self) -> None:
        """Tell the process what it needs to know of this one."""
        try:
            told = wire(Value(settings()), [])
        except Exception:  # a warning category that cannot be pickled
            told = None
        try:
            self._channel.send(("settings", list(sys.argv), told))
        except OSError:
            return  # it is gone already, as the first call will show

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask(
        self,
        message: Tuple[Any, ...],
        segments: Sequence[Segment],
        *,
        limit: float = 0.0,
        note: Callable[..., None],
    ) -> Tuple[Tuple[Any, ...], List[Segment]]:
        """Send a call and wait for its end; warnings and log records are passed on meanwhile, and
        ``note`` is called with the facts of each line that the task logs.

        Raises ``OSError`` or ``EOFError`` if the process is gone, and :class:`LimitReached` if the
        function takes longer than ``limit`` seconds (0 for none), not counting how long the process
        takes to start and to read what it is called with.
        """
        self._asked += 1
        self._channel.send(message, [segment.fd for segment in segments])
        begun = 0.0
        while True:
            if begun and not self._channel.wait(max(0.0, begun + limit - monotonic())):
                raise LimitReached(monotonic() - begun)
            reply, descriptors = self._channel.receive()
            if reply[0] == "ready":
                self.ready = True
            elif reply[0] == "begun":
                begun = monotonic() if limit else 0.0
            elif reply[0] == "line":
                note(*reply[1:])
            elif reply[0] in ("done", "interrupted"):
                return reply, [Segment(descriptor, 0) for descriptor in descriptors]
            else:
                from glacier.local.relay import receive

                receive(reply)

    def died_idle(self) -> bool:
        """Whether a process that is gone had not begun the call that it was sent."""
        self.end()
        begun = int.from_bytes(os.pread(self._report.fd, BEGUN, 0), "little")
        return self.ready and begun < self._asked

    def death(self, call: TaskCall) -> BaseException:
        """The error of a call whose process is gone."""
        code = self.end()
        if not self.ready:
            self.release()
            return WorkerNotStarted(call, code=code, executable=sys.executable)
        size = os.fstat(self._report.fd).st_size
        stack = os.pread(self._report.fd, size, BEGUN).decode(errors="replace")
        self.release()
        return WorkerCrashed(call, code=code, stack=stack)

    def dismiss(self) -> None:
        """Let an idle process end; :meth:`end` waits for it."""
        self._channel.finish()

    def interrupt(self) -> None:
        """Ask a busy process to end, so that its task can clean up."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, grace: float = GRACE) -> int:
        """Wait ``grace`` seconds for the process to end, then end it; returns its exit code."""
        if self._process is None:
            return 0
        ended = self._channel.wait_for_end(grace)  # Popen.wait looks again and again
        try:
            return self._process.wait(_GRACE_AFTER_END if ended else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def release(self) -> None:
        """Close all that this process holds of it."""
        self._channel.close()
        self._theirs.close()
        self._report.close()
        self._lifeline, self._read = _closed(self._lifeline), _closed(self._read)


def _start(
    descriptors: Tuple[int, ...], environment: Optional[Mapping[str, str]]
) -> subprocess.Popen[bytes]:
    # The path comes first: Glacier itself may be found only there.
    code = (
        # What is imported is no garbage.
        f"import gc, sys; gc.disable(); sys.path[:] = {[str(place) for place in sys.path]!r}\n"
        f"from glacier.local.worker_process import main; main{descriptors}"
    )
    # Private, but what multiprocessing uses; nothing else tells all of them.
    flags = cast("List[str]", subprocess._args_from_interpreter_flags())  # type: ignore[attr-defined]
    with _without_interrupts():
        return subprocess.Popen(
            [sys.executable, *flags, "-c", code],
            stdin=subprocess.DEVNULL,
            pass_fds=descriptors,
            env=environment,
        )


def _closed(descriptor: int) -> int:
    if descriptor >= 0:
        os.close(descriptor)
    return -1


@contextmanager
def _without_interrupts() -> Generator[None, None, None]:
    """Let a child begin with SIGINT blocked, until it has said what to do with one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
