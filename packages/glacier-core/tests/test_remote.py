"""A pool that keeps values elsewhere keeps the contract, and brings here only what is asked for."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence

import pytest

from glacier.core import Dataset, Executor, Pipeline
from glacier.core.clock import SystemClock
from glacier.core.contracts import Handle, Ref, RemotePool, TaskCall, TaskResult, Value
from glacier.core.errors import UnresolvedInput
from glacier.core.executor import PoolExecutor
from glacier.core.testing import ExecutorContract
from glacier.core.testing.inline import InlinePool

raw, clean, total = Dataset("raw"), Dataset("clean"), Dataset("total")


class Box:
    """A value that is elsewhere; ``parts`` if it was gathered."""

    def __init__(self, value: Any, parts: Optional[Sequence[Ref]] = None) -> None:
        self.value = value
        self.parts = parts


class BoxPool(InlinePool):
    """Hands out every value in a box, and notes which are opened outside of a call."""

    def __init__(self, fetched: List[Any]) -> None:
        super().__init__(SystemClock())
        self.fetched = fetched

    def run_inline(self, call: TaskCall) -> TaskResult:
        inputs = [None if ref is None else Value(self.open(ref)) for ref in call.inputs]
        step = call.step._replace(lazy=False)
        result = super().run_inline(call._replace(inputs=tuple(inputs), step=step))
        return result._replace(outputs=tuple(map(self.box, result.outputs)))

    def box(self, ref: Ref) -> Handle:
        assert isinstance(ref, Value)
        return Handle(Box(ref.value))

    def open(self, ref: Ref) -> Any:
        if isinstance(ref, Value):
            return ref.value
        assert isinstance(ref, Handle)
        box: Box = ref.token
        return box.value if box.parts is None else [self.open(part) for part in box.parts]

    def expect(self, calls: int) -> None:
        pass

    def fetch(self, ref: Handle) -> Any:
        if ref.token.value == "unreadable":
            raise UnresolvedInput(task="it", dataset="raw", found="unreadable")
        value = self.open(ref)
        self.fetched.append(value)
        return value

    def hold(self, value: Any) -> Handle:
        return Handle(Box(value))

    def gather(self, refs: Sequence[Ref]) -> Ref:
        return Handle(Box(None, refs))

    def scatter(self, ref: Handle) -> Optional[Sequence[Ref]]:
        parts: Optional[Sequence[Ref]] = ref.token.parts
        return parts


class BoxExecutor(PoolExecutor):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fetched: List[Any] = []

    def open(self) -> RemotePool:
        return BoxPool(self.fetched)


class TestBoxes(ExecutorContract):
    def make_executor(self, *, workers: int = 2, **options: Any) -> Executor:
        return BoxExecutor(**options)


def test_values_stay_where_they_are_until_they_are_asked_for() -> None:
    pipeline, executor = Pipeline("boxes"), BoxExecutor()

    @pipeline.task
    def square(item: raw.each) -> clean:
        return item * item

    @pipeline.task
    def more(item: clean.each) -> Dataset("more"):
        return item + 1

    @pipeline.task
    def add(values: clean) -> total:
        return sum(values)

    run = executor.execute(pipeline, inputs={raw: [1, 2, 3]})
    assert executor.fetched == [[1, 2, 3]], "a given list, to take it apart"
    assert (run["total"], run["total"]) == (14, 14)
    assert executor.fetched == [[1, 2, 3], 14], "once"
    assert run["more"] == [2, 5, 10]


def test_a_value_that_cannot_be_brought_here_fails_what_needs_it_here() -> None:
    pipeline = Pipeline("unreadable")

    @pipeline.task
    def make() -> raw:
        return "unreadable"

    @pipeline.task
    def there(value: raw) -> total:
        return len(value)

    @pipeline.task
    async def here(value: raw) -> clean:
        return value

    @pipeline.task(when=raw)
    def conditional() -> Dataset("if"):
        return 1

    @pipeline.task
    def mapped(item: raw.each) -> Dataset("items"):
        return item

    run = BoxExecutor().execute(pipeline, raise_on_failure=False)
    failed = {name for name, task in run.tasks.items() if task.state == "failed"}
    assert failed == {"here", "conditional", "mapped"}
    assert all(isinstance(run.tasks[name].error, UnresolvedInput) for name in failed)
    assert run["total"] == len("unreadable")
    with pytest.raises(UnresolvedInput):
        run["raw"]
