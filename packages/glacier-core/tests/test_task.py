"""Tasks: functions that stay functions, with a name, a place, a condition and tags."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import Any, Callable, Iterable, List, TypeVar

import pytest
from places import at, file_of, line

from glacier.core import Dataset, Pipeline, Task
from glacier.core.errors import InvalidName, InvalidOption, UnresolvedAnnotation

raw = Dataset("raw")
clean = Dataset("clean")
flag = Dataset("flag")

R = TypeVar("R")


def fresh() -> Pipeline:
    return Pipeline("etl")


def test_a_task_is_called_like_the_function_that_it_was() -> None:
    pipeline = fresh()

    @pipeline.task
    def transform(data: raw, *, factor: int = 2) -> clean:
        return [item * factor for item in data]

    assert transform([1, 2]) == [2, 4]
    assert transform(data=[1], factor=3) == [3]
    assert str(inspect.signature(transform)) == "(data: 'raw', *, factor: 'int' = 2) -> 'clean'"


def test_an_async_task_is_awaited_like_the_function_that_it_was() -> None:
    pipeline = fresh()

    @pipeline.task
    async def fetch() -> raw:
        return [1]

    assert inspect.iscoroutinefunction(fetch.function)
    coroutine = fetch()
    coroutine.close()
    assert asyncio.iscoroutine(coroutine)


def test_a_task_has_the_name_of_its_function_or_its_own() -> None:
    pipeline = fresh()

    @pipeline.task
    def extract() -> raw: ...

    @pipeline.task(name="load-2")
    def load(data: raw) -> None: ...

    assert extract.name == extract.__name__ == "extract"
    assert load.name == load.__name__ == "load-2"
    assert load.__wrapped__ is load.function
    assert list(pipeline.tasks) == ["extract", "load-2"]
    assert repr(load) == f"<Task {at(load)}>"


def test_options_are_optional() -> None:
    pipeline = fresh()

    @pipeline.task()
    def extract() -> raw: ...

    assert (extract.tags, extract.when) == ((), None)


def test_a_condition_is_a_dataset() -> None:
    pipeline = fresh()

    @pipeline.task(when=flag)
    def extract() -> raw: ...

    assert extract.when is flag


@pytest.mark.parametrize(
    ("given", "tags"),
    [("nightly", ("nightly",)), (["a", "b"], ("a", "b")), ((), ()), (iter(["a"]), ("a",))],
)
def test_tags_are_words(given: Iterable[str], tags: Any) -> None:
    def extract() -> raw: ...

    assert fresh().task(tags=given)(extract).tags == tags


@pytest.mark.parametrize("tags", [["two words"], [3], [""]])
def test_a_tag_is_held_to_the_rule_for_names(tags: Any) -> None:
    def extract() -> raw: ...

    with pytest.raises(InvalidName, match=r"^extract \(.*\): .* cannot be the name of a tag\."):
        fresh().task(tags=tags)(extract)


def test_a_pattern_of_tags_that_is_no_list() -> None:
    def extract() -> raw: ...

    with pytest.raises(InvalidOption) as caught:
        fresh().task(tags=3)(extract)  # type: ignore[call-overload]  # what is tested

    where = f"extract ({file_of(__file__)}:{extract.__code__.co_firstlineno})"
    assert str(caught.value) == (
        f"{where}: tags= is 3 (an int). Give words, such as tags=['nightly']."
    )


# --- where a task is ------------------------------------------------------------------------------


def traced(function: Callable[..., R]) -> Callable[..., R]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> R:
        return function(*args)

    return wrapper


def test_a_task_under_another_decorator_is_where_its_function_is() -> None:
    pipeline, start = fresh(), line()

    @pipeline.task
    @traced
    def extract() -> raw:
        return 1

    assert extract() == 1
    assert str(extract.place) == f"{file_of(__file__)}:{start + 2}"
    assert extract.signature.outputs[0].dataset is raw


def test_a_cached_function_is_where_it_was_defined() -> None:
    pipeline, start = fresh(), line()

    @pipeline.task
    @functools.lru_cache(maxsize=None)
    def extract() -> raw:
        return 1

    assert str(extract.place) == f"{file_of(__file__)}:{start + 2}"


def test_a_partial_is_where_it_was_declared() -> None:
    def transform(data: raw, factor: int) -> clean:
        return [item * factor for item in data]

    task, number = fresh().task(name="double")(functools.partial(transform, factor=2)), line()

    assert str(task.place) == f"{file_of(__file__)}:{number}"
    assert task([1]) == [2]


def test_a_partial_needs_a_name() -> None:
    def transform(data: raw) -> clean: ...

    with pytest.raises(InvalidName, match="Rename the function, or name the task"):
        fresh().task(functools.partial(transform))


def test_a_static_method_is_a_task() -> None:
    pipeline = fresh()

    class Tasks:
        @pipeline.task
        @staticmethod
        def extract() -> raw:
            return 1

    assert Tasks.extract() == 1
    assert "extract" in pipeline.tasks


# --- forward references ---------------------------------------------------------------------------


def module_level(source: str) -> Any:
    """The function ``task`` of a module, before the names in its annotations are defined."""
    scope: Any = {"__name__": "some_module", "Dataset": Dataset}
    exec(f"from __future__ import annotations\n{source}", scope)
    return scope


def test_a_name_that_is_defined_later_is_read_when_it_is_asked_for() -> None:
    scope = module_level("def load(data: later) -> None: ...")
    task: Task[Any, Any] = fresh().task(scope["load"])
    scope["later"] = raw

    assert task.signature.arguments[0].dataset is raw
    assert task.signature is task.signature


def test_a_name_that_is_never_defined_stays_an_error_and_can_still_be_mended() -> None:
    scope = module_level("def load(data: later) -> None: ...")
    task: Task[Any, Any] = fresh().task(scope["load"])

    for _ in range(2):
        with pytest.raises(UnresolvedAnnotation, match="'later', which is not defined"):
            _ = task.signature
    scope["later"] = raw
    assert task.signature.arguments[0].dataset is raw


def test_tasks_may_be_kept_in_weak_collections_and_sets() -> None:
    import weakref

    pipeline = fresh()
    tasks: List[Task[Any, Any]] = []

    @pipeline.task
    def extract() -> raw: ...

    tasks.append(extract)
    assert weakref.ref(extract)() is extract
    assert {extract} == set(tasks)
