"""What conducts a run: state machines with their roles, and an alarm on runs that fail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from glacier.aws.deployment.roles import register_policy, register_role
from glacier.aws.machines import machines_of
from glacier.aws.names import WORKSPACE_TAG
from glacier.aws.policies import machine_policy, machine_trust
from glacier.core.protocols import cloud_name

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.deployment.context import Context
    from glacier.aws.machines import Machine

__all__ = ["register_alarm", "register_machine", "register_machines"]

_ROLE = 64


def register_machines(
    context: Context, functions: Sequence[pulumi.Resource]
) -> aws.sfn.StateMachine:
    """Register the machines that run the plan; the main one, with which a run starts."""
    parts = context.parts
    machines = machines_of(
        parts.plan,
        parts.stages,
        environment=context.site.environment,
        account=context.account,
        workspace=context.workspace,
    )
    made = [
        register_machine(
            context,
            context.label if number == 0 else f"{context.label}:{number}",
            machine,
            machine_policy(machine, workspace=context.workspace, account=context.account),
            functions,
        )
        for number, machine in enumerate(machines)
    ]
    return made[0]


def register_machine(
    context: Context,
    label: str,
    machine: Machine,
    policy: object,
    after: Sequence[pulumi.Resource],
) -> aws.sfn.StateMachine:
    """Register one machine, with a role that may do what ``policy`` says."""
    import pulumi_aws as aws

    name = cloud_name([machine.name, "machine"], longest=_ROLE)
    role = register_role(context, f"{label}:machine", name, machine_trust(context.account))
    may = register_policy(context, f"{label}:machine", name, role, policy)
    arguments = aws.sfn.StateMachineArgs(
        name=machine.name,
        role_arn=role.arn,
        definition=json.dumps(machine.definition, sort_keys=True, separators=(",", ":")),
        tags={**context.site.tags, WORKSPACE_TAG: context.workspace.name},
    )
    return aws.sfn.StateMachine(label, arguments, opts=context.after(*may, *after))


def register_alarm(context: Context, machine: aws.sfn.StateMachine, name: str) -> None:
    """Register an alarm on runs that fail; a topic is told, if there is one."""
    import pulumi_aws as aws

    topic = context.settings.alarm_topic
    arguments = aws.cloudwatch.MetricAlarmArgs(
        name=cloud_name([name, "failed"], longest=255),
        alarm_description=f"Runs of {context.parts.name} in {context.site.environment} fail",
        namespace="AWS/States",
        metric_name="ExecutionsFailed",
        dimensions={"StateMachineArn": machine.arn},
        statistic="Sum",
        period=300,
        evaluation_periods=1,
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=[topic] if topic else None,
        tags=dict(context.site.tags),
    )
    aws.cloudwatch.MetricAlarm(context.label, arguments, opts=context.part)
