"""What can be done with a stack: ``up``, ``preview``, ``refresh``, ``destroy``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

from stand_in.backend import Backend
from stand_in.cloud import Cloud
from stand_in.deployment import Deployment, Failed
from stand_in.events import Events
from stand_in.host import run
from stand_in.monitor import Monitor
from stand_in.order import ROOT, Order
from stand_in.sealing import Sealer

__all__ = ["operate"]

_FAILED = 255


def operate(backend: Backend, order: Order) -> int:
    """Do what was asked for; the exit code."""
    state = backend.load(order.stack)
    sealer = Sealer(state["secrets_providers"]["state"]["salt"])
    is_plan = order.operation == "preview"
    events, start = Events(order.event_log), time.time()

    def save(rows: List[Dict[str, Any]]) -> None:
        state["resources"] = sealer.seal(rows)
        backend.save(order.stack, state)

    deployment = Deployment(
        sealer.unseal(state["resources"]),
        Cloud(Path(os.environ["STAND_IN_CLOUD"])),
        events,
        is_plan=is_plan,
        targets=frozenset(order.targets),
        save=save,
    )
    try:
        if is_plan:
            problem = _done(backend, order, deployment)
        else:
            with backend.locked(order.stack):
                problem = _done(backend, order, deployment)
                save(deployment.rows())
        if problem is None:
            summary = {"durationSeconds": 0, "resourceChanges": deployment.counts}
            events.send(summaryEvent={"maybeCorrupt": False, "PolicyPacks": {}, **summary})
    finally:
        events.close()
    if not is_plan:
        state["history"].append(_entry(order, deployment, start, problem))
        backend.save(order.stack, state)
    if problem is not None:
        sys.stderr.write(f"error: {problem}\n")
    return 0 if problem is None else _FAILED


def _done(backend: Backend, order: Order, deployment: Deployment) -> Optional[str]:
    try:
        if order.operation in ("up", "preview"):
            return _run(backend, order, deployment)
        deployment.check_providers()
        if order.operation == "refresh":
            deployment.refresh()
        else:
            deployment.delete_rest()
    except Failed as error:
        return str(error)
    return None


def _run(backend: Backend, order: Order, deployment: Deployment) -> Optional[str]:
    if order.client is None:
        return "the stand-in runs inline programs alone (--client)"
    monitor = Monitor(deployment, project=backend.project, stack=order.stack)
    is_plan = order.operation == "preview"
    error = run(monitor, order.client, project=backend.project, stack=order.stack, is_plan=is_plan)
    if error is not None:
        sys.stdout.write(f"{error}\n")
        return "an unhandled error occurred: program failed"
    if deployment.failed:
        return "update failed"
    deployment.delete_rest()
    for row in deployment.new.values():
        if row["type"] == ROOT:
            row["outputs"] = monitor.outputs
    return None


def _entry(
    order: Order, deployment: Deployment, start: float, problem: Optional[str]
) -> Dict[str, Any]:
    def stamp(seconds: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))

    return {
        "kind": "update" if order.operation == "up" else order.operation,
        "startTime": stamp(start),
        "endTime": stamp(time.time()),
        "message": "",
        "environment": {},
        "config": {},
        "result": "succeeded" if problem is None else "failed",
        "resourceChanges": deployment.counts,
    }
