"""What people see of a run while it runs, and the events that tell of items."""

from __future__ import annotations

import io
import re
from typing import List

import pytest

from glacier.core import Context, Dataset, ItemFinished, Pipeline, Skip
from glacier.core.errors import UnknownName
from glacier.core.progress import progress_listener
from glacier.core.progress.plain import PlainProgress
from glacier.core.testing import InlineExecutor
from glacier.core.testing.contract_base import Recorder

raw, clean, other = Dataset("raw"), Dataset("clean"), Dataset("other")


def mapped() -> Pipeline:
    pipeline = Pipeline("etl")

    @pipeline.task
    def double(item: raw.each) -> clean:
        if item == 1:
            raise Skip
        return 2 * item

    return pipeline


def many(count: int, *, failing: int = -1) -> Pipeline:
    pipeline = Pipeline("many")
    for number in range(count):

        @pipeline.task(name=f"t{number}")
        def work(context: Context) -> Dataset(f"d{number}"):
            if context.task == f"t{failing}":
                raise ValueError("[red] no\nsecond line")

    return pipeline


def test_each_item_of_a_mapped_task_is_told() -> None:
    recorder = Recorder()
    InlineExecutor().execute(mapped(), inputs={raw: [0, 1, 2]}, listeners=[recorder])
    items: List[ItemFinished] = recorder.of(ItemFinished)
    found = [(one.item, one.done, one.total, str(one.state)) for one in items]
    assert found == [(0, 1, 3, "succeeded"), (1, 2, 3, "skipped"), (2, 3, 3, "succeeded")]
    assert {one.step.task for one in items} == {"double"}


def test_items_of_an_iterator_have_no_total() -> None:
    recorder = Recorder()
    InlineExecutor().execute(mapped(), inputs={raw: iter([0])}, listeners=[recorder])
    assert [(one.done, one.total) for one in recorder.of(ItemFinished)] == [(1, None)]


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    InlineExecutor().execute(mapped(), inputs={raw: range(40)}, listeners=[PlainProgress()])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("of 'etl': 1 task")
    assert [line.strip() for line in lines[1:4]] == [
        "double: 10 of 40 items", "double: 20 of 40 items", "double: 30 of 40 items",
    ]  # fmt: skip
    assert lines[4].startswith("[1/1] double succeeded in ")
    assert " succeeded in " in lines[5]
    assert len(lines) == 6


def test_plain_lines_of_many_tasks_are_few_but_tell_of_every_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipeline = many(1000, failing=777)
    InlineExecutor().execute(pipeline, listeners=[PlainProgress()], raise_on_failure=False)
    lines = capsys.readouterr().err.splitlines()
    assert 100 <= len(lines) <= 110
    (failed,) = [line for line in lines if line.endswith(": ValueError: [red] no")]
    assert failed.startswith("[ 778/1000] t777 failed in")


def test_live_bars_leave_failures_and_nothing_else() -> None:
    pytest.importorskip("rich", reason="the extra cli")
    from rich.console import Console

    from glacier.core.progress.bars import BarsProgress

    terminal = io.StringIO()
    console = Console(file=terminal, force_terminal=True, width=100, color_system=None)
    bars = BarsProgress(console)
    for _ in range(2):  # one may serve several runs
        InlineExecutor().execute(many(20, failing=7), listeners=[bars], raise_on_failure=False)
    drawn = terminal.getvalue()
    assert "failed t7: ValueError: [red] no" in drawn
    assert "20/20, 1 failed" in drawn
    assert bars.bars is None
    InlineExecutor().execute(mapped(), inputs={raw: [0, 1]}, listeners=[bars])


def flaky() -> Pipeline:
    pipeline = Pipeline("flaky")

    @pipeline.task(retries=2, retry_delay=8)
    def alone(context: Context) -> other:
        if context.attempt < 3:
            raise ValueError("[red] not yet")

    @pipeline.task(retries=1)
    def items(item: raw.each, context: Context) -> clean:
        if context.attempt < 2:
            raise ValueError("once")

    return pipeline


def test_plain_lines_tell_of_attempts_but_not_without_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    executor = InlineExecutor()
    executor.execute(flaky(), inputs={raw: [1, 2]}, listeners=[PlainProgress()])
    lines = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert "alone failed in attempt 1 of 3, again in 8 s: ValueError: [red] not yet" in lines
    assert "alone failed in attempt 2 of 3, again in 16 s: ValueError: [red] not yet" in lines
    assert "items[1] failed in attempt 1 of 2, again in 1 s: ValueError: once" in lines
    assert any(re.match(r"\[\d/2\] alone succeeded in .* \(attempt 3\)$", line) for line in lines)
    executor.execute(flaky(), inputs={raw: range(200)}, listeners=[PlainProgress()])
    assert len(capsys.readouterr().err.splitlines()) < 60


def test_live_bars_tell_of_attempts() -> None:
    pytest.importorskip("rich", reason="the extra cli")
    from rich.console import Console

    from glacier.core.progress.bars import BarsProgress

    terminal = io.StringIO()
    console = Console(file=terminal, force_terminal=True, width=120, color_system=None)
    bars = BarsProgress(console)

    def show(event: object) -> None:
        bars(event)  # type: ignore[arg-type]
        if bars.bars is not None:
            bars.bars.refresh()

    InlineExecutor().execute(flaky(), inputs={raw: [1, 2]}, listeners=[show])
    drawn = terminal.getvalue()
    for part in (
        "again alone failed in attempt 1 of 3, again in 8 s: ValueError: [red] not yet",
        "attempt 2 failed, again in 16 s",
        "attempt 3",
        "1/2 items, 2 tried again",
        "4 tried again",
    ):
        assert part in drawn, part


def test_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress_listener(None) is progress_listener("off") is None
    assert isinstance(progress_listener("plain"), PlainProgress)
    assert isinstance(progress_listener("auto"), PlainProgress), "no terminal here"
    with pytest.raises(UnknownName, match=r"no progress mode 'bar'\. Did you mean 'bars'"):
        progress_listener("bar")
