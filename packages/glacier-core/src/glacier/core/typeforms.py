"""Typing forms, taken apart alike on every Python."""

from __future__ import annotations

import sys
import types
from typing import Any, Dict, List, Tuple, Union

if sys.version_info >= (3, 9):
    from typing import Annotated, get_args, get_origin
else:
    import typing_extensions
    from typing_extensions import Annotated, get_origin

    def get_args(kind: Any) -> Tuple[Any, ...]:
        """The arguments of a generic type; there the bare ``List`` claims to have one."""
        return () if getattr(kind, "_special", None) is True else typing_extensions.get_args(kind)


__all__ = [
    "Annotated",
    "class_of",
    "get_args",
    "get_origin",
    "is_alias",
    "is_literal",
    "members_of_union",
    "plain",
    "plain_members",
    "type_name",
    "value_of",
]

_UNIONS: Tuple[object, ...] = (Union, getattr(types, "UnionType", Union))


def members_of_union(kind: object) -> Tuple[Any, ...]:
    """The members of ``Union[…]``, ``Optional[…]`` or ``a | b``; empty for anything else."""
    return get_args(kind) if get_origin(kind) in _UNIONS else ()


def is_literal(kind: object) -> bool:
    """Whether this is ``Literal[…]``; that of ``typing_extensions`` is a form of its own."""
    return getattr(get_origin(kind), "_name", None) == "Literal"


def is_alias(kind: object) -> bool:
    """Whether this is an alias made by the ``type`` statement, or by ``TypeAliasType``."""
    return type(kind).__name__ == "TypeAliasType"


def class_of(value: object) -> Any:
    """The class of a value; type checkers give up on ``type()`` of what they do not know."""
    return type(value)


def plain(kind: Any) -> Any:
    """A type without the wrappers that change nothing about its values."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif is_alias(get_origin(kind) or kind):
            kind = value_of(kind)
        elif hasattr(kind, "__supertype__"):  # NewType
            kind = kind.__supertype__
        elif getattr(kind, "__qualname__", None) == "Any":  # that of typing_extensions is another
            return Any
        else:
            return type(None) if kind is None else kind


def plain_members(kind: Any) -> Tuple[Any, ...]:
    """The plain types that a union comes down to, also through others inside it; itself for any
    other type."""
    found: Dict[Any, None] = {}
    seen: List[Any] = []
    pending = [kind]
    while pending:
        one = plain(pending.pop())
        members = members_of_union(one)
        if not members:
            found[one] = None
        elif one not in seen:  # type Json = str | list[Json] | Json
            seen.append(one)
            pending.extend(reversed(members))
    return tuple(found)


def value_of(alias: Any) -> Any:
    """What a type alias stands for; ``Pair[int]`` is an alias with an argument."""
    origin = get_origin(alias)
    return alias.__value__ if origin is None else origin.__value__[get_args(alias)]


def type_name(kind: object) -> str:
    """A type as a reader would write it: ``int``, ``Optional[date]``, ``list[str]``."""
    if kind is None or kind is type(None):
        return "None"
    if kind is Ellipsis:
        return "..."
    if isinstance(kind, (list, tuple)):  # the parameters of a Callable, several outputs
        inner = ", ".join(map(type_name, kind))  # pyright: ignore[reportUnknownArgumentType]
        return f"[{inner}]" if isinstance(kind, list) else f"({inner})"
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return type_name(args[0])
    if is_literal(kind):
        return f"Literal[{', '.join(map(_literal_name, args))}]"
    members = [member for member in members_of_union(kind) if member is not type(None)]
    if members:
        inner = ", ".join(map(type_name, members))
        inner = f"Union[{inner}]" if len(members) > 1 else inner
        return f"Optional[{inner}]" if len(members) < len(args) else inner
    named = origin or kind
    name = getattr(named, "__name__" if hasattr(named, "__supertype__") else "__qualname__", None)
    name = name or getattr(named, "__name__", None)
    if not isinstance(name, str):
        return repr(kind).replace("typing.", "").replace("typing_extensions.", "")
    return f"{name}[{', '.join(map(type_name, args))}]" if args else name


def _literal_name(value: object) -> str:
    name = getattr(value, "name", None)  # of an Enum
    return repr(value) if name is None else f"{type(value).__qualname__}.{name}"
