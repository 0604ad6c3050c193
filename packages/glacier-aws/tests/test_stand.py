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


def deployed(stand: Stand, states: dict[str, Any], *functions: str) -> str:
    """A state machine that begins with its first state, and the functions that it invokes."""
    import pulumi

    def program() -> None:
        programs.lake()
        for name in functions:
            programs.function(name)
        definition = {"StartAt": next(iter(states)), "States": states}
        pulumi.export("machine", programs.machine("etl", definition, ANYTHING).arn)

    return str(stand.deploy(program)["machine"])


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


# --- state machines -------------------------------------------------------------------------------


def test_a_function_is_told_of_the_execution(stand: Stand) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": programs.function_arn("echo"),
            "Payload": {
                "execution.$": "$$.Execution.Name",
                "started.$": "$$.Execution.StartTime",
                "request.$": "$",
            },
        },
        "OutputPath": "$.Payload",
        "End": True,
    }
    machine = deployed(stand, {"echo": state}, "echo")
    done = stand.wait(stand.start(machine, {"run": "r1"}, name="by-hand"))
    assert done.output["execution"] == "by-hand"
    assert done.output["request"] == {"run": "r1"}
    assert done.output["started"].startswith("20")
    with pytest.raises(Exception, match="ExecutionAlreadyExists"):
        stand.start(machine, {"run": "r1"}, name="by-hand")


def a_choice() -> dict[str, Any]:
    """What decides whether a task runs, by how its producer ended and what a flag says."""
    states = ("failed", "upstream_failed")
    failed = [{"Variable": "$.done.t0.state", "StringEquals": one} for one in states]
    there = {"Variable": "$.done.t0.flags.go", "IsPresent": True}
    no = {"Variable": "$.done.t0.flags.go", "BooleanEquals": False}

    def ends(state: str) -> dict[str, Any]:
        result = {"state": state, "flags": {}}
        return {"Type": "Pass", "Result": result, "ResultPath": "$.done.t1", "End": True}

    choices = [{"Or": failed, "Next": "failed"}, {"And": [there, no], "Next": "skipped"}]
    choices.append({"Variable": "$.flags.x", "IsNull": True, "Next": "skipped"})
    return {
        "choice": {"Type": "Choice", "Choices": choices, "Default": "task"},
        "failed": ends("upstream_failed"),
        "skipped": ends("skipped"),
        "task": ends("succeeded"),
    }


@pytest.mark.parametrize(
    ("state", "flags", "pinned", "expected"),
    [
        ("failed", {}, True, "upstream_failed"),
        ("succeeded", {"go": False}, True, "skipped"),
        ("succeeded", {}, None, "skipped"),
        ("succeeded", {"go": True}, True, "succeeded"),
    ],
)
def test_a_choice_decides_by_what_is_done(
    stand: Stand, state: str, flags: Any, pinned: Any, expected: str
) -> None:
    machine = deployed(stand, a_choice())
    given = {"done": {"t0": {"state": state, "flags": flags}}, "flags": {"x": pinned}}
    done = stand.run(machine, given)
    assert done.output["done"] == {**given["done"], "t1": {"state": expected, "flags": {}}}


@pytest.mark.gap("errors by name")
def test_what_raises_may_be_tried_again_by_the_name_of_its_error(stand: Stand) -> None:
    again = {
        "ErrorEquals": ["GlacierRetry"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
        "BackoffRate": 1,
        "JitterStrategy": "FULL",
    }
    state = programs.task("retried", Retry=[again], ResultSelector={"n.$": "$.Payload.retries"})
    done = stand.run(deployed(stand, {"retried": state}, "retried"), RUN)
    assert done.output["done"] == {"t0": {"n": 2}}


def caught(name: str) -> dict[str, Any]:
    """A task, and what becomes of the state data when it fails."""
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "failed"}]
    failed = {"state": "failed", "flags": {}}
    end = {"Type": "Pass", "Result": failed, "ResultPath": "$.done.t0", "End": True}
    return {name: programs.task(name, Catch=catch), "failed": end}


def test_what_fails_is_caught_with_its_message(stand: Stand) -> None:
    done = stand.run(deployed(stand, caught("fails"), "fails"), RUN)
    assert done.output["done"] == {"t0": {"state": "failed", "flags": {}}}
    assert json.loads(done.output["error"]["Cause"])["errorMessage"] == "bad rows"


def test_a_branch_that_fails_does_not_end_the_other(stand: Stand) -> None:
    starts = [{"StartAt": "fails", "States": caught("fails")}]
    starts.append({"StartAt": "item", "States": {"item": programs.task("item", 1, **_item())}})
    both = {
        "Type": "Parallel",
        "Branches": starts,
        "ResultSelector": {"t0.$": "$[0].done.t0", "t1.$": "$[1].done.t1"},
        "ResultPath": "$.done",
        "End": True,
    }
    machine = deployed(stand, {"both": both}, "fails", "item")
    done = stand.run(machine, {**RUN, "item": 7})
    assert done.output["done"] == {"t0": {"state": "failed", "flags": {}}, "t1": {"kind": 200}}
    assert stored(stand, "raw/r1-7.json") == 7


def _item() -> dict[str, Any]:
    payload = {"step": "item", "item.$": "$.item", "run.$": "$.run"}
    name = programs.function_arn("item")
    parameters = {"FunctionName": name, "Payload": payload}
    return {"Parameters": parameters, "ResultSelector": {"kind.$": "$.StatusCode"}}


def a_map(mode: str, **more: Any) -> dict[str, Any]:
    """A Map over items, which are indexes."""
    item = {**programs.task("item", 0, **_item()), "ResultPath": None}
    kind = {"Mode": mode, **({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})}
    return {
        "Type": "Map",
        "MaxConcurrency": 2,
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "run.$": "$.run", "done.$": "$.done"},
        "ItemProcessor": {"ProcessorConfig": kind, "StartAt": "item", "States": {"item": item}},
        "ResultPath": None,
        "End": True,
        **more,
    }


def test_a_map_runs_each_item(stand: Stand) -> None:
    machine = deployed(stand, {"map": a_map("INLINE", ItemsPath="$.items")}, "item")
    given = {**RUN, "items": [0, 1, 2]}
    done = stand.run(machine, given)
    assert (done.status, done.output) == ("SUCCEEDED", given)
    assert [stored(stand, f"raw/r1-{one}.json") for one in range(3)] == [0, 1, 2]


def test_a_distributed_map_reads_its_items_from_s3(stand: Stand) -> None:
    key = "States.Format('raw/{}-items.json', $.run)"
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": LAKE, "Key.$": key},
    }
    machine = deployed(stand, {"map": a_map("DISTRIBUTED", ItemReader=reader)}, "item")
    stand.client("s3").put_object(Bucket=LAKE, Key="raw/r1-items.json", Body=b"[4, 5, 6]")
    done = stand.run(machine, RUN)
    assert (done.status, done.output) == ("SUCCEEDED", RUN)
    assert [stored(stand, f"raw/r1-{one}.json") for one in (4, 5, 6)] == [4, 5, 6]


def test_a_state_machine_waits_for_another_one(stand: Stand) -> None:
    import pulumi

    def program() -> None:
        programs.lake()
        passed = {"Type": "Pass", "Result": {"state": "succeeded"}, "ResultPath": "$.done.t1"}
        states = {"pass": {**passed, "End": True}}
        child = programs.machine("child", {"StartAt": "pass", "States": states}, ANYTHING)
        whole = {"StartAt": "child", "States": {"child": nested("child")}}
        after = pulumi.ResourceOptions(depends_on=[child])
        pulumi.export("machine", programs.machine("etl", whole, ANYTHING, opts=after).arn)

    done = stand.run(stand.deploy(program)["machine"], {"run": "r1", "done": {"t0": {}}})
    assert done.output == {"done": {"t0": {}, "t1": {"state": "succeeded"}}}


def nested(name: str) -> dict[str, Any]:
    """A state that runs another state machine and takes over what it has done."""
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": arn, "Input": {"run.$": "$.run", "done.$": "$.done"}},
        "ResultSelector": {"done.$": "$.Output.done"},
        "ResultPath": "$.child",
        "OutputPath": "$.child",
        "End": True,
    }


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
