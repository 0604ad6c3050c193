"""SIGTERM, by which schedulers and containers end a command, as an orderly end of the run."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import Generator, NoReturn

__all__ = ["Terminated", "terminable"]


class Terminated(KeyboardInterrupt):
    """SIGTERM has come: what waits is cancelled, what runs comes to its end."""


def _terminate(*_: object) -> NoReturn:
    raise Terminated


@contextmanager
def terminable() -> Generator[None, None, None]:
    """While this is open, SIGTERM raises :class:`Terminated`, unless somebody else handles it."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
