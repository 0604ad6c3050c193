"""Durations as options have them: a number of seconds, or a ``timedelta``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from datetime import timedelta  # to import it takes longer than this module

__all__ = ["seconds_in", "seconds_of"]


def seconds_of(found: object) -> float:
    """The seconds of a duration; NaN for what is none, or has no end."""
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return float(found) if math.isfinite(found) else math.nan
    return seconds_in(found)


def seconds_in(found: object) -> float:
    """The seconds of a ``timedelta``; NaN for anything else."""
    if type(found).__name__ == "timedelta":
        return cast("timedelta", found).total_seconds()
    return math.nan
