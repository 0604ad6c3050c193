"""Processes as the kernel sees them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Set

__all__ = ["children", "descendants", "is_gone"]


def children(pid: int) -> Set[int]:
    found: Set[int] = set()
    for thread in os.listdir(f"/proc/{pid}/task"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            text = Path(f"/proc/{pid}/task/{thread}/children").read_text()
            found.update(map(int, text.split()))
    return found


def descendants(pid: int) -> Set[int]:
    """The nursery and its workers, if it is a process that runs a pipeline."""
    found = children(pid)
    for child in children(pid):
        with suppress(FileNotFoundError):
            found |= children(child)
    return found


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
