"""The functions of a pipeline with their logs, and identities that may do what they must."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.deployment.context import resolved
from glacier.aws.deployment.functions import (
    Function,
    register_function,
    register_log,
    told_in_object,
    told_in_variable,
)
from glacier.aws.deployment.roles import may_join_networks, register_policy, register_role
from glacier.aws.deployment.sizes import Size, size_of
from glacier.aws.names import Bucket, begin_name, function_name, log_group, role_name
from glacier.aws.policies import begin_policy, check_roles, function_trust, merged, task_policy

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.deployment.context import Context
    from glacier.core.protocols import Grant, TaskPart

__all__ = ["register_begin", "register_tasks"]

_BEGIN = Size(memory=512, timeout=300)

Buckets = Mapping[str, Bucket]


class _Identity(NamedTuple):
    """A role, and what must be there before a function has it."""

    role: aws.iam.Role
    before: Sequence[pulumi.Resource]


class _Need(NamedTuple):
    """The names of what a task reads and writes."""

    datasets: Sequence[str]
    secrets: Sequence[str]


class _Known(NamedTuple):
    """Where the datasets of a function are, and the ARNs of its secrets."""

    buckets: Buckets
    secrets: Mapping[str, str]


def register_begin(
    context: Context, bucket: aws.s3.Bucket, code: pulumi.Resource
) -> pulumi.Resource:
    """Register the function that begins and finishes runs, which reads what runs are pinned to."""
    parts = context.parts
    name = begin_name(parts.name, context.site.environment)
    bindings, told = told_in_object(context, bucket)
    function = Function(context.label, name, "begin and finish", _BEGIN, bindings)

    def document(known: _Known) -> Any:
        return begin_policy(
            parts.plan,
            parts.grants,
            buckets=known.buckets,
            workspace=context.workspace,
            log_group=log_group(name),
            account=context.account,
        )

    log = register_log(context, function)
    found = _known(context, parts.datasets, (), document)
    role, before = _identity(context, context.label, name, found)
    return register_function(context, function, role, [code, told, log, *before])


def register_tasks(context: Context, code: pulumi.Resource) -> list[pulumi.Resource]:
    """Register the functions of all tasks; tasks of a group share a role."""
    grants: dict[str, list[Grant]] = {}
    for grant in context.parts.grants:
        grants.setdefault(grant.task, []).append(grant)
    groups: dict[str, list[TaskPart]] = {}
    for task in context.parts.tasks:
        # The name of a group could be that of a task which is in none.
        own = task.name if task.group is None else f"group {task.group}"
        groups.setdefault(own, []).append(task)
    check_roles(groups, pipeline=context.parts.name)
    return [
        function
        for name, tasks in groups.items()
        for function in _register_group(context, name, tasks, grants, code)
    ]


def _register_group(
    context: Context,
    name: str,
    tasks: Sequence[TaskPart],
    grants: Mapping[str, Sequence[Grant]],
    code: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Register tasks that have the same identity."""
    needs = [_need(grants.get(task.name, ())) for task in tasks]
    functions = [_function(context, task, need) for task, need in zip(tasks, needs)]

    def document(known: _Known) -> Any:
        return merged(
            _policy(context, task, grants.get(task.name, ()), known, function)
            for task, function in zip(tasks, functions)
        )

    found = _known(
        context,
        [name for need in needs for name in need.datasets],
        [name for need in needs for name in need.secrets],
        document,
    )
    called = role_name(context.parts.name, context.site.environment, name)
    role, before = _identity(context, context.label_of(name), called, found)
    return [
        register_function(context, function, role, [code, register_log(context, function), *before])
        for function in functions
    ]


def _need(grants: Sequence[Grant]) -> _Need:
    return _Need(
        [*dict.fromkeys(grant.name for grant in grants if grant.kind == "dataset")],
        [grant.name for grant in grants if grant.kind == "secret"],
    )


def _function(context: Context, task: TaskPart, need: _Need) -> Function:
    return Function(
        context.label_of(task.name),
        function_name(context.parts.name, context.site.environment, task.name),
        task.name,
        size_of(task.compute),
        told_in_variable(context, task.name, need.datasets, need.secrets),
    )


def _policy(
    context: Context, task: TaskPart, grants: Sequence[Grant], known: _Known, function: Function
) -> Any:
    parts = context.parts
    return task_policy(
        task.name,
        grants,
        pipeline=parts.name,
        mapped=parts.plan.steps[task.number].each >= 0,
        buckets=known.buckets,
        workspace=context.workspace,
        secrets=known.secrets,
        log_group=log_group(function.name),
        account=context.account,
    )


def _identity(context: Context, label: str, name: str, document: Any) -> _Identity:
    role = register_role(context, label, name, function_trust())
    before = register_policy(context, label, name, role, document)
    return _Identity(role, [*before, *may_join_networks(context, label, role)])


def _known(context: Context, datasets: Iterable[str], secrets: Iterable[str], write: Any) -> Any:
    """What ``write`` makes of where these are; an output, if only the cloud knows."""
    places = {name: context.places[name] for name in datasets if name in context.places}
    arns = {name: context.parts.secrets[name].arn for name in secrets}
    values = {f"bucket {name}": place.bucket for name, place in places.items()}
    values.update({f"secret {name}": arn for name, arn in arns.items()})

    def written(found: Mapping[str, str]) -> Any:
        buckets = {
            name: Bucket(found[f"bucket {name}"], place.prefix, place.key)
            for name, place in places.items()
        }
        return write(_Known(buckets, {name: found[f"secret {name}"] for name in arns}))

    return resolved(values, written)
