"""What two tasks must agree on: the type of a dataset's value, and of a run parameter."""

from __future__ import annotations

import collections.abc
import sys
import types
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Literal,
    Mapping,
    NamedTuple,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from glacier.core.annotations import REQUIRED, UNKNOWN, Argument, ArgumentKind
from glacier.core.codec import dumps, type_name
from glacier.core.errors import ConflictingParameters, DefinitionError, IncompatibleTypes
from glacier.core.graph.structure import AnyTask
from glacier.core.typecheck import fits
from glacier.core.valueforms import form_of

if sys.version_info >= (3, 9):
    from typing import Annotated, get_args, get_origin
else:
    from typing_extensions import Annotated, get_args, get_origin

__all__ = ["Declaration", "is_stream", "parameter_conflicts", "type_conflicts"]

_ITERABLE: Any = Iterable
_LIST: Any = List
_UNIONS: Tuple[object, ...] = (Union, getattr(types, "UnionType", Union))


class Declaration(NamedTuple):
    """A run parameter, and the task that declares it."""

    argument: Argument
    task: AnyTask


class _Made(NamedTuple):
    """A dataset's value as its producer gives it; ``item`` is of one call where it is mapped."""

    task: AnyTask
    type: Any
    item: Any


def type_conflicts(tasks: Sequence[AnyTask]) -> Iterator[DefinitionError]:
    """The consumers whose annotation gives another type than their producer's does."""
    made: Dict[str, _Made] = {}
    for task in tasks:
        for output in task.signature.outputs:
            if output.type is not UNKNOWN:
                mapped = any(argument.each for argument in task.signature.arguments)
                kind = _LIST[output.type] if mapped else output.type
                item = output.type if mapped else UNKNOWN
                made.setdefault(output.dataset.name, _Made(task, kind, item))
    for task in tasks if made else ():
        for argument in task.signature.arguments:
            if argument.type is not UNKNOWN and argument.dataset is not None:
                yield from _conflict(made, argument.dataset.name, task, argument)
        if task.when is not None:
            condition = Argument("", ArgumentKind.INPUT, type=bool)
            yield from _conflict(made, task.when.name, task, condition)


def _conflict(
    made: Mapping[str, _Made], dataset: str, consumer: AnyTask, argument: Argument
) -> Iterator[DefinitionError]:
    if dataset not in made:
        return
    producer, produced, item = made[dataset]
    consumed = _ITERABLE[argument.type] if argument.each else _as_read(argument.type)
    stored = argument.dataset is not None and argument.dataset.storage is not None
    if stored and (form_of(produced) or form_of(argument.type)):
        return  # what is stored is read in the form that its reader asks for
    if not fits(produced, consumed):
        yield IncompatibleTypes(
            dataset=dataset,
            producer=str(producer.where),
            produced=type_name(produced),
            item=None if item is UNKNOWN else type_name(item),
            consumer=str(consumer.where),
            parameter=argument.name,
            consumed=type_name(argument.type),
            each=argument.each,
        )


def _as_read(kind: Any) -> Any:
    """A consumer that asks for an iterator is given one over whatever can be iterated."""
    return _ITERABLE[get_args(kind) or Any] if is_stream(kind) else kind


def is_stream(kind: Any) -> bool:
    """Whether an annotation asks for an iterator, which every consumer gets of its own."""
    return (get_origin(kind) or kind) is collections.abc.Iterator


def parameter_conflicts(
    declared: Mapping[str, Sequence[Declaration]],
) -> Iterator[DefinitionError]:
    """The run parameters that tasks declare with different types or defaults."""
    for name, declarations in declared.items():
        first = declarations[0].argument
        if all((one.type, one.default) == (first.type, first.default) for one, _ in declarations):
            continue
        ways: Dict[object, List[Declaration]] = {}
        for declaration in declarations:
            ways.setdefault(_way(declaration.argument), []).append(declaration)
        if len(ways) > 1:
            yield ConflictingParameters(name=name, forms=_forms(list(ways.values())))


def _forms(ways: Sequence[Sequence[Declaration]]) -> List[Tuple[str, List[str]]]:
    """How each way is written, and the tasks that write it so."""
    texts = [_form(way[0].argument, type_name) for way in ways]
    if len(set(texts)) < len(texts):  # two classes of one name
        texts = [_form(way[0].argument, _full_name) for way in ways]
    return [(text, [str(task.where) for _, task in way]) for text, way in zip(texts, ways)]


def _full_name(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else repr(kind)


def _form(argument: Argument, shown: Callable[[Any], str]) -> str:
    default = "" if argument.default is REQUIRED else f" = {argument.default!r}"
    return f"{argument.name}: {shown(argument.type)}{default}"


def _way(argument: Argument) -> object:
    """Equal for declarations that mean the same, however they are spelt."""
    required = argument.default is REQUIRED
    return _kind(argument.type), required, None if required else dumps(argument.default)


def _kind(kind: Any) -> object:
    origin = get_origin(kind)
    args: List[Any] = [arg for arg in get_args(kind) if not isinstance(arg, TypeVar)]
    if origin is None:
        return kind
    if origin is Annotated:
        return _kind(args[0])
    if origin is Literal:
        return origin, tuple((type(arg).__name__, arg) for arg in args)
    if origin in _UNIONS:
        return Union, frozenset(map(_kind, args))
    return (origin, *map(_kind, args)) if args else origin
