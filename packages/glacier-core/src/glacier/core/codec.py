"""Run parameters: their types, and their one canonical form as JSON and as text.

=============  =======================================  ==========================
type           JSON                                     text on a command line
=============  =======================================  ==========================
str            string                                   as it is
int, float     number (finite)                          ``3``, ``0.5``
bool           ``true`` / ``false``                     ``true`` / ``false``
None           ``null``                                 ``null``
date           ``"2024-01-31"`` (ISO 8601)              the same
datetime       ``"2024-01-31T12:00:00+00:00"``          the same
timedelta      ``"PT5400S"`` (ISO 8601, seconds)        the same, or seconds
Decimal, UUID  string                                   the same
Enum           the member's name                        the same
Literal        the value                                the value
list, dict     array, object with string keys           JSON
=============  =======================================  ==========================
"""

from __future__ import annotations

import sys
import types
from typing import Any, Dict, List, Literal, Tuple, Union

if sys.version_info >= (3, 9):
    from typing import Annotated, get_args, get_origin
else:
    from typing_extensions import Annotated, get_args, get_origin

__all__ = ["conform", "decode", "dumps", "encode", "is_parameter_type", "parse", "type_name"]

_NONE = type(None)
_PLAIN = (str, int, float, bool, _NONE)
_UNIONS: Tuple[object, ...] = (Union, getattr(types, "UnionType", Union))


def is_parameter_type(kind: object) -> bool:
    """Whether a run parameter may have this type."""
    if kind is Any or kind in _PLAIN or kind is None:
        return True
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return is_parameter_type(args[0])
    if origin in _UNIONS:
        return all(map(is_parameter_type, args))
    if origin is Literal:
        return all(isinstance(value, (str, int, bool, _NONE)) for value in args)
    if kind in (list, List) or origin is list:
        return all(map(is_parameter_type, _element_types(args)))
    if kind in (dict, Dict) or origin is dict:
        key, value = _item_types(args)
        return key in (str, Any) and is_parameter_type(value)
    return isinstance(kind, type) and _textual(kind) is not None


def type_name(kind: object) -> str:
    """A type as a reader would write it: ``int``, ``Optional[date]``, ``list[str]``."""
    if kind is None or kind is _NONE:
        return "None"
    if get_origin(kind) is Annotated:
        return type_name(get_args(kind)[0])
    if isinstance(kind, type) and not get_args(kind):
        return kind.__qualname__
    text = repr(kind)
    for module in ("typing.", "typing_extensions.", "datetime.", "decimal.", "uuid.", "builtins."):
        text = text.replace(module, "")
    return text.replace("NoneType", "None")


def conform(value: object, kind: object) -> Any:
    """Return ``value`` as a value of the parameter type ``kind``; an int serves as a float.

    Raises :class:`ValueError`, with the reason, for a value of another type.
    """
    if kind is Any:
        encode(value)
        return value
    if kind is None:
        kind = _NONE
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return conform(value, args[0])
    if origin in _UNIONS:
        return _first_that(conform, value, kind)
    if origin is Literal:
        for allowed in args:
            if allowed == value and type(allowed) is type(value):
                return value
        raise _mismatch(value, kind)
    if (kind in (list, List) or origin is list) and isinstance(value, list):
        (element,) = _element_types(args)
        return [conform(item, element) for item in value]
    if (kind in (dict, Dict) or origin is dict) and isinstance(value, dict):
        element = _item_types(args)[1]
        return {conform(key, str): conform(item, element) for key, item in value.items()}
    return _conform_scalar(value, kind)


def _conform_scalar(value: object, kind: object) -> Any:
    if kind is float and type(value) in (int, float):
        number = float(value)  # type: ignore[arg-type]  # narrowed by the line above
        if number - number != 0:
            raise ValueError(f"{value!r} is not a finite number")
        return number
    # bool is a subclass of int, and datetime of date: neither is meant by the other.
    exact = kind in _PLAIN or _textual(kind) in ("date", "datetime")
    if isinstance(kind, type) and (type(value) is kind if exact else isinstance(value, kind)):
        return value
    raise _mismatch(value, kind)


def encode(value: object) -> Any:
    """The canonical JSON form of a parameter value. Raises :class:`ValueError` if it has none."""
    kind = type(value)
    if kind is float and value - value != 0:  # type: ignore[operator]  # it is a float
        raise ValueError(f"{value!r} is not a finite number")
    if kind in _PLAIN:
        return value
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        if not all(type(key) is str for key in value):
            raise ValueError("the keys of a dict must be strings")
        return {key: encode(item) for key, item in value.items()}
    form = _textual(kind)
    if form is None:
        raise ValueError(f"a {kind.__qualname__} cannot be a run parameter")
    return _to_text(value, form)


def _to_text(value: Any, form: str) -> str:
    if form == "enum":
        return str(value.name)
    if form in ("date", "datetime"):
        return str(value.isoformat())
    if form == "timedelta":
        micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
        sign, micros = ("-", -micros) if micros < 0 else ("", micros)
        fraction = f".{micros % 1_000_000:06}".rstrip("0") if micros % 1_000_000 else ""
        return f"{sign}PT{micros // 1_000_000}{fraction}S"
    return str(value)


def decode(data: object, kind: object) -> Any:
    """The value of type ``kind`` whose canonical JSON form is ``data``.

    Raises :class:`ValueError`, with the reason, if ``data`` is not such a form.
    """
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return decode(data, args[0])
    if origin in _UNIONS:
        return _first_that(decode, data, kind)
    if (kind in (list, List) or origin is list) and isinstance(data, list):
        (element,) = _element_types(args)
        return [decode(item, element) for item in data]
    if (kind in (dict, Dict) or origin is dict) and isinstance(data, dict):
        element = _item_types(args)[1]
        return {key: decode(item, element) for key, item in data.items()}
    form = _textual(kind)
    if form is not None and isinstance(data, str):
        return _from_text(data, kind, form)
    return conform(data, kind)


def _from_text(text: str, kind: Any, form: str) -> Any:
    try:
        if form == "enum":
            return kind[text]
        if form in ("date", "datetime"):
            return kind.fromisoformat(text)
        if form == "timedelta":
            sign = -1 if text.startswith("-") else 1
            body = text.lstrip("-")
            if body.startswith("PT") and body.endswith("S"):
                body = body[2:-1]
            whole, _, fraction = body.partition(".")
            return sign * kind(seconds=int(whole), microseconds=int(f"{fraction:0<6}"[:6] or 0))
        return kind(text)
    except (ValueError, KeyError, ArithmeticError) as error:
        raise _mismatch(text, kind) from error


def parse(text: str, kind: object) -> Any:
    """The value of type ``kind`` that ``text`` stands for on a command line.

    Raises :class:`ValueError`, with the reason, if it stands for none.
    """
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return parse(text, args[0])
    if origin in _UNIONS:
        return _first_that(parse, text, kind)
    if kind is str:
        return text
    if origin is Literal and text in args:
        return text
    if _textual(kind) is not None:
        return decode(text, kind)
    import json

    try:
        data = json.loads(text)
    except ValueError as error:
        if kind is Any:
            return text
        raise _mismatch(text, kind) from error
    return decode(data, kind)


def dumps(value: object) -> str:
    """Canonical JSON text of a parameter value: sorted keys, no spaces, no escapes for letters."""
    import json

    return json.dumps(
        encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _first_that(convert: Any, value: object, kind: object) -> Any:
    """Convert by the first member of a union that fits; text is tried last, for it fits all."""
    for member in sorted(get_args(kind), key=lambda member: member is str):
        try:
            return convert(value, member)
        except ValueError:
            continue
    raise _mismatch(value, kind)


def _textual(kind: object) -> Union[str, None]:
    """How a type is written as a string, or ``None``; known by name, so nothing is imported."""
    if not isinstance(kind, type):
        return None
    enum = sys.modules.get("enum")
    if enum is not None and issubclass(kind, enum.Enum):
        return "enum"
    return _TEXTUAL.get((kind.__module__, kind.__qualname__))


_TEXTUAL = {
    ("datetime", "date"): "date",
    ("datetime", "datetime"): "datetime",
    ("datetime", "timedelta"): "timedelta",
    ("decimal", "Decimal"): "decimal",
    ("uuid", "UUID"): "uuid",
}


def _element_types(args: Tuple[Any, ...]) -> Tuple[Any]:
    # Python 3.8 shows a bare List with a type variable for its argument.
    return (args[0],) if args and not hasattr(args[0], "__constraints__") else (Any,)


def _item_types(args: Tuple[Any, ...]) -> Tuple[Any, Any]:
    if len(args) == 2 and not hasattr(args[0], "__constraints__"):
        return args[0], args[1]
    return str, Any


def _mismatch(value: object, kind: object) -> ValueError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    return ValueError(f"{shown} (a {type(value).__qualname__}) is not {type_name(kind)}")
