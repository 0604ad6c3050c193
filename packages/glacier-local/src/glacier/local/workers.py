"""A worker process as its parent sees it: started, asked, and gone."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress
from time import monotonic
from typing import Any, Callable, List, Mapping, Optional, Sequence, Set, Tuple

from glacier.core.protocols import TaskCall, Value
from glacier.local.channel import Channel
from glacier.local.crash import BEGUN, WorkerCrashed, WorkerNotMade, WorkerNotStarted
from glacier.local.holdings import wire
from glacier.local.leash import LOST, Ending, Leash
from glacier.local.nursery import Nursery
from glacier.local.segment import Segment
from glacier.local.settings import settings
from glacier.local.surroundings import Surroundings

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
    """A process that runs one call at a time; used by one thread at a time.

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
        self._leash = Leash()
        self._nursery: Optional[Nursery] = None
        self._ending: Optional[Ending] = None

    def start(self, nursery: Nursery) -> None:
        """Start the process; :meth:`greet` it before the first call. Raises ``OSError``."""
        self._nursery = nursery
        with suppress(ConnectionError):  # its end is then seen as that of the process
            nursery.ask((self._leash.theirs.fileno(), self._theirs.fileno(), self._report.fd))
        self._theirs.close()
        self._leash.theirs.close()

    def greet(self) -> None:
        """Tell the process what it needs to know of this one."""
        assert self._nursery is not None
        changes = Surroundings.of_here(self.environment).since(self._nursery.found)
        try:
            told = wire(Value(settings()), [])
        except Exception:  # a warning category that cannot be pickled
            told = None
        try:
            self._channel.send(("settings", list(sys.argv), tuple(changes), told))
        except OSError:
            return  # it is gone already, as the first call will show

    @property
    def alive(self) -> bool:
        return self._nursery is not None and self._leash.ending(0.0) is None

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
        ending, size = self.end(), os.fstat(self._report.fd).st_size
        stack = os.pread(self._report.fd, size, BEGUN).decode(errors="replace")
        self.release()
        if ending.refused is not None:
            return WorkerNotMade(call, error=OSError(ending.refused, os.strerror(ending.refused)))
        code, nursed = ending.code, self._nursery
        lost = code is None
        if code is None:
            code = 0 if nursed is None else nursed.end()
        if not self.ready:
            return WorkerNotStarted(call, code=code, executable=sys.executable)
        return WorkerCrashed(call, code=code, stack=stack, lost=lost)

    def dismiss(self) -> None:
        """Let an idle process end; :meth:`end` waits for it."""
        self._channel.finish()

    def interrupt(self) -> None:
        """Ask a busy process to end, so that its task can clean up."""
        self._leash.signal(signal.SIGTERM)

    def end(self, grace: float = GRACE) -> Ending:
        """Wait ``grace`` seconds for the process to end, then end it; returns how it did."""
        if self._ending is None:
            self._ending = LOST if self._nursery is None else self._end(self._nursery, grace)
        return self._ending

    def _end(self, nursery: Nursery, grace: float) -> Ending:
        ended = self._channel.wait_for_end(grace)
        ending = self._leash.ending(_GRACE_AFTER_END if ended else 0.0)
        if ending is None:
            self._leash.signal(signal.SIGKILL)
            ending = self._leash.ending(_GRACE_AFTER_END)
        if ending is None:  # the nursery does nothing any more; the kernel ends what is its
            nursery.end(0.0)
            ending = LOST
        if ending == LOST:
            self._channel.wait_for_end(_GRACE_AFTER_END)
        return ending

    def release(self) -> None:
        """Close all that this process holds of it."""
        self._channel.close()
        self._theirs.close()
        self._leash.close()
        self._report.close()
