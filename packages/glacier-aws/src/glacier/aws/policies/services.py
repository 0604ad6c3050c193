"""What services may do for a pipeline: its state machines, and its schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.aws.names import Bucket, function_arn, machine_arn
from glacier.aws.policies.documents import Allowed, Document
from glacier.aws.policies.keys import Objects, through_s3

if TYPE_CHECKING:
    from glacier.aws.account import Account
    from glacier.aws.machines import Machine

__all__ = ["machine_policy", "scheduler_policy"]

_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
"""The rule by which EventBridge tells Step Functions that an execution has ended."""


def machine_policy(machine: Machine, *, workspace: Bucket, account: Account) -> Document:
    """The policy of the role of a state machine: its functions, its parts, its many items."""
    allowed = Allowed()
    functions = [function_arn(name, account) for name in machine.functions]
    if functions:  # one that only starts others has none
        allowed.add(["lambda:InvokeFunction"], functions)
    started = [*machine.children, *([machine.name] if machine.mapped else [])]
    if started:
        allowed.add(["states:StartExecution"], [machine_arn(name, account) for name in started])
        watched = [_executions(name, account) for name in machine.children]
        if machine.mapped:  # the executions of a distributed Map have its label in their names
            own = _executions(machine.name, account)
            watched += [own, f"{own[:-2]}/*:*"]
        allowed.add(["states:DescribeExecution", "states:StopExecution"], watched)
    if machine.children:
        rule = f"arn:{account.partition}:events:{account.region}:{account.account}:rule/{_RULE}"
        allowed.add(["events:DescribeRule", "events:PutRule", "events:PutTargets"], [rule])
    if machine.mapped:
        objects = Objects(workspace, "", account.partition)
        read = [objects.run(f"/items/{task}.json") for task in machine.mapped]
        allowed.add(["s3:GetObject"], read)
        if workspace.key:
            allowed.add(["kms:Decrypt"], [workspace.key], through_s3(account))
    return allowed.document()


def scheduler_policy(machine: str, *, account: Account) -> Document:
    """The policy of the role of a schedule: it starts the machine of that name."""
    allowed = Allowed()
    allowed.add(["states:StartExecution"], [machine_arn(machine, account)])
    return allowed.document()


def _executions(machine: str, account: Account) -> str:
    return machine_arn(machine, account).replace(":stateMachine:", ":execution:") + ":*"
