"""A machine that starts another one unless that is running: schedules alone cannot skip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glacier.aws.machines import Machine
from glacier.aws.names import machine_arn

if TYPE_CHECKING:
    from glacier.aws.account import Account

__all__ = ["INPUT", "idle_machine", "idle_policy"]

INPUT = {"scheduled": "<aws.scheduler.scheduled-time>"}
"""What a schedule starts it with: EventBridge puts the time there for which it starts."""

_EXISTS = "StepFunctions.ExecutionAlreadyExistsException"
_RETRY = {
    "ErrorEquals": ["States.TaskFailed"],
    "IntervalSeconds": 2,
    "MaxAttempts": 5,
    "BackoffRate": 2,
}


def idle_machine(name: str, started: str, account: Account) -> Machine:
    """The machine ``name``, which starts the one that is called ``started``.

    The name of an execution is made of the time that it is scheduled for: one that EventBridge
    starts twice is started once.
    """
    service, arn = f"arn:{account.partition}:states:::", machine_arn(started, account)
    states: dict[str, Any] = {
        "Look": {
            "Type": "Task",
            "Resource": f"{service}aws-sdk:sfn:listExecutions",
            "Parameters": {"StateMachineArn": arn, "StatusFilter": "RUNNING", "MaxResults": 1},
            "ResultPath": "$.running",
            "Retry": [_RETRY],
            "Next": "Is it running?",
        },
        "Is it running?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.running.Executions[0]", "IsPresent": True, "Next": "Skip"}],
            "Default": "Start",
        },
        "Start": {
            "Type": "Task",
            "Resource": f"{service}states:startExecution",
            "Parameters": {
                "StateMachineArn": arn,
                "Name.$": "States.Hash($.scheduled, 'SHA-256')",
                "Input": {},
            },
            "Retry": [{"ErrorEquals": [_EXISTS], "MaxAttempts": 0}, _RETRY],
            "Catch": [{"ErrorEquals": [_EXISTS], "Next": "Skip"}],
            "End": True,
        },
        "Skip": {"Type": "Succeed"},
    }
    comment = f"Starts {started} unless it is running"
    definition = {"Comment": comment, "StartAt": "Look", "States": states}
    return Machine(name, definition, functions=())


def idle_policy(started: str, account: Account) -> Mapping[str, Any]:
    """What that machine may do."""
    arn = machine_arn(started, account)
    actions = ["states:ListExecutions", "states:StartExecution"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": [arn]}
    return {"Version": "2012-10-17", "Statement": [statement]}
