"""Running tasks as a cloud does: each in a new process, with values that pass through files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from glacier.core import Context, Dataset, ObjectStorage, Pipeline, RunFailed, Secret, Skip
from glacier.local import LocalExecutor

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated

raw, clean, out, total = Dataset("raw"), Dataset("clean"), Dataset("out"), Dataset("total")
pid, pids, own = Dataset("pid"), Dataset("pids"), Dataset("own")


def execute(made: Pipeline, root: Path, **request: Any) -> Any:
    return LocalExecutor(2, root=root, as_deployed=True).execute(made, **request)


def failure(made: Pipeline, root: Path) -> str:
    with pytest.raises(RunFailed) as caught:
        execute(made, root)
    return str(caught.value.__cause__)


class Point:
    """A value that no format holds."""


def test_each_task_has_a_process_of_its_own(tmp_path: Path) -> None:
    made = Pipeline("etl")

    @made.task
    def make() -> raw:
        return [os.getpid(), os.getppid()]

    @made.task
    def each(one: raw.each) -> pid:
        return os.getpid()

    @made.task
    async def wait(data: raw) -> own:
        return os.getpid()

    @made.task
    def gather(a: raw, b: pid, c: own) -> pids:
        return [a[0], *b, c, os.getpid()]

    run = execute(made, tmp_path)

    assert len(set(run["pids"])) == 5
    assert os.getpid() not in run["pids"]


def test_a_process_of_its_own_for_each_attempt(tmp_path: Path) -> None:
    made = Pipeline("etl")

    @made.task(retries=2, retry_delay=0)
    def make(context: Context) -> raw:
        with (tmp_path / "pids").open("a") as file:
            file.write(f"{os.getpid()}\n")
        if context.attempt < 3:
            raise ValueError("not yet")
        return 1

    execute(made, tmp_path / ".glacier")

    assert len(set((tmp_path / "pids").read_text().split())) == 3


def test_a_value_that_no_format_holds_is_named_with_its_type(tmp_path: Path) -> None:
    made = Pipeline("etl")

    @made.task
    def make() -> raw:
        return {"rows": [1, {"point": Point()}]}

    @made.task
    def take(value: raw) -> out:
        return 1

    text = failure(made, tmp_path)

    assert text.startswith("task 'make': what it returned for 'raw' is not stored: ")
    assert "value['rows'][1]['point']" in text
    assert "Point" in text
    assert "format=" in text


@pytest.mark.parametrize(
    ("value", "place", "kind"),
    [
        ((1, 2), "value", "tuple"),
        ({1: 2}, "value", "1"),
        ({1, 2}, "value", "set"),
        (lambda: 1, "value", "function"),
        (float("nan"), "value", "nan"),
        (object(), "value", "object"),
    ],
)
def test_what_would_not_survive_is_told(tmp_path: Path, value: Any, place: str, kind: str) -> None:
    made = Pipeline("etl")

    @made.task
    def make() -> raw:
        return value

    text = failure(made, tmp_path)
    assert "for 'raw' is not stored" in text
    assert place in text
    assert kind in text


def test_a_declared_pickle_survives(tmp_path: Path) -> None:
    made, point = Pipeline("etl"), Dataset("point", format="pickle")

    @made.task
    def make() -> point:
        return (1, {2})

    @made.task
    def take(value: point) -> out:
        return value[0] in {1} and isinstance(value[1], set)

    assert execute(made, tmp_path)["out"] is True


def test_a_task_has_only_its_own_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLACIER_SECRET_ONE", "1")
    monkeypatch.setenv("GLACIER_SECRET_TWO", "2")
    monkeypatch.setenv("GLACIER_SECRET_OTHER", "3")
    made = Pipeline("etl")

    def seen() -> List[str]:
        return sorted(name for name in os.environ if name.startswith("GLACIER_SECRET"))

    @made.task
    def first(key: Annotated[str, Secret("one")]) -> raw:
        return [key, *seen()]

    @made.task
    async def second(key: Annotated[str, Secret("two")], data: raw) -> clean:
        return [key, *seen()]

    @made.task
    def third(item: clean.each) -> out:
        return seen()

    run = execute(made, tmp_path, keep=True)

    assert run["raw"] == ["1", "GLACIER_SECRET_ONE"]
    assert run["clean"] == ["2", "GLACIER_SECRET_TWO"]
    assert run["out"] == [[], []]


def test_nothing_is_shared_but_values(tmp_path: Path) -> None:
    made = Pipeline("etl")
    state: Dict[str, int] = {}

    @made.task
    def make() -> raw:
        state["made"] = 1
        os.environ["LEFT"] = "1"
        return 1

    @made.task
    def look(data: raw) -> out:
        return [state, "LEFT" in os.environ]

    assert execute(made, tmp_path)["out"] == [{}, False]


def test_every_shape_of_task_works(tmp_path: Path) -> None:
    made, lake = Pipeline("etl"), ObjectStorage("lake")
    file, lines, some = Dataset("file"), Dataset("lines"), Dataset("some", storage=lake)
    none, left, right = Dataset("none"), Dataset("left"), Dataset("right")

    @made.task
    def stream() -> lines:
        for number in range(4):
            yield {"n": number}

    @made.task
    async def save(rows: Annotated[Iterator[Any], lines], context: Context) -> file:
        path = context.new_path(".txt")
        path.write_text(",".join(str(row["n"]) for row in rows))
        return path

    @made.task
    def skip(rows: lines) -> none:
        raise Skip("nothing")

    @made.task
    def each(row: lines.each) -> some:
        return row["n"] * 2

    @made.task
    def two(text: Annotated[Path, file]) -> (left, right):
        return text.read_text(), b"bytes"

    @made.task
    def gather(a: some, b: left, c: right, d: none | None) -> total:
        return [a, b, c.decode(), d]

    run = execute(made, tmp_path)

    assert run["total"] == [[0, 2, 4, 6], "0,1,2,3", "bytes", None]


def test_what_is_not_stored_is_gone_with_the_run(tmp_path: Path) -> None:
    made = Pipeline("etl")

    @made.task
    def make() -> raw:
        return "unlikely-to-be-found-by-chance"

    @made.task
    def take(data: raw) -> out:
        return data

    LocalExecutor(2, root=tmp_path, as_deployed=True, history=False).execute(made)

    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.name for path in left} == {"_runs"}
    assert not any(b"unlikely" in path.read_bytes() for path in left)
