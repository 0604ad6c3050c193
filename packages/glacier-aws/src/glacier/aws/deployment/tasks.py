"""The tasks of a pipeline on AWS: for each a log, an identity that may do what it must, a function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glacier.aws.deployment.context import resolved
from glacier.aws.deployment.functions import Function, register_function, register_log
from glacier.aws.deployment.roles import may_join_networks, register_policy, register_role
from glacier.aws.deployment.sizes import Size, size_of
from glacier.aws.names import Bucket, begin_name, function_name, log_group, role_name
from glacier.aws.policies import begin_policy, task_policy

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.deployment.context import Context
    from glacier.core.protocols import Grant, TaskPart

__all__ = ["register_begin", "register_tasks"]

_BEGIN = Size(memory=512, timeout=300)


def register_begin(context: Context, code: pulumi.Resource) -> pulumi.Resource:
    """Register the function that begins and finishes runs, which reads what runs are pinned to."""
    parts, environment = context.parts, context.site.environment
    name = begin_name(parts.name, environment)
    function = Function(
        context.label, name, "begin and finish", _BEGIN, tuple(parts.datasets)
    )
    log = register_log(context, function)
    role = register_role(context, context.label, name, "lambda")
    document = _document(
        context,
        parts.datasets,
        (),
        lambda buckets, _: begin_policy(
            parts.plan,
            buckets=buckets,
            workspace=context.workspace,
            log_group=log_group(name),
            account=context.account,
        ),
    )
    may = register_policy(context, context.label, name, role, document)
    joined = may_join_networks(context, context.label, role)
    return register_function(context, function, role, [code, log, may, *joined])


def register_tasks(context: Context, code: pulumi.Resource) -> list[pulumi.Resource]:
    """Register the functions of all tasks; tasks of a group share a role."""
    grants: dict[str, list[Grant]] = {}
    for grant in context.parts.grants:
        grants.setdefault(grant.task, []).append(grant)
    groups: dict[str, _Identity] = {}
    return [
        _register_task(context, task, grants.get(task.name, []), groups, code)
        for task in context.parts.tasks
    ]


class _Identity:
    """A role and what must be there before a function has it."""

    def __init__(self, context: Context, name: str) -> None:
        called = role_name(context.parts.name, context.site.environment, name)
        label = context.label_of(name)
        self.role: aws.iam.Role = register_role(context, label, called, "lambda")
        self.joined = may_join_networks(context, label, self.role)


def _register_task(
    context: Context,
    task: TaskPart,
    grants: Sequence[Grant],
    groups: dict[str, _Identity],
    code: pulumi.Resource,
) -> pulumi.Resource:
    parts = context.parts
    name = function_name(parts.name, context.site.environment, task.name)
    datasets = dict.fromkeys(grant.name for grant in grants if grant.kind == "dataset")
    secrets = [grant.name for grant in grants if grant.kind == "secret"]
    function = Function(
        context.label_of(task.name), name, task.name, size_of(task.compute), [*datasets], secrets
    )
    log = register_log(context, function)
    # A group's name could be that of a task which is in none.
    shared = task.name if task.group is None else f"group {task.group}"
    if shared not in groups:
        groups[shared] = _Identity(context, shared)
    identity = groups[shared]
    document = _document(
        context,
        datasets,
        secrets,
        lambda buckets, arns: task_policy(
            task.name,
            grants,
            buckets=buckets,
            workspace=context.workspace,
            secrets=arns,
            log_group=log_group(name),
            account=context.account,
        ),
    )
    may = register_policy(context, context.label_of(task.name), name, identity.role, document)
    return register_function(
        context, function, identity.role, [code, log, may, *identity.joined]
    )


def _document(
    context: Context, datasets: Any, secrets: Sequence[str], write: Any
) -> Any:
    """A policy for what is where; an output, if only the cloud knows where."""
    places = {name: context.places[name] for name in datasets if name in context.places}
    known = {f"bucket {name}": place.bucket for name, place in places.items()}
    known.update({f"secret {name}": context.parts.secrets[name].arn for name in secrets})

    def written(found: Mapping[str, str]) -> Any:
        buckets = {
            name: Bucket(found[f"bucket {name}"], place.prefix, place.key)
            for name, place in places.items()
        }
        return write(buckets, {name: found[f"secret {name}"] for name in secrets})

    return resolved(known, written)
