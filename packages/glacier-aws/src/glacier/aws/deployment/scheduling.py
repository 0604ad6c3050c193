"""What starts a pipeline by itself: schedules of EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.deployment.idling import INPUT, idle_machine, idle_policy
from glacier.aws.deployment.orchestration import register_machine
from glacier.aws.deployment.roles import register_policy, register_role
from glacier.aws.deployment.timing import cron_expression, is_expressible
from glacier.aws.policies import merged, scheduler_policy, scheduler_trust
from glacier.core.protocols import cloud_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi_aws as aws

    from glacier.aws.deployment.context import Context
    from glacier.core.protocols import PipelineParts, Schedule

__all__ = ["objections_to", "register_schedules"]

_SHORT = 64  # names of roles, schedules and their groups
_LONG = 80  # of state machines
_LATEST = 3600  # seconds after its time in which a start is tried again


class _Target(NamedTuple):
    name: str
    machine: aws.sfn.StateMachine
    input: Mapping[str, Any]


def objections_to(parts: PipelineParts) -> Iterator[str]:
    """Which schedules EventBridge does not have, as sentences."""
    for name, schedule in parts.schedules.items():
        if not is_expressible(schedule.cron):
            yield (
                f"schedule {name!r} ({schedule.cron!r}) limits both days and weekdays, which "
                "EventBridge does not have: make two schedules of it"
            )


def register_schedules(context: Context, machine: aws.sfn.StateMachine, name: str) -> None:
    """Register the schedules that start the machine of that name, if there are any."""
    import pulumi_aws as aws

    schedules = context.parts.schedules
    if not schedules:
        return
    names = [context.parts.name, context.site.environment]
    # Schedules have no tags of their own, a group has.
    group = aws.scheduler.ScheduleGroup(
        context.label,
        aws.scheduler.ScheduleGroupArgs(
            name=cloud_name(names, longest=_SHORT), tags=dict(context.site.tags)
        ),
        opts=context.part,
    )
    targets = {
        overlap: _target(context, overlap, machine, name)
        for overlap in sorted({one.overlap for one in schedules.values()})
    }
    label = f"{context.label}:schedule"
    called = cloud_name([*names, "starts by schedule"], longest=_SHORT)
    trust = scheduler_trust(context.account, group=cloud_name(names, longest=_SHORT))
    role = register_role(context, label, called, trust)
    may = merged(
        scheduler_policy(target.name, account=context.account) for target in targets.values()
    )
    allowed = register_policy(context, label, called, role, may)
    for given, schedule in schedules.items():
        target = targets[schedule.overlap]
        aws.scheduler.Schedule(
            context.label_of(given),
            _arguments(given, schedule, target, role, group),
            opts=context.after(*allowed, target.machine),
        )


def _target(context: Context, overlap: str, machine: aws.sfn.StateMachine, name: str) -> _Target:
    """What a schedule starts: the pipeline itself, or a machine that looks first."""
    if overlap == "allow":
        return _Target(name, machine, {})
    names = [context.parts.name, context.site.environment, "unless it runs"]
    idle = idle_machine(cloud_name(names, longest=_LONG), name, context.account)
    may = idle_policy(name, context.account)
    made = register_machine(context, f"{context.label}:idle", idle, may, [machine])
    return _Target(idle.name, made, INPUT)


def _arguments(
    name: str,
    schedule: Schedule,
    target: _Target,
    role: aws.iam.Role,
    group: aws.scheduler.ScheduleGroup,
) -> aws.scheduler.ScheduleArgs:
    import pulumi_aws as aws

    window = aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF")
    retry = aws.scheduler.ScheduleTargetRetryPolicyArgs(
        maximum_event_age_in_seconds=_LATEST, maximum_retry_attempts=10
    )
    return aws.scheduler.ScheduleArgs(
        name=cloud_name([name], longest=_SHORT),
        group_name=group.name,
        schedule_expression=cron_expression(schedule.cron),
        schedule_expression_timezone=schedule.timezone,
        flexible_time_window=window,
        target=aws.scheduler.ScheduleTargetArgs(
            arn=target.machine.arn,
            role_arn=role.arn,
            input=json.dumps(target.input),
            retry_policy=retry,
        ),
    )
