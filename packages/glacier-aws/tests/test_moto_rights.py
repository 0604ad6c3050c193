"""Rights on the stand on moto: what IAM is asked and says, and who is told of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import stand_programs as programs
from aws_stand.facts import ACCOUNT
from stand_programs import LAKE

if TYPE_CHECKING:
    from aws_stand.moto_stand import MotoStand

RUN = {"run": "r1", "done": {}}


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
    moto.deploy(programs.lake_with("clean"))
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
    moto.deploy(programs.lake_with("extract"))
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
