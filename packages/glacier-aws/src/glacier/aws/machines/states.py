"""Single states in the Amazon States Language, with JSONPath."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from glacier.aws.account import Account
from glacier.aws.machines.quotas import FAULTS
from glacier.aws.names import machine_arn
from glacier.core.protocols import Step

__all__ = [
    "Definition",
    "State",
    "always_retry",
    "caught",
    "failure",
    "invoke",
    "retry",
    "start_machine",
    "test",
]

State = dict[str, Any]
Definition = dict[str, Any]

_AGAIN = (
    "GlacierRetry",  # what a function raises if its task may be tried again
    # An attempt that could not tell how it ended: a lost worker, as ``attempts`` calls it.
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Sandbox.Timedout",
    "States.Timeout",
)
_FAULTS = (
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
)
_START_FAULTS = (
    "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.SdkClientException",
    "StepFunctions.SfnException",
    "StepFunctions.ThrottlingException",
)
_LONGEST_PAUSE = 60  # seconds, as in core's ``attempts``
_LAMBDA = 900  # seconds that a function runs at most
_GRACE = 60  # seconds in which a function starts, reads and writes besides the call of its task


def invoke(function: str, payload: Mapping[str, Any], *, partition: str, limit: float = 0) -> State:
    """A Task that calls a function, which is given up after ``limit`` seconds and some more."""
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": dict(payload)},
        "TimeoutSeconds": min(math.ceil(limit) or _LAMBDA, _LAMBDA) + _GRACE,
    }


def start_machine(name: str, data: Mapping[str, Any], number: int, account: Account) -> State:
    """A Task that starts another machine on some data, and waits for its output."""
    return {
        "Type": "Task",
        "Resource": f"arn:{account.partition}:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": machine_arn(name, account),
            # A second start of the same is the first one's.
            "Name.$": f"States.Format('{{}}-{number}', $.run)",
            "Input": {
                **data,
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id",
            },
        },
        "Retry": [_faults(_START_FAULTS)],
    }


def retry(step: Step) -> list[State]:
    """How the calls of a step are tried again: as its policy says, and after faults of Lambda."""
    policy = step.policy
    if policy is None or not policy.retries:
        return [_faults()]
    return [_again(policy.retries, policy.delay), _faults()]


def always_retry() -> list[State]:
    """How the calls are tried again that belong to no task."""
    return [_again(2, 1.0), _faults()]


def _again(attempts: int, delay: float) -> State:
    seconds = max(1, math.ceil(delay))
    found: State = {
        "ErrorEquals": list(_AGAIN),
        "IntervalSeconds": seconds,
        "MaxAttempts": attempts,
        "BackoffRate": 2,
        "MaxDelaySeconds": _LONGEST_PAUSE,
        "JitterStrategy": "FULL",
    }
    if seconds >= _LONGEST_PAUSE:  # a pause that is as long as that stays as it is
        found["BackoffRate"] = 1
        del found["MaxDelaySeconds"]
    return found


def _faults(errors: Sequence[str] = _FAULTS) -> State:
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": 1,
        "MaxAttempts": FAULTS,
        "BackoffRate": 3,
        "MaxDelaySeconds": _LONGEST_PAUSE,
        "JitterStrategy": "FULL",
    }


def caught(following: str) -> list[State]:
    """The catchers of a state after whose failure others go on.

    What is caught is dropped: the function has recorded it, and the payload holds no data.
    """
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": following}]


def failure(state: str) -> State:
    """How a step ended that was not called, or that failed."""
    return {"state": state, "flags": {}}


def test(conditions: Sequence[State], following: str) -> State:
    """A rule of a Choice that holds if any condition does."""
    if len(conditions) == 1:
        return {**conditions[0], "Next": following}
    return {"Or": list(conditions), "Next": following}
