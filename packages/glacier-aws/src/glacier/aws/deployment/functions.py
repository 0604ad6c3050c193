"""The functions of a pipeline: one for each task, and one that begins and finishes runs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.deployment.context import Context, is_later, resolved
from glacier.aws.deployment.sizes import Size
from glacier.aws.deployment.workspace import code_key
from glacier.aws.names import log_group
from glacier.core.protocols import BINDINGS_VARIABLE, Bindings, CannotDeploy, bindings_key

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

__all__ = [
    "Function",
    "bindings_of",
    "register_function",
    "register_log",
    "told_in_object",
    "told_in_variable",
]

_HANDLER = "glacier.aws.runtime.handler.handle"
_ENVIRONMENT = 4096  # bytes, of all variables together


class Function(NamedTuple):
    """A function to be: ``task`` is for messages, ``bindings`` what its variable says."""

    label: str
    name: str
    task: str
    size: Size
    bindings: Any


def register_log(context: Context, function: Function) -> aws.cloudwatch.LogGroup:
    """Register the log of a function."""
    import pulumi_aws as aws

    arguments = aws.cloudwatch.LogGroupArgs(
        name=log_group(function.name),
        retention_in_days=context.settings.log_days,
        tags=dict(context.site.tags),
    )
    return aws.cloudwatch.LogGroup(function.label, arguments, opts=context.part)


def register_function(
    context: Context, function: Function, role: aws.iam.Role, after: Iterable[pulumi.Resource]
) -> aws.lambda_.Function:
    """Register a function that has its role, when all of ``after`` is there."""
    import pulumi_aws as aws

    settings, code = context.settings, context.parts.code
    arguments = aws.lambda_.FunctionArgs(
        name=function.name,
        description=f"Glacier: {context.parts.name}, {function.task}",
        role=role.arn,
        runtime=f"python{settings.python}",
        architectures=[settings.architecture],
        handler=_HANDLER,
        s3_bucket=context.workspace.name,
        s3_key=code_key(context.parts.name),
        source_code_hash=None if code is None else _base64(code.sha256),
        memory_size=function.size.memory,
        timeout=function.size.timeout,
        environment=aws.lambda_.FunctionEnvironmentArgs(
            variables={BINDINGS_VARIABLE: function.bindings}
        ),
        tags=dict(context.site.tags),
    )
    network = context.account.network
    if network is not None:
        arguments.vpc_config = aws.lambda_.FunctionVpcConfigArgs(
            subnet_ids=list(network.subnets), security_group_ids=list(network.security_groups)
        )
    return aws.lambda_.Function(function.label, arguments, opts=context.after(*after))


def bindings_of(context: Context, datasets: Iterable[str], secrets: Iterable[str]) -> Any:
    """Where these datasets and secrets are; an output, if only the cloud knows."""
    places = {name: context.places[name] for name in datasets if name in context.places}
    arns = {name: context.parts.secrets[name].arn for name in secrets}
    buckets = {f"bucket {name}": place.bucket for name, place in places.items()}

    def bind(known: Mapping[str, str]) -> Bindings:
        stores: dict[str, list[str]] = {}
        for name, place in sorted(places.items()):
            bucket = known[f"bucket {name}"]
            address = f"s3://{bucket}/{place.prefix}" if place.prefix else f"s3://{bucket}"
            stores.setdefault(address, []).append(name)
        return Bindings(
            f"s3://{context.workspace.name}",
            {address: tuple(names) for address, names in stores.items()},
            {name: known[f"secret {name}"] for name in arns},
        )

    return resolved({**buckets, **{f"secret {name}": arn for name, arn in arns.items()}}, bind)


def told_in_variable(
    context: Context, task: str, datasets: Iterable[str], secrets: Iterable[str]
) -> Any:
    """The bindings of a task as its variable says them; an output, if only the cloud knows.

    Raises :class:`~glacier.core.errors.CannotDeploy` for more than Lambda takes.
    """

    def text_of(bindings: Bindings) -> str:
        text = bindings.to_text()
        size = len(BINDINGS_VARIABLE) + len(text.encode())
        if size > _ENVIRONMENT:
            raise CannotDeploy(
                target=f"{task} of pipeline {context.parts.name!r}",
                reason=f"where its datasets and secrets are takes {size} bytes, and the variables "
                f"of a function of Lambda {_ENVIRONMENT} at most",
                mend="Keep datasets in fewer storages, give them shorter names, or cut it in two.",
            )
        return text

    return _applied(bindings_of(context, datasets, secrets), text_of)


def told_in_object(context: Context, bucket: aws.s3.Bucket) -> tuple[Any, aws.s3.BucketObjectv2]:
    """All bindings of a pipeline in an object: what a variable says of that, and the object."""
    import pulumi_aws as aws

    found = bindings_of(context, context.parts.datasets, ())
    key = bindings_key(context.parts.name)
    arguments = aws.s3.BucketObjectv2Args(
        bucket=bucket.bucket,
        key=key,
        content=_applied(found, Bindings.to_text),
        content_type="application/json",
        tags=dict(context.site.tags),
    )

    def variable_of(bindings: Bindings) -> str:
        # The hash makes of other bindings another function, whose processes read them anew.
        digest = sha256(bindings.to_text().encode()).hexdigest()
        told = {"workspace": bindings.workspace, "object": key, "sha256": digest}
        return json.dumps(told, sort_keys=True, separators=(",", ":"))

    made = aws.s3.BucketObjectv2(f"{context.label}:bindings", arguments, opts=context.part)
    return _applied(found, variable_of), made


def _applied(found: Any, make: Callable[[Bindings], str]) -> Any:
    return found.apply(make) if is_later(found) else make(found)


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
