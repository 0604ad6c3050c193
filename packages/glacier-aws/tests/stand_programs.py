"""The Pulumi programs that the tests of the stand deploy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aws_stand.facts import ACCOUNT, REGION

from glacier.core.components import load_modules

__all__ = [
    "EDGES",
    "FUNCTIONS",
    "LAKE",
    "function",
    "function_arn",
    "lake",
    "lake_policy",
    "lake_with",
    "machine",
    "may_invoke",
    "pipeline",
    "policy",
    "sdk",
    "task",
    "trust",
]

FUNCTIONS = Path(__file__).resolve().parent / "stand_functions"
LAKE = "company-lake"
EDGES = {
    "extract": (["landing"], ["raw"]),
    "clean": (["raw"], ["clean"]),
    "stats": (["raw"], ["stats"]),
    "load": (["clean", "stats"], ["gold"]),
}
MODULES = ("s3", "iam", "lambda_", "cloudwatch", "sfn", "scheduler", "secretsmanager", "kms", "sqs")


def sdk() -> Any:
    """Pulumi's SDK for AWS; it warns of its own parts."""
    load_modules(*(f"pulumi_aws.{one}" for one in MODULES))
    import pulumi_aws

    return pulumi_aws


def policy(*statements: Mapping[str, Any]) -> str:
    """A policy that allows what the statements say."""
    allowed = [{"Effect": "Allow", **one} for one in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


def trust(service: str) -> str:
    """A policy that lets a service of AWS take a role."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return policy({"Action": "sts:AssumeRole", "Principal": principal})


def lake_policy(name: str, reads: list[str], writes: list[str]) -> str:
    """What a task needs: its inputs, its outputs, and its log."""
    objects = f"arn:aws:s3:::{LAKE}"
    log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{name}:*"
    return policy(
        {"Action": "s3:GetObject", "Resource": [f"{objects}/{one}/*" for one in reads]},
        {"Action": "s3:PutObject", "Resource": [f"{objects}/{one}/*" for one in writes]},
        {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log},
    )


def function(name: str, *, handler: str = "", role: Any = None, **options: Any) -> Any:
    """Register a function of stand_functions, with a role of its own unless one is given."""
    import pulumi

    aws = sdk()

    aws.cloudwatch.LogGroup(name, name=f"/aws/lambda/{name}", retention_in_days=7)
    if role is None:
        reads, writes = EDGES.get(handler or name, (["raw"], ["raw"]))
        role = aws.iam.Role(name, name=name, assume_role_policy=trust("lambda"))
        document = lake_policy(name, reads, writes)
        aws.iam.RolePolicy(name, name="task", role=role.id, policy=document)
    settings = {"memory_size": 128, "runtime": "python3.11", "timeout": 20, **options}
    return aws.lambda_.Function(
        name,
        name=name,
        role=role.arn,
        handler=f"tasks.{handler or name}",
        code=pulumi.FileArchive(str(FUNCTIONS)),
        environment=aws.lambda_.FunctionEnvironmentArgs(variables={"LAKE": LAKE}),
        **settings,
    )


def lake() -> Any:
    """Register the bucket of all datasets, with something in it."""
    aws = sdk()

    bucket = aws.s3.Bucket("lake", bucket=LAKE)
    content = "id,amount\n1,10\n2,-3\n3,5.5\n"
    aws.s3.BucketObjectv2("sales", bucket=bucket.bucket, key="landing/sales.csv", content=content)
    return bucket


def lake_with(*functions: str, **options: Any) -> Callable[[], None]:
    """A program with a lake and functions."""

    def program() -> None:
        lake()
        for name in functions:
            function(name, **options)

    return program


def machine(
    name: str, definition: Mapping[str, Any], *statements: Mapping[str, Any], opts: Any = None
) -> Any:
    """Register a state machine, which may do what the statements say."""
    import pulumi

    aws = sdk()
    role = aws.iam.Role(f"{name}-role", name=f"{name}-machine", assume_role_policy=trust("states"))
    may = aws.iam.RolePolicy(name, name="machine", role=role.id, policy=policy(*statements))
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[may]))
    text = json.dumps(definition)
    return aws.sfn.StateMachine(name, name=name, definition=text, role_arn=role.arn, opts=after)


def task(name: str, number: int = 0, **more: Any) -> dict[str, Any]:
    """A state that invokes a function, and notes in the state data what it answers."""
    payload = {"step": "task", "run.$": "$.run", "retries.$": "$$.State.RetryCount"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function_arn(name), "Payload": payload},
        "ResultSelector": {"state.$": "$.Payload.state"},
        "ResultPath": f"$.done.t{number}",
        **({"End": True} if "Next" not in more else {}),
        **more,
    }


def function_arn(name: str) -> str:
    """The ARN of a function."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def may_invoke(*names: str) -> dict[str, Any]:
    """What lets a state machine invoke functions."""
    return {"Action": "lambda:InvokeFunction", "Resource": [function_arn(one) for one in names]}


def pipeline() -> None:
    """extract → (clean ‖ stats) → load, in a lake."""
    import pulumi

    lake()
    for name in EDGES:
        function(name)
    branches = [
        {"StartAt": name, "States": {name: task(name, number)}}
        for number, name in ((1, "clean"), (2, "stats"))
    ]
    both = {
        "Type": "Parallel",
        "Branches": branches,
        "ResultSelector": {"t1.$": "$[0].done.t1", "t2.$": "$[1].done.t2"},
        "ResultPath": "$.both",
        "Next": "load",
    }
    states = {"extract": task("extract", 0, Next="both"), "both": both, "load": task("load", 3)}
    whole = machine("etl", {"StartAt": "extract", "States": states}, may_invoke(*EDGES))
    pulumi.export("machine", whole.arn)
