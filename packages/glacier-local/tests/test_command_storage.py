"""The commands that deal with what runs have stored: resume, replay, data, lineage, gc."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import pytest

pytest.importorskip("click", reason="the extra cli")
pytest.importorskip("rich", reason="the extra cli")
pytest.importorskip("sqlite3", reason="a Python without SQLite")

from click.testing import CliRunner

from glacier.core.cli.app import app
from glacier.core.history import read_run, read_runs
from glacier.core.stores import DirectoryStore
from glacier.core.stores.locks import hold
from glacier.core.versions import Address, list_runs, list_versions

TYPING = "typing" if sys.version_info >= (3, 9) else "typing_extensions"
ETL = """
import os
from datetime import date
from enum import Enum
from typing import Optional
from glacier.core import Context, Dataset, ObjectStorage, Pipeline, Secret, Skip
from glacier.local import LocalExecutor
from TYPING import Annotated

lake = ObjectStorage("lake")
pipeline = Pipeline("etl")
raw = Dataset("raw", storage=lake, retain=2)
clean, more, report = Dataset("clean"), Dataset("more"), Dataset("report", storage=lake)
extra, doubled = Dataset("extra"), Dataset("doubled")
Kind = Enum("Kind", "SMALL LARGE")


@pipeline.task
def extract(limit: int = 3, kind: Kind = Kind.SMALL) -> raw:
    return [{"id": n, "name": kind.name} for n in range(limit)]


@pipeline.task
def tidy(rows: raw) -> clean:
    print("tidying")
    return rows


@pipeline.task
def skip() -> extra:
    raise Skip("a weekend")


@pipeline.task
def double(row: clean.each, factor: int = 2) -> doubled:
    return row["id"] * factor


@pipeline.task
def write(
    rows: clean, extra: Optional[extra], key: Annotated[str, Secret("key")], context: Context,
    doubled: doubled, day: date = date(2020, 1, 1),
) -> report:
    if os.path.exists("broken"):
        raise ValueError(f"{len(rows)} rows on {day:%A}, key {key}, {extra}")
    return {"rows": len(rows), "run": context.run_id}


LocalExecutor().execute(pipeline)
""".replace("TYPING", TYPING)

Glacier = Callable[..., Tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLACIER_SECRET_KEY", "s3cret")
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "etl.py").write_text(ETL, encoding="utf-8")
    yield tmp_path
    for name in ("etl", "lazy", "shop"):
        sys.modules.pop(name, None)


@pytest.fixture
def glacier(folder: Path) -> Glacier:
    """Runs the command and returns its exit code and all that it printed."""

    def call(*arguments: str) -> Tuple[int, str]:
        quiet = ("--progress", "off") if arguments[0] in ("run", "resume") else ()
        result = CliRunner().invoke(app, [*arguments, *quiet])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return call


def as_json(output: str) -> Any:
    """The JSON document in what was printed."""
    return json.loads(output[output.index("{\n") : output.rindex("}") + 1])


def states(folder: Path, run: str = "last") -> Any:
    return {task.name: task.state for task in read_run(folder / ".glacier", run).tasks}


# --- resume ---------------------------------------------------------------------------------------


def test_a_failed_run_is_gone_on_from_with_what_it_was_asked_for(
    glacier: Glacier, folder: Path
) -> None:
    (folder / "broken").touch()
    assert glacier("run", "etl.py", "-p", "limit=5", "-p", "day=2024-01-31")[0] == 1
    failed = read_run(folder / ".glacier", "last").run_id
    assert glacier("resume", failed[-6:])[0] == 1
    (folder / "broken").unlink()

    code, output = glacier("resume", "last", "--json")

    assert code == 0
    assert "tidying" not in output
    assert as_json(output)["run"]["state"] == "succeeded"
    record = read_run(folder / ".glacier", "last")
    assert states(folder) == {
        "extract": "up_to_date",
        "tidy": "up_to_date",
        "skip": "skipped",
        "double": "up_to_date",
        "write": "succeeded",
    }
    assert record.request["params"] == {"limit": "5", "day": "2024-01-31"}
    assert '"rows":5' in next(folder.glob(".glacier/storage/lake/etl/report/_/*/data*")).read_text()


def test_a_resumed_run_may_take_place_in_processes(glacier: Glacier, folder: Path) -> None:
    (folder / "broken").touch()
    glacier("run", "etl.py")
    (folder / "broken").unlink()
    code, output = glacier("resume", "last", "--processes", "--workers", "1")
    assert code == 0, output
    assert states(folder)["tidy"] == "up_to_date"
    noted = list_runs(DirectoryStore(str(folder / ".glacier/workspace")))
    assert len(noted) == 2, "a worker that imports the file begins no run"


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize(("number", "state"), [(signal.SIGINT, "cancelled"), (9, "lost")])
def test_a_run_that_was_stopped_or_killed_is_gone_on_from(
    glacier: Glacier, folder: Path, number: int, state: str
) -> None:
    waiting = 'print("waiting", flush=True) or __import__("threading").Event().wait(60)\n'
    text = ETL.replace('    print("tidying")\n', f'    if os.path.exists("broken"): {waiting}')
    (folder / "etl.py").write_text(text, encoding="utf-8")
    (folder / "broken").touch()
    command = [sys.executable, "-m", "glacier.core", "run", "etl.py", "-p", "limit=5"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        process.communicate(timeout=60)
    assert read_run(folder / ".glacier", "last").state == state
    (folder / "broken").unlink()
    assert glacier("resume", "last")[0] == 0
    assert (states(folder)["extract"], states(folder)["tidy"]) == ("up_to_date", "succeeded")


def test_a_run_that_goes_on_is_not_resumed(glacier: Glacier, folder: Path) -> None:
    text = ETL.replace('    print("tidying")\n', "    input('waiting')\n")
    (folder / "etl.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "glacier.core", "run", "etl.py"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(7) == "waiting"
        deadline = time.monotonic() + 30
        while not (folder / ".glacier" / "history.db").exists():
            assert time.monotonic() < deadline
        code, output = glacier("resume", "last")
        while "running" not in output and time.monotonic() < deadline:
            code, output = glacier("resume", "last")  # the history is written beside the run
        removed = as_json(glacier("gc", "--grace", "0s", "--keep", "1", "--json")[1])["stores"]
        process.communicate("go on\n", timeout=60)
    assert code == 2
    assert "it is still running" in output
    assert [one["files"] for one in removed] == [0, 0]
    assert process.returncode == 0


def test_what_cannot_be_resumed_says_why(glacier: Glacier, folder: Path) -> None:
    code, output = glacier("resume", "last")
    assert code == 2
    assert "there is no history of runs" in output
    glacier("run", "etl.py", "-s", "extract")
    code, output = glacier("resume", "last")
    assert code == 2
    assert "cannot be resumed: it succeeded" in output
    (folder / "broken").touch()
    glacier("run", "etl.py")
    (folder / "etl.py").rename(folder / "shop.py")
    code, output = glacier("resume", "last")
    assert code == 2
    assert "etl.py: there is no such file" in output
    (folder / "broken").unlink()
    assert glacier("resume", "last", "--file", "shop.py")[0] == 0


def test_a_run_of_a_script_needs_its_file_to_be_resumed(glacier: Glacier, folder: Path) -> None:
    script = ETL.replace("execute(pipeline)", "execute(pipeline, raise_on_failure=False)")
    (folder / "broken").touch()
    exec(compile(script, str(folder / "etl.py"), "exec"), {"__name__": "script"})
    (folder / "broken").unlink()
    code, output = glacier("resume", "last")
    assert code == 2
    assert "does not tell which file it ran. Name the file with --file" in output


def test_without_history_a_failed_run_leaves_nothing(glacier: Glacier, folder: Path) -> None:
    (folder / "broken").touch()
    assert glacier("run", "etl.py", "--no-history")[0] == 1
    assert not list(folder.glob(".glacier/workspace/etl"))


def test_what_goes_wrong_with_keeping_values_does_not_hide_why_a_run_failed(
    glacier: Glacier, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("of the source")

    text = ETL.replace(", storage=lake, retain=2", "").replace(", storage=lake", "")
    (folder / "etl.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr("glacier.core.storage.recipes.code_of", fail)
    (folder / "broken").touch()
    code, output = glacier("run", "etl.py")
    assert code == 1
    assert "ValueError: 3 rows on" in output
    assert read_run(folder / ".glacier", "last").state == "failed"


def test_with_cache_nothing_runs_twice(glacier: Glacier, folder: Path) -> None:
    for _ in range(2):
        assert glacier("run", "etl.py", "--cache")[0] == 0
    assert states(folder)["tidy"] == "up_to_date"
    shown = glacier("show", "last")[1]
    assert re.search(r"tidy +up to date +nothing that it depends on has changed since", shown)
    assert re.search(r"clean +3 +\d+ B +file:.*workspace/etl/clean", shown)
    task = as_json(glacier("show", "last", "--json", "--task", "extract")[1])["tasks"][0]
    (stored,) = task["versions"]
    assert (stored["dataset"], stored["rows"], stored["size"] > 0) == ("raw", 3, True)
    assert stored["version"] == read_runs(folder / ".glacier")[0].run_id


def test_a_run_and_a_resumption_are_explained_and_nothing_runs(
    glacier: Glacier, folder: Path
) -> None:
    (folder / "broken").touch()
    glacier("run", "etl.py", "-p", "limit=4")
    before = sorted(folder.rglob("*.json"))
    code, output = glacier("resume", "last", "--explain")
    assert code == 0
    assert re.search(r"tidy +no +run \S+ has done it", output)
    assert re.search(r"\nwrite +yes +", output)
    code, output = glacier("run", "etl.py", "--cache", "--explain", "--json")
    assert code == 0
    tasks = {one["task"]: one for one in as_json(output)["tasks"]}
    assert tasks["extract"]["runs"] is True
    assert "reads no dataset" in tasks["extract"]["why"]
    assert "tidying" not in output
    assert sorted(folder.rglob("*.json")) == before
    assert len(read_runs(folder / ".glacier")) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no worker processes there")
def test_a_run_as_deployed(glacier: Glacier, folder: Path) -> None:
    code, output = glacier("run", "etl.py", "--as-deployed")
    assert code == 0, output
    text = ETL.replace("    return rows\n", "    return {1, 2}\n")
    (folder / "etl.py").write_text(text, encoding="utf-8")
    code, output = glacier("run", "etl.py", "--as-deployed", "-s", "extract", "-s", "tidy")
    assert code == 1
    assert "JSON has no sets" in output


def test_a_run_tells_what_it_has_stored(glacier: Glacier, folder: Path) -> None:
    output = glacier("run", "etl.py")[1]
    assert re.search(r"\nstored:\n.*\nraw +3 +\d+ B +file:.*storage/lake/etl/raw", output)
    tasks = as_json(glacier("run", "etl.py", "--json", "--cache")[1])["tasks"]
    found = {task["name"]: [one["dataset"] for one in task["versions"]] for task in tasks}
    assert found["extract"] == ["raw"]
    assert (found["tidy"], found["skip"]) == (["clean"], [])


# --- replay ---------------------------------------------------------------------------------------


def test_the_task_that_failed_runs_again_alone_on_what_it_was_given(
    glacier: Glacier, folder: Path
) -> None:
    (folder / "broken").touch()
    glacier("run", "etl.py", "-p", "limit=4", "-p", "day=2024-01-31")
    before = sorted(folder.rglob("*.json"))

    code, output = glacier("replay", "last", "write")

    assert code == 1
    assert "ValueError: 4 rows on Wednesday, key s3cret, None" in output
    assert "worker.py" not in output
    assert "tidying" not in output
    (folder / "broken").unlink()
    code, output = glacier("replay", "last", "write", "--json")
    assert code == 0
    data = as_json(output)
    assert (data["task"], data["state"]) == ("write", "succeeded")
    assert data["outputs"]["report"]["rows"][0] == ["rows", 4]
    assert sorted(folder.rglob("*.json")) == before, "nothing is written"


def test_a_newer_run_does_not_change_what_is_replayed(glacier: Glacier, folder: Path) -> None:
    glacier("run", "etl.py", "-p", "limit=1", "-p", "kind=LARGE", "--cache")
    first = read_run(folder / ".glacier", "last").run_id
    glacier("run", "etl.py", "-p", "limit=7", "--cache")
    code, output = glacier("replay", first, "tidy")
    assert code == 0
    assert output.endswith("clean:\nid  name\n0   LARGE\n")
    data = as_json(glacier("replay", "last", "extract", "--json", "-n", "9")[1])
    assert len(data["outputs"]["raw"]["rows"]) == 7


def test_a_mapped_task_runs_on_one_item(glacier: Glacier, folder: Path) -> None:
    glacier("run", "etl.py", "--cache", "-p", "factor=10")
    assert as_json(glacier("replay", "last", "double", "--json")[1])["item"] == 0
    code, output = glacier("replay", "last", "double", "--item", "2")
    assert code == 0
    assert "on item 2: succeeded" in output
    assert output.endswith("doubled:\n20\n")
    code, output = glacier("replay", "last", "double", "--item", "3")
    assert code == 2
    assert "there is no item 3 in 'clean', which has 3" in output


def test_an_input_that_another_run_stored_is_the_version_that_was_pinned(
    glacier: Glacier, folder: Path
) -> None:
    glacier("run", "etl.py", "-s", "extract", "-p", "limit=6")
    glacier("run", "etl.py", "-s", "tidy")
    second = read_run(folder / ".glacier", "last").run_id
    glacier("run", "etl.py", "-s", "extract", "-p", "limit=1")
    data = as_json(glacier("replay", second, "tidy", "--json")[1])
    assert len(data["outputs"]["clean"]["rows"]) == 6


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["last", "tidi"], "Did you mean 'tidy'?"),
        (["last", "write"], "its input 'clean' is not stored as it was in that run"),
        (["zzzz", "tidy"], "there is no run 'zzzz'"),
        (["last", "tidy", "--file", "absent.py"], "there is no such file"),
        (["last", "tidy", "--pdb", "--json"], "do not go together"),
    ],
)
def test_what_cannot_be_replayed_says_why(glacier: Glacier, arguments: Any, says: str) -> None:
    glacier("run", "etl.py")
    code, output = glacier("replay", *arguments)
    assert code == 2
    assert says in output


def test_what_was_never_made_is_no_input(glacier: Glacier, folder: Path) -> None:
    text = ETL.replace('    print("tidying")', '    raise OSError("no")')
    (folder / "etl.py").write_text(text, encoding="utf-8")
    glacier("run", "etl.py")
    code, output = glacier("replay", "last", "double")
    assert code == 2
    assert "its input 'clean' was never made: task 'tidy' is failed in that run" in output


LAZY = """
from typing import Any, Dict, Iterator
from glacier.core import Dataset, Pipeline
from TYPING import Annotated
import math

pipeline = Pipeline("lazy")
raw, clean = Dataset("raw"), Dataset("clean")

@pipeline.task
def numbers(start: int, wrong: bool = False) -> Annotated[Iterator[int], raw]:
    yield start
    if wrong:
        raise ValueError("in the middle")

@pipeline.task
def roots(items: Annotated[Iterator[int], raw]) -> clean:
    return [math.sqrt(item) for item in items]
""".replace("TYPING", TYPING)


def test_a_generator_is_run_through_on_the_parameters_that_were_asked_for(
    glacier: Glacier, folder: Path
) -> None:
    (folder / "lazy.py").write_text(LAZY, encoding="utf-8")
    assert glacier("run", "lazy.py", "-p", "start=4")[0] == 0
    assert not (folder / ".glacier" / "workspace").exists(), "nothing was stored"
    assert glacier("replay", "last", "numbers")[1].endswith("raw:\n4\n")
    assert glacier("run", "lazy.py", "-p", "start=9", "-p", "wrong=true")[0] == 1
    code, output = glacier("replay", "last", "numbers")
    assert code == 1
    assert "ValueError: in the middle" in output


TABLES = """
from typing import Any, Dict, List
from glacier.core import Database, Dataset, External, ObjectStorage, Pipeline
from TYPING import Annotated

pipeline = Pipeline("shop")
landing = Dataset("landing", storage=External("landing.json", format="json"))
orders = Dataset("orders", storage=Database("warehouse"))
totals = Dataset("totals", storage=ObjectStorage("lake"))
Records = List[Dict[str, Any]]

@pipeline.task
def load(rows: landing) -> orders:
    return rows

@pipeline.task
def add(rows: Annotated[Records, orders]) -> totals:
    return sum(row["n"] for row in rows)
""".replace("TYPING", TYPING)


def test_tables_and_foreign_data_are_traced_and_replayed_while_they_are_what_they_were(
    glacier: Glacier, folder: Path
) -> None:
    (folder / "shop.py").write_text(TABLES, encoding="utf-8")
    (folder / "landing.json").write_text('[{"n": 2}, {"n": 4}]', encoding="utf-8")
    assert glacier("run", "shop.py")[0] == 0
    first = read_run(folder / ".glacier", "last").run_id
    lines = glacier("lineage", "totals")[1].splitlines()
    assert "shop/orders" in lines[1]
    assert re.search(r"shop/landing \S+, of which no record is here", lines[2])
    assert re.search(r"shop/orders +workspace .* 2 +table +1", glacier("data")[1])
    assert glacier("data", "orders")[1].splitlines()[-3:] == ["n", "2", "4"]
    assert glacier("replay", first, "add")[1].endswith("totals:\n6\n")
    assert glacier("replay", first, "load")[0] == 0
    assert glacier("run", "shop.py", "--cache")[0] == 0  # which runs nothing
    assert glacier("replay", "last", "add")[1].endswith("totals:\n6\n")
    (folder / "landing.json").write_text('[{"n": 7}]', encoding="utf-8")
    glacier("run", "shop.py")
    for task, place in (("add", "warehouse.db#orders"), ("load", "landing.json")):
        code, output = glacier("replay", first, task)
        assert code == 2
        assert f"{place} has changed since. Replay a task of a newer run." in output
    _, older = as_json(glacier("data", "orders", "--json")[1])["versions"]
    output = glacier("data", "orders", "--version", older["version"])[1]
    assert "its rows have been replaced since, in sqlite:///" in output


@pytest.mark.parametrize("options", [["--pdb"], []])
def test_the_debugger_opens_where_the_task_raised_or_asks_for_it(
    glacier: Glacier, folder: Path, options: List[str]
) -> None:
    (folder / "broken").touch()
    glacier("run", "etl.py", "-p", "limit=4")
    if not options:
        text = ETL.replace("raise ValueError", "breakpoint()\n        raise ValueError")
        (folder / "etl.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "glacier.core", "replay", "last", "write", *options],
        input="p len(rows) * 111\nq\n", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "444" in done.stdout


# --- data -----------------------------------------------------------------------------------------


def test_what_is_stored_is_listed(glacier: Glacier, folder: Path) -> None:
    assert glacier("data") == (0, "nothing is stored below .glacier\n")
    for _ in range(2):
        glacier("run", "etl.py", "--cache")
    code, output = glacier("data")
    assert code == 0
    lines = output.splitlines()
    assert re.match(r"etl/clean +workspace +\S+ .* 3 .* json +2$", lines[1])
    assert re.match(r"etl/raw +storage/lake .* 2$", lines[3])
    datasets = as_json(glacier("data", "--json")[1])["datasets"]
    assert {one["dataset"]: one["versions"] for one in datasets}["raw"] == 2
    newest = {one["dataset"]: one["newest"] for one in datasets}["clean"]
    assert newest["task"] == "tidy"
    assert newest["reused_from"] is not None


def test_a_dataset_is_shown_with_its_versions_and_first_rows(glacier: Glacier) -> None:
    glacier("run", "etl.py", "-p", "limit=5")
    glacier("run", "etl.py", "-p", "limit=30")
    code, output = glacier("data", "raw", "--head", "2")
    assert code == 0
    assert "etl/raw in storage/lake: 2 versions" in output
    assert output.endswith("id  name\n0   SMALL\n1   SMALL\n")
    data = as_json(glacier("data", "etl/raw", "--json")[1])
    assert [one["rows"] for one in data["versions"]] == [30, 5]
    assert len(data["head"]["rows"]) == 10
    older = data["versions"][1]["version"]
    chosen = as_json(glacier("data", "lake/etl/raw", "--json", "--version", older[-6:])[1])
    assert (chosen["chosen"], len(chosen["head"]["rows"])) == (older, 5)


def test_a_name_that_is_none_or_that_is_not_enough(glacier: Glacier, folder: Path) -> None:
    glacier("run", "etl.py")
    (folder / "shop.py").write_text(ETL.replace('"etl"', '"shop"'), encoding="utf-8")
    glacier("run", "shop.py")
    code, output = glacier("data", "rwa")
    assert code == 2
    assert "there is no dataset 'rwa'. Did you mean 'raw'?" in output
    code, output = glacier("lineage", "raw")
    assert code == 2
    assert "'storage/lake/etl/raw' and 'storage/lake/shop/raw'" in output
    assert glacier("lineage", "shop/raw")[0] == 0
    code, output = glacier("data", "etl/raw", "--version", "zzz")
    assert code == 2
    assert "there is no version 'zzz'" in output
    assert glacier("data", "--version", "zzz")[0] == 2


def test_a_pickle_is_opened_in_the_workspace_alone(glacier: Glacier, folder: Path) -> None:
    text = ETL.replace("storage=lake, retain=2", "storage=lake, format='pickle'")
    text = text.replace("    return rows\n", "    return {1, 2}\n")
    (folder / "etl.py").write_text(text, encoding="utf-8")
    glacier("run", "etl.py", "--cache", "-s", "extract", "-s", "tidy")
    assert "opening it would run what is in it: not shown" in glacier("data", "raw")[1]
    assert glacier("data", "clean")[1].endswith("{1, 2}\n")


# --- lineage --------------------------------------------------------------------------------------


def test_a_version_is_traced_through_stores_and_through_memory(glacier: Glacier) -> None:
    glacier("run", "etl.py")
    code, output = glacier("lineage", "report")
    lines = output.splitlines()
    assert code == 0
    assert len(lines) == 2, "clean is in memory alone"
    assert re.match(r"etl/report \S+ by write in run ", lines[0])
    assert re.match(r"└─ etl/raw \S+ by extract in run ", lines[1])
    glacier("run", "etl.py", "--cache")
    lines = glacier("lineage", "report")[1].splitlines()
    assert [line.split(" 2")[0] for line in lines] == [
        "etl/report",
        "├─ etl/clean",
        "│  └─ etl/raw",
        "└─ etl/doubled",
        "   └─ etl/clean",
    ]
    assert lines[-1].endswith("(see above)")
    data = as_json(glacier("lineage", "report", "--json", "--depth", "1")[1])
    names = {node["id"]: node["dataset"] for node in data["nodes"]}
    edges = {(names[edge["version"]], names[edge["made_from"]]) for edge in data["edges"]}
    assert edges == {("report", "clean"), ("report", "doubled"), ("doubled", "clean")}
    assert {node["dataset"]: node["cut"] for node in data["nodes"]}["clean"] is True


# --- gc -------------------------------------------------------------------------------------------


def test_what_nothing_needs_is_collected_from_all_stores(glacier: Glacier, folder: Path) -> None:
    lake = DirectoryStore(str(folder / ".glacier/storage/lake"))
    workspace = DirectoryStore(str(folder / ".glacier/workspace"))
    address = Address("etl", "raw")
    (folder / "broken").touch()
    for limit in range(1, 6):
        glacier("run", "etl.py", "-p", f"limit={limit}", "--cache")
    assert glacier("gc")[0] == 0
    assert len(list_versions(lake, address)) == 5, "all are young"
    kept = ["--grace", "0s"]

    code, output = glacier("gc", "--dry-run", *kept)
    assert code == 0
    assert "storage/lake: nothing to remove" in output, "clean was made from it"
    code, output = glacier("gc", "--dry-run", "--keep", "1", *kept, "--json")
    stores = {one["store"]: one for one in as_json(output)["stores"]}
    assert len(stores["workspace"]["versions"]) == 8
    assert len(list_versions(lake, address)) == 5

    for _ in range(2):  # first what was made from it, then it
        assert "removed" in glacier("gc", "--keep", "1", *kept)[1]
    assert len(list_versions(lake, address)) == 1
    assert len(list_runs(workspace)) == 5, "runs of the last days can be resumed"
    assert glacier("resume", "last")[0] == 1
    assert as_json(glacier("gc", "--json")[1])["stores"][0]["files"] == 0


def test_retain_is_what_the_newest_version_says(glacier: Glacier, folder: Path) -> None:
    for _ in range(4):
        glacier("run", "etl.py", "-s", "extract")
    glacier("gc", "--grace", "0s")
    store = DirectoryStore(str(folder / ".glacier/storage/lake"))
    assert len(list_versions(store, Address("etl", "raw"))) == 2


@pytest.mark.parametrize("text", ["1", "x", "-1d", "1 year"])
def test_a_grace_that_is_no_duration(glacier: Glacier, text: str) -> None:
    code, output = glacier("gc", f"--grace={text}")
    assert code == 2
    assert "is no duration" in output


def test_two_collectors_are_not_at_work_at_once(glacier: Glacier, folder: Path) -> None:
    glacier("run", "etl.py")
    with hold(str(folder / ".glacier" / "gc.lock")):
        assert glacier("gc", "--dry-run")[0] == 0
        code, output = glacier("gc")
    assert code == 2
    assert "another 'glacier gc' is at work there. Wait for its end." in output
    assert glacier("gc")[0] == 0


def test_gc_of_nothing(glacier: Glacier) -> None:
    assert glacier("gc") == (0, "nothing is stored below .glacier\n")


# --- help and completion --------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["resume", "replay", "data", "lineage", "gc"])
def test_there_is_help(glacier: Glacier, command: str) -> None:
    code, output = glacier(command, "--help")
    assert code == 0
    assert output.startswith("Usage: ")


def test_completion_offers_datasets_runs_and_tasks(
    glacier: Glacier, monkeypatch: pytest.MonkeyPatch
) -> None:
    glacier("run", "etl.py")

    def complete(words: str) -> str:
        monkeypatch.setenv("COMP_WORDS", f"glacier {words}")
        monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
        environment = {"_GLACIER_COMPLETE": "bash_complete"}
        return CliRunner().invoke(app, prog_name="glacier", env=environment).output

    assert "plain,raw" in complete("data r")
    assert "plain,etl/raw" in complete("lineage etl/")
    assert "plain,last" in complete("resume l")
    assert "plain,tidy" in complete("replay last t")
    assert os.environ["COMP_WORDS"] == "glacier replay last t"
