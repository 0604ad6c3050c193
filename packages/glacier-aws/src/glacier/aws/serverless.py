"""Functions of their own: Lambda, with a role that can write its log and do nothing else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glacier.aws.sdk import component, policy, trust
from glacier.core.protocols import (
    InvalidOption,
    cloud_name,
    code_archive,
    load_modules,
    set_options,
)

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.account import Account
    from glacier.core.protocols import ServerlessSpec, Site

__all__ = ["register_serverless"]

_RUNTIME = "python3.13"
_LOG_DAYS = 30
_MEMORY = (128, 10240)
_LONGEST = 900  # seconds, of Lambda


def register_serverless(spec: ServerlessSpec, site: Site, account: Account) -> aws.lambda_.Function:
    """Register a function with its role and its log; the function."""
    _check(spec, site)
    load_modules("pulumi_aws.cloudwatch", "pulumi_aws.iam", "pulumi_aws.lambda_")
    import pulumi
    import pulumi_aws as aws

    whole, part = component("Serverless", spec, site, account)
    label, names = site.label(spec.name), [site.pipeline, site.environment, spec.name]
    name = cloud_name([one for one in names if one], longest=64)
    log = aws.cloudwatch.LogGroup(
        label,
        aws.cloudwatch.LogGroupArgs(
            name=f"/aws/lambda/{name}", retention_in_days=_LOG_DAYS, tags=dict(site.tags)
        ),
        opts=part,
    )
    role, may_log = _role(label, name, site, account, part)
    arguments = aws.lambda_.FunctionArgs(
        name=site.called(spec, name),
        role=role.arn,
        runtime=_RUNTIME,
        architectures=["arm64"],
        handler=spec.handler,
        code=code_archive(spec),
        memory_size=spec.memory,
        timeout=math.ceil(spec.timeout),
        tags=dict(site.tags),
    )
    if spec.env:
        arguments.environment = aws.lambda_.FunctionEnvironmentArgs(variables=dict(spec.env))
    if account.network is not None:
        arguments.vpc_config = aws.lambda_.FunctionVpcConfigArgs(
            subnet_ids=list(account.network.subnets),
            security_group_ids=list(account.network.security_groups),
        )
    set_options(arguments, spec, site)
    after = pulumi.ResourceOptions(depends_on=[log, *may_log])
    made = aws.lambda_.Function(label, arguments, opts=pulumi.ResourceOptions.merge(part, after))
    whole.register_outputs({"arn": made.arn, "name": made.name})
    return made


def _check(spec: ServerlessSpec, site: Site) -> None:
    where = f"{site.environment}.serverless({spec.name!r})"
    least, most = _MEMORY
    if not least <= spec.memory <= most:
        mend = f"Lambda has {least} to {most} MiB."
        raise InvalidOption(where=where, option="memory", found=spec.memory, mend=mend)
    if not 0 < spec.timeout <= _LONGEST:
        mend = f"Lambda runs for {_LONGEST} seconds at most."
        raise InvalidOption(where=where, option="timeout", found=spec.timeout, mend=mend)


def _role(
    label: str, name: str, site: Site, account: Account, part: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """The role of a function, and what must be there before the function is."""
    import pulumi_aws as aws

    role = aws.iam.Role(
        label,
        aws.iam.RoleArgs(
            name=name,
            assume_role_policy=trust("lambda"),
            permissions_boundary=account.permissions_boundary,
            tags=dict(site.tags),
        ),
        opts=part,
    )
    where = f"arn:{account.partition}:logs:{account.region}:{account.account}:log-group:"
    writes = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{where}/aws/lambda/{name}:*",
    }
    may: list[pulumi.Resource] = [
        aws.iam.RolePolicy(
            label, aws.iam.RolePolicyArgs(role=role.id, policy=policy([writes])), opts=part
        )
    ]
    if account.network is not None:
        arn = (
            f"arn:{account.partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
        )
        attached = aws.iam.RolePolicyAttachmentArgs(role=role.name, policy_arn=arn)
        may.append(aws.iam.RolePolicyAttachment(label, attached, opts=part))
    return role, may
