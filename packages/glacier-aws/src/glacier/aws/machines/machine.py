"""A state machine as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Machine"]


class Machine(NamedTuple):
    """A state machine: its name, its definition, and what it may do, all by name.

    ``functions`` are those that it invokes, ``children`` the machines that it starts and waits for,
    ``mapped`` the tasks whose items may be done by a distributed Map, which starts executions of
    the machine itself and reads ``_runs/{run}/items/{task}.json``. ``events`` is the most that one
    execution adds to its history.
    """

    name: str
    definition: Mapping[str, Any]
    functions: tuple[str, ...]
    children: tuple[str, ...] = ()
    mapped: tuple[str, ...] = ()
    events: int = 0
