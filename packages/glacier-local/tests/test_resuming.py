"""Going on from a run that did not succeed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any, Dict, List, Set

import pytest
from flows import Flow

from glacier.core import Dataset, ObjectStorage, Pipeline, RunFailed
from glacier.core.errors import CannotResume, VersionMissing
from glacier.local import LocalExecutor

LAKE = """
import os
from pathlib import Path
from glacier.core import Dataset, ObjectStorage, Pipeline

HERE = Path(__file__).parent
lake = ObjectStorage("lake")
pipeline = Pipeline("etl")
raw = Dataset("raw", storage=lake)
more, clean, counted = [Dataset(n) for n in ["more", "clean", "counted"]]
kept = Dataset("kept", storage=lake)
reported = Dataset("reported", storage=lake)

def note(task):
    with (HERE / "ran.txt").open("a") as file:
        file.write(task + "\\n")

@pipeline.task
def enlarge() -> more:
    note("enlarge")
    return [7]

@pipeline.task
def transform(data: raw, extra: more) -> clean:
    note("transform")
    return data + extra

@pipeline.task
def count(data: clean) -> counted:
    note("count")
    return len(data)

@pipeline.task
def keep(data: clean) -> kept:
    note("keep")
    return data

@pipeline.task
def report(data: kept, number: counted) -> reported:
    note("report")
    if (HERE / "fail").exists():
        raise ValueError("no luck")
    return [number, *data]
"""

FEED = """
from glacier.core import Dataset, ObjectStorage, Pipeline

pipeline = Pipeline("etl")
raw = Dataset("raw", storage=ObjectStorage("lake"))

@pipeline.task
def feed(*, values: str = "1 2") -> raw:
    return [int(value) for value in values.split()]
"""

WITHOUT_CACHE = {"cache": False, "history": True}


class Failing(Flow):
    """A pipeline that reads what another has stored, and whose last task fails at first."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, LAKE, "")
        self.options = {**WITHOUT_CACHE, **options}
        self.feed("1 2")
        (folder / "fail").touch()

    def feed(self, values: str) -> None:
        folder = self.folder / "feed"
        folder.mkdir(exist_ok=True)
        feed = Flow(folder, FEED, "")
        executor = LocalExecutor(root=self.folder / ".glacier", history=False)
        executor.execute(feed.load(), params={"values": values})

    def mend(self) -> None:
        (self.folder / "fail").unlink()

    def execute(self, **request: Any) -> Any:
        return self.run(options=self.options, raise_on_failure=False, **request)

    def ran(self) -> List[str]:
        """What has really run since it was last asked."""
        path = self.folder / "ran.txt"
        names = path.read_text().split() if path.exists() else []
        path.write_text("")
        return sorted(names)


@pytest.fixture(params=["threads", "processes"])
def flow(request: Any, tmp_path: Path) -> Failing:
    """One that has not run yet."""
    return Failing(tmp_path, processes=request.param == "processes")


# At the top level these count by the statement that makes them, and not by what is in them.
RAN: List[Any] = []
FAILS: List[bool] = []


@pytest.fixture(autouse=True)
def _fresh() -> None:
    RAN.clear()
    FAILS[:] = [True]


def states(run: Any) -> Dict[str, str]:
    return {name: str(task.state) for name, task in run.tasks.items()}


def test_a_run_that_failed_is_resumed(flow: Failing) -> None:
    failed = flow.execute()
    assert states(failed)["report"] == "failed"
    assert flow.ran() == ["count", "enlarge", "keep", "report", "transform"]
    assert failed.resumable
    with pytest.raises(RunFailed, match=rf"execute\(pipeline, resume='{failed.run_id}'\)"):
        failed.raise_if_failed()

    flow.mend()
    run = flow.execute(resume=failed.run_id)

    assert flow.ran() == ["report"], "also without a cache"
    assert run["reported"] == [3, 1, 2, 7]
    assert run["kept"] == [1, 2, 7]
    assert states(run) == {
        "enlarge": "up_to_date",
        "transform": "up_to_date",
        "count": "up_to_date",
        "keep": "up_to_date",
        "report": "succeeded",
    }
    assert run.tasks["keep"].reason == f"run {failed.run_id} has done it"


def test_it_reads_what_the_failed_run_has_read(flow: Failing) -> None:
    failed = flow.execute()
    flow.feed("8 9")
    flow.mend()
    flow.ran()

    assert flow.execute(resume=failed.run_id)["reported"] == [3, 1, 2, 7]
    assert flow.ran() == ["report"]
    assert flow.execute()["reported"] == [3, 8, 9, 7]


def test_what_was_edited_runs_again_with_what_depends_on_it(flow: Failing) -> None:
    failed = flow.execute()
    flow.feed("8 9")
    flow.mend()
    flow.ran()
    flow.edit('    note("count")\n    return len(data)', '    note("count")\n    return -len(data)')

    run = flow.execute(resume=failed.run_id)

    assert run["reported"] == [-3, 1, 2, 7]
    # What was edited reads what nobody needed any more, so that is made again too.
    assert flow.ran() == ["count", "enlarge", "report", "transform"]


def test_a_resumed_run_that_fails_can_be_resumed(flow: Failing) -> None:
    first = flow.execute()
    flow.feed("8 9")
    flow.ran()
    second = flow.execute(resume=first.run_id)
    assert flow.ran() == ["report"]
    assert states(second)["report"] == "failed"
    third = flow.execute(resume=second.run_id)
    assert flow.ran() == ["report"]
    flow.mend()

    run = flow.execute(resume=third.run_id)

    assert flow.ran() == ["report"]
    assert run["reported"] == [3, 1, 2, 7]
    assert flow.execute(resume=first.run_id)["reported"] == [3, 1, 2, 7]


def test_it_says_beforehand_what_it_will_do(flow: Failing) -> None:
    failed = flow.execute()
    flow.ran()
    flow.edit('    note("keep")\n', '    note("keep")\n    assert data\n')
    told = flow.executor(**flow.options).explain(flow.load(), resume=failed.run_id)
    assert flow.ran() == []

    flow.mend()
    flow.execute(resume=failed.run_id)

    assert flow.ran() == sorted(one.task for one in told if one.runs)


def test_what_could_not_be_kept_runs_again(tmp_path: Path) -> None:
    made = Pipeline("etl")
    raw, locked, out = Dataset("raw"), Dataset("locked"), Dataset("out")

    @made.task
    def make() -> raw:
        RAN.append("make")
        return [1]

    @made.task
    def lock(data: raw) -> locked:
        RAN.append("lock")
        return threading.Lock()

    @made.task
    def use(value: locked, data: raw) -> out:
        RAN.append("use")
        if FAILS.pop():
            raise ValueError("no luck")
        return data

    executor = LocalExecutor(root=tmp_path / ".glacier")
    failed = executor.execute(made, raise_on_failure=False)
    RAN.clear()
    FAILS.append(False)
    run = executor.execute(made, resume=failed.run_id)
    assert run["out"] == [1]
    assert RAN == ["lock", "use"]


def test_two_failures_and_a_mapped_task(tmp_path: Path) -> None:
    made = Pipeline("etl")
    raw, item, total = Dataset("raw"), Dataset("item"), Dataset("total")

    @made.task
    def make() -> raw:
        RAN.append("make")
        return [1, 2, 3]

    @made.task
    def each(one: raw.each) -> item:
        RAN.append(one)
        if FAILS and one > 1:
            raise ValueError(one)
        return one * 2

    @made.task
    def add(values: item) -> total:
        return sum(values)

    executor = LocalExecutor(1, root=tmp_path / ".glacier")
    failed = executor.execute(made, raise_on_failure=False)
    FAILS.clear()
    RAN.clear()
    run = executor.execute(made, resume=failed.run_id)
    assert run["total"] == 12
    assert sorted(RAN) == [1, 2, 3]


def test_other_parameters_run_what_depends_on_them(tmp_path: Path) -> None:
    made = Pipeline("etl")
    raw, other, out = Dataset("raw"), Dataset("other"), Dataset("out")

    @made.task
    def make(*, day: int = 1) -> raw:
        RAN.append("make")
        return [day]

    @made.task
    def beside() -> other:
        RAN.append("beside")
        return [0]

    @made.task
    def use(a: raw, b: other) -> out:
        if FAILS.pop():
            raise ValueError("no luck")
        return a + b

    executor = LocalExecutor(root=tmp_path / ".glacier")
    failed = executor.execute(made, raise_on_failure=False)
    RAN.clear()
    FAILS.append(False)
    assert executor.execute(made, resume=failed.run_id, params={"day": 2})["out"] == [2, 0]
    assert RAN == ["make"]


def test_a_run_that_nobody_knows_cannot_be_resumed(tmp_path: Path) -> None:
    flow = Failing(tmp_path)
    with pytest.raises(CannotResume) as caught:
        flow.execute(resume="20200101")
    assert str(caught.value).startswith(
        "run '20200101' cannot be resumed: nothing is known of it: "
    )
    assert "20200101.json is missing. A run can be resumed that failed" in str(caught.value)


def test_what_a_resumed_run_would_read_and_was_removed_is_told(tmp_path: Path) -> None:
    import shutil

    flow = Failing(tmp_path)
    failed = flow.execute()
    (folder,) = (tmp_path / ".glacier" / "storage" / "lake" / "etl" / "kept" / "_").glob("2*")
    shutil.rmtree(folder)
    flow.mend()
    flow.ran()

    run = flow.execute(resume=failed.run_id)

    assert states(run)["report"] == "succeeded"
    assert "keep" in flow.ran()
    assert run["reported"] == [3, 1, 2, 7]


def test_a_run_whose_file_was_edited_while_it_ran_is_not_reused(tmp_path: Path) -> None:
    text = """
from pathlib import Path
from glacier.core import Dataset, Pipeline

pipeline = Pipeline("etl")
raw, out = Dataset("raw"), Dataset("out")

@pipeline.task
def make() -> raw:
    return [1]

@pipeline.task
def use(data: raw) -> out:
    path = Path(__file__)
    path.write_text(path.read_text().replace("[1]", "[2]"))
    raise ValueError("no luck")
"""
    flow = Flow(tmp_path, text, "")
    executor = LocalExecutor(root=tmp_path / ".glacier")

    failed = executor.execute(flow.load(), raise_on_failure=False)

    assert not failed.resumable
    with pytest.raises(RunFailed, match=r"execute\(pipeline, inputs=error.run.values\)"):
        failed.raise_if_failed()


# --- ended from outside ---------------------------------------------------------------------------

SLOW = """
import os, signal, sys, time
from pathlib import Path
from glacier.core import Dataset, ObjectStorage, Pipeline
from glacier.local import LocalExecutor

HERE = Path(__file__).parent
pipeline = Pipeline("etl")
lake = ObjectStorage("lake")
raw, clean, out = Dataset("raw"), Dataset("clean", storage=lake), Dataset("out", storage=lake)

def note(task):
    with (HERE / "ran.txt").open("a") as file:
        file.write(task + "\\n")

@pipeline.task
def make() -> raw:
    note("make")
    return [1]

@pipeline.task
def transform(data: raw) -> clean:
    note("transform")
    return data

@pipeline.task
def wait(data: clean) -> out:
    note("wait")
    if (HERE / "slow").exists():
        print("waiting", flush=True)
        time.sleep(600)
    return data

def told(event):
    if type(event).__name__ == "RunStarted":
        print(event.run_id, flush=True)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    executor = LocalExecutor(2, processes=sys.argv[1] == "processes", root=HERE / ".glacier")
    executor.execute(pipeline, listeners=[told])
"""


@pytest.mark.parametrize("how", ["threads", "processes"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_was_ended_is_resumed(tmp_path: Path, how: str, number: int) -> None:
    flow = Flow(tmp_path, textwrap.dedent(SLOW), "")
    flow.load()
    (tmp_path / "slow").touch()
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "flow.py"), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process, process.stdout:
        run_id = process.stdout.readline().strip()
        assert process.stdout.readline() == "waiting\n"
        if number == signal.SIGKILL:
            process.kill()
        else:
            os.killpg(process.pid, number)  # as a terminal does
        process.stdout.read()  # its workers have the stream too
        assert process.wait(60) != 0
    (tmp_path / "ran.txt").unlink()
    (tmp_path / "slow").unlink()

    executor = LocalExecutor(2, processes=how == "processes", root=tmp_path / ".glacier")
    run = executor.execute(flow.load(), resume=run_id)

    assert run["out"] == [1]
    assert (tmp_path / "ran.txt").read_text().split() == ["wait"]


# --- side by side ---------------------------------------------------------------------------------


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    lake = ObjectStorage("lake")
    both = threading.Barrier(2, timeout=60)

    def made(value: int) -> Pipeline:
        pipeline = Pipeline("etl")
        raw, clean = Dataset("raw", storage=lake), Dataset("clean", storage=lake)

        @pipeline.task
        def make() -> raw:
            both.wait()
            return [value] * 1000

        @pipeline.task
        def transform(data: raw) -> clean:
            both.wait()
            return data

        return pipeline

    runs: Dict[int, Any] = {}

    def execute(value: int) -> None:
        executor = LocalExecutor(root=tmp_path / ".glacier")
        runs[value] = executor.execute(made(value))

    threads = [threading.Thread(target=execute, args=[value]) for value in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    newest = max(runs, key=lambda value: runs[value].run_id)
    for value in (1, 2):
        assert runs[value]["raw"] == runs[value]["clean"] == [value] * 1000
    reader, clean, out = Pipeline("etl"), Dataset("clean", storage=lake), Dataset("out")

    @reader.task
    def read(data: clean) -> out:
        return data

    found: Set[int] = set(LocalExecutor(root=tmp_path / ".glacier").execute(reader)["out"])
    assert found == {newest}


def test_versions_that_were_removed_are_told_of(tmp_path: Path) -> None:
    import shutil

    flow = Failing(tmp_path)
    flow.mend()
    run = flow.execute()
    shutil.rmtree(tmp_path / ".glacier" / "storage")
    with pytest.raises(VersionMissing, match=r"is not there: .* is missing"):
        run["reported"]
