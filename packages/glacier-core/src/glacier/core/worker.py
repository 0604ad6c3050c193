"""The single path on which a task runs, wherever it lands."""

from __future__ import annotations

from time import perf_counter, time
from types import CoroutineType, GeneratorType
from typing import Any, Dict, List, Mapping, Sequence, Tuple, cast

from glacier.core import tasklog
from glacier.core.annotations import ArgumentKind, shape_of
from glacier.core.context import Context
from glacier.core.contracts import Ref, State, TaskCall, TaskResult, Value, VersionRef
from glacier.core.coroutines import run_coroutine
from glacier.core.errors import (
    GlacierWarning,
    RecordError,
    Skip,
    TaskExited,
    UnresolvedInput,
    WrongOutputs,
)
from glacier.core.place import Place, Where
from glacier.core.secret_values import read_secret
from glacier.core.step import FORMAT
from glacier.core.tasklog import sinks
from glacier.core.typeforms import class_of

__all__ = ["run_call", "run_call_async"]

_SUCCEEDED = State.SUCCEEDED
_ITERATORS = frozenset((GeneratorType, map, filter, zip, enumerate, reversed))


def run_call(call: TaskCall) -> TaskResult:
    """Run one call of one task; what the task raises is in the result.

    Only ``KeyboardInterrupt`` passes through. Raises :class:`~glacier.core.errors.RecordError`
    for a call of another format.
    """
    if call.format != FORMAT:
        raise RecordError(record="task call", found=call.format, expected=FORMAT)
    step = call.step
    mark = tasklog.mark(call.run_id, step.task, call.attempt, call.item) if sinks else None
    started, clock = time(), perf_counter()
    try:
        if step.plain:
            returned = call.function(*_values(call))
        else:
            args, kwargs = _arguments(call)
            returned = call.function(*args, **kwargs)
        if step.is_async or class_of(returned) is CoroutineType:
            returned = run_coroutine(returned)
        outputs = _outputs(call, returned)
        if call.origin is not None:
            return _deposited(call, outputs, started, clock)
    except BaseException as error:
        return _failure(call, error, started, clock)
    finally:
        if mark is not None:
            tasklog.unmark(mark)
    return TaskResult(_SUCCEEDED, outputs, started, perf_counter() - clock)


async def run_call_async(call: TaskCall) -> TaskResult:
    """The same for an ``async def`` task, on the loop that awaits this."""
    if call.format != FORMAT:
        raise RecordError(record="task call", found=call.format, expected=FORMAT)
    mark = tasklog.mark(call.run_id, call.step.task, call.attempt, call.item) if sinks else None
    started, clock = time(), perf_counter()
    try:
        if call.origin is not None or any(isinstance(ref, VersionRef) for ref in call.inputs):
            return await _run_stored(call, started, clock)
        args, kwargs = _arguments(call)
        outputs = _outputs(call, await call.function(*args, **kwargs))
    except BaseException as error:
        return _failure(call, error, started, clock)
    finally:
        if mark is not None:
            tasklog.unmark(mark)
    return TaskResult(_SUCCEEDED, outputs, started, perf_counter() - clock)


async def _run_stored(call: TaskCall, started: float, clock: float) -> TaskResult:
    """The same where files are read and written, which would hold up all others on the loop."""
    import asyncio

    loop = asyncio.get_running_loop()
    args, kwargs = await loop.run_in_executor(None, _arguments, call)
    outputs = _outputs(call, await call.function(*args, **kwargs))
    if call.origin is None:
        return TaskResult(_SUCCEEDED, outputs, started, perf_counter() - clock)
    return await loop.run_in_executor(None, _deposited, call, outputs, started, clock)


def _deposited(
    call: TaskCall, outputs: Tuple[Ref, ...], started: float, clock: float
) -> TaskResult:
    """The result of a call with stored outputs, once they are stored."""
    from glacier.core.storage.passing import deposit

    refs, kept = deposit(call, outputs)
    return TaskResult(_SUCCEEDED, refs, started, perf_counter() - clock, kept=kept)


def _values(call: TaskCall) -> List[Any]:
    """The values of the inputs, ``None`` for one whose producer was skipped."""
    values: List[Any] = []
    for ref in call.inputs:
        if isinstance(ref, Value):
            values.append(ref.value)
        elif ref is None:
            values.append(None)
        elif isinstance(ref, VersionRef) and ref.dataset in call.shelves:
            from glacier.core.storage.passing import take

            values.append(take(call, len(values), ref))
        else:
            dataset = call.step.inputs[len(values)]
            raise UnresolvedInput(task=call.step.task, dataset=dataset, found=type(ref).__name__)
    return values


def _arguments(call: TaskCall) -> Tuple[List[Any], Dict[str, Any]]:
    """What the function is called with; past an argument left out, all go by keyword."""
    args: List[Any] = []
    kwargs: Dict[str, Any] = {}
    inputs = iter(zip(call.inputs, _values(call)))
    by_keyword = False
    for slot in call.step.slots:
        if slot.kind == ArgumentKind.FIXED:
            by_keyword = True
            continue
        if slot.kind == ArgumentKind.INPUT:
            ref, value = next(inputs)
            if ref is None and slot.defaulted:
                by_keyword = True
                continue
            if slot.stream and ref is not None:
                value = iter(value)
        else:
            value = _told(call, slot.kind, slot.parameter, slot.source)
        if by_keyword or slot.keyword:
            kwargs[slot.parameter] = value
        else:
            args.append(value)
    return args, kwargs


def _told(call: TaskCall, kind: str, parameter: str, source: str) -> Any:
    if kind == ArgumentKind.PARAMETER:
        return call.params[parameter]
    if kind == ArgumentKind.SECRET:
        return read_secret(source, task=str(_where(call)))
    return Context(
        call.pipeline, call.step.task, call.run_id, call.attempt, call.partition, call.item
    )


def _outputs(call: TaskCall, returned: Any) -> Tuple[Ref, ...]:
    step = call.step
    if step.many:
        return tuple(map(Value, _spread(call, returned)))
    if step.outputs:
        keeps = step.lazy or step.outputs[0] in call.shelves
        if type(returned) in _ITERATORS and not keeps:
            returned = list(returned)
        return (Value(returned),)
    if type(returned) in _ITERATORS:
        returned = list(returned)
    if returned is not None:
        _warn_lost(call, returned)
    return ()


def _spread(call: TaskCall, returned: Any) -> List[Any]:
    """One value for each output, in their order."""
    names = call.step.outputs
    if isinstance(returned, Mapping):
        by_name = cast("Mapping[str, Any]", returned)
        if set(by_name) == set(names):
            return [by_name[name] for name in names]
        found = "a mapping with the keys " + (", ".join(map(repr, by_name)) or "(none)")
    elif isinstance(returned, (tuple, list)):
        values = cast("Sequence[Any]", returned)
        if len(values) == len(names):
            return [
                list(value) if type(value) in _ITERATORS and name not in call.shelves else value
                for name, value in zip(names, values)
            ]
        found = f"{len(values)} value{'s' if len(values) != 1 else ''}"
    else:
        found = f"one {type(returned).__name__}"
    raise WrongOutputs(where=str(_where(call)), outputs=names, found=found)


def _warn_lost(call: TaskCall, returned: Any) -> None:
    import warnings

    warnings.warn(
        f"{_where(call)} returned a {type(returned).__name__}, but declares no dataset for it: "
        "the value is lost. Add a return annotation, '-> dataset', or return nothing.",
        GlacierWarning,
        stacklevel=3,
    )


def _failure(call: TaskCall, error: BaseException, started: float, clock: float) -> TaskResult:
    duration = perf_counter() - clock
    if isinstance(error, Skip):
        reason = str(error) or "the task raised Skip"
        return TaskResult(State.SKIPPED, (), started, duration, None, reason)
    if isinstance(error, KeyboardInterrupt):
        raise error
    if isinstance(error, SystemExit):
        exited = TaskExited(where=str(_where(call)), code=error.code)
        exited.__cause__ = error
        error = exited
    return TaskResult(State.FAILED, (), started, duration, error)


def _where(call: TaskCall) -> Where:
    shape = shape_of(call.function)
    if shape is None:
        return Where(call.step.task, Place("<unknown>", 0, "", None))
    code = shape.function.__code__
    return Where(call.step.task, Place(code.co_filename, code.co_firstlineno, "", None))
