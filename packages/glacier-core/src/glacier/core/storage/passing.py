"""What a worker does with stored datasets: it reads what the task is given, and keeps what it made.

Of a task with several outputs all are written before the first of them can be found.
"""

from __future__ import annotations

from typing import Any, List, Optional, Tuple, cast

from glacier.core.contracts import Ref, TaskCall, Value, VersionRef
from glacier.core.errors import GlacierError, NotReadable, NotStored
from glacier.core.storage.files import is_stream
from glacier.core.storage.records import Kept
from glacier.core.storage.shelf import WritableShelf
from glacier.core.valueforms import STREAM, type_of_form

__all__ = ["deposit", "take"]


def take(call: TaskCall, position: int, ref: VersionRef) -> Any:
    """The value of a stored input, in the form that the task's annotation asks for.

    Raises :class:`~glacier.core.errors.NotReadable`.
    """
    slot = [one for one in call.step.slots if one.kind == "input"][position]
    shelf = call.shelves[ref.dataset]
    try:
        wanted = type_of_form(slot.wanted or (STREAM if slot.stream else ""))
        return shelf.read(ref.version, wanted=wanted, item=ref.item)
    except (GlacierError, ImportError) as error:
        raise NotReadable(task=call.step.task, dataset=ref.dataset, reason=str(error)) from error


def deposit(
    call: TaskCall, outputs: Tuple[Ref, ...]
) -> Tuple[Tuple[Ref, ...], Tuple[Optional[Any], ...]]:
    """Keep the outputs of a call: returns what its readers are handed, and what was kept.

    Of an item that is a draft, which is committed with those of the others. Raises
    :class:`~glacier.core.errors.NotStored`.
    """
    drafts = [_write(call, name, ref) for name, ref in zip(call.step.outputs, outputs)]
    kept: List[Optional[Any]] = drafts
    if call.item is None:
        kept = [_commit(call, name, draft) for name, draft in zip(call.step.outputs, drafts)]
    refs = [
        _handed(call, name, ref, one) for name, ref, one in zip(call.step.outputs, outputs, kept)
    ]
    return tuple(refs), tuple(kept)


def _write(call: TaskCall, name: str, ref: Ref) -> Optional[Any]:
    shelf = _own(call, name)
    if shelf is None or call.origin is None or not isinstance(ref, Value):
        return None
    try:
        return shelf.write(ref.value, call.origin, attempt=call.attempt, item=call.item)
    except GlacierError as error:
        raise NotStored(task=call.step.task, dataset=name, reason=str(error)) from error


def _own(call: TaskCall, output: str) -> Optional[WritableShelf]:
    """Where an output is kept; what a call is given for its outputs can be written."""
    return cast("Optional[WritableShelf]", call.shelves.get(output))


def _commit(call: TaskCall, name: str, draft: Optional[Any]) -> Optional[Kept]:
    shelf = _own(call, name)
    if shelf is None or draft is None or call.origin is None:
        return None
    try:
        return shelf.commit([draft], call.origin, attempt=call.attempt)
    except GlacierError as error:
        raise NotStored(task=call.step.task, dataset=name, reason=str(error)) from error


def _handed(call: TaskCall, name: str, ref: Ref, kept: Optional[Any]) -> Ref:
    """What readers are handed: what is stored, except a value that is only stored beside."""
    shelf = _own(call, name)
    if shelf is None or kept is None or call.origin is None:
        return ref
    if shelf.passes and isinstance(ref, Value) and not is_stream(ref.value):
        return ref
    version = kept.version if isinstance(kept, Kept) else call.origin.run
    return VersionRef(name, version, call.partition, call.item)
