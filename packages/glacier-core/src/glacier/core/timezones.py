"""Time zones by name, as far as this machine knows them."""

from __future__ import annotations

import sys
from typing import Optional

from glacier.core.errors import nearest

__all__ = ["timezone_problem"]

_FORM = "Give a name such as 'Europe/Berlin'."


def timezone_problem(name: object) -> Optional[str]:
    """How to mend what is no name of a time zone; ``None`` for one.

    Without ``zoneinfo`` (Python 3.8), or where the machine has no data for it, every text is one.
    """
    if not isinstance(name, str) or not name:
        return _FORM
    if name == "UTC" or sys.version_info < (3, 9):
        return None
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # of those that are no file, such as a folder
        known = available_timezones()
        guess = nearest(name, known)
        if not known:
            return None
        return f"Did you mean {guess!r}?" if guess else _FORM
    return None
