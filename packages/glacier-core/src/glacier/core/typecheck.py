"""Whether a value of one type can be read as another, judged from the two annotations alone.

The answer is *no* only where it is certain: what cannot be known (an undefined name, a protocol,
a type variable) is taken to fit. Generic arguments are compared covariantly, for a consumer reads.
"""

from __future__ import annotations

import collections.abc
import sys
import types
from typing import Any, Literal, Tuple, Union

if sys.version_info >= (3, 9):
    from typing import Annotated, get_args, get_origin
else:
    from typing_extensions import Annotated, get_args, get_origin

__all__ = ["fits"]

_UNIONS: Tuple[object, ...] = (Union, getattr(types, "UnionType", Union))
# PEP 484, "The numeric tower": an int is accepted where a float is, a float where a complex is.
_WIDER = {int: (float, complex), float: (complex,), bool: (float, complex)}


def fits(produced: Any, consumed: Any) -> bool:
    """Whether every value of type ``produced`` may be read as ``consumed``, as far as is known."""
    produced, consumed = _plain(produced), _plain(consumed)
    if produced is consumed or Any in (produced, consumed) or consumed is object:
        return True
    if get_origin(produced) in _UNIONS:
        return all(fits(member, consumed) for member in get_args(produced))
    if get_origin(consumed) in _UNIONS:
        return any(fits(produced, member) for member in get_args(consumed))
    if get_origin(produced) is Literal:
        return _literal_fits(get_args(produced), consumed)
    if get_origin(consumed) is Literal:
        return any(fits(type(value), produced) for value in get_args(consumed))
    made, read = get_origin(produced) or produced, get_origin(consumed) or consumed
    if not isinstance(made, type) or not isinstance(read, type):
        return True
    return _class_fits(made, read) and _arguments_fit(produced, consumed, made, read)


def _plain(kind: Any) -> Any:
    """Without the wrappers that change nothing about the value."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif hasattr(kind, "__supertype__"):  # NewType
            kind = kind.__supertype__
        elif hasattr(kind, "__value__"):  # type X = … of Python 3.12
            kind = kind.__value__
        else:
            return type(None) if kind is None else kind


def _literal_fits(values: Tuple[Any, ...], consumed: Any) -> bool:
    if get_origin(consumed) is Literal:
        allowed = [(type(value), value) for value in get_args(consumed)]
        return all((type(value), value) in allowed for value in values)
    return all(fits(type(value), consumed) for value in values)


def _class_fits(made: type, read: type) -> bool:
    if read in _WIDER.get(made, ()) or _is_typed_dict(read) and issubclass(made, dict):
        return True
    if _is_typed_dict(made):
        made = dict
    if _is_typed_dict(read):
        return False
    if getattr(read, "_is_protocol", False) and read.__module__ not in _ABC_MODULES:
        return True
    try:
        return issubclass(made, read)
    except TypeError:
        return True


_ABC_MODULES = ("collections.abc", "typing")


def _is_typed_dict(kind: type) -> bool:
    return issubclass(kind, dict) and hasattr(kind, "__total__")


def _arguments_fit(produced: Any, consumed: Any, made: type, read: type) -> bool:
    given, wanted = get_args(produced), get_args(consumed)
    if not given or not wanted:
        return True
    if made is tuple and read is tuple:
        return _tuples_fit(given, wanted)
    if made is tuple:
        given = (Union[tuple(arg for arg in given if arg is not Ellipsis)],)
    if made is not read and not (made in _ONE_ARGUMENT and read in _ONE_ARGUMENT):
        if not (made is dict and read in _MAPPINGS):
            return True  # how the arguments of one relate to those of the other is not known
    if len(given) != len(wanted) or read is collections.abc.Callable or read is type:
        return True
    return all(map(fits, given, wanted))


_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_ONE_ARGUMENT = frozenset(
    {
        list,
        set,
        frozenset,
        tuple,
        collections.abc.Collection,
        collections.abc.Iterable,
        collections.abc.Iterator,
        collections.abc.MutableSequence,
        collections.abc.Sequence,
        collections.abc.Set,
    }
)


def _tuples_fit(given: Tuple[Any, ...], wanted: Tuple[Any, ...]) -> bool:
    if given == ((),) or wanted == ((),):  # Tuple[()] before Python 3.11
        return given == wanted
    if wanted[-1] is Ellipsis:
        return all(fits(arg, wanted[0]) for arg in given if arg is not Ellipsis)
    if given[-1] is Ellipsis:
        return all(fits(given[0], arg) for arg in wanted)
    return len(given) == len(wanted) and all(map(fits, given, wanted))
