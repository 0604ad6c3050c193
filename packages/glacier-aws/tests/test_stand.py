"""What both stands do: what is deployed runs there, and may do what its role may."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import stand_programs as programs
from aws_stand.facts import ACCOUNT, REGION
from aws_stand.stand import Stand
from stand_programs import LAKE

RUN = {"run": "r1", "done": {}}
ANYTHING = {"Action": "*", "Resource": "*"}


def stored(stand: Stand, key: str) -> Any:
    """An object of the lake, read by its owner."""
    return json.loads(stand.client("s3").get_object(Bucket=LAKE, Key=key)["Body"].read())


# --- a pipeline -----------------------------------------------------------------------------------


def test_a_deployed_pipeline_runs_with_its_data_in_s3(stand: Stand) -> None:
    machine = stand.deploy(programs.pipeline)["machine"]
    done = stand.run(machine, RUN)
    assert (done.status, done.error) == ("SUCCEEDED", "")
    assert done.output["done"] == {"t0": {"state": "succeeded"}, "t3": {"state": "succeeded"}}
    assert done.output["both"] == {"t1": {"state": "succeeded"}, "t2": {"state": "succeeded"}}
    rows = [{"id": "1", "amount": 10.0}, {"id": "3", "amount": 5.5}]
    assert stored(stand, "gold/r1.json") == {"clean": rows, "stats": {"sum": 12.5}}
    assert stand.run(machine, {"run": "r2", "done": {}}).status == "SUCCEEDED"


def test_what_one_test_made_the_next_does_not_find(stand: Stand) -> None:
    machine = stand.deploy(programs.pipeline)["machine"]
    assert stand.run(machine, RUN).status == "SUCCEEDED"
    stand.reset()
    assert stand.client("s3").list_buckets()["Buckets"] == []
    assert stand.client("lambda").list_functions()["Functions"] == []
    assert stand.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert stand.client("iam").list_roles()["Roles"] == []
    assert stand.run(stand.deploy(programs.pipeline)["machine"], RUN).status == "SUCCEEDED"


# --- stores ---------------------------------------------------------------------------------------


def test_stores_of_pipelines_read_and_write_as_a_role(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("obstore")
    from glacier.aws.runtime import open_store
    from glacier.core.errors import KeyExists, StoreDenied

    def program() -> None:
        programs.lake()
        programs.function("extract")  # it reads landing, and writes raw

    stand.deploy(program)
    for name, value in stand.as_role(f"arn:aws:iam::{ACCOUNT}:role/extract").items():
        monkeypatch.setenv(name, value)
    store = open_store(f"s3://{LAKE}")
    assert store.get("landing/sales.csv").startswith(b"id,amount")
    store.put("raw/a.json", b"1", if_absent=True)
    with pytest.raises(KeyExists):
        store.put("raw/a.json", b"2", if_absent=True)
    with pytest.raises(StoreDenied):
        store.get("raw/a.json")
    with pytest.raises(StoreDenied):
        list(store.list("landing/"))
    large = tmp_path / "large"
    size = 16 * 1024 * 1024  # so that it goes in parts
    large.write_bytes(bytes(size))
    store.put("raw/large", str(large))
    found = stand.client("s3").head_object(Bucket=LAKE, Key="raw/large")
    assert found["ContentLength"] == size


# --- who may do what ------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", ["reads_landing", "lists_landing", "copies_landing"])
def test_a_task_is_denied_what_is_not_its_input(stand: Stand, handler: str) -> None:
    def program() -> None:
        programs.lake()
        programs.function("clean", handler=handler)

    stand.deploy(program)
    answer = stand.invoke("clean")
    assert answer.error in ("Refused", "Runtime.HandlerError")
    assert answer.payload["errorMessage"].startswith("403: ")
    assert "AccessDenied" in answer.payload["errorMessage"]
    assert stand.client("s3").list_objects_v2(Bucket=LAKE)["KeyCount"] == 1


@pytest.mark.gap("absent keys")
def test_who_may_not_list_is_not_told_what_is_absent(stand: Stand) -> None:
    def program() -> None:
        programs.lake()
        programs.function("clean", handler="reads_absent")

    stand.deploy(program)
    assert stand.invoke("clean").payload["errorMessage"].startswith("403: ")


@pytest.mark.gap("roles of state machines")
def test_a_state_machine_invokes_only_what_its_role_may(stand: Stand) -> None:
    import pulumi

    def program() -> None:
        programs.lake()
        programs.function("echo")
        definition = {"StartAt": "echo", "States": {"echo": programs.task("echo")}}
        may = programs.may_invoke("another")
        pulumi.export("machine", programs.machine("etl", definition, may).arn)

    done = stand.run(stand.deploy(program)["machine"], RUN)
    assert (done.status, done.error) == ("FAILED", "Lambda.AccessDeniedException")


# --- functions that fail --------------------------------------------------------------------------


def broken(stand: Stand, handler: str, **options: Any) -> Any:
    """What comes of invoking a function; a second one shows that it can be invoked again."""

    def program() -> None:
        programs.lake()
        programs.function(handler, **options)

    stand.deploy(program)
    answer = stand.invoke(handler, {})
    assert stand.invoke(handler, {}).error == answer.error
    return answer


@pytest.mark.gap("errors by name")
@pytest.mark.parametrize(
    ("handler", "error", "message"),
    [
        ("answers_no_json", "Runtime.MarshalError", "set is not JSON serializable"),
        ("exits", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("fails", "ValueError", "bad rows"),
    ],
)
def test_a_function_that_fails_says_how(
    stand: Stand, handler: str, error: str, message: str
) -> None:
    answer = broken(stand, handler)
    assert answer.error == error
    assert message in answer.payload["errorMessage"]


def test_a_function_has_its_time(stand: Stand) -> None:
    answer = broken(stand, "sleeps", timeout=1)
    assert answer.error == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in answer.payload["errorMessage"]


@pytest.mark.gap("memory", run=False)
def test_a_function_has_its_memory(stand: Stand) -> None:
    answer = broken(stand, "takes_memory")
    assert answer.error == "Runtime.ExitError"
    assert "signal: killed" in answer.payload["errorMessage"]


@pytest.mark.gap("large results")
def test_a_result_may_have_six_megabytes(stand: Stand) -> None:
    answer = broken(stand, "answers_too_much")
    assert answer.error == "Function.ResponseSizeTooLarge"


@pytest.mark.gap("a Python of its own")
def test_a_function_has_no_library_that_its_bundle_lacks(stand: Stand) -> None:
    assert broken(stand, "imports_absent").error == "ModuleNotFoundError"


# --- schedules ------------------------------------------------------------------------------------


def test_a_schedule_fires_when_it_is_due(mini: Stand) -> None:
    """On MiniStack alone: moto keeps schedules, and its stand fires them when a test says so."""

    def program() -> None:
        aws = programs.sdk()
        passed = {"StartAt": "pass", "States": {"pass": {"Type": "Pass", "End": True}}}
        machine = programs.machine("etl", passed, ANYTHING)
        role = aws.iam.Role("fires", name="fires", assume_role_policy=programs.trust("scheduler"))
        aws.iam.RolePolicy("fires", role=role.id, policy=programs.policy(ANYTHING))
        due = datetime.now(timezone.utc) + timedelta(seconds=2)
        aws.scheduler.Schedule(
            "once",
            name="once",
            schedule_expression=f"at({due:%Y-%m-%dT%H:%M:%S})",
            flexible_time_window={"mode": "OFF"},
            target={"arn": machine.arn, "role_arn": role.arn, "input": '{"nightly": true}'},
        )

    mini.deploy(program)
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:etl"
    begun: list[Any] = []
    end = time.monotonic() + 60
    while not begun and time.monotonic() < end:
        found = mini.client("stepfunctions").list_executions(stateMachineArn=machine)
        begun = found["executions"]
        time.sleep(0.05)
    assert mini.wait(begun[0]["executionArn"]).output == {"nightly": True}
