"""That moto still needs each mend of aws_stand/moto_patches.py: a server of moto as it is.

A test that fails here is good news: take the mend away.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stand_programs as programs
from aws_stand.facts import ACCOUNT, REGION
from stand_programs import LAKE

PASS: dict[str, Any] = {"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """moto without mends, with a lake, a function and a state machine."""
    if sys.platform != "linux":
        pytest.skip("the stands run functions as processes of Linux")
    for name in ("boto3", "pulumi_aws.provider", "moto", "awslambdaric"):
        pytest.importorskip(name)
    from aws_stand.stock_stand import StockStand

    folder: Path = tmp_path_factory.mktemp("stock")
    one = StockStand(folder)
    one.deploy(deployed)
    yield one
    one.close()


def deployed() -> None:
    programs.lake()
    programs.function("fails")
    anything = {"Action": "*", "Resource": "*"}
    programs.machine("child", PASS, anything)
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:child"
    nested = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": arn, "Input": {}},
        "End": True,
    }
    programs.machine("parent", {"StartAt": "a", "States": {"a": nested}}, anything)
    called = programs.task("fails", ResultSelector={"run.$": "$.Payload.run"})
    programs.machine("denied", {"StartAt": "a", "States": {"a": called}}, programs.may_invoke("b"))


def machine(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"


def test_run_functions(stock: Any) -> None:
    answer = stock.invoke("fails", {"a": 1})
    assert (answer.payload, answer.error) == ({"a": 1}, "")


def test_sign_as_the_role(stock: Any) -> None:
    done = stock.run(machine("denied"), {"run": "r1", "done": {}})
    assert done.status == "SUCCEEDED"


def test_name_members(stock: Any) -> None:
    done = stock.run(machine("parent"))
    assert (done.status, done.error) == ("FAILED", "States.Runtime")


def test_name_executions(stock: Any) -> None:
    first = stock.client("stepfunctions").start_execution(stateMachineArn=machine("child"))
    assert first["executionArn"].endswith(":None")
    stock.wait(first["executionArn"])
    with pytest.raises(Exception, match="ExecutionAlreadyExists"):
        stock.client("stepfunctions").start_execution(stateMachineArn=machine("child"))


def test_ask_no_bucket(stock: Any) -> None:
    only_tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{LAKE}/*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": "another"}},
    }
    s3 = stock.client("s3")
    s3.put_bucket_policy(
        Bucket=LAKE, Policy=json.dumps({"Version": "2012-10-17", "Statement": [only_tls]})
    )
    try:
        with pytest.raises(Exception, match="403"):
            s3.get_object(Bucket=LAKE, Key="landing/sales.csv")
    finally:
        s3.delete_bucket_policy(Bucket=LAKE)


def test_know_policies_of_aws(stock: Any) -> None:
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    with pytest.raises(Exception, match="NoSuchEntity"):
        stock.client("iam").attach_role_policy(RoleName="fails", PolicyArn=policy)


def test_each_mend_has_its_test() -> None:
    pytest.importorskip("awslambdaric")
    from aws_stand.moto_patches import PATCHES

    tests = [name for name in globals() if name.startswith("test_")]
    assert tests == [*(f"test_{one.__name__}" for one in PATCHES), "test_each_mend_has_its_test"]
