"""A run outlives its workers: what ran on one that is killed runs again elsewhere."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import dask
import distributed
import pytest

from glacier.core import Dataset, Pipeline
from glacier.core.events import TaskFinished, TaskStarted
from glacier.dask import DaskExecutor
from glacier.dask.teller import Teller

ROUNDS = 20
WIDTH = 12

numbers = Dataset("numbers")
Number = Annotated[int, numbers.each]
Squares = Annotated[list[int], Dataset("squares")]


@pytest.fixture(scope="module")
def three() -> Iterator[DaskExecutor]:
    assert distributed.__version__, "imported before its settings are changed for a while"
    executor = DaskExecutor(n_workers=3, threads_per_worker=1, history=False)
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        executor.session()
    with executor:
        yield executor


def _add_chain(pipeline: Pipeline, place: int) -> Dataset:
    first, second = Dataset(f"first-{place}"), Dataset(f"second-{place}")

    @pipeline.task(name=f"load-{place}")
    def load() -> Annotated[list[int], first]:
        time.sleep(0.01)
        return list(range(7 + place))

    @pipeline.task(name=f"total-{place}")
    def total(values: Annotated[list[int], first]) -> Annotated[int, second]:
        time.sleep(0.01)
        return sum(values)

    return second


def _pipeline() -> Pipeline:
    """Chains that meet, then a mapped task: intermediate results are lost with a worker."""
    pipeline = Pipeline("robust")
    ends = [_add_chain(pipeline, place) for place in range(WIDTH)]
    left, right = ends[0], ends[-1]

    @pipeline.task
    def spread(
        low: Annotated[int, left], high: Annotated[int, right]
    ) -> Annotated[list[int], numbers]:
        return list(range(low, high, 10))

    @pipeline.task
    def square(number: Number) -> Annotated[int, Dataset("squares")]:
        time.sleep(0.01)
        return number * number

    return pipeline


def _complete(executor: DaskExecutor) -> None:
    """Wait until all three workers are there."""
    executor.client.wait_for_workers(3, timeout=60)


def _expected() -> dict[str, Any]:
    sums = {f"second-{place}": sum(range(7 + place)) for place in range(WIDTH)}
    low, high = sums["second-0"], sums[f"second-{WIDTH - 1}"]
    return {**sums, "squares": [n * n for n in range(low, high, 10)]}


def _kill_one(executor: DaskExecutor) -> int:
    """End one worker process as the kernel does when memory runs out."""
    pids: dict[str, int] = executor.client.run(os.getpid, on_error="ignore")
    victim = min(pids.values())
    os.kill(victim, signal.SIGKILL)
    return victim


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_worker_that_is_killed_in_mid_run_costs_no_result(three: DaskExecutor, turn: int) -> None:
    _complete(three)
    seen: list[str] = []
    killer: list[threading.Thread] = []

    def kill_later(event: object) -> None:
        if isinstance(event, TaskFinished):
            seen.append(event.step.task)
        if len(seen) == 1 + turn % (2 * WIDTH) and not killer:
            killer.append(threading.Thread(target=_kill_one, args=(three,)))
            killer[0].start()

    run = three.execute(_pipeline(), listeners=[kill_later], keep=True)
    for thread in killer:
        thread.join()
    assert killer, "a worker was killed"
    assert run.state == "succeeded"
    expected = _expected()
    assert {name: run[name] for name in expected} == expected
    assert sorted(seen) == sorted(run.tasks), "each task ended once"


def test_a_task_that_always_kills_its_worker_fails_and_the_rest_goes_on(
    three: DaskExecutor,
) -> None:
    pipeline, never = Pipeline("deadly"), Dataset("never")
    started: list[str] = []

    @pipeline.task
    def die() -> Annotated[int, never]:
        os.kill(os.getpid(), signal.SIGKILL)
        return 1

    @pipeline.task
    def after(value: Annotated[int, never]) -> Annotated[int, Dataset("after")]:
        return value

    @pipeline.task
    def live() -> Annotated[int, Dataset("alive")]:
        return 2

    def note(event: object) -> None:
        if isinstance(event, TaskStarted):
            started.append(event.step.task)

    _complete(three)
    run = three.execute(pipeline, listeners=[note], raise_on_failure=False)
    assert run["alive"] == 2
    states = {task.name: str(task.state) for task in run.tasks.values()}
    assert states == {"die": "failed", "after": "upstream_failed", "live": "succeeded"}
    assert "Dask gave up on task 'die'" in str(run.tasks["die"].error)
    assert "after" not in started


def test_a_lost_worker_is_started_again_though_dask_gives_it_up(three: DaskExecutor) -> None:
    """As when it is lost again at the moment at which Dask looks for it."""
    _complete(three)
    client = three.client
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "1ms"}):
        victim = _kill_one(three)
        until = time.monotonic() + 60
        pids: set[int] = set()
        while len(pids) < 3 or victim in pids:
            assert time.monotonic() < until, f"only {len(pids)} workers are there"
            pids = set(client.run(os.getpid, on_error="ignore").values())
    assert sorted(client.cluster.workers) == [0, 1, 2], "none was given up"


def test_a_result_that_is_lost_before_it_was_told_of_is_waited_for(
    three: DaskExecutor, tmp_path: Path
) -> None:
    pipeline, marker = Pipeline("untold"), str(tmp_path / "marker")

    @pipeline.task
    def make() -> Annotated[str, Dataset("made")]:
        if Path(marker).exists():
            time.sleep(1.0)  # longer than the client waits before it looks what has become of it
            return "again"
        Path(marker).touch()
        Teller.tell = lambda teller, record: None  # type: ignore[method-assign]  # it dies anyway
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return "first"

    _complete(three)
    assert three.execute(pipeline)["made"] == "again"
