"""Worker processes that do not import the user's main module.

Dask starts them by multiprocessing, which runs the main module a second time in each: a script that
executes a pipeline when it is run would do so there, and every script would need a guard,
``if __name__ == "__main__"``. What workers need of it reaches them by value, so they are told of no
main module, nor are those that Dask starts in the place of one that has ended.
"""

from __future__ import annotations

from multiprocessing import spawn
from threading import Lock
from typing import Any

__all__ = ["start_unguarded"]

_lock = Lock()
_original = spawn.get_preparation_data


def start_unguarded() -> None:
    """From now on, leave the main module out where Dask starts a worker process."""
    with _lock:
        if spawn.get_preparation_data is _original:
            spawn.get_preparation_data = _prepare


def _prepare(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _original(name)
    if name.startswith("Dask Worker process"):
        found = {key: value for key, value in found.items() if not key.startswith("init_main")}
    return found
