"""A task keeps the signature of its function, for mypy and pyright alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Annotated, Any, Optional, Protocol, TypeVar, assert_type

from glacier.core import Context, Dataset, Pipeline, Secret, Task

T = TypeVar("T")

pipeline = Pipeline("typed")
raw, clean, bad = Dataset("raw"), Dataset("clean"), Dataset("bad")
flag = Dataset("flag")
Raw = Annotated[list[int], raw]
Clean = Annotated[dict[str, int], clean]
Bad = Annotated[list[int], bad]


@pipeline.task
def plain(data: Annotated[list[int], raw]) -> Annotated[dict[str, int], clean]:
    assert_type(data, list[int])
    return {str(number): number for number in data}


@pipeline.task()
def with_brackets(data: Raw) -> Clean:
    assert_type(data, list[int])
    return plain(data)


@pipeline.task(name="other", tags=["nightly"], when=flag)
def with_options(data: Raw, /, factor: float = 1.0, *, day: str) -> Clean:
    return plain(data)


@pipeline.task
async def coroutine(data: Raw) -> Clean:
    return plain(data)


@pipeline.task(tags="nightly")
async def coroutine_with_options(data: Raw, *, day: str = "today") -> Clean:
    return plain(data)


@pipeline.task
def generic(data: Annotated[T, raw], again: Annotated[T, raw]) -> Annotated[list[T], clean]:
    return [data, again]


@pipeline.task
def several(data: Raw) -> tuple[Clean, Bad]:
    return plain(data), data


@pipeline.task
def stream(data: Annotated[Iterator[int], raw]) -> Annotated[Iterator[str], clean]:
    yield from map(str, data)


@pipeline.task
def mapped(item: Annotated[int, raw.each]) -> Annotated[str, clean]:
    return str(item)


@pipeline.task
def optional(data: Optional[Raw], more: Bad | None = None) -> None:
    assert_type(data, list[int] | None)
    assert_type(more, list[int] | None)


@pipeline.task
def told(key: Annotated[str, Secret("crm-key")], context: Context, day: str = "today") -> None:
    assert_type(key, str)
    assert_type(context.run_id, str)
    assert_type(context.partition, str | None)


class Tasks:
    @pipeline.task
    @staticmethod
    def inner(data: Raw) -> Clean:
        return plain(data)

    @staticmethod
    @pipeline.task
    def outer(data: Raw) -> Clean:
        return plain(data)


# --- calls ----------------------------------------------------------------------------------------

assert_type(plain([1]), dict[str, int])
assert_type(plain(data=[1]), dict[str, int])
assert_type(with_brackets([1]), dict[str, int])
assert_type(with_options([1], 2.0, day="today"), dict[str, int])
assert_type(with_options([1], day="today", factor=2), dict[str, int])
assert_type(generic(1, 2), list[int])
assert_type(generic("a", "b"), list[str])
assert_type(several([1]), tuple[dict[str, int], list[int]])
assert_type(stream(iter([1])), Iterator[str])
assert_type(mapped(1), str)
assert_type(Tasks.inner([1]), dict[str, int])
assert_type(Tasks.outer([1]), dict[str, int])
optional(None)
optional([1], None)
told("secret", Context("etl", "told", "run-1"))


async def calls() -> None:
    assert_type(await coroutine([1]), dict[str, int])
    to_await: Coroutine[Any, Any, dict[str, int]] = coroutine([1])
    assert_type(await to_await, dict[str, int])
    assert_type(await coroutine_with_options(data=[1], day="today"), dict[str, int])


# --- signatures -----------------------------------------------------------------------------------


class WithOptions(Protocol):
    def __call__(self, data: list[int], /, factor: float = 1.0, *, day: str) -> dict[str, int]: ...


class Generic(Protocol):
    def __call__(self, data: T, again: T) -> list[T]: ...


takes_positions: Callable[[list[int]], dict[str, int]] = plain
keeps_names: WithOptions = with_options
keeps_type_variables: Generic = generic
is_awaitable: Callable[[list[int]], Awaitable[dict[str, int]]] = coroutine
any_task: Task[..., Any] = with_options
task_of_parameters: Task[[list[int]], dict[str, int]] = plain
covariant: Task[[list[int]], object] = plain

# --- what else a task is --------------------------------------------------------------------------

assert_type(plain.name, str)
assert_type(plain.tags, tuple[str, ...])
assert_type(plain.when, Dataset | None)
assert_type(plain.function([1]), dict[str, int])
assert_type(pipeline.tasks["plain"], Task[Any, Any])
