"""What one evaluated annotation means: an edge, a secret, the context, or a parameter's type."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from glacier.core.annotations.evaluation import Broken
from glacier.core.annotations.scope import Missing
from glacier.core.context import Context
from glacier.core.dataset import Dataset, Each, Either
from glacier.core.errors import perhaps
from glacier.core.resources import Secret
from glacier.core.typeforms import (
    class_of,
    get_args,
    get_origin,
    is_alias,
    members_of_union,
    type_name,
)

__all__ = [
    "UNKNOWN",
    "Misuse",
    "Use",
    "declaring_class",
    "is_type",
    "members_of_tuple",
    "mentions_dataset",
    "missing_in",
    "names_dataset",
    "read_form",
]

UNKNOWN: Any = Any
"""The type of a value whose annotation gives none: the bare ``data: raw``."""

Target = Union[Dataset, Each, Secret]
_TARGETS = (Dataset, Each, Secret)
_COLLECTIONS = (tuple, list, set, frozenset, dict)
_NONE = type(None)


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
    if isinstance(annotation, _TARGETS):
        return _use(annotation)
    if annotation is Context:
        return Use(None)
    if hasattr(annotation, "__metadata__"):
        return _read_annotated(annotation.__origin__, annotation.__metadata__)
    members = _members(annotation)
    if members:
        return _read_union(members)
    for target in _mentioned(annotation):
        if type(annotation) in _COLLECTIONS or get_origin(annotation) is tuple:
            collection = get_origin(annotation) or class_of(annotation)
            raise Misuse(
                f"has {target!r} inside a {collection.__name__}.",
                "Give each input a parameter of its own, and write several outputs as a tuple: "
                "'-> (good, bad)'.",
            )
        raise Misuse(
            f"has {target!r} inside another type.",
            f"Write Annotated[…, {_written(target)}] around the whole type.",
        )
    return None


def _use(target: Target) -> Use:
    return Use(target.dataset, each=True) if isinstance(target, Each) else Use(target)


def _read_annotated(origin: Any, metadata: Tuple[Any, ...]) -> Optional[Use]:
    targets: List[Target] = [note for note in metadata if isinstance(note, _TARGETS)]
    notes = [note for note in metadata if not isinstance(note, _TARGETS)]
    if not targets:
        for target in _mentioned(notes):
            raise Misuse(
                f"has {target!r} inside a note of Annotated.",
                f"A dataset stands there by itself: Annotated[…, {_written(target)}]; where it may "
                f"be None: Optional[Annotated[…, {_written(target)}]].",
            )
        return read_form(origin)
    targets.extend(_mentioned([origin, *notes]))
    if len(targets) > 1:
        again = all(target == targets[0] for target in targets)
        raise Misuse(
            f"names {' and '.join(map(repr, targets))} at once.",
            "Name it once." if again else "Give each a parameter (or an output) of its own.",
        )
    return _use(targets[0])._replace(type=_known(origin))


def _read_union(members: Tuple[Any, ...]) -> Optional[Use]:
    present = [member for member in members if member is not None and member is not _NONE]
    uses = [use for use in map(read_form, present) if use is not None]
    if not uses:
        return None
    if len(present) > 1:
        raise Misuse(
            f"joins {' | '.join(map(_shown, present))} in one annotation.",
            "It can name one dataset only, with nothing but 'None' beside it.",
        )
    return uses[0]._replace(optional=True)


def members_of_tuple(annotation: Any) -> Optional[Tuple[Any, ...]]:
    """The members of ``(a, b)``, ``tuple[a, b]`` or ``Tuple[a, b]`` where one is an edge."""
    if isinstance(annotation, Dataset):
        return None
    if class_of(annotation) is tuple:
        return (*annotation,)
    if hasattr(annotation, "__metadata__") and not _targets_among(annotation.__metadata__):
        return members_of_tuple(annotation.__origin__)
    if get_origin(annotation) is tuple and any(map(_may_be_edge, get_args(annotation))):
        return get_args(annotation)
    return None


def _may_be_edge(annotation: Any) -> bool:
    try:
        return bool(missing_in(annotation)) or any(True for _ in _mentioned(annotation))
    except Misuse:
        return True


def missing_in(annotation: Any) -> Sequence[Missing]:
    """The undefined names any of which may have been meant as a dataset.

    An undefined name in the place of the type that a dataset has is harmless: it is there for type
    checkers.
    """
    if isinstance(annotation, Missing):
        return [annotation, *missing_in(annotation.inside)]
    if isinstance(annotation, Dataset) or type(annotation) is type:
        return ()
    parts = _parts(annotation)
    if hasattr(annotation, "__metadata__") and _targets_among(annotation.__metadata__):
        parts = annotation.__metadata__
    return [missing for part in parts for missing in missing_in(part)] if parts else ()


def names_dataset(value: Any) -> bool:
    """Whether a value is a dataset, or an alias that has one in it."""
    try:
        value = value.__value__ if is_alias(value) else value
    except NameError:  # it cannot be told
        return True
    if isinstance(value, type) or type(value) in _COLLECTIONS:
        return False
    return mentions_dataset(value)


def mentions_dataset(annotation: Any) -> bool:
    """Whether a dataset stands anywhere in an annotation, even where it has no meaning."""
    try:
        return any(not isinstance(target, Secret) for target in _mentioned(annotation))
    except Misuse:
        return False


def declaring_class(annotation: Any) -> Optional[type]:
    """The class ``Dataset`` or another of its kind, where one of its objects was meant."""
    if _is_class(annotation):
        is_one = issubclass(annotation, _TARGETS) or hasattr(annotation, "__glacier__")
        return annotation if is_one else None
    return next(filter(None, map(declaring_class, _parts(annotation))), None)


def is_type(annotation: Any) -> bool:
    """Whether this is something that type checkers too would take for a type."""
    return (
        isinstance(annotation, (type, Missing, Either))
        or type(annotation).__module__ in ("typing", "typing_extensions")
        or get_origin(annotation) is not None
        or hasattr(annotation, "__supertype__")
        or is_alias(annotation)
    )


def _mentioned(annotation: Any) -> Iterator[Target]:
    """The datasets and secrets anywhere in an annotation, from left to right.

    Raises :class:`Misuse` for a task in their place, and for what could not be evaluated.
    """
    pending = [annotation]
    while pending:
        one = pending.pop()
        if isinstance(one, _TARGETS):
            yield one
        elif getattr(one, "__glacier__", None) == "task":
            raise Misuse("is a task", "", task=one)
        elif isinstance(one, Broken):
            raise _cannot_be_evaluated(one)
        else:
            pending.extend(reversed(_parts(one)))


def _is_class(annotation: object) -> bool:
    return isinstance(annotation, type) and not get_args(annotation)  # list[int] is one on 3.9


def _parts(annotation: Any) -> Tuple[Any, ...]:
    if hasattr(annotation, "__metadata__"):
        return (annotation.__origin__, *annotation.__metadata__)
    if type(annotation) in _COLLECTIONS:
        return (*annotation, *(annotation.values() if hasattr(annotation, "values") else ()))
    if isinstance(annotation, Missing):
        return annotation.inside
    return annotation.members if isinstance(annotation, Either) else get_args(annotation)


def _members(annotation: Any) -> Tuple[Any, ...]:
    return annotation.members if isinstance(annotation, Either) else members_of_union(annotation)


def _targets_among(metadata: Iterable[object]) -> bool:
    return any(isinstance(note, _TARGETS) for note in metadata)


def _cannot_be_evaluated(broken: Broken) -> Misuse:
    error = broken.error
    owner = getattr(error, "obj", None)  # of an AttributeError, from Python 3.10 on
    known = [name for name in dir(owner) if names_dataset(getattr(owner, name, None))]
    return Misuse(
        f"is annotated {broken.text!r}, which cannot be evaluated "
        f"({type(error).__name__}: {getattr(error, 'msg', error)}).",
        perhaps(getattr(error, "name", None) or "", known).strip() or "Correct the annotation.",
    )


def _known(kind: Any) -> Any:
    """A type that can be compared; anything undefined in it makes it unknown."""
    pending = [kind]
    while pending:
        one = pending.pop()
        if isinstance(one, (Missing, Either)) or hasattr(one, "__forward_arg__"):
            return UNKNOWN
        pending.extend(_parts(one))
    return kind


def _written(target: Target) -> str:
    if isinstance(target, Each):
        return f"{target.dataset.name}.each"
    return repr(target) if isinstance(target, Secret) else target.name


def _shown(member: Any) -> str:
    target = next(_mentioned(member), None)
    return type_name(member) if target is None else repr(target)
