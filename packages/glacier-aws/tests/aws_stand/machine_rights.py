"""What the role of a state machine needs beside what its states ask for.

AWS creates no state machine that waits for others without rights on the rule by which it hears of
their ends. A distributed Map starts executions of its own state machine; AWS notices only at its
run if that is not allowed, the stand when the state machine is created.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aws_stand.actions import Request
from aws_stand.facts import ACCOUNT
from aws_stand.policies import Asked

__all__ = ["beside"]

_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"


def beside(request: Request) -> tuple[str, list[Asked]]:
    """The ARN of the role and its needs, if a request creates a state machine."""
    if not request.headers.get("x-amz-target", "").endswith(".CreateStateMachine"):
        return "", []
    told = json.loads(request.body)
    where = f"{request.region}:{ACCOUNT}"
    arn = f"arn:aws:states:{where}:stateMachine:{told['name']}"
    rule = f"arn:aws:events:{where}:rule/{_RULE}"
    needs: dict[tuple[str, str], None] = {}
    for state in _states(json.loads(told["definition"])):
        if str(state.get("Resource", "")).partition(".")[2].startswith("sync"):
            for action in ("DescribeRule", "PutRule", "PutTargets"):
                needs[f"events:{action}", rule] = None
        config = state.get("ItemProcessor", {}).get("ProcessorConfig", {})
        if config.get("Mode") == "DISTRIBUTED":
            needs["states:StartExecution", arn] = None
    return str(told["roleArn"]), [Asked(action, resource) for action, resource in needs]


def _states(machine: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All states, also those of branches and items."""
    for state in machine.get("States", {}).values():
        yield state
        inner = [*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")]
        for one in inner:
            if one is not None:
                yield from _states(one)
