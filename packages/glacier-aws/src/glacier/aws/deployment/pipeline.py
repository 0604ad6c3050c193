"""A pipeline as one component: its functions, what conducts them, and when they start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from glacier.aws.deployment import places, scheduling, sizes
from glacier.aws.deployment.context import Context
from glacier.aws.deployment.manifest import register_code, register_manifest
from glacier.aws.deployment.orchestration import register_alarm, register_machines
from glacier.aws.deployment.settings import settings_of
from glacier.aws.deployment.tasks import register_begin, register_tasks
from glacier.aws.deployment.workspace import register_workspace, workspace_name
from glacier.aws.names import Bucket, machine_name
from glacier.aws.sdk import instance
from glacier.core.protocols import load_modules

if TYPE_CHECKING:
    from glacier.aws.account import Account
    from glacier.core.protocols import PipelineParts, Site

__all__ = ["objections_to", "register_pipeline"]

_MODULES = ("cloudwatch", "iam", "lambda_", "s3", "scheduler", "sfn")


def objections_to(parts: PipelineParts) -> Iterator[str]:
    """Why a pipeline cannot run on AWS, as sentences."""
    yield from places.objections_to(parts)
    yield from sizes.objections_to(parts)
    yield from scheduling.objections_to(parts)
    for grant in parts.grants:
        if grant.kind == "secret" and grant.name not in parts.secrets:
            yield (
                f"task {grant.task!r} reads secret {grant.name!r}, which is not declared: "
                f"env.secret({grant.name!r})"
            )


def register_pipeline(parts: PipelineParts, site: Site, account: Account) -> Any:
    """Register a pipeline and its workspace; the component, with ``told``.

    Where data are about to be deleted it is the workspace alone, and ``None``.
    """
    load_modules(*[f"pulumi_aws.{name}" for name in _MODULES])
    settings = settings_of(parts.options, site.environment)
    bucket = register_workspace(parts.name, site, account, settings)
    if site.deletes_data:
        return None
    import pulumi

    class Component(pulumi.ComponentResource):  # type: ignore[misc]  # mypy does not read pulumi
        told: Mapping[str, Any] = {}

    provider = instance(site, account)
    options = pulumi.ResourceOptions(provider=provider)
    whole = Component("glacier:aws:Pipeline", site.label(parts.name), {}, options)
    context = Context(
        parts,
        site,
        account,
        settings,
        places.places_of(parts, account),
        Bucket(
            workspace_name(parts.name, site.environment, account), key=settings.encryption or ""
        ),
        pulumi.ResourceOptions(parent=whole, provider=provider),
    )
    code = register_code(context, bucket)
    functions = [register_begin(context, bucket, code), *register_tasks(context, code)]
    machine = register_machines(context, functions)
    name = machine_name(parts.name, site.environment)
    register_alarm(context, machine, name)
    scheduling.register_schedules(context, machine, name)
    register_manifest(context, bucket, machine)
    told = {"machine": machine.arn, "workspace": f"s3://{context.workspace.name}"}
    whole.told = told
    whole.register_outputs(told)
    return whole
