"""The options of a task that say when an earlier result of it may stand for a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple, Union

from glacier.core.durations import seconds_in
from glacier.core.errors import InvalidOption
from glacier.core.place import Where
from glacier.core.step import Caching

if TYPE_CHECKING:
    from datetime import timedelta  # to import it takes longer than this module

    Cache = Union[bool, "timedelta"]

__all__ = ["read_caching"]


def read_caching(
    *, cache: Optional[Cache], version: Union[str, int, None], where: Where
) -> Caching:
    """What ``cache=`` and ``version=`` of a task say.

    Raises :class:`~glacier.core.errors.InvalidOption`.
    """
    return Caching(*_cache(cache, where), _version(version, where))


def _cache(cache: object, where: Where) -> Tuple[Optional[bool], Optional[float]]:
    if cache is None or isinstance(cache, bool):
        return cache, None
    seconds = seconds_in(cache)
    if seconds > 0:
        return True, seconds
    mend = "Give True, False, or how long a result is good for, such as cache=timedelta(hours=1)."
    raise InvalidOption(where=str(where), option="cache", found=cache, mend=mend)


def _version(version: object, where: Where) -> Optional[str]:
    if version is None or (isinstance(version, str) and version):
        return version
    if type(version) is int:
        return str(version)
    mend = "Give a text or a number that you change when the result would change."
    raise InvalidOption(where=str(where), option="version", found=version, mend=mend)
