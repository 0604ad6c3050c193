"""Calls that both checkers must refuse: an ignore that is not needed fails the check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from glacier.core import Dataset, Pipeline

pipeline = Pipeline("typed")
raw, clean = Dataset("raw"), Dataset("clean")


@pipeline.task
def plain(data: Annotated[list[int], raw]) -> Annotated[str, clean]:
    return str(data)


@pipeline.task(name="other")
def with_options(data: Annotated[list[int], raw], /, *, day: str) -> Annotated[str, clean]:
    return day


@pipeline.task
async def coroutine(data: Annotated[list[int], raw]) -> Annotated[str, clean]:
    return str(data)


@pipeline.task
def wrong_return(data: Annotated[list[int], raw]) -> Annotated[str, clean]:
    return data  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


plain()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
plain("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
plain([1], 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
plain(numbers=[1])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
plain([1]).append(2)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
with_options([1])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
with_options([1], "today")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
with_options(data=[1], day="today")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
with_options([1], day=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
coroutine([1]).upper()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
wrong: Callable[[str], str] = plain  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
number: int = plain([1])  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

pipeline.task("plain")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
pipeline.task(retrys=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
pipeline.task(name=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
Dataset(name=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Dataset("raw", descripton="the orders")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Pipeline()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
