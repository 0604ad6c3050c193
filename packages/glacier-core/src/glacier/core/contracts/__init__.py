"""What crosses the boundary between core and its extensions: protocols and records.

::

      core                                     an executor's worker
    execute ── TaskCall ── submit ──────────▶  run_call(call)
            ◀─ TaskResult ── Future ─────────  the task's function runs here

``records`` has the calls and what they are made of, ``executors`` the protocols of what runs them,
``stores`` that of what keeps data. ``providers`` has that of what makes environments real; it is
imported apart, for a run needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.core.contracts.executors import (
    Executor,
    Launchable,
    Listener,
    Pool,
    RemotePool,
)
from glacier.core.contracts.records import (
    Handle,
    Launch,
    Ref,
    State,
    TaskCall,
    TaskResult,
    Value,
    VersionRef,
)
from glacier.core.contracts.stores import Entry, Store
from glacier.core.step import FORMAT

if TYPE_CHECKING:
    from glacier.core.contracts.executors import Inputs as Inputs
    from glacier.core.contracts.executors import Keep as Keep

__all__ = [
    "FORMAT",
    "Entry",
    "Executor",
    "Handle",
    "Launch",
    "Launchable",
    "Listener",
    "Pool",
    "Ref",
    "RemotePool",
    "State",
    "Store",
    "TaskCall",
    "TaskResult",
    "Value",
    "VersionRef",
]
