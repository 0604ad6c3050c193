"""What state machines can do on both stands, as Glacier's need it."""

from __future__ import annotations

import json
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
