"""The machine that figures belong to, and how busy it is with other things."""

from __future__ import annotations

import gc
import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version

_BUSY = 0.25
"""Load per processor above which figures are not to be trusted."""


def describe() -> str:
    """Processor, Python, Glacier, load and gc settings; a warning where others are at work."""
    processors = os.cpu_count() or 1
    load = os.getloadavg()[0]
    parts = ["glacier-pipeline", "glacier-local"]
    lines = [
        time.strftime("%Y-%m-%d %H:%M"),
        f"{_processor()}, {processors} processors, {platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}",
        ", ".join(f"{part} {_version(part)}" for part in parts),
        f"gc {'on' if gc.isenabled() else 'off'}, {gc.get_threshold()}, the same for all",
        f"load average {load:.2f}",
    ]
    if load / processors > _BUSY:
        lines.append("WARNING: something else is running; absolute figures will be too high.")
    return "\n".join(lines)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(not installed)"
