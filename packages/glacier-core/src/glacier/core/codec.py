"""Run parameters: their types, and their one canonical form as JSON and as text.

=============  =======================================  ==========================
type           JSON                                     text on a command line
=============  =======================================  ==========================
str            string                                   as it is
int, float     number (finite)                          ``3``, ``0.5``
bool           ``true`` / ``false``                     ``true`` / ``false``
None           ``null``                                 ``null``
date           ``"2024-01-31"`` (ISO 8601)              the same
datetime       ``"2024-01-31T12:00:00+00:00"``          the same; time, seconds, ``Z``
timedelta      ``"PT5400S"`` (ISO 8601, seconds)        the same, or seconds
Decimal, UUID  string                                   the same
Enum           the member's name                        the same
Literal        the value                                the value
list, dict     array, object with string keys           JSON
=============  =======================================  ==========================

A value that is decoded equals the one that was encoded. Of a union, therefore, no two members may
look alike: ``Optional[date]`` is a parameter type, ``Union[date, str]`` is none, as the text
``2024-01-31`` may be either.
"""

from __future__ import annotations

from typing import Any, Callable, Tuple

from glacier.core.textual import from_text, textual, to_text
from glacier.core.typeforms import (
    class_of,
    get_args,
    get_origin,
    is_literal,
    members_of_union,
    plain,
    plain_members,
    type_name,
)

__all__ = ["conform", "decode", "dumps", "encode", "is_parameter_type", "parse", "type_name"]

_NONE = type(None)
_NUMBERS = (int, float)
_PLAIN = (str, bool, _NONE, *_NUMBERS)


def is_parameter_type(kind: object) -> bool:
    """Whether a run parameter may have this type."""
    return _is_parameter_type(kind, ())


def _is_parameter_type(kind: Any, above: Tuple[Any, ...]) -> bool:
    if kind in above:  # type Json = dict[str, Json] | …
        return True
    above = (*above, kind)
    kind = plain(kind)
    if members_of_union(kind):
        members = plain_members(kind)
        kinds = {one: _look(one) for one in members if not is_literal(one)}
        alike = len(set(kinds.values())) < len(kinds)
        return not alike and all(_is_parameter_type(member, above) for member in members)
    if is_literal(kind):
        return all(map(_is_plain, get_args(kind)))
    container = get_origin(kind) or kind
    if container is list:
        return _is_parameter_type(_element(kind), above)
    if container is dict:
        key, value = _item(kind)
        return key in (str, Any) and _is_parameter_type(value, above)
    return kind is Any or kind in _PLAIN or textual(kind) is not None


def _is_plain(value: object) -> bool:
    return type(value) in _PLAIN or textual(type(value)) is not None


def _look(kind: object) -> object:
    """What tells a union's members apart in JSON; all that is written as text looks alike."""
    return str if textual(kind) is not None else get_origin(kind) or kind


def conform(value: object, kind: object) -> Any:
    """Return ``value`` as a value of the parameter type ``kind``; an int serves as a float.

    Raises :class:`ValueError`, with the reason, for a value of another type.
    """
    return _convert(value, kind, _scalar, lambda allowed: allowed)


def decode(data: object, kind: object) -> Any:
    """The value of type ``kind`` whose canonical JSON form is ``data``.

    Raises :class:`ValueError`, with the reason, if ``data`` is not such a form.
    """
    return _convert(data, kind, _from_json, encode)


def _convert(
    value: Any, kind: object, scalar: Callable[[Any, Any], Any], shown: Callable[[Any], Any]
) -> Any:
    """Walk lists, dicts and unions; ``scalar`` converts the rest, ``shown`` is how it is given."""

    def part(value: Any, kind: object, place: str) -> Any:
        try:
            return _convert(value, kind, scalar, shown)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None

    kind = plain(kind)
    if kind is Any:
        return _native(value)
    if members_of_union(kind):
        return _first_that(lambda member: _convert(value, member, scalar, shown), value, kind)
    if is_literal(kind):
        for allowed in get_args(kind):
            if shown(allowed) == value and type(shown(allowed)) is type(value):
                return allowed
        raise _mismatch(value, kind)
    container = get_origin(kind) or kind
    if container is list and issubclass(type(value), list):
        return [part(item, _element(kind), f"item {i}") for i, item in enumerate(value)]
    if container is dict and issubclass(type(value), dict):
        item_kind = _item(kind)[1]
        return {_key(key): part(item, item_kind, f"key {key!r}") for key, item in value.items()}
    return scalar(value, kind)


def _scalar(value: Any, kind: Any) -> Any:
    if kind is float and type(value) in _NUMBERS:
        return _finite(value)
    form = textual(kind)
    # The very type: bool is a subclass of int, and datetime of date; neither is meant by the other.
    if type(value) is not kind or (form is None and kind not in _PLAIN):
        raise _mismatch(value, kind)
    if form is not None:
        to_text(value, form)  # refuses what has no text
    return value


def _from_json(data: Any, kind: Any) -> Any:
    form = textual(kind)
    if form is None or type(data) is not str:
        return _scalar(data, kind)
    try:
        return from_text(data, kind, form)
    except (ValueError, KeyError, ArithmeticError) as error:
        raise _mismatch(data, kind) from error


def _native(value: Any) -> Any:
    """A value of no declared type: one that JSON gives back as it was."""
    kind = class_of(value)
    if kind is list:
        return [_native(item) for item in value]
    if kind is dict:
        return {_key(key): _native(item) for key, item in value.items()}
    if kind not in _PLAIN:
        raise ValueError(f"{_short(value)} (a {kind.__qualname__}) needs a type, not Any")
    return _finite(value) if kind is float else value


def _key(key: Any) -> str:
    if type(key) is str:
        return key
    raise ValueError(f"the keys of a dict must be strings, and {_short(key)} is none")


def _finite(value: Any) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number - number != 0:
        raise ValueError(f"{_short(value)} is not a finite number")
    return number


def encode(value: Any) -> Any:
    """The canonical JSON form of a parameter value. Raises :class:`ValueError` if it has none."""
    kind = class_of(value)
    if kind is float:
        return _finite(value)
    if kind in _PLAIN:
        return value
    if issubclass(kind, list):
        return [encode(item) for item in value]
    if issubclass(kind, dict):
        return {_key(key): encode(item) for key, item in value.items()}
    form = textual(kind)
    if form is None:
        raise ValueError(f"a value of type {kind.__qualname__} cannot be a run parameter")
    return to_text(value, form)


def dumps(value: object) -> str:
    """Canonical JSON text of a parameter value: sorted keys, no spaces, no escapes for letters."""
    import json

    return json.dumps(
        encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def parse(text: str, kind: object) -> Any:
    """The value of type ``kind`` that ``text`` stands for on a command line.

    Raises :class:`ValueError`, with the reason, if it stands for none.
    """
    import json

    kind = plain(kind)
    if members_of_union(kind):
        return _first_that(lambda member: parse(text, member), text, kind)
    if kind is str or textual(kind) is not None:
        return decode(text, kind)
    if is_literal(kind) and text in map(encode, get_args(kind)):
        return decode(text, kind)
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        if kind is Any:
            return text
        raise _mismatch(text, kind) from error
    return decode(data, kind)


def _no_constant(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity are Python's own


def _first_that(convert: Callable[[Any], Any], value: object, kind: object) -> Any:
    """Convert by the first member of a union that fits.

    Text is tried last, for all that is typed is text, and float after int, which would fit it too.
    """
    late = {float: 1, str: 2}
    for member in sorted(plain_members(kind), key=lambda member: late.get(member, 0)):
        try:
            return convert(member)
        except ValueError:
            continue
    raise _mismatch(value, kind)


def _element(kind: object) -> Any:
    return get_args(kind)[0] if get_args(kind) else Any


def _item(kind: object) -> Tuple[Any, Any]:
    key, value = get_args(kind) or (str, Any)
    return key, value


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"


def _mismatch(value: object, kind: object) -> ValueError:
    return ValueError(f"{_short(value)} (a {type(value).__qualname__}) is not {type_name(kind)}")
