"""What one evaluated annotation means: an edge, a secret, the context, or a parameter's type."""

from __future__ import annotations

import sys
import types
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple, Union

from glacier.core.annotations.scope import Broken, Missing
from glacier.core.context import Context
from glacier.core.dataset import Dataset, Each, Either
from glacier.core.resources import Secret

if sys.version_info >= (3, 9):
    from typing import Annotated, get_args, get_origin
else:
    from typing_extensions import Annotated, get_args, get_origin

__all__ = ["UNKNOWN", "Misuse", "Use", "is_missing", "members_of_tuple", "missing_in", "read_form"]

_NONE = type(None)
_UNIONS: Tuple[object, ...] = (Union, getattr(types, "UnionType", Union))

UNKNOWN: Any = Any
"""The type of a value whose annotation gives none: the bare ``data: raw``."""


class Use(NamedTuple):
    """A dataset, a secret or the context, as one annotation uses it."""

    target: Union[Dataset, Secret, None]
    each: bool = False
    optional: bool = False
    type: Any = UNKNOWN


class Misuse(Exception):
    """An annotation that mentions a dataset in a way that has no meaning."""

    def __init__(self, reason: str, mend: str, *, task: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend
        self.task = task


def read_form(annotation: Any) -> Optional[Use]:
    """What an annotation uses; ``None`` if it names neither dataset nor secret nor context.

    Raises :class:`Misuse`.
    """
    if isinstance(annotation, Dataset):
        return Use(annotation)
    if isinstance(annotation, Each):
        return Use(annotation.dataset, each=True)
    if isinstance(annotation, Secret):
        return Use(annotation)
    if annotation is Context:
        return Use(None)
    if getattr(annotation, "__glacier__", None) == "task":
        raise Misuse("is a task", "", task=annotation)
    if isinstance(annotation, Broken):
        raise Misuse(
            f"is annotated {annotation.text!r}, which cannot be evaluated "
            f"({type(annotation.error).__name__}: {annotation.error}).",
            "Correct the annotation.",
        )
    metadata = getattr(annotation, "__metadata__", None)
    if metadata is not None:
        return _read_annotated(annotation.__origin__, metadata)
    if hasattr(annotation, "__value__"):  # type Raw = Annotated[…] of Python 3.12
        return read_form(annotation.__value__)
    members = _members_of_union(annotation)
    if members is not None:
        return _read_union(members)
    for inner in _inside(annotation):
        raise Misuse(
            f"has {inner!r} inside another type.",
            f"Write Annotated[…, {inner.name}] around the whole type.",
        )
    return None


def _read_annotated(origin: Any, metadata: Tuple[Any, ...]) -> Optional[Use]:
    for task in metadata:
        if getattr(task, "__glacier__", None) == "task":
            raise Misuse("is a task", "", task=task)
    targets = [note for note in metadata if isinstance(note, (Dataset, Each, Secret))]
    if not targets:
        return read_form(origin)
    if len(targets) > 1:
        raise Misuse(
            f"names {' and '.join(map(repr, targets))} at once.",
            "Give each a parameter (or an output) of its own.",
        )
    use = read_form(targets[0])
    assert use is not None
    return use._replace(type=_known(origin))


def _read_union(members: Tuple[Any, ...]) -> Optional[Use]:
    present = [member for member in members if member is not None and member is not _NONE]
    uses = [use for use in map(read_form, present) if use is not None]
    if not uses:
        return None
    if len(present) > 1:
        raise Misuse(
            f"joins {' | '.join(map(_shown, present))} in one annotation.",
            "One parameter reads one dataset; only 'None' may stand beside it.",
        )
    return uses[0]._replace(optional=len(present) < len(members))


def members_of_tuple(annotation: Any) -> Optional[Tuple[Any, ...]]:
    """The members of ``(a, b)``, ``tuple[a, b]`` or ``Tuple[a, b]`` where one is an edge."""
    if isinstance(annotation, Dataset):
        return None
    if isinstance(annotation, tuple):
        members: Tuple[Any, ...] = annotation
    elif get_origin(annotation) is tuple:
        members = get_args(annotation)
    else:
        return None
    is_edges = isinstance(annotation, tuple) or any(
        isinstance(member, Missing) or _mentions(member) for member in members
    )
    return members if is_edges else None


def missing_in(annotation: Any) -> Optional[Missing]:
    """The undefined name that may have been meant as a dataset, or ``None``.

    An undefined name in the place of a plain type is harmless: it is there for type checkers.
    """
    if isinstance(annotation, (Dataset, type)):
        return None
    if isinstance(annotation, Missing):
        return annotation
    metadata = getattr(annotation, "__metadata__", None)
    if metadata is not None:
        if any(isinstance(note, (Dataset, Each, Secret)) for note in metadata):
            return None
        noted = next((note for note in metadata if isinstance(note, Missing)), None)
        return noted or missing_in(annotation.__origin__)
    members = _members_of_union(annotation)
    if members is not None and not any(map(_mentions, members)):
        return next(filter(None, map(missing_in, members)), None)
    return None


def is_missing(annotation: Any) -> bool:
    """Whether an annotation cannot be told from an edge until its names are defined."""
    return missing_in(annotation) is not None


def _members_of_union(annotation: Any) -> Optional[Tuple[Any, ...]]:
    if isinstance(annotation, Either):
        return annotation.members
    return get_args(annotation) if get_origin(annotation) in _UNIONS else None


def _mentions(annotation: Any) -> bool:
    try:
        return read_form(annotation) is not None
    except Misuse:
        return True


def _inside(annotation: Any) -> Iterator[Union[Dataset, Secret]]:
    """The datasets and secrets that are buried in a generic type."""
    if get_origin(annotation) is Annotated:
        return
    pending: List[Any] = list(get_args(annotation))
    if isinstance(annotation, tuple):
        pending = list(annotation)  # pyright: ignore[reportUnknownArgumentType]
    for member in pending:
        if isinstance(member, (list, tuple)):  # the parameters of a Callable
            pending.extend(member)  # pyright: ignore[reportUnknownArgumentType]
            continue
        try:
            use = read_form(member)
        except Misuse:
            continue
        if use is not None and use.target is not None:
            yield use.target


def _known(kind: Any) -> Any:
    """A type that can be compared; anything undefined in it makes it unknown."""
    if isinstance(kind, (Missing, Broken, Either)) or hasattr(kind, "__forward_arg__"):
        return UNKNOWN
    return UNKNOWN if any(_known(arg) is UNKNOWN and arg is not Any for arg in get_args(kind)) else kind


def _shown(member: Any) -> str:
    return getattr(member, "__name__", None) or repr(member)
