"""Deployed runs in which something goes wrong: nothing is lost, nothing half-written is read."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from aws_stand.faults import Fault
from deployed_flow import FLOW as ETL
from deployed_pipelines import Deployed, Ran

from glacier.aws import AWSExecutor
from glacier.aws.names import function_name
from glacier.core.loader import load
from glacier.core.remote.client import Reports
from glacier.core.run_ids import new_run_id

FLOW = (
    ETL
    + """

import os
import signal
import time

from glacier.core import Serverless

hurt, fine = Dataset("hurt"), Dataset("fine", storage=lake)


@pipeline.task(compute=Serverless(memory=192, timeout=3))
def suffer(rows: clean, how: str = "") -> hurt:
    if how == "hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    if how in ("hang", "sleep"):
        time.sleep(60)
    if how == "exit":
        os._exit(3)
    if how == "memory":
        how = b"x" * 400_000_000
    if how == "large":
        return "x" * 8_000_000
    return len(how)


@pipeline.task(retries=1)
def survive(rows: clean) -> fine:
    return len(rows)
"""
)


def latest(live: Deployed, name: str) -> Any:
    """The version that is read next of a dataset."""
    kept = live.shelf(name).latest()
    return kept and kept.version


@pytest.fixture
def executor(live: Deployed, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Follows runs of the pipeline; and the pipeline."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    loaded = load(str(live.folder / "flow.py"))
    env = vars(loaded.module)["env"]
    yield lambda run: AWSExecutor(env, poll=0.1, history=False).attach(
        loaded.choose(), run, raise_on_failure=False
    )
    for name in ("flow", "prices"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("sleep", "TaskTimeout"),
        ("hang", "Sandbox.Timedout"),
        ("exit", "Runtime.ExitError"),
        ("memory", "Runtime.ExitError"),
    ],
)
def test_a_task_that_breaks_its_process_fails_alone(
    live: Deployed, executor: Any, how: str, told: str
) -> None:
    """Independent branches finish, and what was read of its dataset before still is."""
    before = latest(live, "hurt")
    ran = live.run(params={"n": "3", "how": how})
    assert ran.execution.error == "Glacier.RunFailed"
    states = {task: state for task, state in ran.states.items() if state != "succeeded"}
    assert states == {"suffer": "failed"}
    assert latest(live, "hurt") == before
    assert live.shelf("hurt").at(ran.id) is None
    assert latest(live, "gold") == ran.id
    error = executor(ran.id).tasks["suffer"].error
    assert told in f"{type(error).__name__} {error}"


def test_a_result_that_lambda_could_not_answer_with_is_stored(live: Deployed) -> None:
    ran = live.run(params={"n": "1", "how": "large"})
    assert ran.execution.status == "SUCCEEDED", ran.why("suffer")
    assert len(live.shelf("hurt").read(ran.id)) == 8_000_000


def test_s3_may_be_away_for_a_while(live: Deployed) -> None:
    for method in ("GET", "PUT"):
        live.stand.fault(Fault(503, method=method, times=4))
    ran = live.run(params={"n": "3"})
    assert ran.execution.status == "SUCCEEDED", ran.execution
    assert live.shelf("gold").read(ran.id)["prices"] == [0, 10, 20]


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("path", ["/data-", "/version.json", "/latest.json", "/tasks/survive.json"])
def test_a_process_that_is_killed_while_it_stores_leaves_nothing_half_done(
    live: Deployed, path: str, done: bool
) -> None:
    """Another attempt stores it, or finds it stored."""
    survive = function_name("etl", "prod", "survive")
    before = len(live.stand.invocations)
    live.stand.fault(Fault(0, method="PUT", path=path, function=survive, done=done))
    ran = live.run(params={"n": "2"}, select=["+survive"])
    assert ran.execution.status == "SUCCEEDED", ran.execution
    found = [one for one in live.stand.invocations[before:] if one.function == survive]
    assert [one.error for one in found] == ["Runtime.ExitError", ""]
    assert live.shelf("fine").read(ran.id) == 2
    assert latest(live, "fine") == ran.id


def test_a_run_that_is_started_twice_is_one_run(live: Deployed) -> None:
    """By two executions at the same time, which know nothing of one another."""
    run = new_run_id()
    request = {"run": run, "params": {"n": "3"}}
    first, second = (
        live.stand.start(live.machine, request, name=name) for name in (run, f"{run}-again")
    )
    ended = [live.stand.wait(one) for one in (first, second)]
    assert [one.status for one in ended] == ["SUCCEEDED", "SUCCEEDED"], ended
    ran = Ran(run, ended[0], Reports(live.workspace, run))
    assert set(ran.states.values()) == {"succeeded"}
    for name in ("gold", "priced", "report"):
        assert latest(live, name) == run
    assert live.shelf("gold").read(run)["prices"] == [0, 10, 20]
