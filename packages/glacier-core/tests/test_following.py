"""Deployed runs as their client sees them: the same events, values and errors as here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
from deployed_conductor import Killed, PlayedConductor, Turns, client_of
from deployed_pipeline import Deployment, deploy

from glacier.core import Dataset, Pipeline, RunFailed, Skip
from glacier.core.contracts import State
from glacier.core.crossing import RemoteTraceback
from glacier.core.errors import MissingParameter
from glacier.core.events import (
    AttemptFailed,
    Event,
    ItemFinished,
    RunFinished,
    RunStarted,
    TaskStarted,
)
from glacier.core.following.conductor import Fault
from glacier.core.following.errors import NotBegun, TaskLost
from glacier.core.run import Run
from glacier.core.testing import InlineExecutor

raw, clean, total, flag, report, side = map(
    Dataset, ["raw", "clean", "total", "flag", "report", "side"]
)


def shop(*, fails: bool = False) -> Pipeline:
    pipeline = Pipeline("shop")

    @pipeline.task
    def extract(n: int = 3) -> raw:
        return list(range(n))

    @pipeline.task
    def tidy(one: raw.each) -> clean:
        if one == 1:
            raise Skip("one is none")
        return {"x": one}

    @pipeline.task
    def add(rows: clean) -> total:
        if fails:
            raise ValueError("no sum", 3)
        return sum(row["x"] for row in rows)  # type: ignore[attr-defined]

    @pipeline.task
    def decide(found: total) -> flag:
        return found > 2  # type: ignore[operator]

    @pipeline.task(when=flag)
    def tell(found: total) -> report:
        return f"total {found}"

    @pipeline.task
    def other(rows: raw) -> side:
        return len(rows)  # type: ignore[arg-type]

    return pipeline


class Client:
    """Runs a deployed pipeline as an executor does, and remembers the events."""

    def __init__(self, deployed: Deployment, conductor: Any = None, **options: Any) -> None:
        self.conductor = PlayedConductor(deployed) if conductor is None else conductor
        self.deployed = deployed
        self.client = client_of(deployed, self.conductor, **options)
        self.events: List[Event] = []

    def start(self, **asked: Any) -> str:
        pipeline = self.deployed.make().pipeline
        params, select = asked.get("params"), asked.get("select")
        launch = pipeline.prepare(params=params, inputs=asked.get("inputs"), select=select)
        self.plan = launch.plan
        return self.client.start(
            launch, params=params, selected=select is not None, resume=asked.get("resume")
        )

    def execute(self, **asked: Any) -> Run:
        run = self.start(**asked)
        return self.client.follow(run, self.plan, listeners=[self.events.append])

    def told(self) -> List[str]:
        return [brief(event) for event in self.events]


def brief(event: Event) -> str:
    if isinstance(event, (RunStarted, RunFinished)):
        return type(event).__name__
    task = event.step.task
    if isinstance(event, TaskStarted):
        return f"{task} starts {event.attempt}"
    if isinstance(event, ItemFinished):
        return f"{task}[{event.item}] {event.state} {event.done}"
    if isinstance(event, AttemptFailed):
        return f"{task} fails {event.attempt}"
    return f"{task} {event.state}"


def test_a_run_is_told_as_one_on_this_machine_is(tmp_path: Path) -> None:
    client, local = Client(deploy(shop(), tmp_path)), []  # type: Client, List[Event]

    run = client.execute()
    InlineExecutor().execute(shop(), listeners=[local.append])

    assert sorted(client.told()) == sorted(map(brief, local))
    assert client.told()[0] == "RunStarted"
    assert client.told()[-1] == "RunFinished"
    assert run.state == "succeeded"
    assert {name: str(task.state) for name, task in run.tasks.items()} == {
        "extract": "succeeded", "tidy": "succeeded", "add": "succeeded", "decide": "succeeded",
        "tell": "skipped", "other": "succeeded",
    }  # fmt: skip
    assert run.tasks["tell"].reason == "its condition 'flag' is false"
    assert (run["clean"], run[total], run["side"]) == ([{"x": 0}, {"x": 2}], 2, 3)
    assert run.tasks["add"].started is not None


def test_what_runs_is_told_while_it_runs(tmp_path: Path) -> None:
    deployed = deploy(shop(), tmp_path)
    seen: List[str] = []
    clients: List[Client] = []

    def look(payload: Dict[str, Any]) -> None:
        # The next call is made only after the follower has looked again.
        told = clients[0].told()
        if payload.get("task") == "tidy" and payload.get("item") == 2:
            seen.extend(one for one in told if one.startswith("tidy"))

    conductor = PlayedConductor(deployed, look)
    clients.append(Client(deployed, conductor))
    clients[0].execute()

    assert seen == ["tidy starts 1", "tidy[0] succeeded 1", "tidy[1] skipped 2"]
    totals = {event.total for event in clients[0].events if isinstance(event, ItemFinished)}
    assert totals == {3}


def test_a_failure_is_raised_with_its_remote_traceback_its_log_and_what_it_read(
    tmp_path: Path,
) -> None:
    client = Client(deploy(shop(fails=True), tmp_path))

    run = client.execute()

    assert run.state == "failed"
    assert run.tasks["decide"].state == "upstream_failed"
    assert run.tasks["other"].state == "succeeded"
    with pytest.raises(RunFailed) as caught:
        run.raise_if_failed()
    cause = caught.value.__cause__
    assert type(cause) is ValueError
    assert cause.args == ("no sum", 3)
    assert isinstance(cause.__cause__, RemoteTraceback)
    assert 'raise ValueError("no sum", 3)' in str(cause.__cause__)
    text = str(caught.value)
    assert f"log: https://logs/add/{run.run_id}" in text
    assert f"read: clean {run.run_id}" in text
    assert f"resume={run.run_id!r}" in text


def test_a_run_is_resumed_and_fed(tmp_path: Path) -> None:
    first = Client(deploy(shop(fails=True), tmp_path)).execute()

    again = Client(deploy(shop(), tmp_path)).execute(resume=first.run_id)

    states = {name: str(task.state) for name, task in again.tasks.items()}
    assert (states["extract"], states["tidy"], states["add"]) == (
        "up_to_date", "up_to_date", "succeeded",
    )  # fmt: skip
    fed = Client(deploy(shop(), tmp_path)).execute(inputs={"clean": [{"x": 5}]}, select="add+")
    assert set(fed.tasks) == {"add", "decide", "tell"}
    assert (fed["clean"], fed["report"]) == ([{"x": 5}], "total 5")


def test_what_a_run_is_fed_with_is_read_by_no_other(tmp_path: Path) -> None:
    deployed = deploy(shop(), tmp_path)
    Client(deployed).execute(inputs={"raw": [7, 8]}, select="other")
    store = deployed.store
    assert not [entry for entry in store.list("shop/raw") if entry.key.endswith("latest.json")]


def test_parameters_go_there_by_their_types(tmp_path: Path) -> None:
    run = Client(deploy(shop(), tmp_path)).execute(params={"n": 5})
    assert run["report"] == "total 9"
    assert run.tasks["tell"].state == "succeeded"


def flaky(times: int) -> Pipeline:
    pipeline, left = Pipeline("flaky"), [times]

    @pipeline.task(retries=2, retry_delay=0.25)
    def fetch() -> raw:
        if left[0]:
            left[0] -= 1
            raise ConnectionError("gone")
        return [1]

    return pipeline


def test_attempts_are_told_in_their_order(tmp_path: Path) -> None:
    client = Client(deploy(flaky(2), tmp_path))
    run = client.execute()
    assert client.told()[1:-1] == [
        "fetch starts 1", "fetch fails 1", "fetch starts 2", "fetch fails 2", "fetch starts 3",
        "fetch succeeded",
    ]  # fmt: skip
    pauses = [event.delay for event in client.events if isinstance(event, AttemptFailed)]
    assert pauses == [0.25, 0.5]
    assert run.tasks["fetch"].attempts == 3


def test_after_its_last_attempt_a_task_has_failed(tmp_path: Path) -> None:
    client = Client(deploy(flaky(5), tmp_path))
    run = client.execute()
    assert client.told()[-2] == "fetch failed"
    assert client.told().count("fetch fails 3") == 0
    assert (run.tasks["fetch"].attempts, type(run.tasks["fetch"].error)) == (3, ConnectionError)


def test_a_task_that_was_killed_is_told_by_what_the_service_says(tmp_path: Path) -> None:
    def kill(payload: Dict[str, Any]) -> None:
        if payload.get("task") == "add":
            raise Killed(Fault("Runtime.OutOfMemory", "used 128 MB"))

    deployed = deploy(shop(), tmp_path)
    client = Client(deployed, PlayedConductor(deployed, kill))

    run = client.execute()

    error = run.tasks["add"].error
    assert isinstance(error, TaskLost)
    assert (error.kind, error.cause) == ("Runtime.OutOfMemory", "used 128 MB")
    assert "compute=Serverless(memory=…)" in str(error)
    assert run.tasks["tell"].state == "upstream_failed"
    assert run.tasks["other"].state == "succeeded"
    with pytest.raises(RunFailed, match=f"read: clean {run.run_id}"):
        run.raise_if_failed()


def test_a_run_that_cannot_begin_says_why(tmp_path: Path) -> None:
    pipeline = Pipeline("asks")

    @pipeline.task
    def make(day: str) -> raw:
        return [day]

    client = Client(deploy(pipeline, tmp_path))
    run = "20260131T120000.000000Z-aaaaaa"
    client.conductor.start(run, {"run": run})

    with pytest.raises(NotBegun, match="'day'") as caught:
        client.client.follow(run, client.deployed.plan, listeners=[client.events.append])

    assert isinstance(caught.value.__cause__, MissingParameter)
    assert client.told() == ["RunStarted", "make cancelled", "RunFinished"]
    assert client.events[-1].state is State.FAILED  # type: ignore[union-attr]


def test_a_run_that_is_stopped_is_cancelled(tmp_path: Path) -> None:
    deployed = deploy(shop(), tmp_path)
    conductor = PlayedConductor(deployed)

    def stop(payload: Dict[str, Any]) -> None:
        if payload.get("task") == "add":
            conductor.stop(payload["run"])

    conductor.before = stop
    client = Client(deployed, conductor)
    run = client.execute()
    assert run.state == "cancelled"
    assert run.tasks["extract"].state == "succeeded"
    assert {str(run.tasks[name].state) for name in ("decide", "tell")} == {"cancelled"}
    assert "somebody asked for that" in run.tasks["decide"].reason


def test_who_leaves_a_run_can_follow_it_again(tmp_path: Path) -> None:
    client = Client(deploy(shop(), tmp_path))
    run = client.start()

    class Impatient(Turns):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.time > 1.0:
                raise KeyboardInterrupt

    left = client_of(client.deployed, client.conductor, clock=Impatient(client.conductor))
    seen: List[Event] = []
    with pytest.raises(KeyboardInterrupt):
        left.follow(run, client.plan, listeners=[seen.append])
    assert isinstance(seen[-1], RunFinished)
    assert seen[-1].state is State.RUNNING

    done = client.client.attach(run, listeners=[client.events.append])

    assert done.state == "succeeded"
    assert client.told().count("extract succeeded") == 1


def test_a_run_that_was_over_long_ago_is_told_from_its_beginning(tmp_path: Path) -> None:
    client = Client(deploy(shop(), tmp_path))
    run = client.start()
    client.conductor.played[run].finish()
    live = Client(deploy(shop(), tmp_path))
    live.execute()
    client.client.follow(run, client.plan, listeners=[client.events.append])
    assert sorted(client.told()) == sorted(live.told())


def test_the_follower_asks_the_service_at_most_once_a_second(tmp_path: Path) -> None:
    asked: List[float] = []

    class Counting(PlayedConductor):
        clock: Optional[Turns] = None

        def status(self, run: str) -> Any:
            assert self.clock is not None
            asked.append(self.clock.now())
            return super().status(run)

    deployed = deploy(shop(), tmp_path)
    conductor = Counting(deployed)
    conductor.clock = Turns(conductor)
    Client(deployed, conductor, clock=conductor.clock).execute()
    assert all(later - earlier >= 1.0 for earlier, later in zip(asked, asked[1:]))
