"""The machine and its processes, as far as the history tells them apart."""

from __future__ import annotations

import os

__all__ = ["is_alive", "this_host"]


def this_host() -> str:
    """The name of this machine."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    return os.environ.get("COMPUTERNAME", "")


def is_alive(host: str, pid: int) -> bool:
    """Whether a process still runs; of another machine, or where one cannot ask, it is believed."""
    if host != this_host() or os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, under another user
        return True
    return True
