"""Which cluster is used, what it is asked before a run, and what tasks ask of its workers."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import dask
import pytest
from distributed import Client, LocalCluster

from glacier.core import Dataset, Pipeline, RequestError, Serverless
from glacier.core.errors import InvalidRequest
from glacier.dask import ClusterFailed, DaskExecutor, InvalidCluster, VersionMismatch
from glacier.dask.versions import compare

Out = Annotated[int, Dataset("out")]


def _small() -> Pipeline:
    pipeline = Pipeline("small")

    @pipeline.task(tags=["night"])
    def make() -> Out:
        return 3

    return pipeline


def test_a_client_or_a_cluster_is_used_and_left_open() -> None:
    local = {"processes": False, "n_workers": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**local) as cluster:
        with DaskExecutor(cluster=cluster, history=False) as executor:
            assert executor.execute(_small())["out"] == 3
        assert len(cluster.workers) == 1
        with Client(cluster, set_as_default=False) as client:
            with DaskExecutor(client=client, history=False) as executor:
                assert executor.execute(_small())["out"] == 3
            assert client.submit(int, "5").result() == 5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"address": "tcp://a:1", "cluster": object()}, "address and cluster each name a cluster"),
        ({"address": "tcp://a:1", "n_workers": 2}, "n_workers cannot be set"),
        ({"address": 8786}, "address is 8786"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(arguments: Any, text: str) -> None:
    with pytest.raises(InvalidCluster, match=text):
        DaskExecutor(**arguments)


@pytest.mark.parametrize(
    "arguments", [{"priority": {"a": "high"}}, {"priority": 3}, {"storage": "s3"}]
)
def test_options_that_have_no_meaning_are_refused(arguments: Any) -> None:
    with pytest.raises(InvalidRequest):
        DaskExecutor(**arguments)


def test_a_cluster_that_is_not_there_is_named() -> None:
    impatient = dask.config.set({"distributed.comm.timeouts.connect": "0.3s"})
    with impatient, pytest.raises(ClusterFailed, match=r"tcp://127\.0\.0\.1:9"):
        DaskExecutor("tcp://127.0.0.1:9").execute(_small())


def test_an_executor_that_was_sent_is_one_for_the_same_cluster(threads: str) -> None:
    with DaskExecutor(threads, fail_fast=True) as executor:
        copy: DaskExecutor = pickle.loads(pickle.dumps(executor))
        assert (copy.address, copy.fail_fast) == (executor.session().address, True)
        assert repr(copy) == f"DaskExecutor({copy.address!r})"


# --- versions -------------------------------------------------------------------------------------

HERE = {"Python": "3.11", "glacier-pipeline": "0.1.0", "glacier-dask": "0.1.0"}


def _told(python: str = "3.11.7.final.0", core: str | None = "0.1.0") -> dict[str, Any]:
    packages = {"glacier.core._version": core, "glacier.dask._version": "0.1.0"}
    return {"host": {"python": python}, "packages": packages}


def test_other_versions_are_reported_with_the_places_that_have_them() -> None:
    workers = {
        "tcp://a:1": _told(),
        "tcp://b:1": _told(python="3.12.1.final.0"),
        "tcp://c:1": _told(core=None),
        "tcp://d:1": ConnectionError(),
    }
    with pytest.raises(VersionMismatch) as raised:
        compare(HERE, {"scheduler": _told(core="0.2.0"), "workers": workers})
    assert set(raised.value.found) == {"scheduler"} | {f"worker tcp://{w}:1" for w in "bcd"}
    text = str(raised.value)
    for part in (
        "this process has, Python 3.11, glacier-pipeline 0.1.0, glacier-dask 0.1.0:",
        "scheduler: glacier-pipeline 0.2.0",
        "worker tcp://b:1: Python 3.12",
        "worker tcp://c:1: glacier-pipeline missing",
    ):
        assert part in text, text


def test_equal_versions_are_no_news() -> None:
    compare(HERE, {"scheduler": _told(), "workers": {"tcp://a:1": _told("3.11.2.final.0")}})


def test_versions_are_compared_before_anything_runs(tmp_path: Path) -> None:
    """A worker that finds another version of Glacier among what is installed."""
    other = tmp_path / "glacier_pipeline-99.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: glacier-pipeline\nVersion: 99.0\n"
    )
    preload = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import glacier.core._version\n"  # which older versions of Dask ask
        "glacier.core._version.__version__ = '99.0'\n"
    )
    events: list[object] = []
    executor = DaskExecutor(n_workers=1, threads_per_worker=1, preload=preload, history=False)
    with executor, pytest.raises(VersionMismatch, match=r"worker tcp.*glacier-pipeline 99\.0"):
        executor.execute(_small(), listeners=[events.append])
    assert not events


# --- what tasks ask for ---------------------------------------------------------------------------


def test_tasks_run_where_the_resources_are_that_they_ask_for() -> None:
    pipeline = Pipeline("resources")

    def where() -> str:
        from distributed import get_worker

        return str(get_worker().name)

    @pipeline.task(tags=["gpu"])
    def tagged() -> Annotated[str, Dataset("tagged")]:
        return where()

    @pipeline.task(compute=Serverless(memory=512))
    def large() -> Annotated[str, Dataset("large")]:
        return where()

    @pipeline.task(compute=Serverless(cpu=2, memory=512))
    def wide() -> Annotated[str, Dataset("wide")]:
        return where()

    @pipeline.task(tags=["nobody-declares-this"])
    def free() -> Annotated[bool, Dataset("free")]:
        return bool(where())

    options = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(processes=False, n_workers=0, **options) as cluster:
        from distributed import Worker

        async def add(name: str, resources: dict[str, float]) -> Worker:
            return await Worker(cluster.scheduler_address, name=name, resources=resources)

        plain = cluster.sync(add, "plain", {})
        gpu = cluster.sync(add, "with-gpu", {"GPU": 1})
        memory = cluster.sync(add, "with-memory", {"memory": 2**30})
        wide = cluster.sync(add, "with-cpu", {"memory": 2**30, "CPU": 4})
        with DaskExecutor(cluster=cluster, history=False) as executor:
            run = executor.execute(pipeline)
            assert (run["tagged"], run["wide"], run["free"]) == ("with-gpu", "with-cpu", True)
            assert run["large"] in ("with-memory", "with-cpu")
        for worker in (plain, gpu, memory, wide):
            cluster.sync(worker.close)


def test_priorities_decide_what_runs_first(alone: str) -> None:
    pipeline = Pipeline("priority")
    order: list[str] = []

    for name in ("first", "second", "third"):

        @pipeline.task(name=name, tags=[f"tag-{name}"])
        def one() -> Annotated[int, Dataset(f"d-{name}")]:
            return 1

    def listen(event: object) -> None:
        if type(event).__name__ == "TaskFinished":
            order.append(event.step.task)  # type: ignore[attr-defined]

    with DaskExecutor(alone, priority={"third": 5, "tag-second": 9}, history=False) as executor:
        executor.execute(pipeline, listeners=[listen])
    assert order == ["second", "third", "first"]


def test_a_priority_for_what_is_not_there_is_refused(threads: str) -> None:
    executor = DaskExecutor(threads, priority={"nigth": 1})
    with executor, pytest.raises(RequestError, match="Did you mean 'night'"):
        executor.execute(_small())


# --- scripts --------------------------------------------------------------------------------------

SCRIPT = """
from typing import Annotated
from glacier.core import Dataset, Pipeline
from glacier.dask import DaskExecutor
import neighbour

pipeline = Pipeline("script")
rows, total = Dataset("rows"), Dataset("total")

class Row:
    def __init__(self, size):
        self.size = size

@pipeline.task
def make() -> Annotated[list[Row], rows]:
    return [Row(1), Row(neighbour.two())]

@pipeline.task
def add(values: Annotated[list[Row], rows]) -> Annotated[int, total]:
    return sum(row.size for row in values)

print("the script runs")
run = DaskExecutor(n_workers=2, threads_per_worker=1).execute(pipeline, keep=True)
print(run["total"], type(run["rows"][0]) is Row)
"""


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """It executes at module level, which no worker process repeats."""
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "neighbour.py").write_text("def two():\n    return 2\n")
    command = [sys.executable, "-W", "error", str(tmp_path / "script.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-3:-1] == ["the script runs", "3 True"], done.stdout
    assert done.stdout.count("the script runs") == 1
    assert "Error" not in done.stderr, done.stderr


MEMORY = """
import resource
from typing import Annotated
from glacier.core import Dataset, Pipeline
from glacier.dask import DaskExecutor

SIZE = 200 * 2**20
pipeline, data = Pipeline("large"), Dataset("data")

@pipeline.task
def make() -> Annotated[bytes, data]:
    return bytes(SIZE)

for number in range(4):
    @pipeline.task(name=f"read-{number}")
    def read(value: Annotated[bytes, data]) -> Annotated[int, Dataset(f"size-{number}")]:
        return len(value)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

with DaskExecutor(n_workers=2, threads_per_worker=1) as executor:
    executor.client.submit(int, 1).result()
    before = peak()
    run = executor.execute(pipeline)
    assert [run[f"size-{number}"] for number in range(4)] == [SIZE] * 4
    print("grown by", peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
def test_large_values_never_pass_through_the_client(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(MEMORY)
    command = [sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    grown = int(done.stdout.rpartition("grown by")[2])
    assert grown < 60 * 2**20, f"the client grew by {grown / 2**20:.0f} MiB"
