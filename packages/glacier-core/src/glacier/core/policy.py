"""The options of a task that say how often it is tried, and how long a call of it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple, Type, Union, cast

from glacier.core.durations import seconds_of
from glacier.core.errors import InvalidOption, Skip
from glacier.core.place import Where
from glacier.core.step import Policy

if TYPE_CHECKING:
    from datetime import timedelta  # to import it takes longer than this module

    Duration = Union[float, timedelta]
    RetryOn = Union[Type[Exception], Tuple[Type[Exception], ...]]

__all__ = ["qualified", "read_policy"]

_DELAY = 1.0  # seconds, where no delay is given


def read_policy(
    *,
    retries: int,
    retry_delay: Optional[Duration],
    retry_on: Optional[RetryOn],
    timeout: Optional[Duration],
    where: Where,
) -> Optional[Policy]:
    """The policy that the options of a task make; ``None`` where none of them is set.

    Raises :class:`~glacier.core.errors.InvalidOption`.
    """
    times = _times(retries, where)
    if not times:
        for option, value in (("retry_delay", retry_delay), ("retry_on", retry_on)):
            if value is not None:
                mend = "It says how to try again: say how often too, such as retries=3."
                raise InvalidOption(where=str(where), option=option, found=value, mend=mend)
    delay = _DELAY
    if retry_delay is not None:
        delay = _seconds("retry_delay", retry_delay, where, least=0.0)
    limit = None
    if timeout is not None:
        limit = _seconds("timeout", timeout, where, least=None)
    if not times and limit is None:
        return None
    return Policy(times, delay, () if retry_on is None else _kinds(retry_on, where), limit)


def qualified(kind: Type[BaseException]) -> str:
    """The name of an exception type with its module: what a type is known by everywhere."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _times(retries: object, where: Where) -> int:
    if type(retries) is int and retries >= 0:
        return retries
    mend = "Give how often to try again after a failure, a whole number such as retries=3."
    raise InvalidOption(where=str(where), option="retries", found=retries, mend=mend)


def _seconds(option: str, found: object, where: Where, *, least: Optional[float]) -> float:
    """A duration in seconds; above zero, or not below ``least``."""
    seconds = seconds_of(found)
    if seconds > 0 if least is None else seconds >= least:
        return seconds
    bound = "above zero" if least is None else "not below zero"
    mend = (
        f"Give a number of seconds {bound}, or a timedelta: {option}=30 or "
        f"{option}=timedelta(minutes=5)."
    )
    raise InvalidOption(where=str(where), option=option, found=found, mend=mend)


def _kinds(found: object, where: Where) -> Tuple[str, ...]:
    """The names of the exception types to try again on."""
    several = found
    kinds: List[Any] = [found]
    if isinstance(several, (tuple, list)):
        kinds = list(cast("Sequence[Any]", several))
    mend = "Give exception types: retry_on=ConnectionError, or a tuple of them."
    for kind in kinds:
        if isinstance(kind, BaseException):
            mend = f"Give the type itself: retry_on={type(kind).__name__}."
        elif isinstance(kind, type) and issubclass(kind, Skip):
            mend = "A task that raises Skip has not failed, so it is not tried again."
        elif isinstance(kind, type) and issubclass(kind, Exception):
            continue
        elif isinstance(kind, type) and issubclass(kind, BaseException):
            mend = f"{kind.__name__} ends a program, so it is not tried again; {_lower(mend)}"
        raise InvalidOption(where=str(where), option="retry_on", found=found, mend=mend)
    if not kinds:
        raise InvalidOption(where=str(where), option="retry_on", found=found, mend=mend)
    return tuple(map(qualified, kinds))


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
