"""Values that JSON has no form for, and the one text by which each is written on every Python."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Optional, cast

from glacier.core.typeforms import class_of

__all__ = ["from_text", "textual", "to_text"]


def textual(kind: object) -> Optional[str]:
    """The form in which values of a type are written, or ``None`` if they are not written as text.

    Types are known by name, so that none is imported for it.
    """
    if not isinstance(kind, type):
        return None
    enum = sys.modules.get("enum")
    if enum is not None and issubclass(kind, enum.Enum):
        return "enum" if cast(Any, kind).__members__ else None
    return _TEXTUAL.get((kind.__module__, kind.__qualname__))


_TEXTUAL = {
    ("datetime", "date"): "date",
    ("datetime", "datetime"): "datetime",
    ("datetime", "timedelta"): "timedelta",
    ("decimal", "Decimal"): "decimal",
    ("uuid", "UUID"): "uuid",
}


def to_text(value: Any, form: str) -> str:
    """The canonical text of a value. Raises :class:`ValueError` for one that has none."""
    return _TO_TEXT[form](value)


def from_text(text: str, kind: Any, form: str) -> Any:
    """The value that a text stands for.

    Raises :class:`ValueError`, :class:`KeyError` or :class:`ArithmeticError` if it stands for none.
    """
    return _FROM_TEXT[form](text, kind)


def _enum_name(value: Any) -> str:
    # A combination of flags has a name on some Pythons only.
    kind = class_of(value)
    if value.name not in kind.__members__:
        raise ValueError(f"{value!r} is not a single member of {kind.__qualname__}")
    return str(value.name)


def _timedelta_text(value: Any) -> str:
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    fraction = f".{micros % 1_000_000:06}".rstrip("0") if micros % 1_000_000 else ""
    return f"{sign}PT{micros // 1_000_000}{fraction}S"


def _decimal_text(value: Any) -> str:
    if not value.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return str(value).upper()  # the decimal context may ask for a small "e"


_TO_TEXT: Dict[str, Callable[[Any], str]] = {
    "date": lambda value: str(value.isoformat()),
    "datetime": lambda value: str(value.isoformat()),
    "decimal": _decimal_text,
    "enum": _enum_name,
    "timedelta": _timedelta_text,
    "uuid": str,
}


def _matched(pattern: str, text: str) -> Any:
    """The groups of a text; the constructors of each Python accept other forms, we do not."""
    import re

    found = re.fullmatch(pattern, text, re.ASCII)
    if found is None:
        raise ValueError(text)
    return found.groups()


_DATE = r"\d{4}-\d\d-\d\d"
_CLOCK = r"(?:[01]\d|2[0-3]):\d\d"
_DATETIME = (
    rf"({_DATE}(?:[T ]{_CLOCK}(?::\d\d(?:\.\d{{3}}(?:\d{{3}})?)?)?)?)"
    rf"(?:(Z)|([+-]{_CLOCK}(?::\d\d(?:\.\d{{6}})?)?))?"
)
_SECONDS = r"(\d+)(?:\.(\d{1,6}))?"
_DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


def _date_from(text: str, kind: Any) -> Any:
    _matched(_DATE, text)
    return kind.fromisoformat(text)


def _datetime_from(text: str, kind: Any) -> Any:
    moment, utc, offset = _matched(_DATETIME, text)
    return kind.fromisoformat(moment + ("+00:00" if utc else offset or ""))


def _timedelta_from(text: str, kind: Any) -> Any:
    sign, *parts = _matched(rf"(-?)(?:PT{_SECONDS}S|{_SECONDS})", text)
    whole, fraction = parts[:2] if parts[0] is not None else parts[2:]
    value = kind(seconds=int(whole), microseconds=int(f"{fraction or 0:0<6}"))
    return -value if sign else value


def _decimal_from(text: str, kind: Any) -> Any:
    _matched(_DECIMAL, text)
    return kind(text)


_FROM_TEXT: Dict[str, Callable[[str, Any], Any]] = {
    "date": _date_from,
    "datetime": _datetime_from,
    "decimal": _decimal_from,
    "enum": lambda text, kind: kind[text],
    "timedelta": _timedelta_from,
    "uuid": lambda text, kind: kind(text),
}
