"""What the history of an execution says of tasks that died without a record of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from glacier.aws.client.session import asking
from glacier.core.protocols import Fault

__all__ = ["faults_of"]

_PAGE = 1000  # events in one answer
_RECORDED = ("GlacierRetry", "GlacierTaskFailed")  # the record of which lies in the workspace
_ENDS = {
    "TaskFailed": "taskFailedEventDetails",
    "TaskTimedOut": "taskTimedOutEventDetails",
    "TaskSubmitFailed": "taskSubmitFailedEventDetails",
    "TaskStartFailed": "taskStartFailedEventDetails",
}

Event = Mapping[str, Any]


def faults_of(client: Any, execution: str) -> dict[str, Fault]:
    """The last fault of each task in an execution, and in those that it has started, by name."""
    faults: dict[str, Fault] = {}
    waiting, known = [execution], {execution}
    while waiting:
        arn = waiting.pop()
        events = {event["id"]: event for event in _events(client, arn)}
        for event in events.values():
            details: Event = event.get(_ENDS.get(event["type"], ""), {})
            task = _task(events, event) if details else ""
            if task and details.get("error") not in _RECORDED:
                kind = str(details.get("error") or event["type"])
                faults[task] = Fault(kind, _plain(details.get("cause")))
        for child in (*_started(events), *_mapped(client, arn, events)):
            if child not in known:
                known.add(child)
                waiting.append(child)
    return faults


def _events(client: Any, arn: str) -> Iterator[Event]:
    token: dict[str, str] = {}
    while True:
        with asking(f"the history of {arn}"):
            page = client.get_execution_history(
                executionArn=arn, maxResults=_PAGE, includeExecutionData=True, **token
            )
        yield from page["events"]
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}


def _task(events: Mapping[int, Event], event: Event) -> str:
    """The task that an event is about: what its function was asked for says it."""
    found: Event | None = event
    while found is not None and found["type"] != "TaskScheduled":
        found = events.get(found.get("previousEventId", 0))
    details: Event = {} if found is None else found.get("taskScheduledEventDetails", {})
    payload: Any = _json(details.get("parameters")).get("Payload")
    return str(cast("dict[str, Any]", payload).get("task", "")) if payload else ""


def _started(events: Mapping[int, Event]) -> Iterator[str]:
    """The executions of other machines that this one has started."""
    for event in events.values():
        details: Event = event.get("taskSubmittedEventDetails", {})
        arn = _json(details.get("output")).get("ExecutionArn")
        if isinstance(arn, str):
            yield arn


def _mapped(client: Any, arn: str, events: Mapping[int, Event]) -> Iterator[str]:
    """The executions of items that failed, where a Map has made one for each."""
    for event in events.values():
        run = event.get("mapRunStartedEventDetails", {}).get("mapRunArn")
        if run is None:
            continue
        with asking(f"the items of {arn}"):
            page = client.list_executions(mapRunArn=run, statusFilter="FAILED", maxResults=10)
        yield from (one["executionArn"] for one in page["executions"])


def _json(text: object) -> dict[str, Any]:
    try:
        found: object = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _plain(cause: object) -> str:
    """What a cause says to a person: of an error of Lambda's, its message."""
    told = _json(cause).get("errorMessage")
    return str(told if told is not None else cause or "")
