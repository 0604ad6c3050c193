"""What the stand on moto does more: a trail, faults, schedules, and functions as on AWS."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import stand_programs as programs
from aws_stand.facts import ACCOUNT, REGION
from aws_stand.faults import Fault
from stand_programs import LAKE

if TYPE_CHECKING:
    from aws_stand.moto_stand import MotoStand

RUN = {"run": "r1", "done": {}}


def lake_with(*functions: str, **options: Any) -> Callable[[], None]:
    """A program with a lake and functions."""

    def program() -> None:
        programs.lake()
        for name in functions:
            programs.function(name, **options)

    return program


def ended(process: int, *, seconds: float = 10.0) -> bool:
    """Whether a process ends in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


# --- functions ------------------------------------------------------------------------------------


def test_a_function_has_the_variables_of_lambda_and_no_others(moto: MotoStand) -> None:
    moto.deploy(lake_with("about"))
    told = moto.invoke("about").payload
    environ = told["environ"]
    assert told["arn"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:about"
    assert 0 < told["left"] <= 20_000
    assert environ["AWS_LAMBDA_FUNCTION_NAME"] == "about"
    assert environ["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/about"
    assert environ["AWS_REGION"] == REGION
    assert environ["AWS_EC2_METADATA_DISABLED"] == "true"
    assert environ["AWS_ENDPOINT_URL"] == moto.endpoint
    assert environ["LAKE"] == LAKE
    known = ("AWS_", "LAMBDA_", "PYTHON", "_")
    others = sorted(name for name in environ if not name.startswith(known))
    assert others == ["HOME", "LAKE", "LANG", "LC_CTYPE", "PATH", "TMPDIR", "TZ"]


def test_a_function_stays_warm_and_its_process_ends_with_the_test(moto: MotoStand) -> None:
    moto.deploy(lake_with("about"))
    first, second = (moto.invoke("about").payload["pid"] for _ in range(2))
    assert first == second
    assert [one.cold for one in moto.invocations] == [True, False]
    moto.reset()
    assert ended(first)
    assert moto.invocations == []


def test_what_a_function_started_ends_with_it(moto: MotoStand) -> None:
    moto.deploy(lake_with("starts_another", timeout=2))
    assert moto.invoke("starts_another").error == "Sandbox.Timedout"
    found = moto.client("s3").get_object(Bucket=LAKE, Key="raw/pid")["Body"].read()
    assert ended(int(found))


def test_a_closed_stand_leaves_no_process(moto: MotoStand, tmp_path: Path) -> None:
    stand = type(moto)(tmp_path)
    try:
        stand.deploy(lake_with("about"))
        process = stand.invoke("about").payload["pid"]
    finally:
        stand.close()
    assert ended(process)


def test_a_function_logs_where_its_role_may(moto: MotoStand) -> None:
    moto.deploy(lake_with("prints"))
    assert "a line of its own" in moto.invoke("prints").log
    events = moto.client("logs").filter_log_events(logGroupName="/aws/lambda/prints")["events"]
    lines = [one["message"] for one in events]
    assert "a line of its own" in lines
    assert lines[0].startswith("START RequestId: ")

    role = f"arn:aws:iam::{ACCOUNT}:role/prints"
    moto.client("iam").delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="task")
    assert moto.invoke("prints").error == ""
    again = moto.client("logs").filter_log_events(logGroupName="/aws/lambda/prints")["events"]
    assert len(again) == len(events)


def test_a_function_needs_a_role_that_trusts_lambda(moto: MotoStand) -> None:
    aws = programs.sdk()

    def program() -> None:
        programs.lake()
        role = aws.iam.Role("other", name="other", assume_role_policy=programs.trust("states"))
        programs.function("echo", role=role)

    moto.deploy(program)
    with pytest.raises(Exception, match="cannot be assumed by lambda"):
        moto.invoke("echo")


# --- rights ---------------------------------------------------------------------------------------


def test_the_trail_shows_that_roles_may_do_what_they_did_and_nothing_more(
    moto: MotoStand,
) -> None:
    from aws_stand.minimality import Allowance, unused

    machine = moto.deploy(programs.pipeline)["machine"]
    assert moto.run(machine, RUN).status == "SUCCEEDED"
    assert all(one.allowed for one in moto.trail)
    assert unused(moto, moto.trail) == []
    assert {one.role for one in moto.trail} == {*programs.EDGES, "etl-machine"}

    policy = programs.policy({"Action": "s3:GetObject", "Resource": "*"})
    moto.client("iam").put_role_policy(
        RoleName="etl-machine", PolicyName="more", PolicyDocument=policy
    )
    assert unused(moto, moto.trail) == [Allowance("etl-machine", "s3:GetObject", "*")]


@pytest.mark.parametrize("lacking", ["events:PutRule", "states:StartExecution"])
def test_a_state_machine_needs_rights_for_what_it_waits_for(moto: MotoStand, lacking: str) -> None:
    inner = {"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}
    waits = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "arn:aws:states:::stateMachine:other"},
        "Next": "map",
    }
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **inner}
    many = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}
    definition = {"StartAt": "waits", "States": {"waits": waits, "map": many}}
    rights = ["events:DescribeRule", "events:PutRule", "events:PutTargets", "states:StartExecution"]

    def program(actions: list[str]) -> None:
        programs.machine("etl", definition, {"Action": actions, "Resource": "*"})

    with pytest.raises(Exception, match=f"not authorized to perform: {lacking} on"):
        moto.deploy(lambda: program([one for one in rights if one != lacking]))
    moto.reset()
    moto.deploy(lambda: program(rights))
    assert [one.action for one in moto.trail if one.allowed] == rights


def test_whoever_takes_a_role_may_do_what_it_may(moto: MotoStand) -> None:
    moto.deploy(lake_with("clean"))
    role = f"arn:aws:iam::{ACCOUNT}:role/clean"
    s3 = moto.client("s3", role=role)
    s3.put_object(Bucket=LAKE, Key="clean/a.json", Body=b"{}")
    with pytest.raises(Exception, match="AccessDenied"):
        s3.get_object(Bucket=LAKE, Key="landing/sales.csv")
    with pytest.raises(Exception, match="AccessDenied"):
        moto.invoke("clean", role=role)
    asked = [(one.action, one.allowed) for one in moto.trail]
    assert asked == [
        ("s3:PutObject", True),
        ("s3:GetObject", False),
        ("lambda:InvokeFunction", False),
    ]


def test_attached_policies_count_too(moto: MotoStand) -> None:
    aws = programs.sdk()
    of_aws = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"

    def program() -> None:
        programs.lake()
        role = aws.iam.Role("echo", name="echo", assume_role_policy=programs.trust("lambda"))
        may = aws.iam.Policy("invokes", policy=programs.policy(programs.may_invoke("echo")))
        aws.iam.RolePolicyAttachment("invokes", role=role.name, policy_arn=may.arn)
        aws.iam.RolePolicyAttachment("network", role=role.name, policy_arn=of_aws)
        programs.function("echo", role=role)

    moto.deploy(program)
    answer = moto.invoke("echo", {"a": 1}, role=f"arn:aws:iam::{ACCOUNT}:role/echo")
    assert (answer.payload, answer.error) == ({"a": 1}, "")
    assert all(one.allowed for one in moto.trail)
    assert "logs:PutLogEvents" in [one.action for one in moto.trail]


def test_a_boundary_takes_rights_away(moto: MotoStand) -> None:
    aws = programs.sdk()

    def program() -> None:
        programs.lake()
        logs = programs.policy({"Action": "logs:*", "Resource": "*"})
        boundary = aws.iam.Policy("boundary", name="boundary", policy=logs)
        role = aws.iam.Role(
            "extract",
            name="extract",
            assume_role_policy=programs.trust("lambda"),
            permissions_boundary=boundary.arn,
        )
        document = programs.lake_policy("extract", *programs.EDGES["extract"])
        aws.iam.RolePolicy("extract", role=role.id, policy=document)
        programs.function("extract", role=role)

    moto.deploy(program)
    assert moto.invoke("extract", RUN).payload["errorMessage"].startswith("403: ")


def test_a_bucket_with_a_key_needs_rights_on_it(moto: MotoStand) -> None:
    aws = programs.sdk()

    def program() -> None:
        bucket = programs.lake()
        programs.function("extract")
        key = aws.kms.Key("key")
        rule = {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key.arn,
            }
        }
        aws.s3.BucketServerSideEncryptionConfiguration("lake", bucket=bucket.id, rules=[rule])

    moto.deploy(program)
    assert "kms:Decrypt" in moto.invoke("extract", RUN).payload["errorMessage"]
    keys = programs.policy({"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"})
    moto.client("iam").put_role_policy(RoleName="extract", PolicyName="key", PolicyDocument=keys)
    assert moto.invoke("extract", RUN).error == ""


def test_a_bucket_may_take_only_what_is_not_there(moto: MotoStand) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{LAKE}/raw/*",
        "Condition": {
            "Null": {"s3:if-none-match": "true"},
            "Bool": {"s3:ObjectCreationOperation": "true"},
        },
    }
    moto.deploy(lake_with("extract"))
    s3 = moto.client("s3")
    s3.put_bucket_policy(Bucket=LAKE, Policy=json.dumps({"Statement": [statement]}))
    assert "AccessDenied" in moto.invoke("extract", RUN).payload["errorMessage"]
    with pytest.raises(Exception, match="AccessDenied"):
        s3.put_object(Bucket=LAKE, Key="raw/a", Body=b"1")
    s3.put_object(Bucket=LAKE, Key="raw/a", Body=b"1", IfNoneMatch="*")
    s3.upload_part(
        Bucket=LAKE,
        Key="raw/b",
        PartNumber=1,
        UploadId=s3.create_multipart_upload(Bucket=LAKE, Key="raw/b")["UploadId"],
        Body=b"1",
    )


# --- schedules ------------------------------------------------------------------------------------


def test_a_schedule_starts_what_its_role_may_start(moto: MotoStand) -> None:
    aws = programs.sdk()

    def program() -> None:
        programs.lake()
        passed = {"StartAt": "pass", "States": {"pass": {"Type": "Pass", "End": True}}}
        machine = programs.machine("etl", passed, programs.may_invoke("echo"))
        for name, resource in (
            ("may", machine.arn),
            ("may-not", "arn:aws:states:::stateMachine:other"),
        ):
            role = aws.iam.Role(name, name=name, assume_role_policy=programs.trust("scheduler"))
            aws.iam.RolePolicy(name, role=role.id, policy=may_start(resource))
            target = {"arn": machine.arn, "role_arn": role.arn, "input": '{"nightly": true}'}
            aws.scheduler.Schedule(
                name,
                name=name,
                schedule_expression="cron(0 3 * * ? *)",
                flexible_time_window={"mode": "OFF"},
                target=target,
            )

    moto.deploy(program)
    assert moto.wait(moto.fire("may")).output == {"nightly": True}
    with pytest.raises(Exception, match="AccessDenied"):
        moto.fire("may-not")


def may_start(resource: Any) -> Any:
    """A policy that lets a role start a state machine, whose ARN may not be known yet."""
    import pulumi

    return pulumi.Output.from_input(resource).apply(
        lambda arn: programs.policy({"Action": "states:StartExecution", "Resource": arn})
    )


# --- faults ---------------------------------------------------------------------------------------


def test_s3_answers_503_for_a_while(moto: MotoStand) -> None:
    moto.deploy(lake_with("extract"))
    moto.fault(Fault(503, times=2, method="PUT", path="raw/"))
    for _ in range(2):
        assert moto.invoke("extract", RUN).payload["errorMessage"].startswith("503: ")
    assert moto.invoke("extract", RUN).error == ""
    assert moto.client("s3").list_objects_v2(Bucket=LAKE)["KeyCount"] == 2


@pytest.mark.parametrize("done", [False, True])
def test_a_function_is_killed_while_it_writes(moto: MotoStand, done: bool) -> None:
    moto.deploy(lake_with("extract"))
    moto.fault(Fault(0, method="PUT", function="extract", done=done))
    answer = moto.invoke("extract", RUN)
    assert answer.error == "Runtime.ExitError"
    assert "signal: killed" in answer.payload["errorMessage"]
    assert moto.client("s3").list_objects_v2(Bucket=LAKE)["KeyCount"] == (2 if done else 1)
    assert moto.invoke("extract", RUN).error == ""


def test_lambda_has_too_much_to_do_for_a_while(moto: MotoStand) -> None:
    import pulumi

    def program() -> None:
        lake_with("echo")()
        again = {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1}
        state = programs.task("echo", Retry=[again], ResultSelector={"n.$": "$.Payload.retries"})
        definition = {"StartAt": "echo", "States": {"echo": state}}
        may = programs.may_invoke("echo")
        pulumi.export("machine", programs.machine("etl", definition, may).arn)

    machine = moto.deploy(program)["machine"]
    moto.fault(Fault(429, "TooManyRequestsException", service="lambda", function="echo"))
    assert moto.run(machine, RUN).output["done"] == {"t0": {"n": 1}}
    assert [one.function for one in moto.invocations] == ["echo"]
