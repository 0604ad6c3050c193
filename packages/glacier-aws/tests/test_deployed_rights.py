"""What the roles of a deployed pipeline may do: what its runs did, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_stand.facts import ACCOUNT, REGION
from aws_stand.faults import Fault
from aws_stand.minimality import allowances, unused
from deployed_flow import FLOW as ETL
from deployed_flow import PLANTED
from deployed_pipelines import Deployed

from glacier.aws.names import function_name, machine_name

FLOW = (
    ETL
    + """

from glacier.core import Context

flaked, seen = Dataset("flaked"), Dataset("seen", storage=lake)


@pipeline.task(retries=1)
def flaky(rows: clean, context: Context, fails: int = 0) -> flaked:
    if context.attempt <= fails:
        raise ConnectionError("not now")
    return len(rows)


@pipeline.task
def spy(rows: clean, asks: list = []) -> seen:
    import boto3
    from botocore.exceptions import ClientError

    codes = {}
    for service, operation, told in asks:
        try:
            getattr(boto3.client(service), operation)(**told)
        except ClientError as error:
            codes[operation] = error.response["Error"]["Code"]
        else:
            codes[operation] = ""
    return codes
"""
)

ClientError = pytest.importorskip("botocore.exceptions").ClientError
# What no run of these tests does: above 1,000 items their numbers lie in the workspace.
SELDOM = ("/items/value.json",)


def test_what_runs_do_is_allowed_and_what_is_allowed_runs_do(live: Deployed) -> None:
    """A run, one that fails and is gone on from, a part of one, one that cannot begin, and one
    whose beginning is killed and tried again."""
    first = live.run(params={"n": "3"})
    assert first.execution.status == "SUCCEEDED", first.execution
    failing = live.run(values={"n": 3, "fails": 2})
    assert failing.execution.error == "Glacier.RunFailed"
    assert failing.states["flaky"] == "failed"
    resumed = live.run(values={"n": 3, "fails": 1}, resume=failing.id)
    assert resumed.execution.status == "SUCCEEDED", resumed.execution
    selected = live.run(params={"n": "1"}, select=["+flaky"])
    assert selected.execution.status == "SUCCEEDED", selected.execution
    refused = live.run(params={"unknown": "1"})
    assert refused.execution.status == "FAILED"
    live.stand.fault(Fault(0, method="PUT", path="/begin.json"))  # its process is killed there
    assert live.run(params={"n": "1"}).execution.status == "SUCCEEDED"

    trail = live.stand.trail
    assert [one for one in trail if not one.allowed] == []
    left = [one for one in unused(live.stand, trail) if not one.resource.endswith(SELDOM)]
    assert left == []


def test_no_role_may_do_anything_everywhere(live: Deployed) -> None:
    """Nothing is allowed on all of a service, and lists are nobody's."""
    found = list(allowances(live.stand))
    assert len({one.role for one in found}) == 11
    for one in found:
        assert "*" not in one.action
        assert not one.resource.endswith((":::*", ":*:*"))
        assert one.resource != "*"
        assert one.action != "s3:ListBucket"


def test_a_task_that_reads_lists_or_copies_what_is_not_its_own_is_denied(live: Deployed) -> None:
    lake, own = (str(live.outputs[name]) for name in ("object_storage/lake", "pipeline/workspace"))
    own = own.removeprefix("s3://")
    before = live.run(params={"n": "2"})
    gold = f"etl/gold/_/{before.id}/version.json"
    clean, seen = (f"etl/{name}/_/{before.id}/version.json" for name in ("clean", "seen"))
    asks = [
        ("s3", "get_object", {"Bucket": lake, "Key": gold}),
        ("s3", "head_object", {"Bucket": lake, "Key": gold}),
        ("s3", "list_objects_v2", {"Bucket": lake, "Prefix": "etl/seen/"}),
        ("s3", "copy_object", {"Bucket": lake, "Key": seen, "CopySource": f"{lake}/{gold}"}),
        ("s3", "put_object", {"Bucket": own, "Key": clean, "Body": "{}"}),
        ("s3", "delete_object", {"Bucket": lake, "Key": seen}),
        ("s3", "get_bucket_policy", {"Bucket": lake}),
        ("secretsmanager", "get_secret_value", {"SecretId": "etl/prod/crm-key"}),
        ("lambda", "invoke", {"FunctionName": function_name("etl", "prod", "clean")}),
        ("stepfunctions", "start_execution", {"stateMachineArn": live.machine}),
    ]
    ran = live.run(values={"n": 2, "asks": asks})
    assert ran.execution.status == "SUCCEEDED", ran.why("spy")
    codes = live.shelf("seen").read(ran.id)
    assert set(codes) == {operation for _, operation, _ in asks}
    assert set(codes.values()) <= {"AccessDenied", "AccessDeniedException", "403"}


def test_who_is_no_service_of_aws_takes_no_role(live: Deployed) -> None:
    iam = live.stand.client("iam")
    for role in iam.list_roles()["Roles"]:
        told: Any = role["AssumeRolePolicyDocument"]
        document = json.loads(told) if isinstance(told, str) else told
        for statement in document["Statement"]:
            assert set(statement["Principal"]) == {"Service"}


def test_the_machine_invokes_its_own_functions_alone(live: Deployed) -> None:
    """Nor does it start another machine, or read data."""
    role = f"arn:aws:iam::{ACCOUNT}:role/" + next(
        one.role for one in allowances(live.stand) if one.action == "lambda:InvokeFunction"
    )
    stem = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
    other = live.stand.client("lambda", role=role)
    with pytest.raises(ClientError, match="not authorized to perform: lambda:InvokeFunction"):
        other.invoke(FunctionName=f"{stem}etl-prod-extract-2")
    with pytest.raises(ClientError, match="not authorized"):
        live.stand.client("stepfunctions", role=role).start_execution(
            stateMachineArn=live.machine.replace(machine_name("etl", "prod"), "other")
        )
    lake = str(live.outputs["object_storage/lake"])
    with pytest.raises(ClientError, match="AccessDenied"):
        live.stand.client("s3", role=role).get_object(Bucket=lake, Key="etl/raw/_/latest.json")


def test_records_are_written_once(live: Deployed) -> None:
    """Not even the owner replaces what has been stored."""
    ran = live.run(params={"n": "1"})
    lake = str(live.outputs["object_storage/lake"])
    key = f"etl/gold/_/{ran.id}/version.json"
    s3 = live.stand.client("s3")
    before = s3.get_object(Bucket=lake, Key=key)["Body"].read()
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=lake, Key=key, Body=b"{}")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=lake, Key=key, Body=b"{}", IfNoneMatch="*")
    assert s3.get_object(Bucket=lake, Key=key)["Body"].read() == before


def test_a_secret_is_nowhere_but_in_its_task(live: Deployed) -> None:
    """Neither in logs, variables, definitions, histories, records and data, nor in the bundle."""
    ran = live.run(params={"n": "3"})
    assert live.shelf("stats").read(ran.id)["key"] == len(PLANTED)
    found = list(_told(live))
    logged = [text for text in found if "asked with" in text]
    assert logged
    assert [text for text in logged if "***" not in text] == []
    assert [text for text in found if PLANTED in text] == []
    files = [path for path in live.folder.rglob("*") if path.is_file()]
    assert [path for path in files if PLANTED.encode() in path.read_bytes()] == []


def _told(live: Deployed) -> Iterator[str]:
    """All that an account tells but the value of the secret itself."""
    client = live.stand.client
    yield json.dumps(live.outputs)
    yield json.dumps(client("lambda").list_functions(), default=str)
    machines = client("stepfunctions")
    for machine in machines.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        yield json.dumps(machines.describe_state_machine(stateMachineArn=arn), default=str)
        for one in machines.list_executions(stateMachineArn=arn)["executions"]:
            history = machines.get_execution_history(executionArn=one["executionArn"])
            yield json.dumps(history, default=str)
    logs = client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]:
            yield event["message"]
    s3 = client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            got = s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])
            yield got["Body"].read().decode("latin-1")
