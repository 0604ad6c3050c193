"""The resident memory of this process, as the kernel counts it."""

from __future__ import annotations

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident() -> int:
    """Bytes now. Exits with a message where there is no ``/proc``."""
    return _read("VmRSS")


def peak() -> int:
    """Bytes at the highest since the start of the process, or since :func:`restart_peak`."""
    return _read("VmHWM")


def restart_peak() -> None:
    """Let the highest be what it is now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _read(key: str) -> int:
    # Not ru_maxrss: a child begins with its parent's.
    if not _STATUS.exists():
        sys.exit("memory is measured on Linux only")
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    sys.exit(f"no {key} in {_STATUS}")
