"""The last call of a run: how all of its tasks ended, and what can be gone on from."""

from __future__ import annotations

from typing import Any, Dict

from glacier.core.contracts import State
from glacier.core.remote.payloads import Asked
from glacier.core.remote.program import Program
from glacier.core.remote.records import RunEnd, end_key
from glacier.core.storage.resuming import note_done

__all__ = ["finish"]

_DONE = (State.SUCCEEDED, State.UP_TO_DATE)
_FELL_SHORT = (State.FAILED, State.UPSTREAM_FAILED, State.CANCELLED)


def finish(program: Program, asked: Asked) -> Dict[str, Any]:
    """Note how a run ended; what the state machine is told. The user's file is not needed."""
    begun = program.begun(asked.run)
    states: Dict[str, State] = {}
    for number, step in enumerate(begun.steps.values()):
        if step.selected:
            states[step.task] = asked.state(number) or State.CANCELLED
    failed = any(state in _FELL_SHORT for state in states.values())
    store = program.places.workspace()
    if failed:
        done = {task: begun.steps[task].provenance for task in states if states[task] in _DONE}
        note_done(store, begun.run, done)
    end = RunEnd(
        State.FAILED if failed else State.SUCCEEDED,
        {task: str(state) for task, state in states.items()},
    )
    store.put(end_key(begun.run), end.to_bytes())
    return {"state": str(end.state)}
