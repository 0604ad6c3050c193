"""The nursery: a process that imports what workers need, and forks one for each request.

It never runs anything of the user and never has a second thread, so a fork of it is whole. It ends
when nobody holds the other end of its requests, and its workers end with it.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
from contextlib import suppress
from importlib import import_module
from typing import Any, Dict, NamedTuple, NoReturn, Optional, Tuple

from glacier.local import worker_process
from glacier.local.channel import take_descriptors
from glacier.local.leash import report_ending, report_refusal

__all__ = ["main"]

_Descriptors = Tuple[int, int, int]
"""What a worker needs: its channel, its lifeline and its report."""

_NEEDED = ("cloudpickle", "glacier.local.relay")
"""What every worker would import by itself, if it is to be found."""


def main(requests: int, acknowledged: bool) -> None:
    """Serve one parent; ``requests`` is a descriptor. In each worker this is its main function.

    With ``acknowledged`` each request is answered by a byte when its descriptors are here.
    """
    for module in _NEEDED:
        with suppress(ImportError):
            import_module(module)
    gc.freeze()  # a collection writes to what it looks at, and what is written is shared no more
    nursery = _Nursery(socket.socket(fileno=requests), acknowledged)
    worker_process.main(*nursery.serve())


class _Child(NamedTuple):
    pid: int
    leash: socket.socket
    lifeline: int  # the end that this process holds


class _Nursery:
    """The workers that have not ended, by the descriptors of their leashes."""

    def __init__(self, requests: socket.socket, acknowledged: bool) -> None:
        self._requests = requests
        self._acknowledged = acknowledged
        self._children: Dict[int, _Child] = {}
        self._poll = select.poll()
        self._poll.register(requests, select.POLLIN)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._poll.register(self._woken, select.POLLIN)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._before = signal.signal(signal.SIGCHLD, _ignore) or signal.SIG_DFL

    def serve(self) -> _Descriptors:
        """Serve until the parent is gone; returns in the workers only."""
        while True:
            ready = [descriptor for descriptor, _ in self._poll.poll()]
            # First those who are still there: a descriptor that is closed may be another's then.
            for descriptor in ready:
                if descriptor in self._children:
                    self._pass_signals(self._children[descriptor])
            if self._woken.fileno() in ready:
                self._reap()
            if self._requests.fileno() in ready:
                found = self._fork()
                if found is not None:
                    return found

    def _pass_signals(self, child: _Child) -> None:
        try:
            numbers = child.leash.recv(16)
        except OSError:
            numbers = b""
        if not numbers:  # whoever held the worker has let it go
            self._poll.unregister(child.leash)
        for number in numbers or (signal.SIGKILL,):
            os.kill(child.pid, number)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            while self._woken.recv(64):
                continue
        for child in list(self._children.values()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                report_ending(child.leash, status)
                self._forget(child)

    def _forget(self, child: _Child) -> None:
        del self._children[child.leash.fileno()]
        with suppress(KeyError):  # nobody holds it
            self._poll.unregister(child.leash)
        child.leash.close()
        os.close(child.lifeline)

    def _fork(self) -> Optional[_Descriptors]:
        """Fork the worker of the next request; returns what it needs, but here ``None``."""
        try:
            leash_end, connection, report = take_descriptors(self._requests, 3)
            if self._acknowledged:
                self._requests.send(b"\0")
        except (EOFError, OSError):
            _exit()
        leash = socket.socket(fileno=leash_end)
        try:
            lifeline, held = os.pipe()
            try:
                pid = os.fork()
            except OSError:
                os.close(lifeline)
                os.close(held)
                raise
        except OSError as error:
            report_refusal(leash, error)
            leash.close()
        else:
            child = _Child(pid, leash, held)
            self._children[leash.fileno()] = child
            if not pid:
                self._leave()
                return connection, lifeline, report
            self._poll.register(leash, select.POLLIN)
            os.close(lifeline)
        os.close(connection)
        os.close(report)
        return None

    def _leave(self) -> None:
        """Close and undo in a worker what is the nursery's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, self._before)
        for child in self._children.values():
            child.leash.close()
            os.close(child.lifeline)
        for connection in (self._requests, self._woken, self._waker):
            connection.close()


def _ignore(*_: Any) -> None:
    return


def _exit() -> NoReturn:
    os._exit(0)
