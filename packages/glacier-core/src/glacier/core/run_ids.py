"""The ids of runs, and so of the versions that they write: their order is the order in time."""

from __future__ import annotations

import os
import time
from threading import Lock

__all__ = ["new_run_id"]

_last = 0  # microseconds since the epoch
_lock = Lock()


def new_run_id() -> str:
    """A run id whose order as text is the order in time: UTC to the microsecond, and six letters.

    Those of one process differ in time too, where its clock is coarse or is set back. Example:
    ``20260131T120000.123456Z-9f3a1c``.
    """
    global _last
    with _lock:
        _last = max(time.time_ns() // 1000, _last + 1)
        seconds, micros = divmod(_last, 1_000_000)
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds))
    return f"{stamp}.{micros:06}Z-{os.urandom(3).hex()}"
