"""A task: run it, unless there is a result of it already, and note how it ended."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from glacier.core.contracts import State, TaskCall, TaskResult, VersionRef
from glacier.core.errors import GlacierError
from glacier.core.remote.begin import truth
from glacier.core.remote.failures import Failed
from glacier.core.remote.limits import run_limited
from glacier.core.remote.records import TaskEnd, put_once, read_if_there, task_key
from glacier.core.remote.starts import announced
from glacier.core.remote.visits import Visit
from glacier.core.storage.records import Kept

__all__ = ["end_of", "known_end", "note", "prepared", "run_task"]


def run_task(visit: Visit) -> Dict[str, Any]:
    """Run a task; what the state machine is told. Raises :class:`Failed`."""
    end = known_end(visit)
    if end is None:
        found = prepared(visit)
        if isinstance(found, TaskResult):
            return note(visit, found).answer()
        with announced(visit):
            result = run_limited(found, left=visit.left)
        end = note(visit, result)
    return end.answer()


def known_end(visit: Visit) -> Optional[TaskEnd]:
    """How the task ended, where that is known without running it: it has been here before, or is
    no part of the run."""
    if not visit.known.selected:
        names = [name for name in visit.step.outputs if name in visit.program.conditions]
        flags = {name: visit.begun.flags.get(name) for name in names}
        return TaskEnd(State.UP_TO_DATE, reason="it is not part of this run", flags=flags)
    return end_of(visit)


def end_of(visit: Visit) -> Optional[TaskEnd]:
    """The record of how the task ended in this run; ``None`` without one."""
    store, key = visit.program.places.workspace(), task_key(visit.begun.run, visit.step.task)
    data = read_if_there(store, key)
    return None if data is None else TaskEnd.from_bytes(data, store.uri(key))


def prepared(visit: Visit) -> Union[TaskCall, TaskResult]:
    """The call with what it needs, or how the task ends without it."""
    hindrance = visit.hindrance()
    if hindrance is not None:
        return hindrance
    try:
        visit.look()
    except GlacierError as error:
        return TaskResult(State.FAILED, (), None, 0.0, error)
    return visit.depot.prepare(0, visit.call())


def note(visit: Visit, result: TaskResult) -> TaskEnd:
    """Note how the task ended; returns that, or what another attempt has noted before.

    Raises :class:`Failed`, which is noted apart, for the task may be tried again.
    """
    if result.state is State.FAILED:
        raise Failed(result)
    kept = [one for one in result.kept if isinstance(one, Kept)]
    visit.depot.kept.update({one.reference.address.dataset: one for one in kept})
    end = TaskEnd(
        result.state,
        result.started,
        result.duration,
        max(visit.asked.attempt, result.attempt),  # of a mapped task its items count theirs
        result.reason,
        _flags(visit, result),
        tuple(map(_told, kept)),
    )
    store, key = visit.program.places.workspace(), task_key(visit.begun.run, visit.step.task)
    return TaskEnd.from_bytes(put_once(store, key, end.to_bytes()), store.uri(key))


def _flags(visit: Visit, result: TaskResult) -> Mapping[str, Optional[bool]]:
    """Which of the outputs are true, of those that other tasks wait for so."""
    outputs: List[Tuple[str, Any]] = list(zip(visit.step.outputs, result.outputs))
    flags: Dict[str, Optional[bool]] = {}
    for name, ref in outputs:
        if name not in visit.program.conditions:
            continue
        if name in visit.begun.flags:
            flags[name] = visit.begun.flags[name]
        else:
            flags[name] = truth(visit.depot.read(ref)) if isinstance(ref, VersionRef) else None
    return flags


def _told(kept: Kept) -> Dict[str, Any]:
    return {
        "dataset": kept.reference.address.dataset,
        "version": kept.version,
        "rows": kept.rows,
        "size": kept.size,
        "place": kept.place,
    }
