"""Collecting over all stores of a root: what one of them refers to in another one stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Callable, Collection, Iterator, NamedTuple, Optional, Sequence, Tuple

from glacier.core.catalog.locations import Location
from glacier.core.contracts import Store
from glacier.core.errors import VersionMissing
from glacier.core.versions import RETAIN, Address, Collected, collect, find_latest

__all__ = ["Cleared", "clear"]


class Cleared(NamedTuple):
    """What went from one store; ``swept`` are temporary files that killed processes left."""

    location: Location
    collected: Collected
    swept: Tuple[str, ...]


def clear(
    places: Sequence[Location],
    *,
    keep: Optional[int] = None,
    grace: timedelta = timedelta(days=1),
    live: Collection[str] = (),
    dry_run: bool = False,
) -> Iterator[Cleared]:
    """Collect in one store after the other; see :func:`~glacier.core.versions.collect`.

    Of each dataset so many versions are retained as its newest one says, else the usual number;
    ``keep`` stands for both. In a dry run nothing is removed, and nothing is swept.
    """
    for location in places:
        others = [one.store for one in places if one is not location]
        # First, for a store sweeps by itself as soon as it writes.
        swept = () if dry_run else tuple(location.store.sweep())
        collected = collect(
            location.store,
            retain=_retained(location.store, keep),
            grace=grace,
            live=live,
            others=others,
            dry_run=dry_run,
        )
        location.store.close()
        yield Cleared(location, collected, swept)


def _retained(store: Store, keep: Optional[int]) -> Callable[[Address], int]:
    def retained(address: Address) -> int:
        if keep is not None:
            return keep
        try:
            newest = find_latest(store, address)
        except VersionMissing:  # its record is not there, so nothing says how many
            newest = None
        return RETAIN if newest is None or newest.retain is None else newest.retain

    return retained
