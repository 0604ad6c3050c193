"""A deployed pipeline, call by call: what its functions answer, and what they leave."""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
import threading
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

import pytest
from deployed_machine import play
from deployed_pipeline import deploy
from memory_store import MemoryStore

from glacier.core import Context, Database, Dataset, External, ObjectStorage, Pipeline, Skip
from glacier.core.codec import encode
from glacier.core.contracts import Entry
from glacier.core.crossing import RemoteError, RemoteTraceback
from glacier.core.errors import (
    InvalidRequest,
    KeyMissing,
    MissingParameter,
    NotMappable,
    RecordError,
    StoreDenied,
    TaskTimeout,
)
from glacier.core.grants import grants_of
from glacier.core.plan import Plan
from glacier.core.remote.bindings import Bindings
from glacier.core.remote.client import Reports, feed, request_of
from glacier.core.remote.deployed import Manifest, manifest_key, plan_hash, read_manifest
from glacier.core.remote.failures import Failure, GlacierTaskFailed, error_of, failure_of
from glacier.core.remote.known import KnownKeys
from glacier.core.remote.payloads import WrongPayload
from glacier.core.remote.records import ItemEnd, failed_key
from glacier.core.stores import DirectoryStore
from glacier.core.testing import run as run_here


class Color(Enum):
    RED = 1


raw, clean, total, flag, report = map(Dataset, ["raw", "clean", "total", "flag", "report"])


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a file that is loaded leaves in this process goes with the test."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield
    sys.modules.pop("flow", None)


def shop(*, fails: bool = False) -> Pipeline:
    pipeline = Pipeline("shop")

    @pipeline.task
    def extract(n: int = 3) -> raw:
        return list(range(n))

    @pipeline.task
    def tidy(one: raw.each, context: Context) -> clean:
        context.logger.info("item %s", one)
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

    return pipeline


def test_a_run_makes_what_its_tasks_return(tmp_path: Path) -> None:
    deployed = deploy(shop(), tmp_path)

    ended = deployed.run(params={"n": "4"})

    assert ended.state == "succeeded"
    assert set(ended.states.values()) == {"succeeded"}
    assert deployed.value(ended, "clean") == [{"x": 0}, {"x": 2}, {"x": 3}]
    assert deployed.value(ended, "report") == "total 5"
    assert deployed.end(ended, "decide").flags == {"flag": True}
    assert ended.done["t3"] == {"state": "succeeded", "flags": {"flag": True}}


def test_a_condition_that_is_false_is_told_to_the_machine(tmp_path: Path) -> None:
    ended = deploy(shop(), tmp_path).run(values={"n": 1})
    assert ended.states["tell"] == "skipped"
    assert ended.state == "succeeded"
    assert not any(one.get("task") == "tell" for one in ended.sent)


def test_a_failure_is_noted_without_code_and_made_again(tmp_path: Path) -> None:
    deployed = deploy(shop(fails=True), tmp_path)

    ended = deployed.run()

    assert ended.state == "failed"
    assert ended.states == {
        "extract": "succeeded", "tidy": "succeeded", "add": "failed",
        "decide": "upstream_failed", "tell": "upstream_failed",
    }  # fmt: skip
    noted = deployed.failure(ended, "add")
    assert noted.versions == {"clean": ended.run}
    assert noted.log == {"group": "/aws/lambda/x"}
    error = deployed.error(ended, "add")
    assert type(error) is ValueError
    assert error.args == ("no sum", 3)
    assert 'raise ValueError("no sum", 3)' in str(error.__cause__)
    done = json.loads(deployed.store.get(f"_runs/{ended.run}/done.json"))["done"]
    assert set(done) == {"extract", "tidy"}


def test_a_run_that_is_begun_twice_is_one(tmp_path: Path) -> None:
    calls: List[str] = []
    pipeline = Pipeline("once")

    @pipeline.task
    def make() -> raw:
        calls.append("make")
        return [1]

    deployed = deploy(pipeline, tmp_path)
    first = deployed.run(run="20260131T120000.000000Z-aaaaaa")
    second = deployed.run(run="20260131T120000.000000Z-aaaaaa")
    assert first.run == second.run
    assert first.states == second.states
    assert calls == ["make"]


def test_a_request_that_is_wrong_fails_before_anything_runs(tmp_path: Path) -> None:
    pipeline = Pipeline("asks")

    @pipeline.task
    def make(day: str) -> raw:
        return [day]

    deployed = deploy(pipeline, tmp_path)
    with pytest.raises(Exception, match="'day'") as caught:
        deployed.run(run="20260131T120000.000000Z-aaaaaa")
    assert type(caught.value).__name__ == "GlacierTaskFailed"
    key = "_runs/20260131T120000.000000Z-aaaaaa/begin-failed.json"
    assert json.loads(deployed.store.get(key))["kind"].endswith(MissingParameter.__name__)
    with pytest.raises(KeyMissing):
        deployed.store.get("_runs/20260131T120000.000000Z-aaaaaa/begin.json")


def test_what_is_logged_says_where(tmp_path: Path) -> None:
    deployed = deploy(shop(), tmp_path)
    ended = deployed.run()
    lines = deployed.logged()
    items = [one for one in lines if one["message"].startswith("item 2")]
    assert [(one["task"], one["item"], one["attempt"], one["run"]) for one in items] == [
        ("tidy", 2, 1, ended.run)
    ]
    assert {one["run"] for one in lines} == {ended.run}


# --- attempts -------------------------------------------------------------------------------------


def test_of_attempts_that_race_the_first_that_commits_is_the_result(tmp_path: Path) -> None:
    pipeline = Pipeline("races")
    outrun: List[Dict[str, Any]] = []

    @pipeline.task(retries=1)
    def make(context: Context) -> raw:
        if context.attempt == 1:  # meanwhile another one begins, and ends
            payload = {"step": "task", "run": context.run_id, "task": "make", "done": {}}
            outrun.append(deployed.invoke({**payload, "retries": 1}))
        return context.attempt

    deployed = deploy(pipeline, tmp_path)

    ended = deployed.run()

    assert ended.states == {"make": "succeeded"}
    assert deployed.value(ended, "raw") == 2
    assert deployed.end(ended, "make").attempt == 2
    assert outrun == [{"state": "succeeded", "flags": {}}]


def test_a_task_ends_at_its_limit_and_is_tried_again(tmp_path: Path) -> None:
    pipeline = Pipeline("late")
    never = threading.Event()

    @pipeline.task(timeout=0.1, retries=1)
    def wait(context: Context) -> raw:
        if context.attempt == 1:
            never.wait(60)
        return context.attempt

    deployed = deploy(pipeline, tmp_path)
    ended = deployed.run()

    assert ended.states == {"wait": "succeeded"}
    assert deployed.value(ended, "raw") == 2
    noted = Failure.from_bytes(deployed.store.get(failed_key(ended.run, "wait", 1)), "")
    assert noted.retryable
    error = error_of(noted)
    assert type(error) is TaskTimeout
    assert "its limit of 0.1 s in attempt 1 of 2. It was stopped." in str(error)


def test_a_process_that_is_about_to_be_ended_says_so(tmp_path: Path) -> None:
    pipeline = Pipeline("late")

    @pipeline.task
    def wait() -> raw:
        threading.Event().wait(60)

    deployed = deploy(pipeline, tmp_path)
    deployed.left = 0.2
    ended = deployed.run()
    assert ended.states == {"wait": "failed"}
    assert isinstance(deployed.error(ended, "wait"), TaskTimeout)


KILLED = """
import os, signal
from glacier.core import Context, Dataset, Pipeline

pipeline = Pipeline("etl")
raw, clean = Dataset("raw"), Dataset("clean")


@pipeline.task
def make(context: Context) -> raw:
    yield from range(10_000)
    if context.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@pipeline.task
def count(rows: raw) -> clean:
    return len(rows)
"""

CALL = """if True:
    import json, sys
    from pathlib import Path
    from deployed_pipeline import deploy
    told = json.load(sys.stdin)
    print(json.dumps(deploy(told["flow"], Path(told["root"])).invoke(told["payload"])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be killed by a signal there")
def test_a_process_that_is_killed_leaves_nothing_half_written(tmp_path: Path) -> None:
    deployed = deploy(KILLED, tmp_path)
    keys: List[List[str]] = []

    def in_process(payload: Dict[str, Any]) -> Dict[str, Any]:
        told = {"flow": KILLED, "root": str(tmp_path), "payload": payload}
        done = subprocess.run(
            [sys.executable, "-c", CALL],
            input=json.dumps(told).encode(),
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent,
        )
        keys.append([entry.key for entry in deployed.store.list("etl")])
        if done.returncode:
            if payload.get("retries") == 0:  # as the state machine tries again what it has lost
                return in_process({**payload, "retries": 1})
            raise RuntimeError(done)
        found: Dict[str, Any] = json.loads(done.stdout)
        return found

    ended = play(deployed.plan, in_process, {})

    assert ended.states == {"make": "succeeded", "count": "succeeded"}
    assert keys[1] == []  # when the first attempt was killed
    assert deployed.value(ended, "clean") == 10_000
    assert deployed.end(ended, "make").attempt == 2


def test_a_coroutine_ends_at_its_limit_too(tmp_path: Path) -> None:
    pipeline = Pipeline("late")

    @pipeline.task(timeout=0.1)
    async def wait() -> raw:
        await asyncio.sleep(60)

    @pipeline.task
    async def go() -> clean:
        await asyncio.sleep(0)
        return "gone"

    deployed = deploy(pipeline, tmp_path)
    ended = deployed.run()
    assert ended.states == {"wait": "failed", "go": "succeeded"}
    assert isinstance(deployed.error(ended, "wait"), TaskTimeout)
    reports = Reports(deployed.store, ended.run)
    end = reports.end()
    assert end is not None
    assert (end.state, end.tasks) == ("failed", ended.states)
    begun = reports.begun()
    assert begun is not None
    assert begun.steps["wait"].selected
    assert reports.refused() is reports.task("wait") is reports.failure("go", 1) is None


def test_what_a_run_is_fed_with_is_nobodys_latest(tmp_path: Path) -> None:
    pipeline = Pipeline("fed")
    pond = (tmp_path / "pond").as_uri()
    stored = Dataset("stored", storage=ObjectStorage("pond", url=pond))
    landed = Dataset("landed", storage=External(str(tmp_path / "nothing.json")))
    table = Dataset("table", storage=Database("w", url=f"sqlite:///{tmp_path / 'w.db'}"))

    @pipeline.task
    def add(a: stored, b: landed) -> raw:
        return [a, b]

    @pipeline.task
    def keep(found: raw) -> table:
        return [{"n": one} for one in found]

    @pipeline.task
    def look(found: table) -> clean:
        return len(found)

    deployed = deploy(pipeline, tmp_path)
    places = deployed.make().places
    values = {stored: 1, landed: 2}
    names = feed(pipeline.prepare(inputs=values, select="add"), places, "fed-run")
    ended = deployed.run(**request_of("fed-run", inputs=names, select=["add"]))

    assert deployed.value(ended, "raw") == [1, 2]
    with pytest.raises(GlacierTaskFailed, match="there is no such file"):
        deployed.run(run="another")
    assert not (tmp_path / "pond" / "fed" / "stored" / "_" / "latest.json").exists()
    with pytest.raises(InvalidRequest, match="gives 'table', which is a table"):
        feed(pipeline.prepare(inputs={table: []}), places, "third")
    with pytest.raises(GlacierTaskFailed, match="which the run is fed with"):
        deployed.run(run="fourth", inputs=["stored"])


# --- items ----------------------------------------------------------------------------------------


def test_many_items_are_numbered_in_a_file(tmp_path: Path) -> None:
    pipeline = Pipeline("many")

    @pipeline.task
    def make() -> raw:
        yield from range(1001)

    @pipeline.task
    def double(one: raw.each) -> clean:
        return one * 2

    deployed = deploy(pipeline, tmp_path)
    payload = {"step": "begin", "execution": "e", "started": "2026-01-31T12:00:00Z"}
    run = deployed.invoke({**payload, "request": {}})["run"]
    told: Dict[str, Any] = {"run": run, "retries": 0, "done": {}}
    made = deployed.invoke({"step": "task", "task": "make", **told})
    told.update(task="double", done={"t0": made})

    assert deployed.invoke({"step": "expand", **told}) == {
        "state": "expanded", "count": 1001, "items": [],
    }  # fmt: skip
    assert json.loads(deployed.store.get(f"_runs/{run}/items/double.json")) == list(range(1001))
    for item in (1000, 0, 5, 7):
        assert deployed.invoke({"step": "item", "item": item, **told}) == {}
    with pytest.raises(GlacierTaskFailed, match=r"items/double/1\.json"):  # which never ran
        deployed.invoke({"step": "collect", "count": 3, **told})
    store = deployed.store
    ended = ItemEnd.from_bytes(store.get(f"_runs/{run}/items/double/1000.json"), "")
    address = f"many/clean/_/{ended.drafts[0].parts[0].key}"
    assert json.loads(store.get(address)) == 2000


def test_what_is_no_list_is_told(tmp_path: Path) -> None:
    pipeline = Pipeline("none")

    @pipeline.task
    def make() -> raw:
        return 3

    @pipeline.task(retries=2)
    def double(one: raw.each) -> clean:
        return one * 2

    deployed = deploy(pipeline, tmp_path)
    ended = deployed.run()
    assert ended.states["double"] == "failed"
    assert isinstance(deployed.error(ended, "double"), NotMappable)
    assert [one["step"] for one in ended.sent].count("expand") == 1  # it would be no other


def test_more_items_than_the_platform_goes_through_are_refused(tmp_path: Path) -> None:
    pipeline = Pipeline("many")

    @pipeline.task
    def make() -> raw:
        yield from range(11)

    @pipeline.task(retries=2)
    def double(one: raw.each) -> clean:
        return one * 2

    deployed = deploy(pipeline, tmp_path, most_items=10)
    ended = deployed.run()
    assert ended.states["double"] == "failed"
    assert "11 items of 'raw'" in str(deployed.error(ended, "double"))
    assert [one["step"] for one in ended.sent].count("expand") == 1
    assert deploy(pipeline, tmp_path, most_items=11).run().states["double"] == "succeeded"


def test_the_items_of_a_table_are_refused(tmp_path: Path) -> None:
    pipeline = Pipeline("tables")
    rows = Dataset("rows", storage=Database("w", url=f"sqlite:///{tmp_path / 'w.db'}"))
    all_rows = Dataset("all_rows", storage=Database("w", url=f"sqlite:///{tmp_path / 'w.db'}"))

    @pipeline.task
    def make() -> raw:
        return [{"n": 1}, {"n": 2}]

    @pipeline.task
    def one_by_one(one: raw.each) -> rows:
        return one

    @pipeline.task
    def together(found: raw) -> all_rows:
        return found

    deployed = deploy(pipeline, tmp_path)
    ended = deployed.run()
    assert ended.states == {"make": "succeeded", "one_by_one": "failed", "together": "succeeded"}
    assert "takes a table as a whole" in str(deployed.error(ended, "one_by_one"))
    assert deployed.value(ended, "all_rows") == [{"n": 1}, {"n": 2}]


# --- what comes from outside ----------------------------------------------------------------------


def test_what_is_read_is_what_lay_there_when_the_run_began(tmp_path: Path) -> None:
    pipeline = Pipeline("reads")
    landed = Dataset("landed", storage=External(str(tmp_path / "in" / "*.json")))
    go = Dataset("go", storage=External(str(tmp_path / "go.json")))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text("[1]")
    (tmp_path / "go.json").write_text("true")

    @pipeline.task(when=go)
    def copy(rows: landed) -> raw:
        return rows

    deployed = deploy(pipeline, tmp_path)
    invoke = deployed.invoke

    def later(payload: Dict[str, Any]) -> Dict[str, Any]:
        if payload["step"] == "task":
            (tmp_path / "in" / "b.json").write_text("[2]")
        return invoke(payload)

    deployed.invoke = later  # type: ignore[method-assign]
    ended = deployed.run()
    assert ended.states == {"copy": "succeeded"}
    assert deployed.value(ended, "raw") == [1]
    (tmp_path / "go.json").write_text("false ")
    assert deployed.run().states == {"copy": "skipped"}


FLOW = """
from glacier.core import Dataset, Environment, Pipeline
from small_provider import SmallProvider

prod = Environment(SmallProvider(), "prod", params={"n": 2})
lake = prod.object_storage("lake")
pipeline = Pipeline("etl")
raw = Dataset("raw", storage=lake)
clean = Dataset("clean")


@pipeline.task
def make(n: int) -> raw:
    return list(range(n))


@pipeline.task
def copy(rows: raw) -> clean:
    return rows


if __name__ == "__main__":
    raise SystemExit
"""


def test_datasets_lie_where_the_bindings_say(tmp_path: Path) -> None:
    lake = (tmp_path / "lake").as_uri()
    options: Dict[str, Any] = {"environment": "prod", "target": "flow.py:pipeline"}
    deployed = deploy(FLOW, tmp_path, stores={lake: ("raw",)}, **options)
    ended = deployed.run()
    assert ended.state == "succeeded"
    assert deployed.value(ended, "clean") == [0, 1]
    assert (tmp_path / "lake" / "etl" / "raw" / "_" / ended.run / "version.json").is_file()
    assert (tmp_path / "workspace" / "etl" / "clean" / "_" / ended.run).is_dir()

    with pytest.raises(GlacierTaskFailed, match="has no address here"):
        deploy(FLOW, tmp_path, **options).run(run="unbound")
    with pytest.raises(GlacierTaskFailed, match="no environment 'test' at its top level"):
        deploy(FLOW, tmp_path, **{**options, "environment": "test"}).run(run="elsewhere")


def test_parameters_of_every_type_arrive_as_they_were_sent(tmp_path: Path) -> None:
    pipeline = Pipeline("params")

    @pipeline.task
    def make(
        day: date,
        price: Decimal,
        rest: timedelta,
        either: Union[int, str],
        color: Color,
        tags: Dict[str, List[int]],
        ratio: Optional[float] = None,
    ) -> raw:
        found = [day, price, rest, either, color, tags, ratio]
        return [f"{type(one).__name__} {one}" for one in found]

    values = {
        "day": date(2026, 1, 31), "price": Decimal("1.50"), "rest": timedelta(hours=1),
        "either": "3", "color": Color.RED, "tags": {"a": [1]},
    }  # fmt: skip
    deployed = deploy(pipeline, tmp_path)
    ended = deployed.run(values={name: encode(value) for name, value in values.items()})
    expected = run_here(pipeline, params=values)["raw"]
    assert deployed.value(ended, "raw") == expected
    texts = {"day": "2026-01-31", "price": "1.50", "rest": "3600", "either": "x", "color": "RED"}
    ended = deployed.run(params={**texts, "tags": '{"a": [1]}', "make.ratio": "0.5"})
    assert deployed.value(ended, "raw")[3:] == ["str x", "Color Color.RED", "dict {'a': [1]}",
                                                "float 0.5"]  # fmt: skip


def test_a_run_that_nobody_knows_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(GlacierTaskFailed, match="nothing is known of it"):
        deploy(shop(), tmp_path).run(resume="20200101T000000.000000Z-aaaaaa")


# --- records --------------------------------------------------------------------------------------


class Odd(Exception):
    def __init__(self, *, code: int, held: object = None) -> None:
        self.code = code
        self.held = held
        super().__init__(f"code {code}")


class Ruled(Exception):
    def __reduce__(self) -> Any:
        return print, ("this must not be called",)


@pytest.mark.parametrize(
    ("error", "same"),
    [
        (ValueError("a", 1), True),
        (KeyError("a"), True),
        (FileNotFoundError(2, "No such file", "/x"), True),
        (Odd(code=3), True),
        (NotMappable(where="t", dataset="d", found="x"), True),
        (TaskTimeout(task="t", limit=1, attempt=1, attempts=1, ended="It was."), True),
        (Odd(code=3, held=object()), False),
        (ValueError(b"bytes"), False),
        (ValueError(("tuple",)), False),
        (ValueError(float("nan")), False),
        (Ruled("x"), False),
        (type("Local", (Exception,), {"__module__": "nowhere"})("x"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_come_back_as_they_were_or_as_text(error: Exception, same: bool) -> None:
    noted = failure_of(error, task="t", attempt=2, item=1)
    again = error_of(Failure.from_bytes(noted.to_bytes(), "here"))
    assert isinstance(again.__cause__, RemoteTraceback)
    if same:
        assert type(again) is type(error)
        assert (again.args, str(again), vars(again).get("code")) == (
            error.args, str(error), vars(error).get("code"),
        )  # fmt: skip
    else:
        assert isinstance(again, RemoteError)
        assert again.kinds[-2] == "builtins.Exception"


def test_a_record_cannot_name_what_is_no_exception_nor_have_anything_imported() -> None:
    noted = failure_of(ValueError("x"), task="t")
    for kind in ("builtins.print", "os.system", "antigravity.Error", "builtins.SystemExit", "x"):
        again = error_of(noted._replace(kind=kind))
        assert isinstance(again, RemoteError)
    assert "antigravity" not in sys.modules
    assert isinstance(error_of(noted._replace(text="other")), RemoteError)


class Closed(MemoryStore):
    """A store as S3 shows it to who may list nothing."""

    def _found(self, key: str) -> Tuple[bytes, float]:
        try:
            return super()._found(key)
        except KeyMissing as error:
            raise StoreDenied(where=key, doing="reading it", reason="403 Forbidden") from error

    def list(self, prefix: str = "") -> Iterator[Entry]:
        raise AssertionError("nobody may list")


def test_a_key_that_is_forbidden_is_one_that_is_not_there(tmp_path: Path) -> None:
    closed = Closed()
    store = KnownKeys(closed)
    for read in (store.get, store.head, store.open, store.local):
        with pytest.raises(KeyMissing, match="there is nothing, or this identity may not read it"):
            read("a")
    copy = pickle.loads(pickle.dumps(KnownKeys(DirectoryStore(str(tmp_path)))))
    copy.put("a/version.json", b"1")
    assert copy.get("a/version.json") == b"1"

    deployed = deploy(shop(), tmp_path, opener=lambda _: closed, cache=True)
    assert deployed.run().state == "succeeded"
    ended = deployed.run()
    # What reads nothing, and says not for how long it is good, runs each time.
    assert ended.states == {
        "extract": "succeeded", "tidy": "up_to_date", "add": "up_to_date",
        "decide": "up_to_date", "tell": "skipped",
    }  # fmt: skip


def test_the_hash_of_a_plan_tells_what_is_deployed() -> None:
    plan = shop().plan()
    grants = grants_of(plan, shop().graph().datasets, place=lambda _: None)
    known = {
        plan_hash(plan),
        plan_hash(plan, grants=grants),
        plan_hash(plan, formats={"raw": "json"}),
        plan_hash(plan, codes={"add": "1"}),
        plan_hash(shop().plan()._replace(pipeline="other")),
    }
    assert len(known) == 5
    assert plan_hash(plan) == plan_hash(Plan.from_json(plan.to_json()))


def test_what_a_workspace_says_of_a_deployment_is_read_again(tmp_path: Path) -> None:
    store = DirectoryStore(str(tmp_path))
    plan = shop().plan()
    bindings = {"workspace": "s3://w"}
    manifest = Manifest("shop", "prod", plan_hash(plan), plan.to_json(), {"add": "/x"}, bindings)
    store.put(manifest_key("shop"), manifest.to_bytes())
    found = read_manifest(store, "shop")
    assert found == manifest
    assert found.read_plan() == plan
    store.put(manifest_key("shop"), manifest.to_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(RecordError, match="has format 2"):
        read_manifest(store, "shop")


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"step": "stop"}, {"step": "task", "run": "r"}, {"step": "item", "run": "r",
     "task": "t"}, {"step": "finish", "run": "r", "done": {"t0": {"state": "odd"}}},
     {"step": "begin", "execution": "e", "started": "today"}],
)  # fmt: skip
def test_what_is_no_payload_is_refused(payload: Any, tmp_path: Path) -> None:
    with pytest.raises(WrongPayload, match="this is no payload"):
        deploy(shop(), tmp_path).invoke(payload)


def test_bindings_pass_through_their_text() -> None:
    bindings = Bindings("s3://w", {"s3://lake/x": ("raw", "clean")}, {"key": "arn:aws:x"})
    assert Bindings.from_text(bindings.to_text()) == bindings
    for text in ("", "[]", "{}", '{"workspace": "s3://w", "stores": []}'):
        with pytest.raises(RecordError, match="GLACIER_BINDINGS is broken"):
            Bindings.from_text(text)
