"""The end of a run before its time: after a failure, or by Ctrl-C."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from glacier.core.protocols import State

if TYPE_CHECKING:
    from glacier.dask.conductor import Conductor

__all__ = ["stop"]

_GRACE = 2.0  # seconds in which a worker that was stopped has told what it had to tell


def stop(conductor: Conductor, reason: str) -> None:
    """End what has not started, and tell of it; what runs is left to end by itself.

    Workers are asked what runs, and begin nothing more of this run from then on. A mapped step that
    has nothing under way any more ends here, also if its last item has ended a moment ago: no
    record follows that would end it.
    """
    conductor.limits.withdraw()
    found = conductor.session.halt(conductor.run_id, reason, conductor.topic)
    _take_rest(conductor, set(found))
    running = {call for calls in found.values() for call in calls}
    futures, keys = conductor.batch.futures(), conductor.submitter.keys
    waiting = [key for call, key in keys.items() if call not in running]
    unwanted = [futures[key] for key in waiting if key in futures]
    conductor.expansions.stop(running)
    conductor.session.client.cancel(unwanted)
    active = {number for number, _ in running}
    for number, result in conductor.ledger.cancel(active.__contains__, reason):
        conductor.forget_call(number)
        conductor.announcer.finished(number, result)
    conductor.left = conductor.log.states.count(State.WAITING)


def _take_rest(conductor: Conductor, workers: set[str]) -> None:
    """Take in what is still told of calls that have ended: these are not cancelled."""
    until = monotonic() + _GRACE
    while workers and monotonic() < until:
        record = conductor.records.get(timeout=max(0.0, until - monotonic()))
        if record is None:
            return
        if record[0] == "halted":
            workers.discard(record[2])
            continue
        conductor.take(record)
        for number in [entry for entry in conductor.ledger.ready if isinstance(entry, int)]:
            conductor.replay(number)
