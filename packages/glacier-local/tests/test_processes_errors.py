"""Exceptions, warnings and log records of a worker arrive where the run was started."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import traceback
import warnings
from typing import Any, Callable

import pytest

from glacier.core import Dataset, GlacierWarning, Pipeline, RunFailed, Skip
from glacier.core.errors import TaskExited
from glacier.local import LocalExecutor, RemoteError, RemoteTraceback

raw, clean = Dataset("raw"), Dataset("clean")


def executor(workers: int = 2) -> LocalExecutor:
    return LocalExecutor(workers=workers, processes=True)


def failure(work: Callable[[], object]) -> BaseException:
    """The error of a task that does this."""
    pipeline = Pipeline("fails")

    @pipeline.task
    def fail() -> raw:
        return work()

    run = executor(1).execute(pipeline, raise_on_failure=False)
    error = run.tasks["fail"].error
    assert error is not None
    return error


class Custom(Exception):
    """Has a constructor that its ``args`` do not fit."""

    def __init__(self, *, code: int, where: str) -> None:
        super().__init__(f"code {code} at {where}")
        self.code = code
        self.where = where


class Stopping(StopIteration):
    """Has a fact that only the constructor of a built-in sets."""

    def __init__(self, *, code: int) -> None:
        super().__init__(code)


class Locked(Exception):
    """Holds what cannot be pickled."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


class Textless(Exception):
    """Has no text, and cannot be pickled."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __reduce__(self) -> Any:
        raise TypeError("no")


def raiser(error: Callable[[], BaseException]) -> Callable[[], object]:
    def work() -> object:
        raise error()

    return work


@pytest.mark.parametrize(
    "error",
    [
        lambda: ValueError("wrong", 3),
        lambda: KeyError("key"),
        lambda: FileNotFoundError(2, "No such file or directory", "data.csv"),
        lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        lambda: Custom(code=3, where="the shop"),
        lambda: Stopping(code=4),
        lambda: OSError("x" * 1_000_000),
    ],
)
def test_an_exception_keeps_its_type_text_and_facts(error: Callable[[], BaseException]) -> None:
    found, expected = failure(raiser(error)), error()
    assert type(found) is type(expected)
    assert (str(found), found.args) == (str(expected), expected.args)
    assert found.__dict__ == expected.__dict__
    assert getattr(found, "value", None) == getattr(expected, "value", None)


def test_the_traceback_of_the_worker_is_seen() -> None:
    def divide(number: int) -> float:
        return 1 / number

    error = failure(lambda: divide(0))
    assert isinstance(error, ZeroDivisionError)
    assert isinstance(error.__cause__, RemoteTraceback)
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    assert "in divide" in text
    assert "return 1 / number" in text
    assert "glacier/core/worker.py" not in text


def test_the_cause_in_the_worker_is_seen_too() -> None:
    def work() -> object:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("outer") from error

    text = str(failure(work).__cause__)
    assert "KeyError: 'inner'" in text
    assert "direct cause" in text


@pytest.mark.parametrize(
    ("error", "name", "text"),
    [(lambda: Locked("held"), "Locked", "held"), (lambda: Textless(), "Textless", "<its text")],
)
def test_an_exception_that_cannot_travel_is_told_by_name(error: Any, name: str, text: str) -> None:
    found = failure(raiser(error))
    assert isinstance(found, RemoteError)
    assert found.kind.endswith(name)
    assert f"task 'fail' raised {found.kind}: {text}" in str(found)
    assert "in work" in str(found.__cause__)


class Unreadable(Exception):
    """Can be pickled, but not be read."""

    def __reduce__(self) -> Any:
        return refuse, ()


def refuse() -> None:
    raise RuntimeError("cannot be read")


def test_an_exception_that_cannot_be_read_is_told_by_name() -> None:
    found = failure(raiser(lambda: Unreadable("lost")))
    assert isinstance(found, RemoteError)
    assert "Unreadable: lost" in str(found)
    assert "RuntimeError: cannot be read" in str(found)


def test_skip_and_exit_mean_what_they_mean_elsewhere() -> None:
    pipeline = Pipeline("ends")

    @pipeline.task
    def skip() -> raw:
        raise Skip("nothing today")

    @pipeline.task
    def leave() -> clean:
        sys.exit(3)

    run = executor().execute(pipeline, raise_on_failure=False)
    assert (run.tasks["skip"].state, run.tasks["skip"].reason) == ("skipped", "nothing today")
    assert isinstance(run.tasks["leave"].error, TaskExited)


def test_ctrl_c_of_a_task_is_ctrl_c() -> None:
    pipeline = Pipeline("interrupt")

    @pipeline.task
    def work() -> raw:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        executor(1).execute(pipeline)


def test_warnings_arrive() -> None:
    pipeline = Pipeline("warns")

    @pipeline.task
    def work() -> raw:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return 1

    @pipeline.task
    def lose():
        return 1

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        executor().execute(pipeline)
    found = {warning.category: warning for warning in caught}
    assert set(found) == {DeprecationWarning, GlacierWarning}
    assert str(found[DeprecationWarning].message) == "old"
    assert found[DeprecationWarning].filename == __file__
    assert "declares no dataset" in str(found[GlacierWarning].message)


def test_filters_hold_in_workers() -> None:
    def work() -> object:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return 1

    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        assert isinstance(failure(work), DeprecationWarning)
    pipeline = Pipeline("ignores")

    @pipeline.task
    def ignored() -> raw:
        return work()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", DeprecationWarning)
        assert executor().execute(pipeline)["raw"] == 1
    assert not caught


def test_log_records_arrive(caplog: pytest.LogCaptureFixture) -> None:
    pipeline = Pipeline("logs")

    @pipeline.task
    def work() -> raw:
        log = logging.getLogger("glacier.test.work")
        log.debug("%s is %d", "this", 1)
        logging.getLogger("glacier.test.quiet").info("not to be seen")
        try:
            raise ValueError("logged")
        except ValueError:
            log.exception("failed", extra={"order": 7})

    caplog.set_level(logging.ERROR, "glacier.test.quiet")
    caplog.set_level(logging.DEBUG)
    executor().execute(pipeline)
    records = [r for r in caplog.records if r.name.startswith("glacier.test")]
    assert [(r.levelname, r.getMessage()) for r in records] == [
        ("DEBUG", "this is 1"),
        ("ERROR", "failed"),
    ]
    assert records[1].order == 7
    assert "ValueError: logged" in caplog.text
    assert records[0].process != os.getpid()


def test_what_tasks_print_is_printed() -> None:
    script = """
import sys
from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor
pipeline, raw = Pipeline("prints"), Dataset("raw")

@pipeline.task
def work() -> raw:
    print("from the task")
    print("from the task", file=sys.stderr)
    return sys.stdin.read()

print(repr(LocalExecutor(processes=True).execute(pipeline)["raw"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, input="secret"
    )
    assert (done.stdout, done.stderr) == ("from the task\n''\n", "from the task\n")


def test_the_error_of_a_run_shows_the_type(capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = Pipeline("shows")

    @pipeline.task
    def fail() -> raw:
        raise Custom(code=1, where="here")

    with pytest.raises(RunFailed, match="fail: Custom: code 1 at here"):
        executor().execute(pipeline)
