"""The end of a run before its time: after a failure, or by Ctrl-C."""

from __future__ import annotations

from queue import Empty
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glacier.dask.conductor import Conductor

__all__ = ["stop"]

_GRACE = 0.1  # seconds in which records of calls that have ended may still come


def stop(conductor: Conductor, reason: str) -> None:
    """End what has not started, and tell of it; what runs is left to end by itself.

    Workers are asked what runs, and begin nothing more of this run from then on.
    """
    conductor.limits.withdraw()
    running = conductor.session.stop(conductor.run_id, reason)
    _take_rest(conductor)
    active = {number for number, _ in running}
    futures, keys = conductor.batch.futures(), conductor.submitter.keys
    conductor.expansions.stop(running)
    waiting = [key for call, key in keys.items() if call not in running]
    conductor.session.client.cancel([futures[key] for key in waiting if key in futures])
    for number, result in conductor.ledger.cancel(active.__contains__, reason):
        conductor.left -= 1
        conductor.forget_call(number)
        conductor.announcer.finished(number, result)


def _take_rest(conductor: Conductor) -> None:
    """Take in what is still told of calls that have ended: these are not cancelled."""
    until = monotonic() + _GRACE
    while monotonic() < until:
        try:
            conductor.take(conductor.records.get(timeout=max(0.0, until - monotonic())))
        except Empty:
            return
        for number in [entry for entry in conductor.ledger.ready if isinstance(entry, int)]:
            conductor.replay(number)
