"""Five fields of cron, as people write them, and which minutes they mean."""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from glacier.core.errors import InvalidOption, nearest

__all__ = ["Cron", "parse_cron"]

Values = Optional[Tuple[int, ...]]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SHORTHANDS: Mapping[str, str] = {
    "@annually": "0 0 1 1 *",
    "@daily": "0 0 * * *",
    "@hourly": "0 * * * *",
    "@midnight": "0 0 * * *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@yearly": "0 0 1 1 *",
}


class _Wrong(Exception):
    """What is wrong with an expression, and how to mend it."""


class Cron(NamedTuple):
    """The values of each field in ascending order; ``None`` is any. Sundays are 0.

    Where both ``days`` and ``weekdays`` are limited, either is enough, as cron has it.
    """

    minutes: Values
    hours: Values
    days: Values
    months: Values
    weekdays: Values


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    words: Sequence[str] = ()
    first: int = 0


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS, 1),
    _Field("weekday", 0, 7, _WEEKDAYS),
)


def parse_cron(text: object, *, where: str) -> Cron:
    """The meaning of ``minute hour day month weekday``, or of ``@daily`` and its like.

    Raises :class:`~glacier.core.errors.InvalidOption`.
    """
    try:
        return _parsed(text if isinstance(text, str) else "")
    except _Wrong as error:
        mend = str(error)
        raise InvalidOption(where=where, option="cron", found=text, mend=mend) from error


def _parsed(text: str) -> Cron:
    told = text.strip().lower()
    if told.startswith("@"):
        if told not in _SHORTHANDS:
            raise _Wrong(f"{_guess(told, _SHORTHANDS)}There are {_SHORT}.")
        told = _SHORTHANDS[told]
    parts = told.split()
    if len(parts) != len(_FIELDS):
        raise _Wrong(
            "Give five fields: minute, hour, day, month, weekday; '0 6 * * *' is daily at six."
        )
    cron = Cron(*[_values(part, field) for part, field in zip(parts, _FIELDS)])
    if cron.weekdays is not None:
        cron = cron._replace(weekdays=_whole({day % 7 for day in cron.weekdays}, 7))
    if cron.days is not None and cron.weekdays is None:
        longest = max(_LONGEST[month - 1] for month in cron.months or range(1, 13))
        if min(cron.days) > longest:
            raise _Wrong(f"No such month has {min(cron.days)} days, so it would never start.")
    return cron


_SHORT = ", ".join(sorted(_SHORTHANDS))


def _values(text: str, field: _Field) -> Values:
    found: Set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdigit() and int(step)):
            raise _wrong(part, field, "A step is a number from 1: '*/15'.")
        low, high = _span(span, field, stepped=bool(slash))
        found.update(range(low, high + 1, int(step or 1)))
    if field.name == "weekday":
        return None if {day % 7 for day in found} == set(range(7)) else tuple(sorted(found))
    return _whole(found, field.most - field.least + 1)


def _whole(found: Set[int], count: int) -> Values:
    return None if len(found) == count else tuple(sorted(found))


def _span(text: str, field: _Field, *, stepped: bool) -> Tuple[int, int]:
    most = 6 if field.name == "weekday" else field.most
    if text == "*" or (text == "?" and field.name in ("day", "weekday")):
        return field.least, most
    low, dash, high = text.partition("-")
    start = _value(low, field)
    if not dash:
        return start, max(start, most) if stepped else start
    end = _value(high, field)
    if end >= start:
        return start, end
    if field.name == "weekday" and end == 0:
        return start, 7
    raise _wrong(text, field, "A range ends after it begins; give two, joined by a comma.")


def _value(text: str, field: _Field) -> int:
    if re.fullmatch(r"[0-9]+", text):
        number = int(text)
        if field.least <= number <= field.most:
            return number
        raise _wrong(text, field, f"It is {field.least} to {field.most}.")
    words: Dict[str, int] = {word: n for n, word in enumerate(field.words, field.first)}
    if text in words:
        return words[text]
    known: List[str] = list(words)
    also = f", or {', '.join(known)}" if known else ""
    mend = f"{_guess(text, known)}It is {field.least} to {field.most}{also}, '*', '1-5' or '*/2'."
    raise _wrong(text, field, mend)


def _guess(text: str, known: Iterable[str]) -> str:
    guess = nearest(text, list(known))
    return f"Did you mean {guess!r}? " if guess else ""


def _wrong(text: str, field: _Field, mend: str) -> _Wrong:
    return _Wrong(f"{text!r} is no {field.name}. {mend}")
