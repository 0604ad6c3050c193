"""Messages between two processes: plain records, and the descriptors that go with them."""

from __future__ import annotations

import array
import os
import pickle
import select
import socket
import struct
from contextlib import suppress
from threading import Lock
from typing import Any, List, Sequence, Tuple

__all__ = ["Channel", "is_over", "pass_descriptors", "take_descriptors"]

_HEAD = struct.Struct("!QI")  # bytes of the message, number of descriptors
_DESCRIPTORS = 250  # in one packet; Linux allows 253
_SIZE = array.array("i").itemsize
_CLOSE_ON_EXEC: int = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Channel:
    """One end of a connection; several threads may send, one receives.

    Raises ``OSError`` for sending to an end that is closed, ``EOFError`` for receiving from it.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._sending = Lock()

    def send(self, message: Tuple[Any, ...], descriptors: Sequence[int] = ()) -> None:
        """Send a message of plain Python values; the descriptors stay open here."""
        body = pickle.dumps(message, 5)
        with self._sending:
            self._socket.sendall(_HEAD.pack(len(body), len(descriptors)))
            for begin in range(0, len(descriptors), _DESCRIPTORS):
                pass_descriptors(self._socket, descriptors[begin : begin + _DESCRIPTORS])
            self._socket.sendall(body)

    def receive(self) -> Tuple[Tuple[Any, ...], List[int]]:
        """The next message and its descriptors, which are the receiver's to close."""
        size, count = _HEAD.unpack(self._exactly(_HEAD.size))
        descriptors: List[int] = []
        while len(descriptors) < count:
            packet = take_descriptors(self._socket, min(count - len(descriptors), _DESCRIPTORS))
            descriptors += packet
        message: Tuple[Any, ...] = pickle.loads(self._exactly(size))
        return message, descriptors

    def _exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        view, at = memoryview(data), 0
        while at < size:
            try:
                received = self._socket.recv_into(view[at:])
            except ConnectionError:
                received = 0
            if not received:
                raise EOFError
            at += received
        return data

    def wait(self, seconds: float) -> bool:
        """Wait until there is something to receive, or so long; returns whether there is."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def finish(self) -> None:
        """Send no more: the other end receives what is under way, and then ``EOFError``."""
        with suppress(OSError):  # it is gone
            self._socket.shutdown(socket.SHUT_WR)

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until the other end is closed, or so long; returns whether it is."""
        return is_over(self._socket, seconds)

    def close(self) -> None:
        """Close this end; the other one receives ``EOFError``."""
        self._socket.close()


def is_over(connection: socket.socket, seconds: float) -> bool:
    """Wait until a connection is closed, at either end, or so long; returns whether it is."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection, 0)  # what it is told without asking: the end
    return bool(poll.poll(seconds * 1000))


def pass_descriptors(connection: socket.socket, descriptors: Sequence[int]) -> None:
    """Send them in one packet, all or none; they stay open here. Raises ``OSError``."""
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    connection.sendmsg([b"\0"], [rights])


def take_descriptors(connection: socket.socket, count: int) -> List[int]:
    """Those of one packet, which are the receiver's to close.

    Raises ``EOFError`` if the other end is closed, or this process may open no more of them.
    """
    room = socket.CMSG_SPACE(count * _SIZE)
    data, ancillary, _, _ = connection.recvmsg(1, room, _CLOSE_ON_EXEC)
    if not data:
        raise EOFError
    found = array.array("i")
    for level, kind, packet in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(packet[: len(packet) - len(packet) % _SIZE])
    if len(found) != count:
        for descriptor in found:
            os.close(descriptor)
        raise EOFError("descriptors were lost: this process may open no more files")
    return list(found)
