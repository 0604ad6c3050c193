"""The history of runs: what is noted, by several at once, and that it never harms a run."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any, Dict, List

import pytest

from glacier.core import Context, Dataset, GlacierWarning, Pipeline, Skip, State
from glacier.core.errors import HistoryError
from glacier.core.events import TaskFinished
from glacier.core.storage.records import Kept
from glacier.core.tasklog import sinks
from glacier.core.testing import InlineExecutor
from glacier.core.versions import Address, Reference

sqlite3 = pytest.importorskip("sqlite3", reason="a Python without SQLite")

from glacier.core.history import Recorder, RunRecord, read_run, read_runs  # noqa: E402
from glacier.core.history.database import SCHEMA, history_file  # noqa: E402

raw, clean, wide, other = Dataset("raw"), Dataset("clean"), Dataset("wide"), Dataset("other")


def example(*, fail: bool = True) -> Pipeline:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract() -> raw:
        logging.getLogger("shop").warning("%d rows", 3)
        return [1, 2, 3]

    @pipeline.task
    def tidy(data: raw) -> clean:
        if fail:
            raise ValueError("row 2\nis broken \udcff")
        return data

    @pipeline.task
    def widen(data: clean) -> wide: ...

    @pipeline.task
    def skip(data: raw) -> other:
        raise Skip("weekend")

    return pipeline


def execute(root: Path, pipeline: Any = None, **request: Any) -> RunRecord:
    recorder = Recorder(root, request=request)
    pipeline = pipeline or example()
    run = InlineExecutor().execute(pipeline, listeners=[recorder], raise_on_failure=False)
    return read_run(root, run.run_id)


def test_a_run_is_noted_with_its_tasks_and_errors(tmp_path: Path) -> None:
    record = execute(tmp_path, file="etl.py")

    assert (record.pipeline, record.state, record.total) == ("etl", "failed", 4)
    assert record.request == {"file": "etl.py"}
    assert record.pid == os.getpid()
    assert record.duration is not None
    assert record.started <= time.time()
    tasks = {task.name: task for task in record.tasks}
    assert {name: task.state for name, task in tasks.items()} == {
        "extract": "succeeded",
        "tidy": "failed",
        "widen": "upstream_failed",
        "skip": "skipped",
    }
    assert record.counts == {"succeeded": 1, "failed": 1, "upstream_failed": 1, "skipped": 1}
    failed = tasks["tidy"]
    assert failed.error == "ValueError: row 2\nis broken \\udcff", "also what is no valid text"
    assert failed.traceback is not None
    assert "in tidy" in failed.traceback
    assert "worker.py" not in failed.traceback
    assert (failed.attempts, tasks["widen"].attempts) == (1, 0)
    assert tasks["skip"].reason == "weekend"


def test_what_tasks_log_is_noted_for_each(tmp_path: Path) -> None:
    import asyncio

    pipeline = Pipeline("logs")

    @pipeline.task
    def each(item: raw.each) -> clean:
        logging.getLogger("shop").warning("item %s", item)

    @pipeline.task
    async def wait(data: raw) -> wide:
        await asyncio.sleep(0)
        try:
            raise KeyError("x")
        except KeyError:
            logging.getLogger("net").exception("lost")

    factory = logging.getLogRecordFactory()
    run = InlineExecutor().execute(pipeline, inputs={raw: ["ab"]}, listeners=[Recorder(tmp_path)])
    logging.getLogger("shop").error("after the run")
    assert logging.getLogRecordFactory() is factory
    assert not sinks

    logs = {(line.task, line.item): line for line in read_run(tmp_path, run.run_id).logs}
    assert set(logs) == {("each", 0), ("wait", None)}
    line = logs["each", 0]
    assert (line.level, line.logger, line.message) == ("WARNING", "shop", "item ab")
    assert "KeyError: 'x'" in logs["wait", None].message


def test_logging_is_left_as_the_user_has_it(tmp_path: Path) -> None:
    """Nothing is added to the root logger, and somebody's own record factory stays in place."""
    made: List[str] = []
    before = logging.getLogRecordFactory()

    def own(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made.append(args[0])
        return before(*args, **kwargs)

    pipeline, handlers = Pipeline("own"), list(logging.getLogger().handlers)

    @pipeline.task
    def work() -> raw:
        assert logging.getLogger().handlers == handlers
        logging.setLogRecordFactory(own)
        logging.getLogger("shop").warning("%d and %d", 1)  # a mistake of the user's
        return 1

    raised, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        execute(tmp_path, pipeline)
        assert logging.getLogRecordFactory() is own
        assert made == ["shop"]
    finally:
        logging.raiseExceptions = raised
        logging.setLogRecordFactory(before)


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    first, second = execute(tmp_path), execute(tmp_path, example(fail=False))

    assert [one.run_id for one in read_runs(tmp_path)] == [second.run_id, first.run_id]
    assert [one.state for one in read_runs(tmp_path, limit=1)] == ["succeeded"]
    assert read_runs(tmp_path, pipeline="etl")[1].counts["failed"] == 1
    assert read_runs(tmp_path, pipeline="other") == []


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    first, last = execute(tmp_path), execute(tmp_path)

    assert read_run(tmp_path, "last").run_id == last.run_id
    assert read_run(tmp_path, first.run_id.rpartition("-")[2]).run_id == first.run_id
    assert read_run(tmp_path, first.run_id[:-1]).run_id == first.run_id
    with pytest.raises(HistoryError, match="2 runs begin with '2'"):
        read_run(tmp_path, "2")
    with pytest.raises(HistoryError, match="no run 'zzzz'"):
        read_run(tmp_path, "zzzz")


def test_a_run_can_be_read_while_it_runs(tmp_path: Path) -> None:
    pipeline, seen = Pipeline("live"), threading.Event()
    states: Dict[str, str] = {}

    @pipeline.task
    def work() -> raw:
        assert seen.wait(timeout=30)

    def watch() -> None:
        while True:
            try:
                (record,) = read_runs(tmp_path)
                if record.counts:
                    break
            except (HistoryError, ValueError):
                continue
        states.update({"run": record.state, **record.counts})
        seen.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    record = execute(tmp_path, pipeline)
    watcher.join()
    assert states == {"run": "running", "running": 1}
    assert record.state == "succeeded"


def test_a_run_whose_process_is_gone_is_lost(tmp_path: Path) -> None:
    script = f"""
import os
from glacier.core import Dataset, Pipeline
from glacier.core.history import Recorder, read_runs
from glacier.core.testing import InlineExecutor

pipeline = Pipeline("killed")

@pipeline.task
def work() -> Dataset("raw"):
    while True:
        try:
            if read_runs({str(tmp_path)!r}):
                os._exit(1)
        except Exception:
            pass

InlineExecutor().execute(pipeline, listeners=[Recorder({str(tmp_path)!r})])
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == 1
    (record,) = read_runs(tmp_path)
    assert (record.state, record.duration) == ("lost", None)


WRITER = """
import sys
from glacier.core import Dataset, Pipeline
from glacier.core.history import Recorder
from glacier.core.testing import InlineExecutor

pipeline = Pipeline(sys.argv[2])
for number in range(20):
    @pipeline.task(name=f"t{number}")
    def work() -> Dataset(f"d{number}"):
        return 1
print("ready", flush=True)
sys.stdin.readline()
for _ in range(10):
    InlineExecutor().execute(pipeline, listeners=[Recorder(sys.argv[1])])
"""


def test_processes_write_one_history_at_once(tmp_path: Path) -> None:
    root = tmp_path / "new" / "folder"
    writers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WRITER, str(root), f"p{number}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(3)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # all of them make the file at the same time
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert (writer.returncode, errors) == (0, "")
    records = read_runs(root)
    assert sorted(one.pipeline for one in records) == ["p0"] * 10 + ["p1"] * 10 + ["p2"] * 10
    assert {tuple(one.counts.items()) for one in records} == {(("succeeded", 20),)}
    assert (root / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_threads_write_one_history_at_once(tmp_path: Path) -> None:
    recorder, pipeline = Recorder(tmp_path), example(fail=False)
    threads = [
        threading.Thread(target=lambda: InlineExecutor().execute(pipeline, listeners=[recorder]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = read_runs(tmp_path)
    assert len(records) == 8
    assert {len(read_run(tmp_path, one.run_id).logs) for one in records} == {1}


def warned(root: Path) -> str:
    """What a run says of a history that cannot be written; the run itself succeeds."""
    pipeline = example(fail=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = InlineExecutor().execute(pipeline, listeners=[Recorder(root)])
    assert run.state is State.SUCCEEDED
    (warning,) = [one for one in caught if one.category is GlacierWarning]
    assert not [t for t in threading.enumerate() if t.name == "glacier-history"]
    return str(warning.message)


def test_a_folder_that_cannot_be_made_warns_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert "NotADirectoryError" in warned(tmp_path / "file" / "root")


def test_a_damaged_file_warns_and_is_refused_with_a_mend(tmp_path: Path) -> None:
    history_file(tmp_path).write_bytes(b"no database " * 100)
    assert "damaged, or no database" in warned(tmp_path)
    with pytest.raises(HistoryError, match="Move it away"):
        read_runs(tmp_path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(str(history_file(tmp_path)))
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert "another program" in warned(tmp_path)


def test_a_file_of_a_newer_glacier_is_refused_by_name(tmp_path: Path) -> None:
    execute(tmp_path)
    connection = sqlite3.connect(str(history_file(tmp_path)))
    connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    assert f"schema {SCHEMA + 1}" in warned(tmp_path)
    with pytest.raises(HistoryError, match=f"newer Glacier.*this one knows {SCHEMA}"):
        read_runs(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="limits of resources are POSIX")
def test_attempts_are_noted_with_their_errors(tmp_path: Path) -> None:
    pipeline, raw = Pipeline("flaky"), Dataset("raw")

    @pipeline.task(retries=2)
    def alone(context: Context) -> Dataset("other"):
        context.logger.warning("attempt %d", context.attempt)
        raise ValueError(f"in attempt {context.attempt}")

    @pipeline.task(retries=1)
    def items(item: raw.each, context: Context) -> Dataset("clean"):
        if item == 1 and context.attempt == 1:
            raise KeyError("once")

    InlineExecutor().execute(
        pipeline, inputs={raw: range(3)}, listeners=[Recorder(tmp_path)], raise_on_failure=False
    )
    record = read_run(tmp_path, "last")
    alone_, items_ = record.tasks
    assert (alone_.state, alone_.attempts, alone_.error) == (
        "failed", 3, "ValueError: in attempt 3",
    )  # fmt: skip
    found = [(one.attempt, one.item, one.error, one.delay) for one in alone_.failures]
    assert found == [
        (1, None, "ValueError: in attempt 1", 1.0),
        (2, None, "ValueError: in attempt 2", 2.0),
    ]
    assert "Traceback" in (alone_.failures[0].traceback or "")
    assert (items_.state, items_.attempts) == ("succeeded", 2)
    assert [(one.attempt, one.item) for one in items_.failures] == [(1, 1)]
    assert [line.attempt for line in record.logs] == [1, 2, 3]


_TO_2 = "DROP TABLE versions; PRAGMA user_version = 2;"
_TO_1 = """
        DROP TABLE versions;
        CREATE TABLE old AS SELECT run_id, position, attempt, state, started, duration, error,
            traceback FROM attempts;
        DROP TABLE attempts;
        CREATE TABLE attempts (
            run_id TEXT NOT NULL, position INTEGER NOT NULL, attempt INTEGER NOT NULL,
            state TEXT NOT NULL, started REAL, duration REAL NOT NULL, error TEXT, traceback TEXT,
            PRIMARY KEY (run_id, position, attempt)) WITHOUT ROWID;
        INSERT INTO attempts SELECT * FROM old;
        DROP TABLE old;
        PRAGMA user_version = 1;
"""


@pytest.mark.parametrize("back", [_TO_1, _TO_2])
def test_a_file_of_an_older_glacier_is_brought_up_to_date(tmp_path: Path, back: str) -> None:
    execute(tmp_path)
    expected = read_run(tmp_path, "last")
    connection = sqlite3.connect(str(history_file(tmp_path)))
    connection.executescript(back)
    connection.close()
    assert read_run(tmp_path, "last") == expected
    execute(tmp_path)
    assert len(read_runs(tmp_path)) == 2


def test_versions_are_noted_with_the_task_that_stored_them(tmp_path: Path) -> None:
    pipeline = Pipeline("stored")
    events: List[Any] = []

    @pipeline.task
    def both() -> (raw, clean):
        return 1, 2

    InlineExecutor().execute(pipeline, listeners=[events.append])
    recorder = Recorder(tmp_path)
    reference = Reference(Address("stored", "clean"), "20260131T120000.123456Z-9f3a1c")
    kept = Kept(reference, "c0ffee", rows=2, size=31, place="file:///lake/stored/clean/_")
    for event in events:
        recorder(event._replace(kept=(None, kept)) if isinstance(event, TaskFinished) else event)
    (task,) = read_run(tmp_path, "last").tasks
    (stored,) = task.versions
    assert (stored.dataset, stored.version, stored.content) == ("clean", kept.version, "c0ffee")
    assert (stored.rows, stored.size, stored.place) == (2, 31, kept.place)


def test_a_full_disk_warns_and_the_run_succeeds(tmp_path: Path) -> None:
    execute(tmp_path)  # the file is there, so that it is writing that fails
    script = f"""
import resource, warnings
from glacier.core import Dataset, Pipeline
from glacier.core.history import Recorder
from glacier.core.testing import InlineExecutor

resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))  # no file may grow beyond
pipeline = Pipeline("big")
for number in range(3000):
    @pipeline.task(name=f"{{'t' * 100}}{{number}}")
    def work() -> Dataset(f"d{{number}}"):
        return 1
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    run = InlineExecutor().execute(pipeline, listeners=[Recorder({str(tmp_path)!r})])
print(run.state, len(caught), caught[0].message)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, timeout=120
    )
    assert done.stdout.startswith("succeeded 1 the history of runs could not be written")
    assert len(read_runs(tmp_path)) >= 1, "what was there can be read"


def test_there_is_no_history_to_read(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history of runs"):
        read_runs(tmp_path)


def test_an_interrupted_run_is_noted(tmp_path: Path) -> None:
    pipeline = Pipeline("interrupted")

    @pipeline.task
    def work() -> raw:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        InlineExecutor().execute(pipeline, listeners=[Recorder(tmp_path)])
    record = read_run(tmp_path, "last")
    assert (record.state, record.counts) == ("cancelled", {"cancelled": 1})
