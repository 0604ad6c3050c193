"""The functions that Dask runs on its workers.

Each takes what its producers returned, and returns its value itself, so that Dask knows how large
it is: a :class:`~glacier.core.protocols.VersionRef` for one that is stored, a
:class:`~glacier.dask.marks.Gone` for none. How it fared, the client is told.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from glacier.core.protocols import (
    LogLine,
    State,
    TaskCall,
    TaskResult,
    Value,
    VersionRef,
    hindered,
    items_of,
    pack_error,
    store_value,
    unmet,
)
from glacier.dask.calls import run_attempts
from glacier.dask.engine import cloudpickle
from glacier.dask.marks import Box, Gone, Item
from glacier.dask.presence import Call, is_stopped, present, stop
from glacier.dask.program import Program, open_program
from glacier.dask.teller import Teller, teller

__all__ = [
    "collect",
    "halt",
    "hold",
    "list_items",
    "pick",
    "run_item",
    "run_step",
    "salvage",
    "size_of",
    "state_of",
]


def run_step(packed: bytes, *results: Any) -> Any:
    """Run a step once."""
    program, told = _opened(packed)
    refs = _refs(program, results)
    return _finish(program, told, None, refs, _condition(program, results))


def run_item(packed: bytes, item: int, place: int, held: Any, *results: Any) -> Any:
    """Run a mapped step on one item: that at a place of what is held, or all of it (-1)."""
    program, told = _opened(packed)
    one = _ref(held.what if isinstance(held, Box) else held if place < 0 else held[place])
    refs = [one if isinstance(ref, Item) else ref for ref in _refs(program, results)]
    return _finish(program, told, item, refs, None)


def list_items(packed: bytes, held: Any, *results: Any) -> Any:
    """The items of what a mapped step maps over; the client is told how many there are, or why the
    step does not run. ``held`` is a box with ``None`` where they are known."""
    program, told = _opened(packed)
    call = program.call
    result = _hindrance(program, _refs(program, results), _condition(program, results))
    items: list[Any] = []
    if result is None:
        try:
            items = _listed(program, held)
        except BaseException as error:
            result = TaskResult(State.FAILED, (), None, 0.0, error)
    sent = None if result is None else _sent(result)
    told.tell(("items", call.run_id, program.number, None, len(items), sent))
    return items if result is None else Gone(result.state)


def collect(place: int, *results: Any) -> Any:
    """The list of what the items of a mapped step returned, or of one part of that (-1: all)."""
    short = [one for one in results if isinstance(one, Gone) and one.state is not State.SKIPPED]
    if short:
        return Gone(State.UPSTREAM_FAILED)
    values = [one for one in results if not isinstance(one, Gone)]
    return values if place < 0 else [one[place] for one in values]


def pick(place: int, result: Any) -> Any:
    """One of several outputs."""
    return result if isinstance(result, Gone) else result[place]


def hold(packed: bytes) -> Any:
    """A value that the run was given."""
    return cloudpickle.loads(packed)


def salvage(packed: bytes, value: Any) -> None:
    """Store a value that a run has left."""
    shelf, origin = cloudpickle.loads(packed)
    if not isinstance(value, Gone):
        store_value(value, shelf, origin)


def halt(run_id: str, reason: str, topic: str, dask_worker: Any = None) -> list[Call]:
    """Begin no more calls of a run on this worker; returns those under way. The client is told
    ``halted`` after all that was told of those that have ended."""
    found = stop(run_id, reason)
    teller(topic, dask_worker).tell(("halted", run_id, dask_worker.address))
    return found


def state_of(result: Any) -> Any:
    """How the step of a result fared, without the value."""
    return result if isinstance(result, (Gone, VersionRef)) else None


def size_of(items: Any) -> Any:
    """How many items a listing has found."""
    return items if isinstance(items, Gone) else len(items)


# --- a call ---------------------------------------------------------------------------------------


def _opened(packed: bytes) -> tuple[Program, Teller]:
    program = open_program(packed)
    return program, teller(program.topic)


def _finish(
    program: Program, told: Teller, item: int | None, refs: list[Any], condition: Any
) -> Any:
    """Run a call, tell how it ended, and return what its readers are handed."""
    call, number = program.call._replace(item=item), program.number
    result = _hindrance(program, refs, condition)
    log = partial(_log, told, call.run_id)
    # Who stops a run hears of each call either that it is under way, or before how it ended.
    with present(call.run_id, (number, item), program.levels, log) as reason:
        if reason and result is None:
            result = TaskResult(State.CANCELLED, (), None, 0.0, None, reason)
        elif result is None:
            inputs = tuple([None if isinstance(ref, Gone) else ref for ref in refs])
            result = _run(program, told, call._replace(inputs=inputs))
        stored = [ref if isinstance(ref, VersionRef) else None for ref in result.outputs]
        told.tell(("end", call.run_id, number, item, _sent(result), stored))
    if result.state is State.FAILED:
        _stop_others(program, item)
    if result.state is not State.SUCCEEDED:
        return Gone(result.state)
    values = [ref.value if isinstance(ref, Value) else ref for ref in result.outputs]
    return tuple(values) if call.step.many else values[0] if values else None


def _run(program: Program, told: Teller, call: TaskCall) -> TaskResult:
    number, run_id = program.number, call.run_id

    def begun(one: TaskCall) -> None:
        if program.starts:
            told.tell(("start", run_id, number, one.item, one.attempt))

    def again(one: TaskCall, result: TaskResult, pause: float) -> None:
        told.tell(("again", run_id, number, one.item, _sent(result), pause))

    return run_attempts(call, begun=begun, again=again, stopped=partial(is_stopped, run_id, number))


def _stop_others(program: Program, item: int | None) -> None:
    """After a failure, let this process begin no more of what need not begin; the client has been
    told of it before."""
    if program.fail_fast:
        stop(program.call.run_id, "another task failed")
    elif item is not None:
        stop(program.call.run_id, "another item failed", program.number)


def _log(told: Teller, run_id: str, line: LogLine) -> None:
    told.tell(("log", run_id, tuple(line)))


def _sent(result: TaskResult) -> tuple[Any, ...]:
    """A result as part of a message, without its values."""
    error = None
    if result.error is not None:
        error = tuple(pack_error(result.error, cloudpickle.dumps))
        result.error.__traceback__ = None  # its frames hold the inputs
    kept = tuple(result.kept)
    return result.state, result.started, result.duration, error, result.reason, result.attempt, kept


# --- inputs ---------------------------------------------------------------------------------------


def _ref(value: Any) -> Any:
    return value if isinstance(value, (VersionRef, Gone)) else Value(value)


def _resolved(spec: Any, results: tuple[Any, ...]) -> Any:
    if isinstance(spec, int):
        return _ref(results[spec])
    return spec.what if isinstance(spec, Box) else spec


def _refs(program: Program, results: tuple[Any, ...]) -> list[Any]:
    return [_resolved(spec, results) for spec in program.inputs]


def _condition(program: Program, results: tuple[Any, ...]) -> Any:
    return None if program.condition is None else _resolved(program.condition, results)


def _hindrance(program: Program, refs: list[Any], condition: Any) -> TaskResult | None:
    step = program.call.step
    states = [ref.state if isinstance(ref, Gone) else None for ref in refs]
    short = condition.state if isinstance(condition, Gone) else None
    result = hindered(step, states, short)
    if result is None and condition is not None:
        result = unmet(step, lambda: _read(program, condition))
    return result


def _read(program: Program, ref: Any) -> Any:
    if isinstance(ref, VersionRef):
        return program.call.shelves[ref.dataset].read(ref.version, item=ref.item)
    return ref.value


def _listed(program: Program, held: Any) -> list[Any]:
    step = program.call.step
    if isinstance(held, Box) and held.what is None:
        return []
    value = _read(program, _ref(held.what if isinstance(held, Box) else held))
    return list(items_of(value, task=step.task, dataset=step.inputs[step.each]))
