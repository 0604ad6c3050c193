"""A cluster of this machine that keeps its workers, however often they end.

Each worker process has a nanny that starts it again. Beside that Dask looks, a while after a worker
was lost, whether one of its name is there, and does away with its nanny if not: jobs of batch
systems are lost like that, processes are not. One that is lost a second time at that moment, as one
is that runs out of memory again and again, would never come back; one that was just starting would
be ended, with whatever it had been given.
"""

from __future__ import annotations

from typing import Any

from glacier.dask.engine import local_cluster, spec_cluster

__all__ = ["LastingCluster"]


class LastingCluster(local_cluster):  # type: ignore[misc]  # it has no types
    """Leaves lost workers to their nannies."""

    def _update_worker_status(self, op: Any, msg: Any) -> None:
        super(spec_cluster, self)._update_worker_status(op, msg)
