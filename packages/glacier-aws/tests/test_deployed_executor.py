"""AWSExecutor over a pipeline that is deployed on the stand: as here, but there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from deployed_flow import FLOW as ETL
from deployed_flow import PLANTED
from deployed_pipelines import Deployed

from glacier.aws import AWSExecutor
from glacier.core import RunFailed, Schedule
from glacier.core.events import AttemptFailed, ItemFinished, TaskFinished, TaskStarted
from glacier.core.following.errors import Drifted, Left
from glacier.core.loader import load
from glacier.core.testing import InlineExecutor

FLOW = (
    ETL
    + """

from glacier.core import Context

flaked, summed, waited = map(Dataset, ["flaked", "summed", "waited"])


class NotNow(ConnectionError):
    pass


@pipeline.task(retries=1)
def flaky(rows: clean, context: Context, fails: int = 0) -> flaked:
    if context.attempt <= fails:
        raise NotNow("not now", context.attempt)
    return rows


@pipeline.task
def add(rows: flaked) -> summed:
    return sum(rows)


@pipeline.task
def wait(rows: summed, seconds: float = 0.0) -> waited:
    import time

    time.sleep(seconds)
    return seconds
"""
)
SCHEDULE = Schedule(cron="0 6 * * *", timezone="Europe/Berlin", overlap="allow")
NAMES = ("raw", "clean", "stats", "priced", "enough", "gold", "report", "summed")


class Here:
    """The pipeline of the file, as a client has it."""

    def __init__(self, live: Deployed) -> None:
        self.loaded = load(str(live.folder / "flow.py"))
        self.pipeline = self.loaded.choose()
        self.there = AWSExecutor(vars(self.loaded.module)["env"], poll=0.1, history=False)


@pytest.fixture
def here(live: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield Here(live)
    for name in ("flow", "prices"):
        sys.modules.pop(name, None)


def kinds(events: list[Any]) -> Counter[Any]:
    """What was told, but for when: each event with its task, and how that ended."""
    told: list[Any] = []
    for one in events:
        name, step = type(one).__name__, getattr(one, "step", None)
        more: tuple[Any, ...] = ()
        if isinstance(one, (TaskStarted, AttemptFailed)):
            more = (one.attempt,)
        elif isinstance(one, ItemFinished):
            more = (one.item, str(one.state), one.total)
        elif isinstance(one, TaskFinished):
            more = (str(one.state), one.attempt)
        told.append((name, step and step.task, *more))
    return Counter(told)


@pytest.mark.parametrize("params", [{"n": 3}, {"n": 1}, {"n": 3, "fails": 1}])
def test_a_run_there_is_a_run_here(
    here: Here, monkeypatch: pytest.MonkeyPatch, params: dict[str, Any]
) -> None:
    """Its results, its states and what listeners are told are those of a run on this machine."""
    there: list[Any] = []
    away = here.there.execute(here.pipeline, params=params, listeners=[there.append])
    near: list[Any] = []
    monkeypatch.setenv("GLACIER_SECRET_CRM_KEY", PLANTED)
    home = InlineExecutor().execute(
        here.pipeline, params=params, listeners=[near.append], keep=NAMES
    )
    assert away.state == home.state == "succeeded"
    assert {name: str(one.state) for name, one in away.tasks.items()} == {
        name: str(one.state) for name, one in home.tasks.items()
    }
    assert kinds(there) == kinds(near)
    for name in NAMES:
        if home.tasks["tell"].state == "succeeded" or name != "report":
            assert away[name] == home[name], name


def test_an_error_there_is_the_error_here(here: Here) -> None:
    """With what it was raised with, the traceback and the log; what waits for it has not run."""
    with pytest.raises(RunFailed) as caught:
        here.there.execute(here.pipeline, params={"n": 3, "fails": 2})
    cause = caught.value.__cause__
    assert type(cause).__name__ == "NotNow"
    assert cause is not None
    assert cause.args == ("not now", 2)
    run = caught.value.run
    states = {name: str(one.state) for name, one in run.tasks.items()}
    assert states["flaky"] == "failed"
    assert states["add"] == states["wait"] == "upstream_failed"
    assert states["load"] == "succeeded"
    text = str(caught.value)
    told = "".join(traceback.format_exception(cause))
    assert 'raise NotNow("not now", context.attempt)' in told
    assert "cloudwatch/home" in text
    assert PLANTED not in text

    again = here.there.execute(
        here.pipeline, params={"n": 3, "fails": 2}, resume=run.run_id, raise_on_failure=False
    )
    assert str(again.tasks["load"].state) == "up_to_date"


def test_what_a_run_is_fed_with_is_stored_there(here: Here) -> None:
    run = here.there.execute(
        here.pipeline, inputs={"clean": [5, 6]}, params={"n": 0}, select=["flaky+"]
    )
    assert run["summed"] == 11
    assert set(run.tasks) == {"flaky", "add", "wait"}


def test_other_code_is_not_run_there(here: Here, live: Deployed) -> None:
    file = live.folder / "flow.py"
    text = file.read_text()
    try:
        file.write_text(text.replace("if row >= 0", "if row > 0"))
        other = Here(live)
        with pytest.raises(Drifted, match="the code of a task"):
            other.there.execute(other.pipeline, params={"n": 1})
    finally:
        file.write_text(text)


def until(found: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What is found, as soon as it is."""
    end = time.monotonic() + seconds
    while True:
        one = found()
        if one:
            return one
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def test_a_client_that_is_killed_leaves_the_run(here: Here, live: Deployed) -> None:
    """Another one follows it to its end."""
    before = {one.run_id for one in here.there.runs(here.pipeline)}
    command = [sys.executable, "-m", "glacier.core", "run", "flow.py", "--executor", "aws"]
    process = subprocess.Popen(
        [*command, "--env", "prod", "-p", "n=2", "-p", "seconds=3"],
        cwd=live.folder,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        (run,) = until(lambda: {one.run_id for one in here.there.runs(here.pipeline)} - before)
    finally:
        process.kill()
        said = process.communicate()[0].decode()
    assert "Error" not in said
    found = here.there.attach(here.pipeline, run)
    assert found.state == "succeeded"
    assert found["summed"] == 1


def test_what_a_schedule_starts_is_a_run_like_any_other(here: Here, live: Deployed) -> None:
    (kept,) = live.stand.client("scheduler").list_schedules()["Schedules"]
    execution = live.stand.fire(kept["Name"], group=kept["GroupName"])
    assert live.stand.wait(execution).status == "SUCCEEDED"
    newest = here.there.runs(here.pipeline, limit=1)[0]
    found = here.there.attach(here.pipeline, newest.run_id)
    assert (found.state, found["priced"]) == ("succeeded", [0, 10, 20])


def test_a_run_is_stopped(here: Here, live: Deployed) -> None:
    run, _ = live.start(values={"n": 1, "seconds": 2})

    def told(event: Any) -> None:
        if isinstance(event, TaskStarted) and event.step.task == "wait":
            here.there.stop(here.pipeline, run)

    found = here.there.attach(here.pipeline, run, listeners=[told], raise_on_failure=False)
    assert found.state != "succeeded"  # moto lets the state go on that is under way
    assert here.there.deployed(here.pipeline).conductor.status(run).phase.name == "ABORTED"


def test_ctrl_c_leaves_the_run(here: Here) -> None:
    def told(event: Any) -> None:
        if isinstance(event, TaskStarted):
            raise KeyboardInterrupt

    with pytest.raises(Left, match="goes on where it is deployed") as caught:
        here.there.execute(here.pipeline, params={"n": 1}, listeners=[told])
    (run,) = {
        one.run_id for one in here.there.runs(here.pipeline) if one.run_id in str(caught.value)
    }
    assert here.there.attach(here.pipeline, run).state == "succeeded"
    lines = list(here.there.log(here.pipeline, run, "stats"))
    assert lines
    assert not [line for line in lines if PLANTED in line]
