"""Whether a value of one type can be read as another, judged from the two annotations alone.

The answer is *no* only where it is certain: a consumer may ask for a wider type, not for another or
a narrower one. What cannot be known is taken to fit: an undefined name, a protocol, a type
variable, the keys of a ``TypedDict``, which one of its values a type has, how long a tuple is.
Generic arguments are compared covariantly, for a consumer reads.
"""

from __future__ import annotations

import collections
import collections.abc
from typing import Any, Callable, Optional, Tuple, Union, cast

from glacier.core.typeforms import get_args, get_origin, is_literal, members_of_union, plain

__all__ = ["fits"]

_CALLABLE: Any = Callable
_Pairs = Tuple[Tuple[Any, Any], ...]

# PEP 484, "The numeric tower": an int is accepted where a float is, a float where a complex is.
_WIDER = ((int, (float, complex)), (float, (complex,)))


def fits(produced: Any, consumed: Any) -> bool:
    """Whether every value of type ``produced`` may be read as ``consumed``, as far as is known."""
    return _fits(produced, consumed, ())


def _fits(produced: Any, consumed: Any, above: _Pairs) -> bool:
    if (produced, consumed) in above:  # a recursive alias, which fits if all else in it does
        return True
    above = (*above, (produced, consumed))
    produced, consumed = plain(produced), plain(consumed)
    if produced is Any or consumed is Any or consumed is object or produced == consumed:
        return True
    if is_literal(produced):
        return all(_value_fits(value, consumed, above) for value in get_args(produced))
    if members_of_union(produced):
        return all(_fits(member, consumed, above) for member in members_of_union(produced))
    if members_of_union(consumed):
        return any(_fits(produced, member, above) for member in members_of_union(consumed))
    if is_literal(consumed):
        return any(_fits(type(value), produced, above) for value in get_args(consumed))
    made, read = get_origin(produced) or produced, get_origin(consumed) or consumed
    if not isinstance(made, type) or not isinstance(read, type):
        return True
    return _class_fits(made, read) and _arguments_fit(produced, consumed, made, read, above)


def _value_fits(value: Any, consumed: Any, above: _Pairs) -> bool:
    consumed = plain(consumed)
    if members_of_union(consumed):
        return any(_value_fits(value, member, above) for member in members_of_union(consumed))
    if is_literal(consumed):
        return any(value == one and type(value) is type(one) for one in get_args(consumed))
    return _fits(type(value), consumed, above)


def _class_fits(made: type, read: type) -> bool:
    if _is_unknown(made) or _is_unknown(read):
        return True
    if any(issubclass(made, narrow) and read in wide for narrow, wide in _WIDER):
        return True
    if _is_typed_dict(read):  # no value is an instance of one
        read = dict
    try:
        return issubclass(made, read)
    except TypeError:
        return True


def _is_unknown(kind: type) -> bool:
    # typing.IO and its like are names for what is no subclass of them.
    return getattr(kind, "_is_protocol", False) or kind.__module__ == "typing"


def _is_typed_dict(kind: type) -> bool:
    return issubclass(kind, dict) and hasattr(cast(Any, kind), "__total__")


def _arguments_fit(produced: Any, consumed: Any, made: type, read: type, above: _Pairs) -> bool:
    given, wanted = _arguments(produced, made), _arguments(consumed, read)
    if given is None or wanted is None:
        return True
    if made is tuple and read is tuple:
        return _tuples_fit(given, wanted, above)
    seen = _seen_as(given, made, read)
    if seen is None or len(seen) != len(wanted):
        return True
    return all(_fits(one, other, above) for one, other in zip(seen, wanted))


_ITEMS = {str: str, bytes: int, bytearray: int, memoryview: int, range: int}


def _arguments(kind: Any, origin: type) -> Optional[Tuple[Any, ...]]:
    """The arguments of a generic type, ``None`` where they are left out."""
    args = get_args(kind)
    if origin in _ITEMS:
        return (_ITEMS[origin],)
    if args == ((),) or (not args and origin is tuple and kind not in (tuple, Tuple)):
        return ()  # Tuple[()], as Pythons before 3.11 and later ones show it
    if origin is collections.abc.Generator:
        return args[:1] or None  # what is sent to it and what it returns is not data
    return args or None


_ITERABLES = frozenset(
    {
        collections.deque,
        frozenset,
        list,
        set,
        tuple,
        *_ITEMS,
        collections.abc.Collection,
        collections.abc.Generator,
        collections.abc.Iterable,
        collections.abc.Iterator,
        collections.abc.MutableSequence,
        collections.abc.MutableSet,
        collections.abc.Reversible,
        collections.abc.Sequence,
        collections.abc.Set,
    }
)
_MAPPINGS = frozenset(
    {
        collections.OrderedDict,
        collections.defaultdict,
        dict,
        collections.abc.Mapping,
        collections.abc.MutableMapping,
    }
)


def _seen_as(given: Tuple[Any, ...], made: type, read: type) -> Optional[Tuple[Any, ...]]:
    """The arguments that ``made[given]`` has where it is read as ``read``, if that is known."""
    if made is read:
        parameters: Tuple[Any, ...] = getattr(read, "__parameters__", ())
        contravariant = any(getattr(one, "__contravariant__", False) for one in parameters)
        return None if contravariant or read is _CALLABLE.__origin__ else given
    if made is tuple and read in _ITERABLES:
        members = tuple([arg for arg in given if arg is not Ellipsis])
        return (Union[members],) if members and not any(map(_is_unpacked, members)) else None
    if made in _MAPPINGS:
        return given if read in _MAPPINGS else given[:1]
    return given if made in _ITERABLES else None


def _tuples_fit(given: Tuple[Any, ...], wanted: Tuple[Any, ...], above: _Pairs) -> bool:
    if any(map(_is_unpacked, (*given, *wanted))):
        return True
    if len(wanted) == 2 and wanted[1] is Ellipsis:
        return all(_fits(arg, wanted[0], above) for arg in given if arg is not Ellipsis)
    if len(given) == 2 and given[1] is Ellipsis:
        return all(_fits(given[0], arg, above) for arg in wanted)
    pairs = zip(given, wanted)
    return len(given) == len(wanted) and all(_fits(one, other, above) for one, other in pairs)


def _is_unpacked(arg: Any) -> bool:
    """Whether this stands for several members: ``*Ts``, ``*tuple[int, ...]``, ``Unpack[…]``."""
    name = getattr(get_origin(arg), "_name", None)
    return name == "Unpack" or getattr(arg, "__unpacked__", False)
