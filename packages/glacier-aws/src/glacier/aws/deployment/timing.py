"""Schedules as EventBridge writes them: six fields, weekdays from one, ``?`` for the other day."""

from __future__ import annotations

from collections.abc import Sequence

from glacier.core.protocols import parse_cron

__all__ = ["cron_expression", "is_expressible"]

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def is_expressible(cron: str) -> bool:
    """Whether EventBridge can say it: it takes days or weekdays, and not either of both."""
    parsed = parse_cron(cron, where="a schedule")
    return parsed.days is None or parsed.weekdays is None


def cron_expression(cron: str) -> str:
    """``cron(minute hour day month weekday year)``, of one that is expressible."""
    parsed = parse_cron(cron, where="a schedule")
    weekdays = "?"
    if parsed.weekdays is not None:
        weekdays = _spans(parsed.weekdays, _WEEKDAYS)
    fields = [
        _spans(parsed.minutes),
        _spans(parsed.hours),
        "?" if parsed.weekdays is not None else _spans(parsed.days),
        _spans(parsed.months),
        weekdays,
        "*",
    ]
    return f"cron({' '.join(fields)})"


def _spans(values: Sequence[int] | None, names: Sequence[str] = ()) -> str:
    """Ascending values, those in a row as ranges."""
    if values is None:
        return "*"
    rows: list[list[int]] = []
    for value in values:
        if rows and rows[-1][-1] == value - 1:
            rows[-1].append(value)
        else:
            rows.append([value])
    told = [[names[one] if names else str(one) for one in row] for row in rows]
    return ",".join(row[0] if len(row) == 1 else f"{row[0]}-{row[-1]}" for row in told)
