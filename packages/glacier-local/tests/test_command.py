"""The command ``glacier`` in processes of its own, with the local executor and its history."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any, List

import pytest

pytest.importorskip("click", reason="the extra cli")
pytest.importorskip("rich", reason="the extra cli")
pytest.importorskip("sqlite3", reason="a Python without SQLite")

from glacier.core import Dataset, Executor, Pipeline
from glacier.core.history import read_run, read_runs
from glacier.core.testing import ExecutorContract
from glacier.local import LocalExecutor

ETL = """
from glacier.core import Context, Dataset, Pipeline
from glacier.local import LocalExecutor

pipeline = Pipeline("etl")
raw, clean = Dataset("raw"), Dataset("clean")

@pipeline.task
def extract(context: Context) -> raw:
    context.logger.info("extracting")
    print("from a task", flush=True)
    return [1, 2, 3]

@pipeline.task
def double(item: raw.each, fail: bool = False) -> clean:
    if fail:
        raise ValueError("no")
    return 2 * item

run = LocalExecutor().execute(pipeline)
print(run["clean"])
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etl.py").write_text(ETL, encoding="utf-8")
    return tmp_path


def script() -> List[str]:
    found = shutil.which("glacier", path=sysconfig.get_path("scripts"))
    assert found is not None, "the entry point is not installed"
    return [found]


def glacier(*arguments: str, command: Any = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(command or script()), *arguments],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_entry_point_runs_a_pipeline_and_shows_the_run() -> None:
    done = glacier("run", "etl.py", "--workers", "3")
    assert done.returncode == 0, done.stderr
    assert "from a task" in done.stdout
    assert "clean: [2, 4, 6]" in done.stdout
    assert "[2/2] double succeeded" in done.stderr
    shown = glacier("show", "last")
    assert "INFO    extract: extracting" in shown.stdout
    assert len(glacier("runs").stdout.splitlines()) == 2, "the file's own execute did not run"


def test_the_module_is_the_same_command() -> None:
    done = glacier("--version", command=[sys.executable, "-m", "glacier.core"])
    assert done.stdout.startswith("glacier-pipeline ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "etl.py"], 0),
        (["run", "etl.py", "-p", "fail=true", "--fail-fast"], 1),
        (["run", "etl.py", "-p", "fail=perhaps"], 2),
        (["run", "absent.py"], 2),
        (["run"], 2),
        (["rum", "etl.py"], 2),
        (["check", "etl.py"], 0),
        (["show", "zzz"], 2),
    ],
)
def test_exit_codes(arguments: List[str], code: int) -> None:
    assert glacier(*arguments).returncode == code


def test_json_has_standard_output_for_itself() -> None:
    done = glacier("run", "etl.py", "--json")
    assert json.loads(done.stdout)["run"]["state"] == "succeeded"
    assert "from a task" in done.stderr
    problems = json.loads(glacier("run", "absent.py", "--json").stdout)["problems"]
    assert problems[0]["kind"] == "LoadError"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_the_command_says_what_to_install(missing: str) -> None:
    code = f"import sys; sys.modules['{missing}'] = None; from glacier.core.cli import main; main()"
    done = glacier(command=[sys.executable, "-c", code])
    assert done.returncode == 2
    assert f"needs {missing}, which is not installed" in done.stderr
    assert "pip install 'glacier-pipeline[cli]'" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="SIGINT is sent as POSIX has it")
def test_ctrl_c_ends_with_130_and_the_run_is_noted(folder: Path) -> None:
    (folder / "wait.py").write_text(
        ETL.replace("return [1, 2, 3]", "import threading; threading.Event().wait(60)"),
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [*script(), "run", "wait.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "from a task\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted." in errors
    assert "Traceback" not in errors
    record = read_run(".glacier", "last")
    assert (record.state, record.counts) == ("cancelled", {"cancelled": 2})


def test_processes_run_the_tasks_of_a_file_that_is_loaded_by_its_path(folder: Path) -> None:
    (folder / "neighbour.py").write_text("FACTOR = 10", encoding="utf-8")
    text = f"import os, typing, neighbour\n{ETL}\n".replace(
        "return 2 * item", "return neighbour.FACTOR * helper(item), os.getpid(), Row(item)"
    ).replace(
        'pipeline = Pipeline("etl")',
        'pipeline = Pipeline("etl")\n'
        "def helper(item): return item + 1\n"
        "class Row(typing.NamedTuple):\n"
        "    item: int\n",
    )
    for name in ("etl.py", "my-etl.py", "shop/jobs.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "shop" / "__init__.py").touch()
    for target in ("etl.py", "my-etl.py", "shop/jobs.py", "shop.jobs:pipeline"):
        done = glacier("run", target, "--processes", "--workers", "1")
        assert done.returncode == 0, done.stderr
        shown = re.search(r"clean: \[\(20, (\d+), Row\(item=1\)\)", done.stdout)
        assert shown is not None, done.stdout
        record = read_run(".glacier", "last")
        assert int(shown[1]) != record.pid
        assert [line.message for line in record.logs] == ["extracting"]


def test_attempts_are_told_while_it_runs_and_shown_later(folder: Path) -> None:
    options = "(retries=2, retry_delay=0)"
    fails = "    if context.attempt < 3: raise OSError('the shop is down')\n"
    text = ETL.replace("task\ndef extract", f"task{options}\ndef extract").replace(
        "    print(", f"{fails}    print("
    )
    (folder / "flaky.py").write_text(text, encoding="utf-8")
    done = glacier("run", "flaky.py")
    assert done.returncode == 0, done.stderr
    for attempt in (1, 2):
        line = f"extract failed in attempt {attempt} of 3, again in 0 s: OSError: the shop is down"
        assert line in done.stderr
    assert re.search(r"extract succeeded in [\d.]+ s \(attempt 3\)", done.stderr)
    assert re.search(r"extract +succeeded +[\d.]+ s +attempt 3", done.stdout)
    shown = glacier("show", "last").stdout
    assert "extract failed in attempt 2 after" in shown
    assert "OSError: the shop is down" in shown
    task = json.loads(glacier("show", "last", "--json").stdout)["tasks"][0]
    assert (task["attempts"], [one["attempt"] for one in task["failures"]]) == (3, [1, 2])


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is sent as POSIX has it")
@pytest.mark.parametrize("options", [[], ["--processes"]])
def test_sigterm_ends_with_143_and_the_run_is_noted(folder: Path, options: List[str]) -> None:
    (folder / "wait.py").write_text(
        ETL.replace("return [1, 2, 3]", "import threading; threading.Event().wait(60)"),
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [*script(), "run", "wait.py", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "from a task\n"
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Terminated." in errors
    assert "Traceback" not in errors
    assert read_run(".glacier", "last").state == "cancelled"


def test_two_commands_at_once_note_both_runs() -> None:
    commands = [
        subprocess.Popen(
            [*script(), "run", "etl.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for command in commands:
        _, errors = command.communicate(timeout=60)
        assert command.returncode == 0
        assert b"Warning" not in errors
    assert [one.state for one in read_runs(".glacier")] == ["succeeded"] * 3


def test_a_new_project_runs_and_passes_its_own_test(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert glacier("init", "shop").returncode == 0
    monkeypatch.chdir(folder / "shop")
    assert glacier("check", "pipeline.py").returncode == 0
    done = glacier("run", "pipeline.py", "-p", "file=orders.csv")
    assert done.returncode == 0, done.stderr
    assert "totals: {'IS': 30.0, 'NO': 12.5}" in done.stdout
    tested = glacier(
        "-q", command=[sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider"]
    )
    assert tested.returncode == 0, tested.stdout
    assert "3 passed" in tested.stdout


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_bars_are_drawn_on_a_terminal() -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "CI": ""}
    with subprocess.Popen(
        [*script(), "run", "etl.py"], stdout=subprocess.PIPE, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        drawn = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            drawn += part
        assert process.stdout is not None
        printed = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0
    assert b"etl" in drawn
    assert b"\x1b[" in drawn
    assert b"from a task" in printed, "what goes to a file stays what the task prints"


# --- the history of the executor itself -----------------------------------------------------------


def small() -> Pipeline:
    pipeline = Pipeline("small")

    @pipeline.task
    def work() -> Dataset("raw"):
        return 1

    return pipeline


def test_the_executor_notes_its_runs(folder: Path) -> None:
    run = LocalExecutor().execute(small())
    assert [one.run_id for one in read_runs(folder / ".glacier")] == [run.run_id]
    LocalExecutor(root=folder / "elsewhere").execute(small())
    assert len(read_runs(folder / "elsewhere")) == 1
    assert not [t for t in threading.enumerate() if t.name.startswith("glacier")]


def test_without_history_nothing_is_written(folder: Path) -> None:
    LocalExecutor(history=False).execute(small())
    assert not (folder / ".glacier").exists()


def test_the_executor_shows_progress(capsys: pytest.CaptureFixture[str]) -> None:
    LocalExecutor(progress="plain", history=False).execute(small())
    assert "[1/1] work succeeded in" in capsys.readouterr().err


class TestNoted(ExecutorContract):
    """The contract with the history on, which is how the executor comes."""

    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return LocalExecutor(workers=workers, **options)
