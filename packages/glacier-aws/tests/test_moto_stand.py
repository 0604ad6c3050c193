"""What the stand on moto does more: functions as on AWS, and faults."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import stand_programs as programs
from aws_stand.facts import ACCOUNT, REGION
from aws_stand.faults import Fault
from stand_programs import LAKE

if TYPE_CHECKING:
    from aws_stand.moto_stand import MotoStand

RUN = {"run": "r1", "done": {}}


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
    moto.deploy(programs.lake_with("about"))
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
    moto.deploy(programs.lake_with("about"))
    first, second = (moto.invoke("about").payload["pid"] for _ in range(2))
    assert first == second
    assert [one.cold for one in moto.invocations] == [True, False]
    moto.reset()
    assert ended(first)
    assert moto.invocations == []


def test_what_a_function_started_ends_with_it(moto: MotoStand) -> None:
    moto.deploy(programs.lake_with("starts_another", timeout=2))
    assert moto.invoke("starts_another").error == "Sandbox.Timedout"
    found = moto.client("s3").get_object(Bucket=LAKE, Key="raw/pid")["Body"].read()
    assert ended(int(found))


def test_a_closed_stand_leaves_no_process(moto: MotoStand, tmp_path: Path) -> None:
    stand = type(moto)(tmp_path)
    try:
        stand.deploy(programs.lake_with("about"))
        process = stand.invoke("about").payload["pid"]
    finally:
        stand.close()
    assert ended(process)


def test_a_function_logs_where_its_role_may(moto: MotoStand) -> None:
    moto.deploy(programs.lake_with("prints"))
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


# --- faults ---------------------------------------------------------------------------------------


def test_s3_answers_503_for_a_while(moto: MotoStand) -> None:
    moto.deploy(programs.lake_with("extract"))
    moto.fault(Fault(503, times=2, method="PUT", path="raw/"))
    for _ in range(2):
        assert moto.invoke("extract", RUN).payload["errorMessage"].startswith("503: ")
    assert moto.invoke("extract", RUN).error == ""
    assert moto.client("s3").list_objects_v2(Bucket=LAKE)["KeyCount"] == 2


@pytest.mark.parametrize("done", [False, True])
def test_a_function_is_killed_while_it_writes(moto: MotoStand, done: bool) -> None:
    moto.deploy(programs.lake_with("extract"))
    moto.fault(Fault(0, method="PUT", function="extract", done=done))
    answer = moto.invoke("extract", RUN)
    assert answer.error == "Runtime.ExitError"
    assert "signal: killed" in answer.payload["errorMessage"]
    assert moto.client("s3").list_objects_v2(Bucket=LAKE)["KeyCount"] == (2 if done else 1)
    assert moto.invoke("extract", RUN).error == ""


def test_lambda_has_too_much_to_do_for_a_while(moto: MotoStand) -> None:
    import pulumi

    def program() -> None:
        programs.lake_with("echo")()
        again = {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1}
        state = programs.task("echo", Retry=[again], ResultSelector={"n.$": "$.Payload.retries"})
        definition = {"StartAt": "echo", "States": {"echo": state}}
        may = programs.may_invoke("echo")
        pulumi.export("machine", programs.machine("etl", definition, may).arn)

    machine = moto.deploy(program)["machine"]
    moto.fault(Fault(429, "TooManyRequestsException", service="lambda", function="echo"))
    assert moto.run(machine, RUN).output["done"] == {"t0": {"n": 1}}
    assert [one.function for one in moto.invocations] == ["echo"]
