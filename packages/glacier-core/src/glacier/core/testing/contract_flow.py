"""Executor contract, part 2: which tasks run: mapped ones, conditions, skips."""

from __future__ import annotations

from functools import partial
from typing import Any, Iterator, List, Optional, Tuple, cast

from glacier.core.context import Context
from glacier.core.dataset import Dataset
from glacier.core.errors import NotMappable, RunFailed, Skip
from glacier.core.pipeline import Pipeline
from glacier.core.testing.contract_base import Annotated, ContractBase, caught

__all__ = ["FlowContract"]

raw, squares, flag = Dataset("raw"), Dataset("squares"), Dataset("flag")
Raw = Annotated[List[int], raw]
Item = Annotated[int, raw.each]
Square = Annotated[int, squares]
Squares = Annotated[List[int], squares]
Text = Annotated[str, Dataset("text")]
Total = Annotated[int, Dataset("total")]
Flag = Annotated[bool, flag]


def _mapped(items: Any) -> Pipeline:
    pipeline = Pipeline("mapped")

    @pipeline.task
    def list_items() -> Raw:
        return cast("List[int]", items)

    @pipeline.task
    def square(item: Item) -> Square:
        if item < 0:
            raise Skip("negative")
        if item == 1313:
            raise ValueError("unlucky")
        return item * item

    @pipeline.task
    def add(values: Squares) -> Total:
        return sum(values)

    return pipeline


def _conditional(value: Any) -> Pipeline:
    pipeline = Pipeline("conditional")

    @pipeline.task
    def decide() -> Flag:
        if value is None:
            raise Skip("undecided")
        return cast("bool", value)

    @pipeline.task(when=flag)
    def speak() -> Text:
        return "spoken"

    @pipeline.task
    def need(text: Text) -> Total:
        return len(text)

    @pipeline.task
    def cope(text: Optional[Text]) -> Annotated[bool, Dataset("coped")]:
        return text is None

    @pipeline.task
    def default(text: Text = "silence") -> Annotated[str, Dataset("heard")]:
        return text

    return pipeline


class FlowContract(ContractBase):
    """Mapped tasks, ``when=``, ``Skip``, ``Optional``."""

    def test_a_mapped_task_runs_once_per_item_and_keeps_their_order(self) -> None:
        run = self.make_executor().execute(_mapped(list(range(50))), keep=True)
        assert run["squares"] == [n * n for n in range(50)]
        assert run["total"] == sum(n * n for n in range(50))

    def test_a_mapped_task_without_items_makes_an_empty_list(self) -> None:
        run = self.make_executor().execute(_mapped([]), keep=True)
        assert (run["squares"], run["total"]) == ([], 0)
        assert run.tasks["square"].state == "succeeded"

    def test_any_iterable_can_be_mapped(self) -> None:
        assert self.make_executor().execute(_mapped((3, 4)))["total"] == 25
        assert self.make_executor().execute(_mapped({2}))["total"] == 4

    def test_an_iterator_can_be_mapped(self) -> None:
        pipeline = Pipeline("lazy")

        @pipeline.task
        def produce() -> Annotated[Iterator[int], raw]:
            yield from (1, 2)

        @pipeline.task
        def square(item: Item) -> Square:
            return item * item

        assert self.make_executor().execute(pipeline)["squares"] == [1, 4]

    def test_what_has_no_items_is_refused(self) -> None:
        values: List[Any] = [5, "text", {"a": 1}, None]
        for value in values:
            execute = partial(self.make_executor().execute, _mapped(value))
            failed = caught(RunFailed, execute)
            assert isinstance(failed.__cause__, NotMappable)
            assert type(value).__name__ in str(failed.__cause__)

    def test_an_item_that_is_skipped_leaves_no_result(self) -> None:
        run = self.make_executor().execute(_mapped([1, -1, 3]), keep=True)
        assert run["squares"] == [1, 9]

    def test_an_item_that_fails_fails_the_task(self) -> None:
        failed = caught(RunFailed, lambda: self.make_executor().execute(_mapped([1, 1313, 3])))
        states = {task.name: task.state for task in failed.run.tasks.values()}
        assert states == {"list_items": "succeeded", "square": "failed", "add": "upstream_failed"}
        assert str(failed.__cause__) == "unlucky"

    def test_mapped_tasks_chain_and_may_have_several_outputs(self) -> None:
        pipeline = Pipeline("nested")
        pairs, names = Dataset("pairs"), Dataset("names")

        @pipeline.task
        def list_items() -> Raw:
            return [1, 2, 3]

        @pipeline.task
        def both(
            item: Item, context: Context
        ) -> Tuple[Annotated[Tuple[int, Optional[int]], pairs], Annotated[str, names]]:
            return (item, context.item), f"n{item}"

        @pipeline.task
        def shout(name: Annotated[str, names.each]) -> Annotated[str, Dataset("shouts")]:
            return name.upper()

        run = self.make_executor().execute(pipeline, keep=True)
        assert run["pairs"] == [(1, 0), (2, 1), (3, 2)]
        assert run["shouts"] == ["N1", "N2", "N3"]

    def test_a_mapped_async_task_runs_once_per_item(self) -> None:
        pipeline = Pipeline("async-mapped")

        @pipeline.task
        def list_items() -> Raw:
            return list(range(150))

        @pipeline.task
        async def square(item: Item) -> Square:
            return item * item

        assert self.make_executor().execute(pipeline)["squares"] == [n * n for n in range(150)]

    def test_a_true_condition_runs_the_task(self) -> None:
        run = self.make_executor().execute(_conditional(True))
        assert (run["total"], run["coped"], run["heard"]) == (6, False, "spoken")

    def test_a_false_condition_skips_it_and_those_that_need_it(self) -> None:
        run = self.make_executor().execute(_conditional(False))
        states = {task.name: task.state for task in run.tasks.values()}
        assert states == {
            "decide": "succeeded",
            "speak": "skipped",
            "need": "skipped",
            "cope": "succeeded",
            "default": "succeeded",
        }
        assert (run["coped"], run["heard"]) == (True, "silence")
        assert "'flag' is false" in run.tasks["speak"].reason
        assert run.state == "succeeded", "a skip is no failure"

    def test_a_skipped_condition_skips_the_task(self) -> None:
        run = self.make_executor().execute(_conditional(None))
        assert run.tasks["decide"].reason == "undecided"
        assert run.tasks["speak"].state == run.tasks["need"].state == "skipped"
        assert run["coped"] is True

    def test_a_condition_that_is_neither_fails_the_task(self) -> None:
        class Ambiguous:
            def __bool__(self) -> bool:
                raise ValueError("the truth value is ambiguous")

        failed = caught(RunFailed, lambda: self.make_executor().execute(_conditional(Ambiguous())))
        assert failed.run.tasks["speak"].state == "failed"
        assert "neither true nor false" in str(failed)
