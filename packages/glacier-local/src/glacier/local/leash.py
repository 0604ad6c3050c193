"""What ties a worker to the nursery: signals go one way, how it ended comes the other.

Signals go by the nursery, whose child the worker is: it alone knows that a process id is still that
of the worker.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from contextlib import suppress
from typing import NamedTuple, Optional

__all__ = ["LOST", "Ending", "Leash", "exit_code", "report_ending", "report_refusal"]

_ENDING = struct.Struct("!Bi")  # whether a process was made, and its exit code or the error number


class Ending(NamedTuple):
    """How a worker ended: its exit code as of ``subprocess``, or the number of the error for which
    it was never made; neither if nobody was left to tell."""

    code: Optional[int] = None
    refused: Optional[int] = None


LOST = Ending()


class Leash:
    """The end of the parent; the other one, ``theirs``, is for the nursery.

    Several threads may use it: what is told is looked at, and stays to be seen by others.
    """

    def __init__(self) -> None:
        self._ours, self.theirs = socket.socketpair()

    def signal(self, number: int) -> None:
        """Send the worker a signal, if it has not ended."""
        with suppress(OSError):  # it has, and its ending was told
            self._ours.send(bytes([number]))

    def ending(self, seconds: float) -> Optional[Ending]:
        """Wait so long for the end; ``None`` if it has not come."""
        if self._ours.fileno() < 0:
            return LOST
        poll = select.poll()
        poll.register(self._ours, select.POLLIN)
        if not poll.poll(seconds * 1000):
            return None
        try:
            told = self._ours.recv(_ENDING.size, socket.MSG_PEEK)
        except OSError:
            told = b""
        if len(told) < _ENDING.size:  # it is written at once
            return LOST
        made, number = _ENDING.unpack(told)
        return Ending(code=number) if made else Ending(refused=number)

    def close(self) -> None:
        """Let go of both ends; a worker that has not ended is killed."""
        self.theirs.close()
        self._ours.close()


# --- in the nursery -------------------------------------------------------------------------------


def report_ending(leash: socket.socket, status: int) -> None:
    """Tell how a process has ended, by what ``os.waitpid`` says."""
    _report(leash, 1, exit_code(status))


def report_refusal(leash: socket.socket, error: OSError) -> None:
    """Tell that no process could be made."""
    _report(leash, 0, error.errno or 0)


def _report(leash: socket.socket, made: int, number: int) -> None:
    with suppress(OSError):  # nobody wants to know
        leash.send(_ENDING.pack(made, number))


def exit_code(status: int) -> int:
    """The exit code of a process that has ended, or the negative number of what signal did it."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
