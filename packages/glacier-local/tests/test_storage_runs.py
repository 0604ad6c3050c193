"""Corners of runs with stored datasets: items, attempts, several outputs, files, publishing."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from glacier.core import Context, Dataset, ObjectStorage, Pipeline, RunFailed, Skip
from glacier.local import LocalExecutor

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

lake = ObjectStorage("lake")


@pytest.fixture(
    params=[{}, {"processes": True}, {"cache": True}, {"as_deployed": True}],
    ids=["threads", "processes", "cache", "as_deployed"],
)
def executor(request: Any, tmp_path: Path) -> LocalExecutor:
    return LocalExecutor(2, root=tmp_path / ".glacier", history=False, **request.param)


def stored(name: str, **options: Any) -> Dataset:
    return Dataset(name, storage=lake, **options)


# --- mapped ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("storage", [None, lake])
def test_items_may_be_skipped(executor: LocalExecutor, storage: Any) -> None:
    made, raw = Pipeline("etl"), Dataset("raw", storage=storage)
    item, out = Dataset("item", storage=storage), Dataset("out", storage=storage)

    @made.task(version=1)
    def make() -> raw:
        return [1, 2, 3, 4]

    @made.task
    def each(one: raw.each) -> item:
        if one % 2:
            raise Skip("odd")
        return one * 10

    @made.task
    def gather(values: item) -> out:
        return values

    plain = LocalExecutor(history=False, root=executor.root + "-plain")
    expected = plain.execute(_in_memory(), keep=True)
    for _ in range(2):
        run = executor.execute(made, keep=True)
        assert {
            name: str(task.state).replace("up_to_date", "succeeded")
            for name, task in run.tasks.items()
        } == {name: str(task.state) for name, task in expected.tasks.items()}
        for name in ("item", "out"):
            assert _value(run, name) == _value(expected, name)


def _value(run: Any, name: str) -> Any:
    try:
        return run[name]
    except LookupError as error:
        return type(error)


def _in_memory() -> Pipeline:
    made, raw, item, out = Pipeline("etl"), Dataset("raw"), Dataset("item"), Dataset("out")

    @made.task
    def make() -> raw:
        return [1, 2, 3, 4]

    @made.task
    def each(one: raw.each) -> item:
        if one % 2:
            raise Skip("odd")
        return one * 10

    @made.task
    def gather(values: item) -> out:
        return values

    return made


def test_there_may_be_no_items(executor: LocalExecutor) -> None:
    made, raw, item, out = Pipeline("etl"), stored("raw"), stored("item"), stored("out")

    @made.task(version=1)
    def make() -> raw:
        return []

    @made.task
    def each(one: raw.each) -> item:
        return one

    @made.task
    def gather(values: item) -> out:
        return len(values)

    for _ in range(2):
        assert executor.execute(made)["out"] == 0


def test_items_of_items_and_several_outputs(executor: LocalExecutor) -> None:
    made, raw, out = Pipeline("etl"), stored("raw"), stored("out")
    left, right, doubled = stored("left"), Dataset("right"), stored("doubled")

    @made.task(version=1)
    def make() -> raw:
        for number in range(3):
            yield {"n": number}

    @made.task
    def split(row: raw.each) -> (left, right):
        return row["n"], {"text": str(row["n"])}

    @made.task
    def double(one: left.each, all_of_them: right) -> doubled:
        return [one * 2, len(all_of_them)]

    @made.task
    def gather(a: left, b: right, c: doubled) -> out:
        return [a, b, c]

    expected = [[0, 1, 2], [{"text": "0"}, {"text": "1"}, {"text": "2"}], [[0, 3], [2, 3], [4, 3]]]
    for _ in range(2):
        assert executor.execute(made)["out"] == expected


def test_items_that_are_tried_again(executor: LocalExecutor, tmp_path: Path) -> None:
    made, raw, item = Pipeline("etl"), Dataset("raw"), stored("item")

    @made.task
    def make() -> raw:
        return [1, 2, 3]

    @made.task(retries=1, retry_delay=0)
    def each(one: raw.each, context: Context) -> item:
        if one == 2 and context.attempt == 1:
            raise ValueError("not yet")
        return [one, context.attempt]

    assert executor.execute(made)["item"] == [[1, 1], [2, 2], [3, 1]]


# --- attempts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("storage", [None, lake])
def test_what_an_abandoned_attempt_returns_late_is_not_stored(
    tmp_path: Path, cache: bool, storage: Any
) -> None:
    made, raw, out = Pipeline("etl"), Dataset("raw", storage=storage), Dataset("out")
    again, late = threading.Event(), threading.Event()

    @made.task(timeout=0.2, retries=1, retry_delay=0)
    def make(context: Context) -> raw:
        if context.attempt == 1:
            again.wait(60)
            return "late"
        return "again"

    @made.task
    def take(value: raw) -> out:
        again.set()
        late.wait(0.5)
        return value

    executor = LocalExecutor(2, root=tmp_path, history=False, cache=cache)
    with pytest.warns(match="goes on"):
        run = executor.execute(made, keep=True)
    assert (run["raw"], run["out"]) == ("again", "again")


def test_a_task_that_fails_after_its_first_output_stores_none(executor: LocalExecutor) -> None:
    made, a, b = Pipeline("etl"), stored("a"), stored("b", format="text")
    good = Path(executor.root).parent / "good"

    @made.task
    def make() -> (a, b):
        return [1], "text" if good.exists() else 5

    with pytest.raises(RunFailed, match="what it returned for 'b' is not stored"):
        executor.execute(made)
    assert not list(Path(executor.root).rglob("version.json"))
    good.touch()
    assert executor.execute(made)["b"] == "text"


# --- files ----------------------------------------------------------------------------------------


def test_a_stored_file_that_is_returned_again_stays(executor: LocalExecutor) -> None:
    made, raw, same, out = Pipeline("etl"), stored("raw"), stored("same"), Dataset("out")

    @made.task(version=1)
    def make(context: Context) -> raw:
        path = context.new_path(".txt")
        path.write_text("content")
        return path

    @made.task
    def hand_on(path: Annotated[Path, raw]) -> same:
        return path

    @made.task
    def check(a: Annotated[Path, raw], b: Annotated[Path, same]) -> out:
        return [a.read_text(), b.read_text(), a.samefile(b)]

    for _ in range(2):
        run = executor.execute(made)
        assert run["out"] == ["content", "content", False]
        assert run["raw"].read_text() == "content"


def test_a_file_of_the_users_is_copied(executor: LocalExecutor, tmp_path: Path) -> None:
    made, raw, out = Pipeline("etl"), stored("raw"), Dataset("out")
    mine = tmp_path / "mine.txt"
    mine.write_text("content")

    @made.task
    def make() -> raw:
        return mine

    @made.task
    def check(a: Annotated[Path, raw]) -> out:
        return a.read_text()

    assert executor.execute(made)["out"] == "content"
    assert mine.read_text() == "content"


def test_a_stream_has_two_readers(executor: LocalExecutor) -> None:
    made, rows = Pipeline("etl"), stored("rows")
    first, second = Dataset("first"), Dataset("second")

    @made.task
    def make() -> rows:
        for number in range(1000):
            yield {"n": number}

    @made.task
    def add(values: Annotated[Iterator[Dict[str, int]], rows]) -> first:
        return sum(row["n"] for row in values)

    @made.task
    def count(values: rows) -> second:
        return len(values)

    run = executor.execute(made)
    assert (run["first"], run["second"], len(run["rows"])) == (499_500, 1000, 1000)


# --- publishing -----------------------------------------------------------------------------------


def test_what_could_not_be_published_is_published_by_the_next_run(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    target = tmp_path / "exports" / "out.json"
    target.mkdir(parents=True)
    (target / "mine").touch()
    made, out = Pipeline("etl"), stored("out", publish=str(target))

    @made.task(version=1)
    def make() -> out:
        return [1, 2]

    with pytest.raises(RunFailed) as caught:
        executor.execute(made)
    assert str(target) in str(caught.value)
    (target / "mine").unlink()
    target.rmdir()

    executor.execute(made)

    assert target.read_text().split() == ["[1,", "2]"] or target.read_text().strip() == "[1,2]"


def test_a_part_of_a_pipeline_reads_what_the_rest_has_stored(executor: LocalExecutor) -> None:
    made, raw, clean, out = Pipeline("etl"), stored("raw"), Dataset("clean"), stored("out")
    ran: List[str] = []

    @made.task(version=1)
    def make(*, value: int = 1) -> raw:
        ran.append("make")
        return [value]

    @made.task
    def tidy(data: raw) -> clean:
        return [*data, 0]

    @made.task
    def finish(data: clean) -> out:
        return data

    executor.execute(made)
    executor.execute(made, params={"value": 2})
    assert executor.execute(made, select="tidy+")["out"] == [2, 0]
    assert executor.execute(made, select="tidy+", inputs={"raw": [7]})["out"] == [7, 0]
    assert executor.execute(made, select="tidy+")["out"] == [2, 0], "what is fed is not stored"


# --- what is left ---------------------------------------------------------------------------------


def test_nothing_but_what_is_stored_is_left_of_a_run(executor: LocalExecutor) -> None:
    made, raw, out = Pipeline("etl"), stored("raw"), Dataset("out")

    @made.task
    def make() -> raw:
        return [1, 2]

    @made.task
    def fail(rows: raw) -> out:
        raise ValueError("no")

    run = executor.execute(made, raise_on_failure=False)
    left = Path(executor.root).glob("**/.staging/*")
    assert [path for path in left if not path.name.startswith("keys-")] == []
    assert run["raw"] == [1, 2]
