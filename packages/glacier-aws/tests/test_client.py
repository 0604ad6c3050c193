"""What a client asks of AWS, against moto: state machines, tags, buckets, logs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from played_cloud import ACCOUNT, REGION, Cloud

from glacier.aws import AWSExecutor, AWSProvider
from glacier.aws.client.history import faults_of
from glacier.aws.client.machine import StateMachine
from glacier.aws.client.session import NoAnswer, Refused
from glacier.aws.names import begin_name, function_name, log_group, machine_arn, machine_name
from glacier.core import Dataset, Environment, Pipeline, RunFailed
from glacier.core.errors import InvalidRequest, MissingLibrary, NotAPipeline
from glacier.core.events import RunStarted
from glacier.core.following.errors import Drifted, Left, NoSuchRun, NotDeployed
from glacier.core.protocols import (
    Fault,
    Manifest,
)

if TYPE_CHECKING:
    pass

raw, clean, total = map(Dataset, ["raw", "clean", "total"])


def shop(*, fails: bool = False, more: bool = False) -> Pipeline:
    pipeline = Pipeline("shop")

    @pipeline.task
    def extract(n: int = 3) -> raw:
        return list(range(n))

    @pipeline.task
    def add(rows: raw) -> total:
        if fails:
            raise ValueError("no sum")
        return sum(rows)  # type: ignore[arg-type]

    if more:

        @pipeline.task
        def tidy(rows: raw) -> clean:
            return rows

    return pipeline


@pytest.fixture
def executor(cloud: Cloud, tmp_path: Any) -> AWSExecutor:
    return AWSExecutor(cloud.env, poll=0.05, root=tmp_path)


# --- runs -----------------------------------------------------------------------------------------


def test_a_deployed_pipeline_runs_as_with_any_executor(cloud: Cloud, executor: AWSExecutor) -> None:
    pipeline = shop()
    cloud.deploy(pipeline)
    cloud.play()

    run = executor.execute(pipeline, params={"n": 4})

    assert run.state == "succeeded"
    assert (run["raw"], run[total]) == ([0, 1, 2, 3], 6)
    listed = executor.runs(pipeline)
    assert [one.run_id for one in listed] == [run.run_id]
    again = executor.attach(pipeline, run.run_id)
    assert (again.state, again["total"]) == ("succeeded", 6)


def test_a_failure_names_its_log(cloud: Cloud, executor: AWSExecutor) -> None:
    pipeline = shop(fails=True)
    cloud.deploy(pipeline)
    cloud.play()
    with pytest.raises(RunFailed) as caught:
        executor.execute(pipeline)
    assert isinstance(caught.value.__cause__, ValueError)
    text = str(caught.value)
    assert "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#" in text
    assert f"read: raw {caught.value.run.run_id}" in text


def test_the_workspace_is_found_by_its_name_where_no_tag_says_it(cloud: Cloud) -> None:
    from glacier.aws.deployment.workspace import workspace_name

    cloud.deploy(shop(), tagged=False)
    account = cloud.session.account
    with pytest.raises(NotDeployed, match=workspace_name("shop", "prod", account)):
        AWSExecutor(cloud.env).deployed(shop())


def test_what_is_not_deployed_is_told_before_anything_starts(
    cloud: Cloud, executor: AWSExecutor
) -> None:
    with pytest.raises(NotDeployed, match="glacier deploy FILE --env prod"):
        executor.execute(shop())


def test_drift_is_refused_by_name_unless_told_otherwise(
    cloud: Cloud, executor: AWSExecutor, tmp_path: Any
) -> None:
    cloud.deploy(shop())
    with pytest.raises(Drifted, match="task 'tidy' is not deployed"):
        executor.execute(shop(more=True))
    assert executor.runs(shop()) == []
    cloud.play()
    relaxed = AWSExecutor(cloud.env, poll=0.05, root=tmp_path, check_plan=False)
    changed = shop(fails=True)  # other code, of the same shape: what is deployed runs
    assert relaxed.execute(changed)["total"] == 3


def test_a_start_that_is_repeated_is_one(cloud: Cloud, executor: AWSExecutor) -> None:
    cloud.deploy(shop())
    machine = executor.deployed(shop()).conductor
    run = "20260131T120000.000000Z-aaaaaa"
    machine.start(run, {"run": run})
    machine.start(run, {"run": run})
    assert len(machine.runs(10)) == 1
    assert machine.status(run).phase == "running"
    with pytest.raises(NoSuchRun, match="glacier runs"):
        machine.status("20260131T120000.000000Z-bbbbbb")
    machine.stop(run)
    assert machine.status(run).phase == "aborted"


def test_a_run_that_a_schedule_started_has_the_id_that_its_functions_give_it(
    cloud: Cloud, executor: AWSExecutor
) -> None:
    cloud.deploy(shop())
    arn = cloud.states.start_execution(stateMachineArn=cloud.arn, name="x-y", input="{}")
    started = cloud.states.describe_execution(executionArn=arn["executionArn"])["startDate"]
    (found,) = executor.runs(shop())
    assert found.run_id.startswith(f"{started.astimezone():%Y%m%dT}"[:6])
    assert len(found.run_id) == 30
    assert executor.deployed(shop()).conductor.status(found.run_id).phase == "running"


def test_who_is_interrupted_is_told_how_to_go_on(
    cloud: Cloud, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.deploy(shop())

    def interrupt(event: object) -> None:
        if isinstance(event, RunStarted):
            raise KeyboardInterrupt

    leaving = AWSExecutor(cloud.env, root=tmp_path)
    with pytest.raises(Left, match=r"goes on.*attach") as caught:
        leaving.execute(shop(), listeners=[interrupt])
    machine = leaving.deployed(shop()).conductor
    assert machine.status(caught.value.run).phase == "running"

    stopping = AWSExecutor(cloud.env, root=tmp_path, cancel=True)
    with pytest.raises(Left, match="is being stopped") as caught:
        stopping.execute(shop(), listeners=[interrupt])
    assert machine.status(caught.value.run).phase == "aborted"


# --- logs -----------------------------------------------------------------------------------------


def test_the_log_of_a_run_is_that_of_its_lines(cloud: Cloud, executor: AWSExecutor) -> None:
    cloud.deploy(shop())
    run, other = "20260131T120000.000000Z-aaaaaa", "20260131T120000.000000Z-bbbbbb"
    executor.deployed(shop()).conductor.start(run, {"run": run})
    lines = [json.dumps({"run": one, "message": f"of {one}"}) for one in (run, other)]
    cloud.log(log_group(function_name("shop", "prod", "add")), lines)
    cloud.log(log_group(begin_name("shop", "prod")), [json.dumps({"run": run, "message": "begun"})])

    assert [json.loads(line)["message"] for line in executor.log(shop(), run, "add")] == [
        f"of {run}"
    ]
    assert [json.loads(line)["message"] for line in executor.log(shop(), run)] == ["begun"]
    assert list(executor.log(shop(), run, "extract")) == []  # it has never run


def test_a_link_is_written_as_the_console_does(cloud: Cloud) -> None:
    manifest = Manifest("shop", "prod", "", {}, {"add": "/aws/lambda/add"}, {}, "m")
    link = StateMachine(cloud.session, manifest).log_link("add", "r-1", {"stream": "2026/[1]a"})
    assert link == (
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fadd/log-events/2026$252F$255B1$255Da"
        "$3FfilterPattern$3D$2522r-1$2522"
    )


# --- what a history tells -------------------------------------------------------------------------


class Histories:
    """A client that answers with histories as AWS writes them, a page of two events at a time."""

    def __init__(self, histories: Mapping[str, list[dict[str, Any]]]) -> None:
        self.histories = histories

    def get_execution_history(self, *, executionArn: str, **more: Any) -> dict[str, Any]:
        start = int(more.get("nextToken", 0))
        events = self.histories[executionArn]
        page: dict[str, Any] = {"events": events[start : start + 2]}
        if start + 2 < len(events):
            page["nextToken"] = str(start + 2)
        return page

    def list_executions(self, *, mapRunArn: str, **more: Any) -> dict[str, Any]:
        return {"executions": [{"executionArn": f"{mapRunArn}:item"}]}


def scheduled(number: int, task: str) -> dict[str, Any]:
    parameters = json.dumps({"FunctionName": f"shop-{task}", "Payload": {"task": task}})
    details = {"parameters": parameters, "resourceType": "lambda", "resource": "invoke"}
    return {
        "id": number,
        "previousEventId": number - 1,
        "type": "TaskScheduled",
        "taskScheduledEventDetails": details,
    }


def failed(number: int, error: str, cause: str) -> list[dict[str, Any]]:
    details = {"error": error, "cause": cause, "resource": "invoke"}
    return [
        {"id": number, "previousEventId": number - 1, "type": "TaskStarted"},
        {
            "id": number + 1,
            "previousEventId": number,
            "type": "TaskFailed",
            "taskFailedEventDetails": details,
        },
    ]


def test_what_died_is_found_in_histories_also_in_those_of_parts_and_items() -> None:
    timed_out = json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": "timed out after 3 s"})
    histories = {
        "main": [
            scheduled(2, "extract"),
            *failed(3, "GlacierTaskFailed", "recorded"),
            scheduled(6, "slow"),
            *failed(7, "Sandbox.Timedout", timed_out),
            {
                "id": 9,
                "previousEventId": 8,
                "type": "TaskSubmitted",
                "taskSubmittedEventDetails": {"output": '{"ExecutionArn": "part"}'},
            },
            {
                "id": 10,
                "previousEventId": 9,
                "type": "MapRunStarted",
                "mapRunStartedEventDetails": {"mapRunArn": "map"},
            },
        ],
        "part": [scheduled(2, "big"), *failed(3, "Runtime.OutOfMemory", "used 128 MB")],
        "map:item": [scheduled(2, "each"), *failed(3, "Runtime.ExitError", "exit status 1")],
    }
    assert faults_of(Histories(histories), "main") == {
        "slow": Fault("Sandbox.Timedout", "timed out after 3 s"),
        "big": Fault("Runtime.OutOfMemory", "used 128 MB"),
        "each": Fault("Runtime.ExitError", "exit status 1"),
    }


# --- who asks -------------------------------------------------------------------------------------


def test_a_role_is_assumed(cloud: Cloud, tmp_path: Any) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    provider = AWSProvider(account=ACCOUNT, region=REGION, assume_role=role)
    cloud.deploy(shop())
    cloud.play()
    env = Environment(provider, "prod")
    run = AWSExecutor(env, poll=0.05, root=tmp_path, check_plan=False).execute(shop())
    assert run["total"] == 3


def test_nobody_to_ask_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    env = Environment(AWSProvider(account=ACCOUNT, region=REGION), "prod")
    with pytest.raises(NoAnswer, match="AWS_PROFILE"):
        AWSExecutor(env).runs(shop())


def test_a_refusal_says_what_and_why(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="StateMachineDoesNotExist") as caught:
        StateMachine(cloud.session, Manifest("shop", "prod", "", {}, {}, {}, "x y*"))._described(
            "r"
        )
    assert not caught.value.retryable


def test_boto3_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    env = Environment(AWSProvider(account=ACCOUNT, region=REGION), "prod")
    with pytest.raises(MissingLibrary, match=r"glacier-aws\[client\]"):
        AWSExecutor(env).runs(shop())


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda env: AWSExecutor("prod"), "env"),  # type: ignore[arg-type]
        (lambda env: AWSExecutor(env, poll=0), "poll"),
        (lambda env: AWSExecutor(env, cancel="maybe"), "cancel"),
    ],
)
def test_wrong_options_are_refused(
    make: Callable[[Environment], object], match: str, env: Callable[..., Environment]
) -> None:
    with pytest.raises(InvalidRequest, match=match):
        make(env())


def test_an_environment_of_another_cloud_is_refused() -> None:
    from glacier.local import LocalProvider

    with pytest.raises(InvalidRequest, match="LocalProvider"):
        AWSExecutor(Environment(LocalProvider(), "dev"))


def test_what_is_no_pipeline_is_refused(env: Callable[..., Environment]) -> None:
    with pytest.raises(NotAPipeline):
        AWSExecutor(env()).execute("shop")  # type: ignore[arg-type]


def test_the_name_of_a_machine_is_all_that_is_needed(env: Callable[..., Environment]) -> None:
    account = env().provider.account  # type: ignore[attr-defined]
    assert boto3.__version__
    assert machine_arn(machine_name("etl", "prod"), account).startswith(
        "arn:aws:states:eu-central-1:123456789012:stateMachine:etl-prod"
    )
