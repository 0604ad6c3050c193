"""Executor contract, part 1: values reach the tasks and come back."""

from __future__ import annotations

import os
from typing import Dict, Iterator, List, Optional, Tuple, cast

from glacier.core.context import Context
from glacier.core.dataset import Dataset
from glacier.core.errors import MissingSecret, ValueUnavailable
from glacier.core.pipeline import Pipeline
from glacier.core.resources import Secret
from glacier.core.testing.contract_base import Annotated, ContractBase, caught

__all__ = ["ValueContract"]

numbers, clean, even = Dataset("numbers"), Dataset("clean"), Dataset("even")
Numbers = Annotated[List[int], numbers]
Clean = Annotated[List[int], clean]
Even = Annotated[List[int], even]
Odd = Annotated[List[int], Dataset("odd")]
Total = Annotated[int, Dataset("total")]
Note = Annotated[str, Dataset("note")]


def _numbers() -> Pipeline:
    pipeline = Pipeline("numbers")

    @pipeline.task
    def extract() -> Numbers:
        return [3, 1, 2]

    @pipeline.task
    def tidy(data: Numbers) -> Clean:
        return sorted(data)

    @pipeline.task
    def add(data: Clean) -> Total:
        return sum(data)

    return pipeline


class ValueContract(ContractBase):
    """Edges, outputs, parameters, context, secrets, streams, and what a run returns."""

    def test_a_chain_hands_each_value_on(self) -> None:
        run = self.make_executor().execute(_numbers())
        assert run["total"] == 6
        assert run.state == "succeeded"
        assert {task.name: task.state for task in run.tasks.values()} == {
            "extract": "succeeded",
            "tidy": "succeeded",
            "add": "succeeded",
        }

    def test_a_task_may_return_one_value_per_output_or_a_mapping(self) -> None:
        pipeline = Pipeline("several")

        @pipeline.task
        def split(values: List[int]) -> Tuple[Even, Odd]:
            return [n for n in values if n % 2 == 0], [n for n in values if n % 2]

        @pipeline.task
        def named() -> Tuple[Total, Note]:
            return cast("Tuple[int, str]", {"note": "by name", "total": 7})

        run = self.make_executor().execute(pipeline, params={"values": [1, 2, 3]})
        assert (run["even"], run["odd"]) == ([2], [1, 3])
        assert (run["total"], run["note"]) == (7, "by name")

    def test_parameters_come_from_the_task_the_run_or_the_default(self) -> None:
        pipeline = Pipeline("parameters")

        @pipeline.task
        def first(day: str, limit: int = 1) -> Clean:
            return [len(day), limit]

        @pipeline.task
        def second(day: str, limit: int = 1) -> Numbers:
            return [len(day), limit]

        run = self.make_executor().execute(
            pipeline, params={"day": "mon", "second.day": "tuesday", "first.limit": 5}
        )
        assert (run["clean"], run["numbers"]) == ([3, 5], [7, 1])

    def test_the_context_tells_of_the_call(self) -> None:
        pipeline = Pipeline("context")

        @pipeline.task
        def look(context: Context) -> Annotated[Dict[str, object], Dataset("facts")]:
            path = context.new_path(".txt")
            path.write_text("scratch")
            return {**context._asdict(), "logger": context.logger.name, "suffix": path.suffix}

        run = self.make_executor().execute(pipeline)
        assert run["facts"] == {
            "pipeline": "context",
            "task": "look",
            "run_id": run.run_id,
            "attempt": 1,
            "partition": None,
            "item": None,
            "logger": "glacier.task.context.look",
            "suffix": ".txt",
        }

    def test_a_secret_is_read_just_before_the_call(self) -> None:
        pipeline, secret = Pipeline("secrets"), Secret("contract-key")

        @pipeline.task
        def use(key: Annotated[str, secret]) -> Total:
            return len(key)

        executor = self.make_executor()
        assert "contract-key" in str(caught(MissingSecret, lambda: executor.execute(pipeline)))
        os.environ[secret.variable] = "four"
        try:
            assert executor.execute(pipeline)["total"] == 4
        finally:
            del os.environ[secret.variable]

    def test_an_iterator_reaches_its_reader_as_one(self) -> None:
        pipeline = Pipeline("stream")

        @pipeline.task
        def produce() -> Annotated[Iterator[int], numbers]:
            yield from range(4)

        @pipeline.task
        def add(values: Annotated[Iterator[int], numbers]) -> Total:
            return next(values) + sum(values)

        assert self.make_executor().execute(pipeline)["total"] == 6

    def test_an_iterator_with_several_readers_is_collected(self) -> None:
        pipeline = Pipeline("collected")

        @pipeline.task
        def produce() -> Annotated[Iterator[int], numbers]:
            yield from range(4)

        @pipeline.task
        def add(values: Annotated[Iterator[int], numbers]) -> Total:
            return sum(values)

        @pipeline.task
        def say(values: Annotated[Iterator[int], numbers]) -> Note:
            return "".join(map(str, values))

        run = self.make_executor().execute(pipeline)
        assert (run["total"], run["note"]) == (6, "0123")

    def test_async_tasks_run_beside_each_other(self) -> None:
        import asyncio
        import tempfile
        from pathlib import Path

        pipeline = Pipeline("async")

        async def meet(folder: str, me: str, other: str) -> bool:
            Path(folder, me).touch()
            while not Path(folder, other).exists():  # ends only if both tasks are running
                await asyncio.sleep(0.001)
            return True

        @pipeline.task
        async def left(folder: str) -> Annotated[bool, Dataset("left")]:
            return await asyncio.wait_for(meet(folder, "left", "right"), timeout=30)

        @pipeline.task
        async def right(folder: str) -> Annotated[bool, Dataset("right")]:
            return await asyncio.wait_for(meet(folder, "right", "left"), timeout=30)

        with tempfile.TemporaryDirectory() as folder:
            run = self.make_executor().execute(pipeline, params={"folder": folder})
        assert (run["left"], run["right"]) == (True, True)

    def test_execute_works_inside_a_running_loop(self) -> None:
        import asyncio

        pipeline = Pipeline("notebook")

        @pipeline.task
        async def answer() -> Total:
            await asyncio.sleep(0)
            return 42

        async def cell() -> object:
            return self.make_executor().execute(pipeline)["total"]

        assert asyncio.run(cell()) == 42

    def test_given_inputs_take_the_place_of_their_producers(self) -> None:
        run = self.make_executor().execute(_numbers(), inputs={clean: [10]})
        assert run["total"] == 10
        assert list(run.tasks) == ["add"], "extract is needed by nobody then"
        assert self.make_executor().execute(_numbers(), inputs={"clean": [1, 1]})["total"] == 2

    def test_a_selection_runs_a_part(self) -> None:
        executor = self.make_executor()
        assert list(executor.execute(_numbers(), select="+tidy").tasks) == ["extract", "tidy"]
        run = executor.execute(_numbers(), select="add", inputs={"clean": [5]})
        assert (list(run.tasks), run["total"]) == (["add"], 5)

    def test_a_value_is_held_only_while_it_is_needed(self) -> None:
        run = self.make_executor().execute(_numbers(), keep=[numbers])
        assert run["numbers"] == [3, 1, 2]
        assert run.values == {"numbers": [3, 1, 2], "total": 6}
        released = caught(ValueUnavailable, lambda: run["clean"])
        assert "keep=['clean']" in str(released)
        assert "'total'" in str(caught(ValueUnavailable, lambda: run["totl"]))
        everything = self.make_executor().execute(_numbers(), keep=True)
        assert set(everything.values) == {"numbers", "clean", "total"}

    def test_none_is_a_value(self) -> None:
        pipeline = Pipeline("none")

        @pipeline.task
        def nothing() -> Annotated[None, numbers]:
            return None

        @pipeline.task
        def look(value: Annotated[Optional[int], numbers]) -> Note:
            return repr(value)

        assert self.make_executor().execute(pipeline)["note"] == "None"

    def test_an_executor_serves_several_runs_and_runs_within_runs(self) -> None:
        executor, outer = self.make_executor(), Pipeline("outer")

        @outer.task
        def nested() -> Total:
            return int(executor.execute(_numbers())["total"])

        first, second = executor.execute(outer), executor.execute(outer)
        assert first["total"] == second["total"] == 6
        assert first.run_id < second.run_id, "run ids sort by time"
