"""When a deployed pipeline starts by itself."""

from __future__ import annotations

from typing import NamedTuple, Tuple

from glacier.core.cron import parse_cron
from glacier.core.errors import InvalidOption, nearest
from glacier.core.place import caller, place_of
from glacier.core.timezones import timezone_problem

__all__ = ["OVERLAPS", "Schedule", "check_schedule"]

OVERLAPS = ("allow", "skip")
"""What happens to a start while an earlier run goes on."""


class _Fields(NamedTuple):
    cron: str
    timezone: str = "UTC"
    overlap: str = "skip"


class Schedule(_Fields):
    """When a deployed pipeline starts: ``Schedule(cron="0 6 * * mon-fri")``.

    ``cron`` is five fields, minute, hour, day, month and weekday, as cron has them, or ``@daily``
    and its like. ``timezone`` is a name such as ``Europe/Berlin``. While an earlier run goes on,
    a start is left out (``overlap="skip"``), or there are two runs (``"allow"``). Raises
    :class:`~glacier.core.errors.InvalidOption`.
    """

    __slots__ = ()

    def __new__(cls, *, cron: str, timezone: str = "UTC", overlap: str = "skip") -> Schedule:
        where = f"Schedule ({place_of(caller())})"
        check_schedule(cron, timezone, overlap, where=where)
        return cls._make((cron, timezone, overlap))

    def __reduce__(self) -> Tuple[object, ...]:
        return Schedule._make, (tuple(self),)


def check_schedule(cron: object, timezone: object, overlap: object, *, where: str) -> None:
    """Raise :class:`~glacier.core.errors.InvalidOption` for what is no schedule."""
    parse_cron(cron, where=where)
    mend = timezone_problem(timezone)
    if mend is not None:
        raise InvalidOption(where=where, option="timezone", found=timezone, mend=mend)
    if overlap not in OVERLAPS:
        guess = nearest(overlap, OVERLAPS) if isinstance(overlap, str) else None
        mend = f"Did you mean {guess!r}?" if guess else "Give 'skip' or 'allow'."
        raise InvalidOption(where=where, option="overlap", found=overlap, mend=mend)
